//! What waits to be told to the shared store.

use std::collections::BTreeSet;

use crate::event::Forgotten;
use crate::key::{CacheName, FullKey, Pattern, Tag};

/// So many keys wait one by one; more, and their caches are forgotten instead.
const MAX_KEYS: usize = 10_000;

/// So many tags and patterns wait; more, and everything is forgotten instead.
const MAX_OTHERS: usize = 1_000;

/// How many keys, tags or patterns go into one record.
pub(super) const BATCH: usize = 500;

/// Forgettings that could not be recorded yet, each once.
#[derive(Debug, Default)]
pub(crate) struct Outbox {
    keys: BTreeSet<FullKey>,
    tags: BTreeSet<Tag>,
    patterns: BTreeSet<Pattern>,
    caches: BTreeSet<CacheName>,
    everything: bool,
    /// How many were taken out and are on their way.
    sending: usize,
}

impl Outbox {
    pub(crate) fn add(&mut self, forgotten: Forgotten) {
        if forgotten.everything {
            self.overflow_of_all();
        }
        if self.everything {
            return;
        }
        for cache in forgotten.caches {
            self.keys.retain(|key| key.cache() != cache.as_str());
            self.caches.insert(cache);
        }
        let caches = &self.caches;
        let keys = forgotten.keys.into_iter();
        self.keys
            .extend(keys.filter(|key| !caches.contains(key.cache())));
        self.tags.extend(forgotten.tags);
        self.patterns.extend(forgotten.patterns);
        if self.keys.len() > MAX_KEYS {
            self.overflow_of_keys();
        }
        if self.tags.len() + self.patterns.len() > MAX_OTHERS {
            self.overflow_of_all();
        }
    }

    /// Too many to remember: everything of their caches is forgotten.
    fn overflow_of_keys(&mut self) {
        let keys = std::mem::take(&mut self.keys);
        tracing::warn!(
            keys = keys.len(),
            "too many invalidations wait for the shared store; their caches will be cleared"
        );
        let caches = keys.iter().map(FullKey::cache);
        self.caches
            .extend(caches.filter_map(|cache| CacheName::new(cache).ok()));
    }

    /// The same for the namespace.
    fn overflow_of_all(&mut self) {
        let sending = self.sending;
        *self = Self {
            everything: true,
            sending,
            ..Self::default()
        };
    }

    pub(crate) fn is_empty(&self) -> bool {
        self.len() == 0
    }

    pub(crate) fn len(&self) -> usize {
        self.keys.len()
            + self.tags.len()
            + self.patterns.len()
            + self.caches.len()
            + usize::from(self.everything)
            + self.sending
    }

    /// Takes a batch out, to be sent; `None` if nothing waits. Taken out *before*
    /// it is sent: what is forgotten once more meanwhile has to be sent once more.
    pub(crate) fn take(&mut self) -> Option<Forgotten> {
        let taken = Forgotten {
            everything: std::mem::take(&mut self.everything),
            keys: first(&mut self.keys),
            tags: first(&mut self.tags),
            patterns: first(&mut self.patterns),
            caches: first(&mut self.caches),
        };
        self.sending = taken.keys.len()
            + taken.tags.len()
            + taken.patterns.len()
            + taken.caches.len()
            + usize::from(taken.everything);
        (self.sending > 0).then_some(taken)
    }

    /// What was taken out has arrived, or was put back.
    pub(crate) fn sent(&mut self) {
        self.sending = 0;
    }
}

/// Takes the first of `set` out, as many as go into one record.
fn first<T: Ord + Clone>(set: &mut BTreeSet<T>) -> Vec<T> {
    let rest = match set.iter().nth(BATCH).cloned() {
        Some(next) => set.split_off(&next),
        None => BTreeSet::new(),
    };
    std::mem::replace(set, rest).into_iter().collect()
}

#[cfg(test)]
mod tests {
    use super::*;

    fn keys(cache: &str, count: usize) -> Forgotten {
        let key = |n| FullKey::parse(&format!("{cache}:{n}")).unwrap();
        Forgotten::keys((0..count).map(key).collect::<Vec<_>>())
    }

    fn tags(count: usize) -> Forgotten {
        let tag = |n: usize| Tag::new(&n.to_string()).unwrap();
        Forgotten::tags((0..count).map(tag).collect::<Vec<_>>())
    }

    #[test]
    fn each_key_waits_once() {
        let mut outbox = Outbox::default();
        outbox.add(keys("a", 3));
        outbox.add(keys("a", 3));
        assert_eq!(outbox.len(), 3);
        assert_eq!(outbox.take(), Some(keys("a", 3)));
        assert_eq!(outbox.len(), 3, "on their way is not arrived");
        outbox.sent();
        assert!(outbox.is_empty() && outbox.take().is_none());
    }

    #[test]
    fn a_key_forgotten_while_it_is_sent_waits_again() {
        let mut outbox = Outbox::default();
        outbox.add(keys("a", 1));
        let being_sent = outbox.take().unwrap();
        outbox.add(being_sent);
        outbox.sent();
        assert_eq!(outbox.len(), 1);
    }

    #[test]
    fn too_many_keys_become_a_clear_of_their_caches() {
        let mut outbox = Outbox::default();
        outbox.add(keys("a", MAX_KEYS));
        assert_eq!(outbox.len(), MAX_KEYS);
        outbox.add(keys("b", 1));
        assert_eq!(outbox.len(), 2);
        // A key of a cache that will be cleared need not wait by itself.
        outbox.add(keys("a", 5));
        let caches = ["a", "b"].map(|name| CacheName::new(name).unwrap());
        let expected = Forgotten {
            caches: caches.to_vec(),
            ..Forgotten::default()
        };
        assert_eq!(outbox.take(), Some(expected));
        outbox.sent();
        assert!(outbox.is_empty());
    }

    #[test]
    fn too_many_tags_become_everything_and_that_takes_the_place_of_all() {
        let mut outbox = Outbox::default();
        outbox.add(keys("a", 3));
        outbox.add(tags(MAX_OTHERS));
        assert_eq!(outbox.len(), MAX_OTHERS + 3);
        outbox.add(Forgotten::tags([Tag::new("x").unwrap()]));
        assert_eq!(outbox.len(), 1);
        outbox.add(keys("a", 3));
        assert_eq!(outbox.take(), Some(Forgotten::everything()));
    }

    #[test]
    fn a_clear_takes_the_place_of_its_keys() {
        let mut outbox = Outbox::default();
        outbox.add(keys("a", 3));
        outbox.add(keys("b", 1));
        outbox.add(Forgotten::cache(CacheName::new("a").unwrap()));
        assert_eq!(outbox.len(), 2);
    }

    #[test]
    fn a_batch_is_bounded() {
        let mut outbox = Outbox::default();
        outbox.add(keys("a", BATCH + 1));
        assert_eq!(outbox.take().unwrap().keys.len(), BATCH);
        outbox.sent();
        assert_eq!(outbox.len(), 1);
    }
}
