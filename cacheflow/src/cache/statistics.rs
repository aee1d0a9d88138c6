//! What a cache has done, and how it is now.

use std::time::Duration;

use super::{CacheValue, Core};
use crate::event::CacheStats;
use crate::store::{Bound, Memory};
use crate::strategy::refresh_ahead;

/// A cache of whatever values, for those who only want its figures.
pub(crate) trait Counted: Send + Sync {
    fn stats(&self) -> CacheStats;

    fn facts(&self) -> Facts;
}

/// How a cache is set up, as far as figures can tell whether that is of use.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq)]
pub(crate) struct Facts {
    /// How long values live.
    pub(crate) ttl: Duration,
    /// For how long beyond it they may stand in for what cannot be loaded.
    pub(crate) stale: Option<Duration>,
    /// How long before its end a value is refreshed whose load took no time.
    pub(crate) refresh_left: Option<Duration>,
    /// Whether memory is bounded by a number of entries.
    pub(crate) by_entries: bool,
}

impl<V: CacheValue> Counted for Core<V> {
    fn stats(&self) -> CacheStats {
        self.stats()
    }

    fn facts(&self) -> Facts {
        let config = self.config();
        let (ttl, strategy) = (config.loading.ttl, &config.strategy);
        let due = |refresh| refresh_ahead::due(&refresh, ttl, Duration::ZERO);
        let bound = self.local.memory().map(Memory::bound);
        Facts {
            ttl,
            stale: strategy.stale_ttl(),
            refresh_left: strategy
                .refresh
                .map(|refresh| ttl.saturating_sub(due(refresh).unwrap_or(ttl))),
            by_entries: matches!(bound, Some(Bound::Entries(_))),
        }
    }
}

impl<V: CacheValue> Core<V> {
    pub(crate) fn stats(&self) -> CacheStats {
        let memory = self.local.memory();
        if let Some(memory) = memory {
            memory.tidy();
        }
        let of_memory = |figure: fn(&Memory<V>) -> u64| memory.map_or(0, figure);
        let bulkhead = self.policy.bulkhead.as_deref();
        CacheStats {
            running: bulkhead.map_or(0, |bulkhead| bulkhead.running() as u64),
            queued: bulkhead.map_or(0, |bulkhead| bulkhead.queued() as u64),
            under_way: self.under_way() as u64,
            breaker_open: self.policy.breaker.as_ref().is_some_and(|it| it.is_open()),
            entries: of_memory(Memory::entries),
            weight: of_memory(Memory::weight),
            capacity: of_memory(|memory| match memory.bound() {
                Bound::Entries(most) | Bound::Bytes(most) => most,
            }),
            ..self.counters.snapshot()
        }
    }

    /// How many keys somebody is loading, reading or putting now.
    pub(crate) fn under_way(&self) -> usize {
        self.local.under_way()
    }
}
