//! Entries: what is kept of a value, in memory and as bytes.

mod envelope;
mod lookup;

use std::sync::atomic::{AtomicBool, Ordering};

pub use envelope::Envelope;
pub use lookup::{Found, Level, Lookup};

use crate::clock::Tick;

/// The beginning of an entry's life in one cache: bumped to forget everything
/// at once.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq)]
pub(crate) struct Epoch(pub(crate) u64);

/// A value in memory, with everything that decides whether it may be served.
///
/// Its validity is in itself: whoever holds an entry, in whatever index, can
/// tell without asking anybody whether it was forgotten.
#[derive(Debug)]
pub(crate) struct Entry<V> {
    pub(crate) value: V,
    /// When the load began whose value this is, or when the shared store was
    /// asked for it: nothing that happened before is missing from the value.
    pub(crate) as_of: Tick,
    pub(crate) expires: Tick,
    pub(crate) epoch: Epoch,
    /// What the entry weighs in a cache that is bounded by memory.
    pub(crate) weight: u32,
    forgotten: AtomicBool,
}

impl<V> Entry<V> {
    pub(crate) fn new(value: V, as_of: Tick, expires: Tick, epoch: Epoch, weight: u32) -> Self {
        Self {
            value,
            as_of,
            expires,
            epoch,
            weight,
            forgotten: AtomicBool::new(false),
        }
    }

    /// Marks the entry: no reader serves it from now on.
    pub(crate) fn forget(&self) {
        self.forgotten.store(true, Ordering::Release);
    }

    /// Whether the entry may be served at `now` in `epoch`.
    #[inline]
    pub(crate) fn is_live(&self, now: Tick, epoch: Epoch) -> bool {
        now < self.expires && self.epoch == epoch && !self.forgotten.load(Ordering::Acquire)
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use std::time::Duration;

    #[test]
    fn an_entry_lives_until_it_expires_is_forgotten_or_its_epoch_ends() {
        let start = Tick::ZERO;
        let end = start.after(Duration::from_millis(1));
        let entry = Entry::new((), start, end, Epoch(1), 1);
        assert!(entry.is_live(start, Epoch(1)));
        assert!(!entry.is_live(end, Epoch(1)));
        assert!(!entry.is_live(start, Epoch(2)));
        entry.forget();
        assert!(!entry.is_live(start, Epoch(1)));
    }
}
