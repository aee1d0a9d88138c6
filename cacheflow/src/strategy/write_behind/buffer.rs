//! Values that wait to be written, and those that are being written.
//!
//! ```text
//! put ──▶ waits ──take──▶ in flight ──ended──▶ gone
//!           ▲                  │
//!           └──────failed──────┘
//! ```
//!
//! A key is in one flight at a time: what is put meanwhile waits for the end of
//! it, so that the source gets the values of a key in their order.

use std::collections::{BTreeMap, BTreeSet, HashMap};
use std::hash::Hash;
use std::time::Duration;

use super::WriteBehind;
use super::decide;
use crate::clock::Tick;

/// See the [module's documentation](self).
#[derive(Clone, Debug)]
pub(crate) struct Buffer<K, V> {
    max_pending: usize,
    keys: HashMap<K, Pending<V>>,
    /// The keys that wait and are not in flight, by their places.
    queue: BTreeMap<u64, K>,
    /// The places of those in flight.
    flying: BTreeSet<u64>,
    /// The generation of the next put.
    next: u64,
}

/// What is not written yet of a key; at least one of the two is there.
#[derive(Clone, Debug)]
struct Pending<V> {
    waits: Option<Kept<V>>,
    flies: Option<Kept<V>>,
}

#[derive(Clone, Debug)]
struct Kept<V> {
    value: V,
    /// The number of the put that brought it.
    generation: u64,
    /// Where it stands in the queue: the generation of the first value of its key
    /// that has not been written.
    place: u64,
    /// Since when that waits.
    since: Tick,
}

/// What became of a value that was put.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(crate) enum Put<K, V> {
    /// It waits.
    Buffered,
    /// It waits, in the place of an older one that will not be written any more.
    Replaced,
    /// So many keys wait that this one has to be put later: here it is.
    Full(K, V),
}

impl<K: Eq + Hash + Clone, V> Buffer<K, V> {
    /// A buffer for so many keys, waiting and in flight.
    pub(crate) fn new(max_pending: usize) -> Self {
        Self {
            max_pending,
            keys: HashMap::new(),
            queue: BTreeMap::new(),
            flying: BTreeSet::new(),
            next: 0,
        }
    }

    /// Keeps the newest value of a key until it is written.
    pub(crate) fn put(&mut self, key: K, value: V, now: Tick) -> Put<K, V> {
        let generation = self.next;
        let is_full = self.keys.len() >= self.max_pending;
        let kept = |value| Kept {
            value,
            generation,
            place: generation,
            since: now,
        };
        let put = match self.keys.get_mut(&key) {
            Some(pending) => match &mut pending.waits {
                Some(older) => {
                    older.value = value;
                    older.generation = generation;
                    Put::Replaced
                }
                // In flight; queued when that has ended.
                waits @ None => {
                    *waits = Some(kept(value));
                    Put::Buffered
                }
            },
            None if is_full => return Put::Full(key, value),
            None => {
                self.queue.insert(generation, key.clone());
                let waits = Some(kept(value));
                self.keys.insert(key, Pending { waits, flies: None });
                Put::Buffered
            }
        };
        self.next += 1;
        put
    }

    /// Whether there are enough values to be written, or one has waited enough.
    #[cfg(test)]
    pub(crate) fn ready(&self, config: &WriteBehind, now: Tick) -> bool {
        self.next_flush(config, now)
            .is_some_and(|wait| wait.is_zero())
    }

    /// In how long there will be, if nothing is put until then; `None` while no key
    /// waits that is not in flight.
    pub(crate) fn next_flush(&self, config: &WriteBehind, now: Tick) -> Option<Duration> {
        let (_, first) = self.queue.first_key_value()?;
        let since = self.keys.get(first)?.waits.as_ref()?.since;
        decide::next_flush(config, self.queue.len(), now.since(since))
    }

    /// What is known of a key: its newest value that is not written yet.
    pub(crate) fn pending(&self, key: &K) -> Option<&V> {
        let pending = self.keys.get(key)?;
        let newest = pending.waits.as_ref().or(pending.flies.as_ref());
        newest.map(|kept| &kept.value)
    }

    /// Whether a value of this key waits: newer than the one in flight, if one is.
    pub(crate) fn is_waiting(&self, key: &K) -> bool {
        let pending = self.keys.get(key);
        pending.is_some_and(|pending| pending.waits.is_some())
    }

    /// Takes up to `batch` keys into flight, those that have waited longest, each
    /// with its value and the number of the put that brought it.
    pub(crate) fn take(&mut self, batch: usize) -> Vec<(K, V, u64)>
    where
        V: Clone,
    {
        let mut taken = Vec::with_capacity(batch.min(self.queue.len()));
        while taken.len() < batch {
            let Some((_, key)) = self.queue.pop_first() else {
                break;
            };
            let Some(pending) = self.keys.get_mut(&key) else {
                continue;
            };
            pending.flies = pending.waits.take();
            if let Some(kept) = &pending.flies {
                self.flying.insert(kept.place);
                taken.push((key, kept.value.clone(), kept.generation));
            }
        }
        taken
    }

    /// The flight of these keys is over: they are written. A value that was put
    /// meanwhile is the next.
    pub(crate) fn ended<'k>(&mut self, keys: impl IntoIterator<Item = &'k K>)
    where
        K: 'k,
    {
        self.land(keys, |_| None);
    }

    /// The flight of these keys is over: they are not written. They have their
    /// places again, before all that came later; a value that was put meanwhile has
    /// the place of the one that it replaces.
    pub(crate) fn failed<'k>(&mut self, keys: impl IntoIterator<Item = &'k K>)
    where
        K: 'k,
    {
        self.land(keys, Some);
    }

    /// The place of the next put: all that is put before it is before that.
    pub(crate) fn next_place(&self) -> u64 {
        self.next
    }

    /// Whether everything before a place is written, or replaced by what is.
    pub(crate) fn is_written_before(&self, place: u64) -> bool {
        let waits = self.queue.first_key_value().map(|(place, _)| *place);
        let flies = self.flying.first().copied();
        waits.into_iter().chain(flies).all(|first| first >= place)
    }

    /// How many keys are not written yet.
    pub(crate) fn len(&self) -> usize {
        self.keys.len()
    }

    /// Whether all are.
    #[cfg(test)]
    pub(crate) fn is_empty(&self) -> bool {
        self.keys.is_empty()
    }

    /// Takes `keys` out of flight; `unwritten` tells what of it is still to be
    /// written. Keys that are in no flight are left alone.
    fn land<'k>(
        &mut self,
        keys: impl IntoIterator<Item = &'k K>,
        unwritten: impl Fn(Kept<V>) -> Option<Kept<V>>,
    ) where
        K: 'k,
    {
        for key in keys {
            let Some(pending) = self.keys.get_mut(key) else {
                continue;
            };
            let Some(landed) = pending.flies.take() else {
                continue;
            };
            self.flying.remove(&landed.place);
            pending.waits = match (unwritten(landed), pending.waits.take()) {
                (Some(older), Some(newer)) => Some(Kept {
                    place: older.place,
                    since: older.since,
                    ..newer
                }),
                (older, newer) => newer.or(older),
            };
            match &pending.waits {
                Some(kept) => {
                    self.queue.insert(kept.place, key.clone());
                }
                None => {
                    self.keys.remove(key);
                }
            }
        }
    }
}

#[cfg(test)]
mod tests;
