//! Counters that concurrent readers do not fight over.

use std::sync::atomic::{AtomicU64, AtomicUsize, Ordering};
use std::time::Duration;

use super::stats::{CacheStats, EvictionCounts, InvalidationCounts};
use super::{Evicted, StatsCollector, Target, metric};
use crate::key::CacheName;

/// Counters are spread over this many places, and each thread adds to one.
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
    Stored,
    Incompressible,
    EncodedBytes,
    StoredBytes,
    EvictedExpired,
    EvictedSize,
    EvictedForgotten,
    EvictedReplaced,
    ForgottenByKey,
    ForgottenByTag,
    ForgottenByPattern,
    ForgottenByDependency,
    Cleared,
    ClearedWithAll,
}

const COUNTERS: usize = Counter::ClearedWithAll as usize + 1;

/// The counters of one cache, and how long its loads and its reads of the shared store
/// take.
#[derive(Debug, Default)]
pub(crate) struct Counters {
    stripes: [Stripe; STRIPES],
    load_time: StatsCollector,
    shared_latency: StatsCollector,
}

// Two cache lines and more: processors fetch them in pairs.
#[derive(Debug, Default)]
#[repr(align(128))]
struct Stripe([AtomicU64; COUNTERS]);

/// How many entries a forgetting took out of memory.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq)]
pub(crate) struct TakenOut {
    /// Those that were named, by key, tag or pattern.
    pub(crate) named: u64,
    /// Those that were made of something that was named.
    pub(crate) made_of_it: u64,
}

impl TakenOut {
    pub(crate) fn all(self) -> u64 {
        self.named + self.made_of_it
    }
}

impl Counters {
    #[inline]
    pub(crate) fn add(&self, counter: Counter) {
        self.stripes[stripe()].0[counter as usize].fetch_add(1, Ordering::Relaxed);
    }

    /// Adds `amount` at once.
    pub(crate) fn add_many(&self, counter: Counter, amount: u64) {
        self.stripes[stripe()].0[counter as usize].fetch_add(amount, Ordering::Relaxed);
    }

    /// An entry left memory.
    pub(crate) fn evicted(&self, cause: Evicted) {
        self.add(match cause {
            Evicted::Expired => Counter::EvictedExpired,
            Evicted::Size => Counter::EvictedSize,
            Evicted::Forgotten => Counter::EvictedForgotten,
            Evicted::Replaced => Counter::EvictedReplaced,
        });
    }

    /// `target` took so many entries out of memory.
    pub(crate) fn forgotten(&self, target: Target<'_>, taken_out: TakenOut) {
        let named = match target {
            Target::Key(_) | Target::OwnPut(_) | Target::Putting(_) => Counter::ForgottenByKey,
            Target::Tag(_) => Counter::ForgottenByTag,
            Target::Pattern(_) => Counter::ForgottenByPattern,
            Target::DependentsOf(_) | Target::Cache(_) | Target::Everything => {
                Counter::ForgottenByDependency
            }
        };
        for (counter, amount) in [
            (named, taken_out.named),
            (Counter::ForgottenByDependency, taken_out.made_of_it),
        ] {
            if amount > 0 {
                self.add_many(counter, amount);
            }
        }
    }

    /// A load of `cache` has ended after so long, in whatever way.
    pub(crate) fn loaded(&self, cache: &CacheName, time: Duration) {
        self.load_time.record(time);
        metric::record(metric::LOAD, Some(cache), time);
    }

    /// The shared store has answered a read of `cache` after so long, or was given up.
    pub(crate) fn answered(&self, cache: &CacheName, time: Duration) {
        self.shared_latency.record(time);
        metric::record(metric::SHARED_READ, Some(cache), time);
    }

    fn sum(&self, counter: Counter) -> u64 {
        self.stripes
            .iter()
            .map(|stripe| stripe.0[counter as usize].load(Ordering::Relaxed))
            .sum()
    }

    /// All that was counted; what is to be measured now is left to the caller.
    pub(crate) fn snapshot(&self) -> CacheStats {
        CacheStats {
            memory_hits: self.sum(Counter::MemoryHit),
            shared_hits: self.sum(Counter::SharedHit),
            misses: self.sum(Counter::Miss),
            loads: self.sum(Counter::Load),
            load_failures: self.sum(Counter::LoadFailed),
            load_time: self.load_time.snapshot(),
            joined: self.sum(Counter::Joined),
            unreadable: self.sum(Counter::Unreadable),
            fills_refused: self.sum(Counter::FillRefused),
            store_failures: self.sum(Counter::StoreFailed),
            shared_latency: self.shared_latency.snapshot(),
            too_large: self.sum(Counter::TooLarge),
            values_refused: self.sum(Counter::ValueRefused),
            stale: self.sum(Counter::Stale),
            refreshed: self.sum(Counter::Refreshed),
            refresh_failures: self.sum(Counter::RefreshFailed),
            timeouts: self.sum(Counter::TimedOut),
            breaker_refusals: self.sum(Counter::BreakerOpen),
            bulkhead_refusals: self.sum(Counter::Overloaded),
            stored: self.sum(Counter::Stored),
            incompressible: self.sum(Counter::Incompressible),
            encoded_bytes: self.sum(Counter::EncodedBytes),
            stored_bytes: self.sum(Counter::StoredBytes),
            evictions: EvictionCounts {
                expired: self.sum(Counter::EvictedExpired),
                size: self.sum(Counter::EvictedSize),
                forgotten: self.sum(Counter::EvictedForgotten),
                replaced: self.sum(Counter::EvictedReplaced),
            },
            invalidations: InvalidationCounts {
                keys: self.sum(Counter::ForgottenByKey),
                tags: self.sum(Counter::ForgottenByTag),
                patterns: self.sum(Counter::ForgottenByPattern),
                dependencies: self.sum(Counter::ForgottenByDependency),
                clears: self.sum(Counter::Cleared),
                everything: self.sum(Counter::ClearedWithAll),
            },
            ..CacheStats::default()
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
                        counters.add(Counter::ClearedWithAll);
                    }
                });
            }
        });
        let stats = counters.snapshot();
        assert_eq!(stats.memory_hits, 1000 * (STRIPES as u64 + 3));
        assert_eq!(stats.invalidations.everything, stats.memory_hits);
        assert_eq!(stats.lookups(), stats.memory_hits);
    }

    #[test]
    fn what_is_named_and_what_was_made_of_it_count_apart() {
        let counters = Counters::default();
        let tag = crate::key::Tag::new("org:3").unwrap();
        let taken_out = TakenOut {
            named: 3,
            made_of_it: 2,
        };
        counters.forgotten(Target::Tag(&tag), taken_out);
        let counted = counters.snapshot().invalidations;
        assert_eq!((counted.tags, counted.dependencies), (3, 2));
        assert_eq!(counted.entries(), 5);
    }
}
