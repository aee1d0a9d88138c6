//! By which record something was last forgotten.

use std::collections::HashMap;

use crate::event::{Change, Record};
use crate::key::{CacheName, FullKey, Marks, Pattern, Tag};

type Last<S> = HashMap<S, u64, foldhash::fast::RandomState>;

/// The newest record for everything that records forget. To ask costs the marks
/// of an entry and the patterns, not the records.
#[derive(Debug, Default)]
pub(super) struct Latest {
    keys: Last<FullKey>,
    /// Keys of what went by a tag or a pattern: what was made of it is old. The key
    /// itself may have a newer value that goes by something else.
    parts: Last<FullKey>,
    tags: Last<Tag>,
    caches: Last<CacheName>,
    patterns: Vec<(u64, Pattern)>,
    everything: u64,
}

impl Latest {
    /// Takes a record up.
    pub(super) fn add(&mut self, record: &Record) {
        let number = record.position.number;
        match &record.change {
            Change::Forgotten(forgotten) => {
                for key in &forgotten.keys {
                    newest(&mut self.keys, key.clone(), number);
                }
                for tag in &forgotten.tags {
                    newest(&mut self.tags, tag.clone(), number);
                }
                for cache in &forgotten.caches {
                    newest(&mut self.caches, cache.clone(), number);
                }
                for pattern in &forgotten.patterns {
                    self.patterns.push((number, pattern.clone()));
                }
                if forgotten.everything {
                    self.everything = self.everything.max(number);
                }
            }
            Change::Put { key, dependents } => {
                for key in std::iter::once(key).chain(dependents) {
                    newest(&mut self.keys, key.clone(), number);
                }
            }
            Change::Held { key, .. } => newest(&mut self.keys, key.clone(), number),
            Change::Done(_) => {}
        }
    }

    /// Takes keys up that the record `number` forgets besides what it names.
    pub(super) fn add_keys(&mut self, keys: &[FullKey], number: u64) {
        for key in keys {
            newest(&mut self.parts, key.clone(), number);
        }
    }

    /// Lets such keys go.
    pub(super) fn remove_keys(&mut self, keys: &[FullKey], number: u64) {
        for key in keys {
            no_longer(&mut self.parts, key, number);
        }
    }

    /// Lets a record go; what a newer one forgot stays.
    pub(super) fn remove(&mut self, record: &Record) {
        let number = record.position.number;
        match &record.change {
            Change::Forgotten(forgotten) => {
                for key in &forgotten.keys {
                    no_longer(&mut self.keys, key, number);
                }
                for tag in &forgotten.tags {
                    no_longer(&mut self.tags, tag, number);
                }
                for cache in &forgotten.caches {
                    no_longer(&mut self.caches, cache, number);
                }
                self.patterns.retain(|(other, _)| *other != number);
                if self.everything == number {
                    self.everything = 0;
                }
            }
            Change::Put { key, dependents } => {
                for key in std::iter::once(key).chain(dependents) {
                    no_longer(&mut self.keys, key, number);
                }
            }
            Change::Held { key, .. } => no_longer(&mut self.keys, key, number),
            Change::Done(_) => {}
        }
    }

    /// Whether all of `cache` was forgotten after `number`.
    pub(super) fn has_named(&self, cache: &CacheName, number: u64) -> bool {
        let named = self.caches.get(cache).copied().unwrap_or(0);
        named.max(self.everything) > number
    }

    /// Whether something that an entry goes by was forgotten after `as_of`.
    pub(super) fn is_after(&self, as_of: u64, key: &FullKey, marks: &Marks) -> bool {
        let after = |number: Option<&u64>| number.is_some_and(|number| *number > as_of);
        let by_key = |key: &FullKey| {
            after(self.keys.get(key))
                || !self.caches.is_empty() && after(self.caches.get(key.cache()))
                || self
                    .patterns
                    .iter()
                    .any(|(number, pattern)| *number > as_of && pattern.matches(key))
        };
        self.everything > as_of
            || std::iter::once(key).chain(marks.dependencies()).any(by_key)
            || marks
                .dependencies()
                .iter()
                .any(|part| after(self.parts.get(part)))
            || marks.tags().iter().any(|tag| after(self.tags.get(tag)))
    }
}

fn newest<S: std::hash::Hash + Eq>(last: &mut Last<S>, subject: S, number: u64) {
    let slot = last.entry(subject).or_default();
    *slot = number.max(*slot);
}

fn no_longer<S: std::hash::Hash + Eq>(last: &mut Last<S>, subject: &S, number: u64) {
    if last.get(subject) == Some(&number) {
        last.remove(subject);
    }
}
