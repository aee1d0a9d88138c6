//! Statistics: counters that concurrent readers do not fight over.

use std::sync::atomic::{AtomicU64, AtomicUsize, Ordering};

/// Counters are spread over this many cache lines, and each thread adds to one.
const STRIPES: usize = 16;

/// What is counted, in the order of the counters.
#[derive(Clone, Copy, Debug)]
pub(crate) enum Counter {
    MemoryHit,
    SharedHit,
    Miss,
    Load,
    LoadFailed,
    Joined,
    Unreadable,
    FillRefused,
    StoreFailed,
    TooLarge,
    ValueRefused,
    Stale,
    Refreshed,
    RefreshFailed,
    TimedOut,
    BreakerOpen,
    Overloaded,
    EncodedBytes,
    StoredBytes,
}

const COUNTERS: usize = Counter::StoredBytes as usize + 1;

/// The counters of one cache.
#[derive(Debug, Default)]
pub(crate) struct Counters {
    stripes: [Stripe; STRIPES],
}

// Two cache lines: processors fetch them in pairs.
#[derive(Debug, Default)]
#[repr(align(128))]
struct Stripe([AtomicU64; COUNTERS]);

impl Counters {
    #[inline]
    pub(crate) fn add(&self, counter: Counter) {
        self.stripes[stripe()].0[counter as usize].fetch_add(1, Ordering::Relaxed);
    }

    /// Adds `amount` at once.
    pub(crate) fn add_many(&self, counter: Counter, amount: u64) {
        self.stripes[stripe()].0[counter as usize].fetch_add(amount, Ordering::Relaxed);
    }

    fn sum(&self, counter: Counter) -> u64 {
        self.stripes
            .iter()
            .map(|stripe| stripe.0[counter as usize].load(Ordering::Relaxed))
            .sum()
    }

    pub(crate) fn snapshot(&self, entries: u64, weight: u64) -> CacheStats {
        CacheStats {
            memory_hits: self.sum(Counter::MemoryHit),
            shared_hits: self.sum(Counter::SharedHit),
            misses: self.sum(Counter::Miss),
            loads: self.sum(Counter::Load),
            load_failures: self.sum(Counter::LoadFailed),
            joined: self.sum(Counter::Joined),
            unreadable: self.sum(Counter::Unreadable),
            fills_refused: self.sum(Counter::FillRefused),
            store_failures: self.sum(Counter::StoreFailed),
            too_large: self.sum(Counter::TooLarge),
            values_refused: self.sum(Counter::ValueRefused),
            stale: self.sum(Counter::Stale),
            refreshed: self.sum(Counter::Refreshed),
            refresh_failures: self.sum(Counter::RefreshFailed),
            timeouts: self.sum(Counter::TimedOut),
            breaker_refusals: self.sum(Counter::BreakerOpen),
            bulkhead_refusals: self.sum(Counter::Overloaded),
            encoded_bytes: self.sum(Counter::EncodedBytes),
            stored_bytes: self.sum(Counter::StoredBytes),
            running: 0,
            queued: 0,
            breaker_open: false,
            entries,
            weight,
        }
    }
}

#[inline]
fn stripe() -> usize {
    static NEXT: AtomicUsize = AtomicUsize::new(0);
    thread_local! {
        static MINE: usize = NEXT.fetch_add(1, Ordering::Relaxed) % STRIPES;
    }
    MINE.with(|mine| *mine)
}

/// What one cache has done since it was built, on this node.
///
/// A lookup counts once: as a memory hit, a shared hit or a miss. A caller that
/// joins the flight of another counts as a miss and as joined.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq)]
#[non_exhaustive]
pub struct CacheStats {
    /// Lookups that were served from memory (L1).
    pub memory_hits: u64,
    /// Lookups that were served from the shared store (L2).
    pub shared_hits: u64,
    /// Lookups that no level could serve.
    pub misses: u64,
    /// Loaders that were run.
    pub loads: u64,
    /// Loaders that returned an error.
    pub load_failures: u64,
    /// Callers that waited for another caller's load instead of running theirs.
    pub joined: u64,
    /// Entries in the shared store that could not be read.
    pub unreadable: u64,
    /// Values that were not kept because they were forgotten while loaded.
    pub fills_refused: u64,
    /// Writes to the shared store that failed.
    pub store_failures: u64,
    /// Values that were not kept because of their size.
    pub too_large: u64,
    /// Values that were not kept because the cache's validation refused them.
    pub values_refused: u64,
    /// Old values that stood in for those that could not be loaded, to a caller and
    /// all who followed it.
    pub stale: u64,
    /// Values that were loaded anew before they expired.
    pub refreshed: u64,
    /// Refreshes that failed or took too long.
    pub refresh_failures: u64,
    /// Loads that were dropped because they took too long.
    pub timeouts: u64,
    /// Loads that a circuit breaker did not let through.
    pub breaker_refusals: u64,
    /// Loads that a bulkhead did not let through.
    pub bulkhead_refusals: u64,
    /// What values that were kept in the shared store took when they were encoded.
    pub encoded_bytes: u64,
    /// What they took there, compressed where that made them shorter.
    pub stored_bytes: u64,
    /// Loads that run now under a bulkhead.
    pub running: u64,
    /// Loads that wait now for their turn under a bulkhead.
    pub queued: u64,
    /// Whether the circuit breaker lets no loads through, or only one to see whether
    /// the source answers again.
    pub breaker_open: bool,
    /// Entries in memory now, approximately.
    pub entries: u64,
    /// What they weigh: bytes in a cache bounded by memory, else their number.
    pub weight: u64,
}

impl CacheStats {
    /// All lookups.
    #[must_use]
    pub fn lookups(&self) -> u64 {
        self.memory_hits + self.shared_hits + self.misses
    }

    /// The share of lookups that a level served, 0.0 to 1.0; 0 without lookups.
    #[must_use]
    pub fn hit_rate(&self) -> f64 {
        let hits = self.memory_hits + self.shared_hits;
        if hits == 0 {
            return 0.0;
        }
        hits as f64 / self.lookups() as f64
    }

    /// What compression has left of the values that were kept in the shared store: 0.25
    /// if they take a quarter of their encoding, 1 if nothing was gained or kept.
    #[must_use]
    pub fn compression_ratio(&self) -> f64 {
        if self.encoded_bytes == 0 {
            return 1.0;
        }
        self.stored_bytes as f64 / self.encoded_bytes as f64
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn counts_of_many_threads_add_up() {
        let counters = Counters::default();
        std::thread::scope(|scope| {
            for _ in 0..STRIPES + 3 {
                scope.spawn(|| {
                    for _ in 0..1000 {
                        counters.add(Counter::MemoryHit);
                        counters.add(Counter::TooLarge);
                    }
                });
            }
        });
        let stats = counters.snapshot(0, 0);
        assert_eq!(stats.memory_hits, 1000 * (STRIPES as u64 + 3));
        assert_eq!(stats.too_large, stats.memory_hits);
        assert_eq!(stats.lookups(), stats.memory_hits);
    }

    #[test]
    fn the_hit_rate_is_a_fraction() {
        let stats = CacheStats {
            memory_hits: 900,
            shared_hits: 100,
            misses: 100,
            ..CacheStats::default()
        };
        assert_eq!(format!("{:.2}", stats.hit_rate()), "0.91");
        assert_eq!(CacheStats::default().hit_rate(), 0.0);
    }

    #[test]
    fn the_compression_ratio_is_what_is_left() {
        let stats = CacheStats {
            encoded_bytes: 4_000,
            stored_bytes: 1_000,
            ..CacheStats::default()
        };
        assert_eq!(stats.compression_ratio(), 0.25);
        assert_eq!(CacheStats::default().compression_ratio(), 1.0);
    }
}
