//! Which entries of a cache's memory go by a tag or a dependency.

use std::collections::{HashMap, HashSet};
use std::hash::Hash;
use std::sync::{Arc, Weak};

use crate::entry::Entry;
use crate::key::{CacheName, EntryKey, FullKey, Tag};

/// After so many additions at least, what has died is cleared away.
const SWEEP_AFTER: usize = 256;

/// From marks to the entries that carry them.
///
/// It holds no entry alive: what memory has evicted or replaced dies, and is
/// cleared away when the index has doubled. That is why a key that is kept again
/// under other tags is not found by its old ones.
pub(crate) struct Index<V> {
    by_tag: HashMap<Tag, Members<V>>,
    by_dependency: HashMap<FullKey, Members<V>>,
    added: usize,
    sweep_at: usize,
    /// What was taken out all at once, and is let go by and by.
    taken: Vec<Member<V>>,
}

/// So much of what was taken out at once is let go whenever something is added: more
/// than is added, so that it comes to an end.
const LET_GO: usize = 32;

/// The entries under one mark.
struct Members<V> {
    all: Vec<Member<V>>,
    /// The last record that one of them takes into account.
    newest: u64,
}

/// One entry under one mark.
#[derive(Clone)]
pub(crate) struct Member<V> {
    pub(crate) key: EntryKey,
    pub(crate) entry: Weak<Entry<V>>,
}

impl<V> Default for Members<V> {
    fn default() -> Self {
        Self {
            all: Vec::new(),
            newest: 0,
        }
    }
}

impl<V> Members<V> {
    fn add(&mut self, key: &EntryKey, entry: &Arc<Entry<V>>) {
        self.newest = self.newest.max(entry.as_of);
        self.all.push(Member {
            key: key.clone(),
            entry: Arc::downgrade(entry),
        });
    }
}

impl<V> Default for Index<V> {
    fn default() -> Self {
        Self {
            by_tag: HashMap::new(),
            by_dependency: HashMap::new(),
            added: 0,
            sweep_at: SWEEP_AFTER,
            taken: Vec::new(),
        }
    }
}

impl<V> Index<V> {
    /// Adds an entry under its marks.
    pub(crate) fn add(&mut self, cache: &CacheName, key: &EntryKey, entry: &Arc<Entry<V>>) {
        let Some(marks) = &entry.marks else { return };
        let left = self.taken.len().saturating_sub(LET_GO);
        self.taken.truncate(left);
        for tag in marks.tags() {
            let members = self.by_tag.entry(tag.clone());
            members.or_default().add(key, entry);
        }
        for dependency in marks.dependencies() {
            let members = self.by_dependency.entry(dependency.clone());
            members.or_default().add(key, entry);
        }
        self.added += marks.len();
        if self.added >= self.sweep_at {
            self.sweep(cache);
        }
    }

    /// Takes those that carry `tag` out, except what `stays`.
    pub(crate) fn take_tagged(&mut self, tag: &Tag, stays: impl FnMut(&Member<V>) -> bool) {
        take(&mut self.by_tag, tag, stays);
    }

    /// Whether more than `many` carry `tag`, the dead among them, and all of them are older than
    /// the record `before`.
    pub(crate) fn has_many_tagged(&self, many: usize, tag: &Tag, before: u64) -> bool {
        let members = self.by_tag.get(tag);
        members.is_some_and(|members| members.all.len() > many && members.newest < before)
    }

    /// Takes all that carry `tag` out, however many they are, and lends them. To let go of
    /// each is to look at each, which is done while others are added.
    pub(crate) fn take_all_tagged(&mut self, tag: &Tag) -> &[Member<V>] {
        let members = self.by_tag.remove(tag).unwrap_or_default().all;
        let before = self.taken.len();
        if before == 0 {
            self.taken = members;
        } else {
            self.taken.extend(members);
        }
        &self.taken[before..]
    }

    /// Takes those that depend on `key` out, except what `stays`.
    pub(crate) fn take_dependents(&mut self, key: &FullKey, stays: impl FnMut(&Member<V>) -> bool) {
        take(&mut self.by_dependency, key, stays);
    }

    /// Takes those out that depend on a key that `matches`, except what `stays`.
    pub(crate) fn take_dependents_where(
        &mut self,
        matches: impl Fn(&FullKey) -> bool,
        mut stays: impl FnMut(&Member<V>) -> bool,
    ) {
        self.by_dependency.retain(|key, members| {
            if matches(key) {
                members.all.retain(&mut stays);
            }
            !members.all.is_empty()
        });
    }

    /// Whether anything here depends on anything.
    pub(crate) fn has_dependencies(&self) -> bool {
        !self.by_dependency.is_empty()
    }

    /// The keys of what depends on `key`.
    pub(crate) fn dependents(&self, key: &FullKey) -> impl Iterator<Item = &EntryKey> {
        let members = self.by_dependency.get(key);
        members
            .into_iter()
            .flat_map(|members| &members.all)
            .filter(|member| member.entry.strong_count() > 0)
            .map(|member| &member.key)
    }

    /// Forgets everything.
    pub(crate) fn clear(&mut self) {
        *self = Self::default();
    }

    /// Clears the dead away; but not what stands between others: of an entry
    /// that is gone may still be known what was declared to depend on it.
    fn sweep(&mut self, cache: &CacheName) {
        let live = |member: &Member<V>| member.entry.strong_count() > 0;
        self.by_tag.retain(|_, members| {
            members.all.retain(live);
            !members.all.is_empty()
        });
        let between: HashSet<FullKey> = self.by_dependency.keys().cloned().collect();
        self.by_dependency.retain(|_, members| {
            members.all.retain(|member| {
                live(member) || between.contains(&FullKey::new(cache, &member.key))
            });
            !members.all.is_empty()
        });
        let left = self.by_tag.values().chain(self.by_dependency.values());
        self.added = left.map(|members| members.all.len()).sum();
        self.sweep_at = (self.added * 2).max(SWEEP_AFTER);
    }

    /// How much was taken out at once and is not let go yet.
    #[cfg(test)]
    pub(crate) fn taken(&self) -> usize {
        self.taken.len()
    }

    /// How many marks of entries it holds.
    #[cfg(test)]
    pub(crate) fn len(&self) -> usize {
        let members = self.by_tag.values().chain(self.by_dependency.values());
        members.map(|members| members.all.len()).sum()
    }
}

fn take<S: Hash + Eq, V>(
    index: &mut HashMap<S, Members<V>>,
    subject: &S,
    stays: impl FnMut(&Member<V>) -> bool,
) {
    if let Some(members) = index.get_mut(subject) {
        members.all.retain(stays);
        if members.all.is_empty() {
            index.remove(subject);
        }
    }
}
