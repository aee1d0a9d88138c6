//! What a cache has done, and how it is now.

use super::{CacheValue, Core};
use crate::event::CacheStats;
use crate::store::{Bound, Memory};

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
