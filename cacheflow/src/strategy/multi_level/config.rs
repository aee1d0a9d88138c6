//! Options of multi-level.

use std::time::Duration;

use crate::strategy::range::Range;

/// Which levels a cache has.
#[derive(Clone, Debug, PartialEq, Eq)]
pub(crate) struct MultiLevel {
    /// Whether memory stands before the shared store. Without a shared store
    /// memory is the only level, whatever stands here.
    pub(crate) memory_before_shared: bool,
    /// The longest time in memory, where there is a shared store behind it.
    pub(crate) memory_ttl: Option<Duration>,
}

impl MultiLevel {
    /// What is wrong with these options.
    pub(crate) fn faults(&self) -> Vec<String> {
        let mut range = Range::default();
        if let Some(memory_ttl) = self.memory_ttl {
            range.duration("memory_ttl", memory_ttl);
            if !self.memory_before_shared {
                range.add(format!(
                    "memory_ttl = {memory_ttl:?}: allowed with the strategy multi-level, not with cache-aside, which has one level"
                ));
            }
        }
        range.into_faults()
    }

    /// Whether a cache keeps values in memory.
    pub(crate) fn uses_memory(&self, has_shared: bool) -> bool {
        self.memory_before_shared || !has_shared
    }
}

impl Default for MultiLevel {
    fn default() -> Self {
        Self {
            memory_before_shared: true,
            memory_ttl: None,
        }
    }
}
