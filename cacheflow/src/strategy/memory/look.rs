//! Memory as people look at it, and what they are told of it. Nothing is served by this,
//! and nothing is counted.

use std::sync::Arc;

use super::{Local, Nothing};
use crate::clock::Tick;
use crate::entry::{Entry, EntryInfo};
use crate::event::{Event, ForgottenBy, Target};
use crate::key::{EntryKey, FullKey, Marks};

/// Of so many entries that go at once is told by what: listeners hold no more anyway.
pub(super) const TOLD_AT_ONCE: usize = 256;

impl<V: Clone + Send + Sync + 'static> Local<V> {
    /// Up to `most` entries in the order of their keys, those behind `after`.
    pub(crate) fn page(&self, after: Option<&[u8]>, most: usize) -> Vec<EntryInfo> {
        let now = self.clock.now();
        let memory = self.values.memory();
        let page = memory.map_or(Vec::new(), |memory| memory.page(after, most));
        page.iter()
            .map(|(key, entry)| self.info(key, entry, now))
            .collect()
    }

    /// What lies in memory under `key`, whatever it is good for.
    pub(crate) fn look(&self, key: &EntryKey) -> Option<EntryInfo> {
        let entry = self.values.kept(key.as_bytes())?;
        Some(self.info(key, &entry, self.clock.now()))
    }

    /// What is known of why there is no value, as long as that is served.
    pub(crate) fn look_for_nothing(&self, key: &[u8]) -> Option<&'static str> {
        match self.nothing(key)?.value {
            Nothing::Absent => Some("its source has no value"),
            Nothing::Failed(_) => Some("its load has failed"),
            Nothing::Unrefreshed(_) => None,
        }
    }

    /// Whether somebody loads, reads or puts an entry of `key` now.
    pub(crate) fn is_under_way(&self, key: &EntryKey) -> bool {
        self.inside().flights.has(key)
    }

    /// How many keys somebody is under way with.
    pub(crate) fn under_way(&self) -> usize {
        self.inside().flights.len()
    }

    /// The entries in memory that were made of others, with their marks.
    pub(crate) fn graph(&self) -> Vec<(FullKey, Arc<Marks>)> {
        self.values.graph()
    }

    /// The keys of what may be served; of more than `most`, those that were put last.
    pub(crate) fn newest(&self, most: usize) -> Vec<EntryKey> {
        let now = self.clock.now();
        let is_live = |entry: &Entry<V>| {
            let epoch = self.epoch();
            self.at_once.look_closer(entry, epoch);
            entry.is_live(now, epoch)
        };
        let memory = self.values.memory();
        memory.map_or(Vec::new(), |memory| memory.newest(most, is_live))
    }

    fn info<T>(&self, key: &EntryKey, entry: &Arc<Entry<T>>, now: Tick) -> EntryInfo {
        let key = FullKey::new(&self.cache, key);
        self.at_once.look_closer(entry, self.epoch());
        let is_trusted = self.may_serve(entry.begun, now);
        entry.info(key, now, self.epoch(), is_trusted)
    }

    /// Tells by what values were forgotten, for those who explain it.
    pub(super) fn tell_forgotten(&self, target: Target<'_>, gone: &[EntryKey]) {
        let Some(by) = ForgottenBy::of(target).filter(|_| !gone.is_empty()) else {
            return;
        };
        for key in gone.iter().take(TOLD_AT_ONCE) {
            self.events.tell(|| Event::EntryForgotten {
                cache: self.cache.clone(),
                key: key.clone(),
                by: by.clone(),
            });
        }
    }
}
