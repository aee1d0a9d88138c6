//! Entries: what is kept of a value, in memory and as bytes.

mod envelope;
mod lookup;

use std::sync::Arc;

pub use envelope::Envelope;
pub use lookup::{Found, Level, Lookup};

use crate::clock::Tick;
use crate::key::Marks;
use crate::sync::atomic::{AtomicBool, Ordering};

/// The beginning of an entry's life in one cache: bumped to forget everything
/// at once.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq)]
pub(crate) struct Epoch(pub(crate) u64);

/// A value with what it is forgotten by and until when it may live, on its way
/// to those who asked for it.
#[derive(Clone, Debug)]
pub(crate) struct Made<V> {
    pub(crate) value: V,
    /// `None` is nothing.
    pub(crate) marks: Option<Arc<Marks>>,
    /// Until when what is made of it may live; `None` if it is kept nowhere.
    pub(crate) expires: Option<Tick>,
}

impl<V> Made<V> {
    pub(crate) fn marks(&self) -> &Marks {
        self.marks.as_deref().unwrap_or(Marks::NONE)
    }
}

/// A value in memory, with everything that decides whether it may be served.
///
/// Its validity is in itself: whoever holds an entry, in whatever index, can
/// tell without asking anybody whether it was forgotten.
#[derive(Debug)]
pub(crate) struct Entry<V> {
    pub(crate) value: V,
    /// When the load began whose value this is, or when the shared store was
    /// asked for it: nothing that happened before is missing from the value.
    pub(crate) begun: Tick,
    /// Until when memory may serve it.
    pub(crate) expires: Tick,
    /// Until when what is made of it may live: memory may keep it for less.
    pub(crate) ends: Tick,
    pub(crate) epoch: Epoch,
    /// What the entry weighs in a cache that is bounded by memory.
    pub(crate) weight: u32,
    /// The last record that the value takes into account.
    pub(crate) as_of: u64,
    /// What it is forgotten by beside its key; `None` is nothing.
    pub(crate) marks: Option<Arc<Marks>>,
    forgotten: AtomicBool,
}

impl<V> Entry<V> {
    pub(crate) fn new(value: V, begun: Tick, expires: Tick, epoch: Epoch, weight: u32) -> Self {
        Self {
            value,
            begun,
            expires,
            ends: expires,
            epoch,
            weight,
            as_of: 0,
            marks: None,
            forgotten: AtomicBool::new(false),
        }
    }

    pub(crate) fn marked(mut self, marks: &Arc<Marks>) -> Self {
        self.marks = some(marks);
        self
    }

    pub(crate) fn ending(mut self, ends: Tick) -> Self {
        self.ends = ends;
        self
    }

    /// What it is forgotten by beside its key.
    pub(crate) fn marks(&self) -> &Marks {
        self.marks.as_deref().unwrap_or(Marks::NONE)
    }

    /// The value with its marks.
    pub(crate) fn made(&self) -> Made<V>
    where
        V: Clone,
    {
        Made {
            value: self.value.clone(),
            marks: self.marks.clone(),
            expires: Some(self.ends),
        }
    }

    pub(crate) fn forget(&self) {
        self.forgotten.store(true, Ordering::Release);
    }

    /// Whether the entry may be served at `now` in `epoch`.
    #[inline]
    pub(crate) fn is_live(&self, now: Tick, epoch: Epoch) -> bool {
        now < self.expires && self.epoch == epoch && !self.forgotten.load(Ordering::Acquire)
    }
}

/// Marks, unless there are none.
pub(crate) fn some(marks: &Arc<Marks>) -> Option<Arc<Marks>> {
    (!marks.is_empty()).then(|| Arc::clone(marks))
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
