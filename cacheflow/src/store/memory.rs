//! The memory of one process (L1): a front of what is asked for most, and behind it a store
//! that decides what is evicted.
//!
//! Whether an entry may be served is decided by the entry itself.

mod backing;
mod calendar;
mod clock_pro;
mod eviction;
mod tiny_lfu;

use std::collections::BTreeMap;
use std::sync::Arc;

use self::backing::{Backing, Leaving};
use self::clock_pro::ClockPro;
pub use self::eviction::Eviction;
use self::tiny_lfu::TinyLfu;
use super::front::{Front, Spot};
use crate::clock::Clock;
use crate::entry::{Entry, Epoch};
use crate::event::{Counters, EventSink};
use crate::key::{CacheName, EntryKey, Marks};

/// What bounds a cache's memory.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(crate) enum Bound {
    /// At most this many entries.
    Entries(u64),
    /// At most this many bytes, as entries weigh themselves.
    Bytes(u64),
}

impl Bound {
    /// About so many entries: of a kilobyte or so, for want of knowing.
    fn entries(self) -> u64 {
        match self {
            Self::Entries(entries) => entries,
            Self::Bytes(bytes) => bytes / 1024,
        }
    }
}

/// Decoded values of one cache.
pub(crate) struct Memory<V> {
    /// Where all of them are.
    store: Box<dyn Backing<V>>,
    /// What is asked for most, before the store.
    front: Arc<Front<V>>,
    bound: Bound,
}

impl<V: Send + Sync + 'static> Memory<V> {
    /// What leaves it is told to `events`, and counted where that is wanted.
    pub(crate) fn new(
        cache: CacheName,
        (bound, eviction): (Bound, Eviction),
        clock: Clock,
        events: EventSink,
        counters: Option<Arc<Counters>>,
    ) -> Self {
        let front = Arc::new(Front::new(bound.entries()));
        let leaving = Leaving {
            cache,
            front: Arc::clone(&front),
            events,
            counters,
        };
        let store: Box<dyn Backing<V>> = match eviction {
            Eviction::ClockPro => Box::new(ClockPro::new(bound, clock, leaving)),
            Eviction::TinyLfu => Box::new(TinyLfu::new(bound, clock, leaving)),
        };
        Self {
            store,
            front,
            bound,
        }
    }

    /// What `serve` makes of the entry, if there is one and it `may` be served.
    ///
    /// With it comes where it should stand to be found sooner the next time, if it is
    /// worth it: see [`place`](Self::place).
    #[inline]
    pub(crate) fn get<R>(
        &self,
        key: &[u8],
        may: impl Fn(&Entry<V>) -> bool,
        serve: impl FnOnce(&Arc<Entry<V>>) -> R,
    ) -> Option<(R, Option<Promotion<V>>)> {
        let spot = self.front.spot(key);
        if let Some(held) = self.front.get(spot, key)
            && let Some(entry) = held.as_ref()
            && may(entry)
        {
            if self.front.is_told(entry) {
                self.tell_store(key);
            }
            return Some((serve(entry), None));
        }
        self.get_behind(key, spot, may, serve)
    }

    #[cfg(test)]
    pub(crate) fn is_in_front(&self, key: &[u8]) -> bool {
        self.front.get(self.front.spot(key), key).is_some()
    }

    /// Tells the store that `key` is read.
    #[cold]
    fn tell_store(&self, key: &[u8]) {
        drop(self.store.get(key));
    }

    /// The same from the store.
    fn get_behind<R>(
        &self,
        key: &[u8],
        spot: Spot,
        may: impl Fn(&Entry<V>) -> bool,
        serve: impl FnOnce(&Arc<Entry<V>>) -> R,
    ) -> Option<(R, Option<Promotion<V>>)> {
        let entry = self.store.get(key).filter(|entry| may(entry))?;
        let served = serve(&entry);
        let promotion = self.front.wants().then_some(Promotion { spot, entry });
        Some((served, promotion))
    }

    /// Lets an entry be found before the store is asked, if the store still has it.
    /// Nothing else may change memory meanwhile: else an entry that is being replaced
    /// or forgotten could be put where nobody looks for it any more.
    pub(crate) fn place(&self, key: &[u8], promotion: &Promotion<V>) {
        let Promotion { spot, entry } = promotion;
        let is_stored = || {
            let present = self.peek(key);
            present.is_some_and(|present| Arc::ptr_eq(&present, entry))
        };
        if !is_stored() {
            return;
        }
        self.front.place(*spot, entry);
        // The store evicts when it likes, and may have told the front too early.
        if !is_stored() {
            self.front.drop_this(key, entry);
        }
    }

    /// Whatever is kept of `key`, whether it may be served or not; for those who are no
    /// readers.
    pub(crate) fn peek(&self, key: &[u8]) -> Option<Arc<Entry<V>>> {
        self.store.peek(key)
    }

    pub(crate) fn insert(&self, key: EntryKey, entry: Arc<Entry<V>>) {
        self.front.note_put();
        self.store.insert(key.clone(), entry);
        // In this order: between the two, readers find the one or the other.
        drop(self.front.take(key.as_bytes()));
    }

    /// Takes the entry out, and marks it for those who hold it already. Returns
    /// whether there was one that had not been forgotten before.
    pub(crate) fn forget(&self, key: &[u8]) -> bool {
        let stored = self.store.remove(key).is_some_and(|entry| entry.forget());
        // The store may have evicted it, and not have told the front yet.
        let in_front = self.front.take(key).is_some_and(|entry| entry.forget());
        stored || in_front
    }

    /// The same if the entry does not take the record `before` into account. Nothing
    /// else may change memory meanwhile.
    pub(crate) fn forget_older(&self, key: &[u8], before: u64) -> bool {
        let is_older = |entry: &Entry<V>| entry.as_of < before;
        let in_front = || {
            let held = self.front.get(self.front.spot(key), key)?;
            held.as_deref().map(is_older)
        };
        let older = before == u64::MAX
            || self
                .peek(key)
                .map_or_else(|| in_front() == Some(true), |entry| is_older(&entry));
        older && self.forget(key)
    }

    /// Takes the entry out if it is still this one.
    pub(crate) fn free_this(&self, key: &[u8], entry: &Arc<Entry<V>>) {
        let present = self.peek(key);
        if present.is_some_and(|present| Arc::ptr_eq(&present, entry)) {
            self.store.remove(key);
        }
        self.front.drop_this(key, entry);
    }

    /// The keys that `wanted` picks; looks at every entry.
    pub(crate) fn keys_where(&self, wanted: impl Fn(&EntryKey) -> bool) -> Vec<EntryKey> {
        let stored = self.store.iter().map(|(key, _)| key);
        let mut keys: Vec<_> = stored.filter(|key| wanted(key)).collect();
        // What the store has just evicted; all else it has named already.
        let in_front = self.front.entries().filter_map(|entry| entry.key.clone());
        let is_evicted = |key: &EntryKey| self.peek(key.as_bytes()).is_none();
        keys.extend(in_front.filter(|key| wanted(key) && is_evicted(key)));
        keys
    }

    /// Up to `most` entries in the order of their keys, those behind `after`. Looks at
    /// every entry, holds no more than are wanted, and counts as no reading of any: what
    /// is evicted next is what would have been.
    pub(crate) fn page(&self, after: Option<&[u8]>, most: usize) -> Vec<(EntryKey, Arc<Entry<V>>)> {
        let mut page = BTreeMap::new();
        for (key, entry) in self.store.iter() {
            if after.is_some_and(|after| key.as_bytes() <= after) {
                continue;
            }
            page.insert(key, entry);
            if page.len() > most {
                page.pop_last();
            }
        }
        page.into_iter().collect()
    }

    /// The keys of entries that `may` be served; of more than `most`, those that were put last.
    /// (How often each is read, the store keeps to itself.)
    pub(crate) fn newest(&self, most: usize, may: impl Fn(&Entry<V>) -> bool) -> Vec<EntryKey> {
        let live = self.store.iter().filter(|(_, it)| may(it));
        let mut all: Vec<_> = live.map(|(key, it)| (it.seen, key)).collect();
        if all.len() > most {
            all.select_nth_unstable_by(most, |one, other| other.0.cmp(&one.0));
            all.truncate(most);
        }
        all.into_iter().map(|(_, key)| key).collect()
    }

    /// Values, up to so many, in no order.
    #[cfg(feature = "zstd")]
    pub(crate) fn some(&self, most: usize) -> Vec<V>
    where
        V: Clone,
    {
        let entries = self.store.iter().take(most);
        entries.map(|(_, entry)| entry.value.clone()).collect()
    }

    /// The entries that go by more than their key, with what they go by.
    pub(crate) fn marked(&self) -> Vec<(EntryKey, Arc<Marks>)> {
        let marked = |(key, entry): (EntryKey, Arc<Entry<V>>)| {
            Some((key, Arc::clone(entry.marks.as_ref()?)))
        };
        self.store.iter().filter_map(marked).collect()
    }

    /// Frees every entry of an epoch before this one, at once or little by little. That they
    /// must not be served any more is told by their epoch, not by this.
    pub(crate) fn free_before(&self, epoch: Epoch) {
        self.store.free_before(epoch);
        self.front.clear();
    }

    /// Whether an entry of this weight could be kept at all.
    pub(crate) fn could_hold(&self, weight: u32) -> bool {
        self.store.could_hold(weight)
    }

    pub(crate) fn bound(&self) -> Bound {
        self.bound
    }

    pub(crate) fn entries(&self) -> u64 {
        self.store.entries()
    }

    pub(crate) fn weight(&self) -> u64 {
        self.store.weight()
    }

    /// Does what the store puts off: evicts what is too much or expired, and brings
    /// its counts up to date.
    pub(crate) fn tidy(&self) {
        self.store.tidy();
    }
}

/// An entry that should be found sooner: see [`Memory::place`].
pub(crate) struct Promotion<V> {
    spot: Spot,
    entry: Arc<Entry<V>>,
}

#[cfg(test)]
mod tests;
