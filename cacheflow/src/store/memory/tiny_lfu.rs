//! moka as plain storage: TinyLFU, see [`Eviction::TinyLfu`](crate::Eviction::TinyLfu).
//!
//! None of its own loading or invalidation by time is used, because neither knows of loads
//! in flight.

use std::sync::Arc;
use std::time::{Duration, Instant};

use foldhash::fast::RandomState;
use moka::notification::RemovalCause;

use super::Bound;
use super::backing::{Backing, Leaving};
use crate::clock::Clock;
use crate::entry::{Entry, Epoch};
use crate::event::Evicted;
use crate::key::EntryKey;

pub(super) struct TinyLfu<V> {
    store: moka::sync::Cache<EntryKey, Arc<Entry<V>>, RandomState>,
    bound: Bound,
}

impl<V: Send + Sync + 'static> TinyLfu<V> {
    pub(super) fn new(bound: Bound, clock: Clock, leaving: Leaving<V>) -> Self {
        let builder = moka::sync::Cache::builder()
            .name(leaving.cache.as_str())
            .expire_after(Lifetime(clock))
            .eviction_listener(move |key: Arc<EntryKey>, entry: Arc<Entry<V>>, cause| {
                leaving.left(&key, &entry, evicted(cause));
            });
        let builder = match bound {
            Bound::Entries(entries) => builder.max_capacity(entries),
            Bound::Bytes(bytes) => builder
                .max_capacity(bytes)
                .weigher(|_, entry: &Arc<Entry<V>>| entry.weight),
        };
        Self {
            store: builder.build_with_hasher(RandomState::default()),
            bound,
        }
    }
}

impl<V: Send + Sync + 'static> Backing<V> for TinyLfu<V> {
    fn get(&self, key: &[u8]) -> Option<Arc<Entry<V>>> {
        self.store.get(key)
    }

    fn peek(&self, key: &[u8]) -> Option<Arc<Entry<V>>> {
        // To moka every `get` says that somebody wants the key, also one that finds
        // nothing: a key that is loaded once would seem to be wanted several times.
        let is_there = self.store.contains_key(key);
        is_there.then(|| self.store.get(key)).flatten()
    }

    fn insert(&self, key: EntryKey, entry: Arc<Entry<V>>) {
        self.store.insert(key, entry);
    }

    fn remove(&self, key: &[u8]) -> Option<Arc<Entry<V>>> {
        self.store.remove(key)
    }

    fn iter(&self) -> Box<dyn Iterator<Item = (EntryKey, Arc<Entry<V>>)> + '_> {
        let all = self.store.iter();
        Box::new(all.map(|(key, entry)| (EntryKey::clone(&key), entry)))
    }

    fn free_before(&self, _: Epoch) {
        // Whatever is put after this stays.
        self.store.invalidate_all();
    }

    fn could_hold(&self, weight: u32) -> bool {
        match self.bound {
            Bound::Entries(_) => true,
            Bound::Bytes(bytes) => u64::from(weight) <= bytes,
        }
    }

    fn entries(&self) -> u64 {
        self.store.entry_count()
    }

    fn weight(&self) -> u64 {
        self.store.weighted_size()
    }

    fn tidy(&self) {
        self.store.run_pending_tasks();
    }
}

/// Tells moka when it may free an entry.
struct Lifetime(Clock);

impl Lifetime {
    fn of<V>(&self, entry: &Entry<V>) -> Option<Duration> {
        // moka goes by the system's time. Under a clock that a test moves it
        // frees nothing for its age: the entry alone says when it ends.
        let frees = !self.0.is_manual();
        frees.then(|| entry.held_until().since(self.0.now()))
    }
}

impl<V> moka::Expiry<EntryKey, Arc<Entry<V>>> for Lifetime {
    fn expire_after_create(
        &self,
        _: &EntryKey,
        entry: &Arc<Entry<V>>,
        _: Instant,
    ) -> Option<Duration> {
        self.of(entry)
    }

    fn expire_after_update(
        &self,
        _: &EntryKey,
        entry: &Arc<Entry<V>>,
        _: Instant,
        _: Option<Duration>,
    ) -> Option<Duration> {
        self.of(entry)
    }
}

fn evicted(cause: RemovalCause) -> Evicted {
    match cause {
        RemovalCause::Expired => Evicted::Expired,
        RemovalCause::Explicit => Evicted::Forgotten,
        RemovalCause::Replaced => Evicted::Replaced,
        RemovalCause::Size => Evicted::Size,
    }
}
