//! Strategies: what to do with a key, and with a value.
//!
//! Each strategy is a folder of the same files: `config` is plain data,
//! `decide` is pure (what is known in, what to do out; no clock, no I/O) and
//! `layer` is the thin asynchronous shell that does it. They are put together
//! in one order:
//!
//! ```text
//! cache-aside      look; else load, once, and keep
//!   multi-level    which levels are looked at and kept in, and for how long
//!     memory       this process, with its flights
//!     shared       the store that all instances share
//! ```

pub(crate) mod cache_aside;
mod index;
mod levels;
mod memory;
pub(crate) mod multi_level;

use std::time::Duration;

pub(crate) use levels::{FillWith, Given, Levels, Read, Tagger};
pub(crate) use memory::{Local, Options as LocalOptions};
pub(crate) use multi_level::Weigher;

/// How a cache works: which levels it has, and for how long they keep.
///
/// ```
/// use cacheflow::Strategy;
/// use std::time::Duration;
///
/// // Memory before the shared store (the default), memory for a minute:
/// let strategy = Strategy::multi_level().memory_ttl(Duration::from_secs(60));
/// // The shared store alone, where there is one:
/// let strategy = Strategy::cache_aside();
/// ```
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Strategy {
    pub(crate) levels: multi_level::MultiLevel,
}

impl Strategy {
    /// One level: look it up, else load and keep it.
    ///
    /// The level is the shared store, or memory in a flow that has none. No
    /// node can then serve what another has replaced, at the price of a round
    /// trip for each hit.
    #[must_use]
    pub fn cache_aside() -> Self {
        Self {
            levels: multi_level::MultiLevel {
                memory_before_shared: false,
                memory_ttl: None,
            },
        }
    }

    /// Two levels: memory before the shared store. A value found in the second
    /// is kept in the first. In a flow without a shared store memory is the
    /// only level.
    #[must_use]
    pub fn multi_level() -> Self {
        Self {
            levels: multi_level::MultiLevel::default(),
        }
    }

    /// The longest time that memory keeps a value before it is read from the
    /// shared store again; 1 ms to 366 days. Unset, memory keeps a value as long
    /// as the shared store does; never longer. Without a shared store it has no
    /// effect.
    #[must_use]
    pub fn memory_ttl(mut self, memory_ttl: Duration) -> Self {
        self.levels.memory_ttl = Some(memory_ttl);
        self
    }
}

impl Default for Strategy {
    fn default() -> Self {
        Self::multi_level()
    }
}
