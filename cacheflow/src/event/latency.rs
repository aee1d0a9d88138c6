//! How long things take: a histogram of fixed size.

use std::sync::atomic::{AtomicU64, Ordering};
use std::time::Duration;

use serde::Serialize;

/// What the smallest bucket spans.
const UNIT: u64 = 128;

/// So many buckets share each doubling: a bucket ends at most an eighth above its
/// beginning.
const STEPS: usize = 8;

/// The longest time that has a bucket of its own: 2³⁶ units, above two hours.
const LONGEST: u64 = (1 << 36) - 1;

const BUCKETS: usize = bucket(LONGEST) + 1;

/// Collects how long something takes: of an invalidation, say, or of a call.
///
/// Takes 2 KiB, however much is recorded, and neither locks nor allocates; several
/// threads may record at the same time. Percentiles are never too low and at most one
/// eighth too high.
///
/// ```
/// use cacheflow::StatsCollector;
///
/// let stats = StatsCollector::new();
/// for ms in 1..=100 {
///     stats.record_latency(f64::from(ms));
/// }
/// let taken = stats.snapshot();
/// assert_eq!(taken.count, 100);
/// assert!((50.0..57.0).contains(&taken.latency_p50_ms));
/// assert!((99.0..=100.0).contains(&taken.latency_p99_ms));
/// ```
#[derive(Debug)]
pub struct StatsCollector {
    buckets: [AtomicU64; BUCKETS],
    nanos: AtomicU64,
    longest: AtomicU64,
}

/// What a [`StatsCollector`] has collected, in milliseconds; all 0 of nothing.
#[derive(Clone, Copy, Debug, Default, PartialEq, Serialize)]
#[non_exhaustive]
pub struct LatencyStats {
    /// How many were recorded.
    pub count: u64,
    /// All of them together.
    pub total_ms: f64,
    /// Their mean.
    pub latency_mean_ms: f64,
    /// Half of them took no longer.
    pub latency_p50_ms: f64,
    /// 99 of 100 took no longer.
    pub latency_p99_ms: f64,
    /// The longest.
    pub latency_max_ms: f64,
}

impl StatsCollector {
    /// Nothing collected yet.
    #[must_use]
    pub const fn new() -> Self {
        Self {
            buckets: [const { AtomicU64::new(0) }; BUCKETS],
            nanos: AtomicU64::new(0),
            longest: AtomicU64::new(0),
        }
    }

    /// Records a time in milliseconds. What is no time (negative, not a number, above
    /// all bounds) is ignored.
    pub fn record_latency(&self, ms: f64) {
        if let Ok(time) = Duration::try_from_secs_f64(ms / 1_000.0) {
            self.record(time);
        }
    }

    /// Records a time.
    pub fn record(&self, time: Duration) {
        let nanos = u64::try_from(time.as_nanos()).unwrap_or(u64::MAX);
        let bucket = bucket((nanos / UNIT).min(LONGEST));
        self.buckets[bucket].fetch_add(1, Ordering::Relaxed);
        self.nanos.fetch_add(nanos, Ordering::Relaxed);
        self.longest.fetch_max(nanos, Ordering::Relaxed);
    }

    /// What was collected up to now.
    #[must_use]
    pub fn snapshot(&self) -> LatencyStats {
        let counts = self.counts();
        let count = counts.iter().sum();
        let nanos = self.nanos.load(Ordering::Relaxed);
        let longest = self.longest.load(Ordering::Relaxed);
        let total_ms = millis(nanos);
        LatencyStats {
            count,
            total_ms,
            latency_mean_ms: total_ms / (count.max(1) as f64),
            latency_p50_ms: millis(percentile(&counts, count, 50).min(longest)),
            latency_p99_ms: millis(percentile(&counts, count, 99).min(longest)),
            latency_max_ms: millis(longest),
        }
    }

    fn counts(&self) -> [u64; BUCKETS] {
        std::array::from_fn(|bucket| self.buckets[bucket].load(Ordering::Relaxed))
    }
}

impl Default for StatsCollector {
    fn default() -> Self {
        Self::new()
    }
}

/// The bucket of a time in units: the first few have one each, then every doubling
/// has as many.
const fn bucket(units: u64) -> usize {
    if units < STEPS as u64 {
        return units as usize;
    }
    let doubling = units.ilog2() - STEPS.ilog2();
    (doubling as usize) * STEPS + (units >> doubling) as usize
}

/// Where a bucket ends, in nanoseconds.
fn end(bucket: usize) -> u64 {
    let doubling = (bucket / STEPS).saturating_sub(1);
    let step = bucket - doubling * STEPS;
    ((step as u64 + 1) << doubling) * UNIT
}

/// The time, in nanoseconds, that so many of a hundred did not exceed.
fn percentile(counts: &[u64; BUCKETS], count: u64, of_hundred: u64) -> u64 {
    let rank = (u128::from(count) * u128::from(of_hundred)).div_ceil(100);
    let mut below = 0_u128;
    for (bucket, count) in counts.iter().enumerate() {
        below += u128::from(*count);
        if below >= rank && *count > 0 {
            return end(bucket);
        }
    }
    0
}

fn millis(nanos: u64) -> f64 {
    nanos as f64 / 1_000_000.0
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn every_time_lies_in_its_bucket_which_is_an_eighth_wide_at_most() {
        let times = (0..36).flat_map(|bit| [1_u64 << bit, (1 << bit) + 1, (1 << bit) * 3 / 2]);
        for units in times.filter(|units| *units <= LONGEST) {
            let bucket = bucket(units);
            let begins = if bucket == 0 { 0 } else { end(bucket - 1) };
            assert!(
                begins <= units * UNIT && units * UNIT < end(bucket),
                "{units}"
            );
            assert!(
                end(bucket) - begins <= (units * UNIT / 8).max(UNIT),
                "{units}"
            );
        }
        assert_eq!(bucket(0), 0);
        assert!(BUCKETS * size_of::<AtomicU64>() <= 2_400);
    }

    #[test]
    fn percentiles_are_never_too_low_and_at_most_an_eighth_too_high() {
        let stats = StatsCollector::new();
        for micros in 1..=10_000 {
            stats.record(Duration::from_micros(micros));
        }
        let taken = stats.snapshot();
        assert_eq!(taken.count, 10_000);
        for (said, is) in [(taken.latency_p50_ms, 5.0), (taken.latency_p99_ms, 9.9)] {
            assert!(is <= said && said <= is * 1.125, "{said}, not {is}");
        }
        assert_eq!(taken.latency_max_ms, 10.0);
        assert!((taken.latency_mean_ms - 5.0005).abs() < 1e-9);
    }

    #[test]
    fn nothing_takes_no_time_and_what_is_no_time_is_ignored() {
        let stats = StatsCollector::new();
        for ms in [-1.0, f64::NAN, f64::INFINITY, f64::MAX] {
            stats.record_latency(ms);
        }
        assert_eq!(stats.snapshot(), LatencyStats::default());
        stats.record_latency(0.0);
        stats.record(Duration::MAX);
        assert_eq!(stats.snapshot().count, 2);
    }

    #[test]
    fn one_time_is_all_there_is_to_say() {
        let stats = StatsCollector::new();
        stats.record_latency(2.5);
        let taken = stats.snapshot();
        let all = [
            taken.total_ms,
            taken.latency_mean_ms,
            taken.latency_p50_ms,
            taken.latency_p99_ms,
            taken.latency_max_ms,
        ];
        assert_eq!(all, [2.5; 5]);
    }
}
