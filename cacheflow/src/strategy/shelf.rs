//! Entries of one kind in memory, with the index of what they go by.

use std::sync::Arc;

use super::index::{Index, Member};
use crate::entry::{Entry, Epoch};
use crate::event::{TakenOut, Target};
use crate::key::{CacheName, EntryKey, FullKey, Marks};
use crate::store::{Memory, Promotion};

/// So many entries are taken out of memory in one go; more are only marked.
const FREED_AT_ONCE: usize = 32;

/// Where entries of one kind are kept; `None` where they are not.
///
/// Whoever changes it holds the lock under which its index lies.
pub(super) struct Shelf<T> {
    cache: CacheName,
    memory: Option<Memory<T>>,
}

impl<T: Send + Sync + 'static> Shelf<T> {
    pub(super) fn new(cache: CacheName, memory: Option<Memory<T>>) -> Self {
        Self { cache, memory }
    }

    #[inline]
    pub(super) fn memory(&self) -> Option<&Memory<T>> {
        self.memory.as_ref()
    }

    /// What `serve` makes of the entry, if it `may` be served: see [`Memory::get`].
    #[inline]
    pub(super) fn get<R>(
        &self,
        key: &[u8],
        may: impl Fn(&Entry<T>) -> bool,
        serve: impl FnOnce(&Arc<Entry<T>>) -> R,
    ) -> Option<(R, Option<Promotion<T>>)> {
        self.memory.as_ref()?.get(key, may, serve)
    }

    /// See [`Memory::place`].
    pub(super) fn place(&self, key: &[u8], promotion: &Promotion<T>) {
        if let Some(memory) = &self.memory {
            memory.place(key, promotion);
        }
    }

    /// Whatever is kept of `key`, however old.
    pub(super) fn kept(&self, key: &[u8]) -> Option<Arc<Entry<T>>> {
        self.memory.as_ref()?.peek(key)
    }

    pub(super) fn insert(&self, index: &mut Index<T>, key: &EntryKey, mut entry: Entry<T>) {
        let Some(memory) = &self.memory else { return };
        entry.key = Some(key.clone());
        let entry = Arc::new(entry);
        index.add(&self.cache, key, &entry);
        memory.insert(key.clone(), entry);
    }

    /// Forgets what is kept of `key`, whatever it is.
    pub(super) fn remove(&self, key: &[u8]) {
        self.remove_older(key, u64::MAX);
    }

    /// Forgets what is kept of `key` if it is older than the record `before`; returns
    /// whether there was something.
    fn remove_older(&self, key: &[u8], before: u64) -> bool {
        let memory = self.memory.as_ref();
        memory.is_some_and(|memory| memory.forget_older(key, before))
    }

    /// Forgets what `target` says of this cache and is older than the record
    /// `before`; not by whole caches, which is the epoch's. Adds the keys of all
    /// that went by something else than its own key to `gone`, and returns how many
    /// entries went.
    pub(super) fn forget(
        &self,
        index: &mut Index<T>,
        target: Target<'_>,
        before: u64,
        gone: &mut Vec<EntryKey>,
    ) -> TakenOut {
        let (mut freed, mut entries, mut named) = (0, 0, 0);
        let mut stays = |member: &Member<T>| {
            let stays = self.stays(member, before, &mut freed, &mut entries);
            if !stays {
                gone.push(member.key.clone());
            }
            stays
        };
        match target {
            Target::Key(key) | Target::OwnPut(key) | Target::Putting(key) => {
                index.take_dependents(key, stays);
                let is_here = key.cache() == self.cache.as_str();
                if is_here && !matches!(target, Target::Putting(_)) {
                    named += u64::from(self.remove_older(key.key(), before));
                }
            }
            Target::DependentsOf(key) => index.take_dependents(key, stays),
            Target::Tag(tag) => index.take_tagged(tag, stays),
            Target::Pattern(pattern) => {
                index.take_dependents_where(|key| pattern.matches(key), &mut stays);
                let full = |key: &EntryKey| FullKey::new(&self.cache, key);
                let keys =
                    |memory: &Memory<T>| memory.keys_where(|key| pattern.matches(&full(key)));
                for key in self.memory.as_ref().map(keys).unwrap_or_default() {
                    if self.remove_older(key.as_bytes(), before) {
                        named += 1;
                        gone.push(key);
                    }
                }
            }
            Target::Cache(name) => {
                let of_it = |key: &FullKey| key.cache() == name.as_str();
                index.take_dependents_where(of_it, stays);
            }
            Target::Everything => {}
        }
        // What carries a tag is named by it.
        match target {
            Target::Tag(_) => TakenOut {
                named: entries,
                made_of_it: 0,
            },
            _ => TakenOut {
                named,
                made_of_it: entries,
            },
        }
    }

    /// Frees every entry of an epoch before this one. That they must not be served any more
    /// is told by their epoch, not by this. Returns about how many there were.
    pub(super) fn free_before(&self, index: &mut Index<T>, epoch: Epoch) -> u64 {
        index.clear();
        let Some(memory) = &self.memory else { return 0 };
        let entries = memory.entries();
        memory.free_before(epoch);
        entries
    }

    /// Brings the count of entries up to date.
    pub(super) fn tidy(&self) {
        if let Some(memory) = &self.memory {
            memory.tidy();
        }
    }

    /// Whether an entry that the index found is newer than the record `before`;
    /// else it is forgotten, and counted unless it was forgotten before.
    fn stays(&self, member: &Member<T>, before: u64, freed: &mut usize, entries: &mut u64) -> bool {
        let entry = member.entry.upgrade();
        if entry.as_ref().is_some_and(|entry| entry.as_of >= before) {
            return true;
        }
        if let (Some(entry), Some(memory)) = (entry, &self.memory) {
            *entries += u64::from(entry.forget());
            // To be marked is what counts. Of very many, most are left for memory
            // to replace or evict: nobody waits for that under the lock.
            if *freed < FREED_AT_ONCE {
                memory.free_this(member.key.as_bytes(), &entry);
                *freed += 1;
            }
        }
        false
    }

    /// The keys of what depends on `key`.
    pub(super) fn dependents(&self, index: &Index<T>, key: &FullKey) -> Vec<FullKey> {
        let keys = index.dependents(key);
        keys.map(|key| FullKey::new(&self.cache, key)).collect()
    }

    /// The entries that were made of others, with their marks.
    pub(super) fn graph(&self) -> Vec<(FullKey, Arc<Marks>)> {
        let entries = self.memory.as_ref().map(Memory::marked).unwrap_or_default();
        let full = |(key, marks)| (FullKey::new(&self.cache, &key), marks);
        entries.into_iter().map(full).collect()
    }
}
