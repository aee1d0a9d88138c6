//! Tags that very many entries carry: forgotten in one step, however many those are.
//!
//! To mark each of a hundred thousand entries takes tens of milliseconds, under the lock
//! that everybody needs who keeps a value. Instead the cache begins another epoch, of which
//! no entry is. Who finds an entry of an older one looks closer, once: one that does not
//! carry the tag, or is newer than what was forgotten, goes over to the present epoch, and is
//! a hit like any other. The others stay where they are, for memory to replace or evict.

use std::collections::VecDeque;
use std::sync::PoisonError;

use super::Local;
use super::look::TOLD_AT_ONCE;
use crate::entry::{Entry, Epoch};
use crate::event::{Gone, TakenOut, Target};
use crate::key::Tag;
use crate::sync::RwLock;
use crate::sync::atomic::{AtomicU64, Ordering};

/// So many entries of a tag are marked one by one.
pub(super) const FEW: usize = 2_000;

/// So many tags are kept in mind; of more, the oldest goes, and with it every entry that
/// nobody has read since.
pub(super) const MOST: usize = 128;

/// What has begun an epoch.
#[derive(Default)]
pub(super) struct AtOnce {
    tags: RwLock<VecDeque<Taken>>,
    /// Whatever is of an earlier epoch is forgotten.
    cleared: AtomicU64,
}

pub(super) struct Taken {
    /// With which epoch it was forgotten.
    pub(super) since: Epoch,
    pub(super) tag: Tag,
    /// What is newer than this record stays.
    pub(super) before: u64,
}

impl AtOnce {
    /// All that is older than `epoch` is forgotten.
    pub(super) fn clear(&self, epoch: Epoch) {
        let mut tags = self.tags.write().unwrap_or_else(PoisonError::into_inner);
        self.cleared.store(epoch.0, Ordering::Release);
        tags.clear();
    }

    /// Whether all that is of `epoch` is forgotten.
    pub(super) fn has_cleared(&self, epoch: Epoch) -> bool {
        self.cleared.load(Ordering::Acquire) > epoch.0
    }

    pub(super) fn add(&self, taken: Taken) {
        let mut tags = self.tags.write().unwrap_or_else(PoisonError::into_inner);
        // What was forgotten by it before is older still.
        tags.retain(|other| other.tag != taken.tag);
        if tags.len() == MOST
            && let Some(oldest) = tags.pop_front()
        {
            self.cleared.store(oldest.since.0, Ordering::Release);
        }
        tags.push_back(taken);
    }

    /// Takes an entry of an earlier epoch over to the `present` one, unless it was forgotten.
    #[cold]
    pub(super) fn look_closer<T>(&self, entry: &Entry<T>, present: Epoch) {
        let of = entry.epoch();
        if of >= present {
            return;
        }
        let tags = self.tags.read().unwrap_or_else(PoisonError::into_inner);
        let carried = entry.marks().tags();
        let mut since = tags.iter().filter(|taken| taken.since > of);
        let is_one = |taken: &Taken| entry.as_of < taken.before && carried.contains(&taken.tag);
        if !self.has_cleared(of) && !since.any(is_one) {
            entry.outlives(present);
        }
    }
}

impl<V: Clone + Send + Sync + 'static> Local<V> {
    /// Forgets what carries `tag` and is older than the record `before`, if that is very
    /// much; else `None`. How much it was is told as far as the index knows, which counts what
    /// was replaced since.
    pub(super) fn forget_at_once(&self, tag: &Tag, before: u64) -> Option<Gone> {
        let mut inside = self.inside();
        if !inside.values.has_many_tagged(FEW, tag, before) {
            return None;
        }
        // In the list first: who finds the epoch finds the reason.
        let since = Epoch(self.epoch().0 + 1);
        self.at_once.add(Taken {
            since,
            tag: tag.clone(),
            before,
        });
        self.epoch.store(since.0, Ordering::Release);
        let taken = inside.values.take_all_tagged(tag);
        let first = taken.iter().take(TOLD_AT_ONCE);
        let keys: Vec<_> = first.map(|member| member.key.clone()).collect();
        let named = taken.len() as u64;
        drop(inside);
        let target = Target::Tag(tag);
        self.tell_forgotten(target, &keys);
        let of_values = TakenOut {
            named,
            made_of_it: 0,
        };
        self.counters.forgotten(target, of_values);
        Some(Gone {
            entries: named,
            keys: Vec::new(),
        })
    }
}
