//! How late something was, over many cases.

use std::time::Duration;

/// Each power of two is cut into this many parts: a quantile is told at most one
/// part too high, 3 %.
const PARTS: u64 = 32;
const BUCKETS: usize = (64 * PARTS) as usize;

/// A distribution of durations.
#[derive(Clone, Debug)]
pub struct Lateness {
    buckets: Vec<u64>,
    count: u64,
    worst: Duration,
}

impl Default for Lateness {
    fn default() -> Self {
        Self {
            buckets: vec![0; BUCKETS],
            count: 0,
            worst: Duration::ZERO,
        }
    }
}

impl Lateness {
    /// Adds a case.
    pub fn add(&mut self, late: Duration) {
        let nanos = u64::try_from(late.as_nanos()).unwrap_or(u64::MAX);
        self.buckets[bucket(nanos)] += 1;
        self.count += 1;
        self.worst = self.worst.max(late);
    }

    /// Adds all cases of another.
    pub fn merge(&mut self, other: &Self) {
        for (mine, theirs) in self.buckets.iter_mut().zip(&other.buckets) {
            *mine += theirs;
        }
        self.count += other.count;
        self.worst = self.worst.max(other.worst);
    }

    /// How many cases there were.
    #[must_use]
    pub fn count(&self) -> u64 {
        self.count
    }

    /// The worst case.
    #[must_use]
    pub fn worst(&self) -> Duration {
        self.worst
    }

    /// What so large a share of the cases (0.0 to 1.0) did not exceed.
    #[must_use]
    pub fn quantile(&self, share: f64) -> Duration {
        let rank = (share.clamp(0.0, 1.0) * self.count as f64).ceil() as u64;
        let mut counted = 0;
        for (place, count) in self.buckets.iter().enumerate() {
            counted += count;
            if counted >= rank && *count > 0 {
                return Duration::from_nanos(highest(place)).min(self.worst);
            }
        }
        self.worst
    }
}

fn bucket(nanos: u64) -> usize {
    if nanos < PARTS {
        return nanos as usize;
    }
    let shift = nanos.ilog2() - PARTS.ilog2();
    let part = nanos >> shift;
    (u64::from(shift) * PARTS + part) as usize
}

/// The highest number of a bucket.
fn highest(bucket: usize) -> u64 {
    let bucket = bucket as u64;
    if bucket < PARTS {
        return bucket;
    }
    let shift = bucket / PARTS - 1;
    let part = bucket - shift * PARTS;
    ((part + 1) << shift).wrapping_sub(1)
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn every_number_lies_in_the_bucket_whose_highest_is_the_next_at_or_above_it() {
        for power in 0..64 {
            for near in [0_u64, 1, 2] {
                let nanos = (1_u64 << power).saturating_add(near).saturating_sub(1);
                let bucket = bucket(nanos);
                assert!(highest(bucket) >= nanos, "{nanos}");
                assert!(bucket == 0 || highest(bucket - 1) < nanos, "{nanos}");
            }
        }
        assert!(bucket(u64::MAX) < BUCKETS);
    }

    #[test]
    fn quantiles_are_three_percent_off_at_most() {
        let mut lateness = Lateness::default();
        for millis in 1..=1000 {
            lateness.add(Duration::from_millis(millis));
        }
        let near = |share, millis: f64| {
            let quantile = lateness.quantile(share).as_secs_f64() * 1e3;
            assert!((millis..millis * 1.04).contains(&quantile), "{quantile} ms");
        };
        near(0.5, 500.0);
        near(0.99, 990.0);
        assert_eq!(lateness.quantile(1.0), lateness.worst());
        assert_eq!(Lateness::default().quantile(0.5), Duration::ZERO);
    }
}
