//! What waits to be told to the shared store.

use std::collections::BTreeSet;

use crate::key::{CacheName, FullKey};

/// So many keys wait one by one; more, and their caches are cleared instead.
const MAX_KEYS: usize = 10_000;

/// How many keys go into one record.
pub(super) const BATCH: usize = 500;

/// Forgettings that could not be recorded yet, each key once.
#[derive(Debug, Default)]
pub(crate) struct Outbox {
    keys: BTreeSet<FullKey>,
    caches: BTreeSet<CacheName>,
    /// How many were taken out and are on their way.
    sending: usize,
}

impl Outbox {
    pub(crate) fn add_keys(&mut self, keys: impl IntoIterator<Item = FullKey>) {
        let caches = &self.caches;
        self.keys
            .extend(keys.into_iter().filter(|key| !caches.contains(key.cache())));
        if self.keys.len() > MAX_KEYS {
            self.overflow();
        }
    }

    pub(crate) fn add_cache(&mut self, cache: CacheName) {
        self.keys.retain(|key| key.cache() != cache.as_str());
        self.caches.insert(cache);
    }

    /// Too many to remember: everything of their caches is forgotten.
    fn overflow(&mut self) {
        let keys = std::mem::take(&mut self.keys);
        tracing::warn!(
            keys = keys.len(),
            "too many invalidations wait for the shared store; their caches will be cleared"
        );
        self.caches.extend(
            keys.iter()
                .filter_map(|key| CacheName::new(key.cache()).ok()),
        );
    }

    pub(crate) fn is_empty(&self) -> bool {
        self.len() == 0
    }

    pub(crate) fn len(&self) -> usize {
        self.keys.len() + self.caches.len() + self.sending
    }

    /// Takes some keys out, to be sent. Taken out *before* they are sent: a key
    /// that is forgotten once more meanwhile has to be sent once more.
    pub(crate) fn take_keys(&mut self) -> Vec<FullKey> {
        let rest = match self.keys.iter().nth(BATCH).cloned() {
            Some(next) => self.keys.split_off(&next),
            None => BTreeSet::new(),
        };
        let taken = std::mem::replace(&mut self.keys, rest);
        self.sending = taken.len();
        taken.into_iter().collect()
    }

    /// Takes a cache out, to be cleared.
    pub(crate) fn take_cache(&mut self) -> Option<CacheName> {
        let taken = self.caches.pop_first();
        self.sending = usize::from(taken.is_some());
        taken
    }

    /// What was taken out has arrived, or was put back.
    pub(crate) fn sent(&mut self) {
        self.sending = 0;
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    fn keys(cache: &str, count: usize) -> impl Iterator<Item = FullKey> {
        (0..count).map(move |n| FullKey::parse(&format!("{cache}:{n}")).unwrap())
    }

    #[test]
    fn each_key_waits_once() {
        let mut outbox = Outbox::default();
        outbox.add_keys(keys("a", 3));
        outbox.add_keys(keys("a", 3));
        assert_eq!(outbox.len(), 3);
        assert_eq!(outbox.take_keys(), keys("a", 3).collect::<Vec<_>>());
        assert_eq!(outbox.len(), 3, "on their way is not arrived");
        outbox.sent();
        assert!(outbox.is_empty());
    }

    #[test]
    fn a_key_forgotten_while_it_is_sent_waits_again() {
        let mut outbox = Outbox::default();
        outbox.add_keys(keys("a", 1));
        let being_sent = outbox.take_keys();
        outbox.add_keys(being_sent);
        outbox.sent();
        assert_eq!(outbox.len(), 1);
    }

    #[test]
    fn too_many_keys_become_a_clear_of_their_caches() {
        let mut outbox = Outbox::default();
        outbox.add_keys(keys("a", MAX_KEYS));
        assert_eq!(outbox.len(), MAX_KEYS);
        outbox.add_keys(keys("b", 1));
        assert_eq!(outbox.len(), 2);
        assert!(outbox.take_keys().is_empty());
        // A key of a cache that will be cleared need not wait by itself.
        outbox.add_keys(keys("a", 5));
        assert_eq!(outbox.len(), 2);
        assert_eq!(outbox.take_cache().unwrap().as_str(), "a");
        assert_eq!(outbox.take_cache().unwrap().as_str(), "b");
        outbox.sent();
        assert!(outbox.is_empty());
    }

    #[test]
    fn a_clear_takes_the_place_of_its_keys() {
        let mut outbox = Outbox::default();
        outbox.add_keys(keys("a", 3));
        outbox.add_keys(keys("b", 1));
        outbox.add_cache(CacheName::new("a").unwrap());
        assert_eq!(outbox.len(), 2);
    }

    #[test]
    fn a_batch_is_bounded() {
        let mut outbox = Outbox::default();
        outbox.add_keys(keys("a", BATCH + 1));
        assert_eq!(outbox.take_keys().len(), BATCH);
        outbox.sent();
        assert_eq!(outbox.len(), 1);
    }
}
