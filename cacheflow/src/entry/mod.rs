//! Entries: what is kept of a value, in memory and as bytes.

mod envelope;
mod info;
mod lookup;

use std::sync::Arc;
use std::time::Duration;

pub use envelope::Envelope;
pub(crate) use envelope::Seal;
pub use info::{EntryInfo, EntryState};
pub(crate) use info::{millis, text, texts};
pub use lookup::{Found, Level, Lookup};

use crate::clock::Tick;
use crate::key::{EntryKey, Marks};
use crate::sync::atomic::{AtomicBool, AtomicU32, AtomicU64, Ordering};

/// The beginning of an entry's life in one cache: bumped to forget everything
/// at once, or what carries a tag.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq, PartialOrd, Ord)]
pub(crate) struct Epoch(pub(crate) u64);

/// A value with what it is forgotten by and until when it may live, on its way
/// to those who asked for it.
#[derive(Clone, Debug)]
pub(crate) struct Made<V> {
    pub(crate) value: V,
    /// `None` is nothing.
    pub(crate) marks: Option<Arc<Marks>>,
    /// Until when what is made of it may live; `None` if it is kept nowhere.
    pub(crate) expires: Option<Tick>,
    /// When it began to be read, see [`Entry::begun`].
    pub(crate) begun: Tick,
    /// When this node has got it.
    pub(crate) seen: Tick,
    /// How old it was then.
    pub(crate) age: Duration,
    /// Until when it may be served from where it lay.
    pub(crate) served_until: Tick,
    /// Where it lay.
    pub(crate) level: Level,
    /// Whether it stands in for a value that could not be loaded.
    pub(crate) is_stale: bool,
    /// What the source calls this version of it.
    pub(crate) version: Option<Arc<str>>,
    /// The header of the shared store's copy, where somebody wants to name it.
    pub(crate) header: Option<Arc<[u8]>>,
}

impl<V> Made<V> {
    pub(crate) fn marks(&self) -> &Marks {
        self.marks.as_deref().unwrap_or(Marks::NONE)
    }

    /// The same of another value.
    pub(crate) fn with<T>(self, value: T) -> Made<T> {
        let Self {
            value: _,
            marks,
            expires,
            begun,
            seen,
            age,
            served_until,
            level,
            is_stale,
            version,
            header,
        } = self;
        Made {
            value,
            marks,
            expires,
            begun,
            seen,
            age,
            served_until,
            level,
            is_stale,
            version,
            header,
        }
    }

    /// The same value, standing in for one that could not be loaded.
    pub(crate) fn stale(self) -> Self {
        Self {
            is_stale: true,
            ..self
        }
    }
}

/// The stretches of a value's life, as it lies in memory.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(crate) struct Life {
    /// When this node has got it.
    pub(crate) seen: Tick,
    /// How old it was then: zero if it was loaded.
    pub(crate) age: Duration,
    /// From when on a reader has to look closer: to have it refreshed, or to tell
    /// that it is asked for. [`Tick::NEVER`] where there is nothing to look for.
    pub(crate) due: Tick,
    /// From when on it is loaded anew; [`Tick::NEVER`] if it is not.
    pub(crate) refresh_at: Tick,
    /// Until when memory may serve it.
    pub(crate) expires: Tick,
    /// Until when memory may serve it at most, however often it is read.
    pub(crate) longest: Tick,
    /// Until when what is made of it may live: memory may keep it for less.
    pub(crate) ends: Tick,
    /// Until when it may stand in for a value that cannot be loaded.
    pub(crate) stale_until: Tick,
}

impl Life {
    /// From `seen` until `expires`, and nothing else.
    pub(crate) fn plain(seen: Tick, expires: Tick) -> Self {
        Self {
            seen,
            age: Duration::ZERO,
            due: Tick::NEVER,
            refresh_at: Tick::NEVER,
            expires,
            longest: expires,
            ends: expires,
            stale_until: expires,
        }
    }
}

/// A value in memory, with everything that decides whether it may be served.
///
/// Its validity is in itself: whoever holds an entry, in whatever index, can
/// tell without asking anybody whether it was forgotten.
#[derive(Debug)]
pub(crate) struct Entry<V> {
    pub(crate) value: V,
    /// The name under which memory keeps it; `None` before that.
    pub(crate) key: Option<EntryKey>,
    /// When the load began whose value this is, or when the shared store was
    /// asked for it: nothing that happened before is missing from the value.
    pub(crate) begun: Tick,
    life: Life,
    /// `life.due`, moved on by readers.
    due: AtomicU64,
    /// `life.expires`, moved on by readers of an entry that lives while it is
    /// read.
    expires: AtomicU64,
    /// Of what it is kept in, moved on for what outlives a part of that.
    epoch: AtomicU64,
    /// What the entry weighs in a cache that is bounded by memory.
    pub(crate) weight: u32,
    /// The last record that the value takes into account.
    pub(crate) as_of: u64,
    /// What it is forgotten by beside its key; `None` is nothing.
    pub(crate) marks: Option<Arc<Marks>>,
    /// What the load took.
    pub(crate) cost: Duration,
    /// What the source calls this version of the value.
    pub(crate) version: Option<Arc<str>>,
    /// Whether it stands in for a value that could not be loaded.
    pub(crate) is_stale: bool,
    /// The header of the shared store's copy, where somebody wants to name it.
    pub(crate) header: Option<Arc<[u8]>>,
    /// How often it could not be refreshed.
    failures: AtomicU32,
    /// How much had been put into memory when its store was last told that this is read.
    pub(crate) told: AtomicU32,
    forgotten: AtomicBool,
}

impl<V> Entry<V> {
    pub(crate) fn new(value: V, begun: Tick, life: Life, epoch: Epoch, weight: u32) -> Self {
        Self {
            value,
            key: None,
            begun,
            life,
            due: AtomicU64::new(life.due.nanos()),
            expires: AtomicU64::new(life.expires.nanos()),
            epoch: AtomicU64::new(epoch.0),
            weight,
            as_of: 0,
            marks: None,
            cost: Duration::ZERO,
            version: None,
            is_stale: false,
            header: None,
            failures: AtomicU32::new(0),
            told: AtomicU32::new(0),
            forgotten: AtomicBool::new(false),
        }
    }

    pub(crate) fn marked(mut self, marks: &Arc<Marks>) -> Self {
        self.marks = some(marks);
        self
    }

    /// What it is forgotten by beside its key.
    pub(crate) fn marks(&self) -> &Marks {
        self.marks.as_deref().unwrap_or(Marks::NONE)
    }

    /// The value with its marks.
    pub(crate) fn made(&self) -> Made<V>
    where
        V: Clone,
    {
        Made {
            value: self.value.clone(),
            marks: self.marks.clone(),
            expires: Some(self.life.ends),
            begun: self.begun,
            seen: self.life.seen,
            age: self.life.age,
            served_until: self.expires(),
            level: Level::Memory,
            is_stale: self.is_stale,
            version: self.version.clone(),
            header: self.header.clone(),
        }
    }

    /// Marks the entry as forgotten; returns whether it was not so before.
    pub(crate) fn forget(&self) -> bool {
        !self.forgotten.swap(true, Ordering::AcqRel)
    }

    /// Whether memory keeps it under this name.
    #[inline]
    pub(crate) fn is_of(&self, key: &[u8]) -> bool {
        self.key.as_ref().is_some_and(|own| own.as_bytes() == key)
    }

    /// Whether the entry may be served at `now` in `epoch`.
    #[inline]
    pub(crate) fn is_live(&self, now: Tick, epoch: Epoch) -> bool {
        now < self.expires() && self.is_kept(epoch)
    }

    /// Whether the entry may stand in for a value that cannot be loaded.
    pub(crate) fn may_stand_in(&self, now: Tick, epoch: Epoch) -> bool {
        now < self.life.stale_until && self.is_kept(epoch)
    }

    #[inline]
    fn is_kept(&self, epoch: Epoch) -> bool {
        self.epoch() == epoch && !self.forgotten.load(Ordering::Acquire)
    }

    #[inline]
    pub(crate) fn epoch(&self) -> Epoch {
        Epoch(self.epoch.load(Ordering::Relaxed))
    }

    /// What has begun with `epoch` does not concern it.
    pub(crate) fn outlives(&self, epoch: Epoch) {
        self.epoch.fetch_max(epoch.0, Ordering::Relaxed);
    }

    /// Until when memory may serve it.
    #[inline]
    pub(crate) fn expires(&self) -> Tick {
        Tick::from_nanos(self.expires.load(Ordering::Relaxed))
    }

    pub(crate) fn life(&self) -> Life {
        self.life
    }

    /// Until when there is a reason to hold it.
    pub(crate) fn held_until(&self) -> Tick {
        self.life.ends.max(self.life.stale_until)
    }

    /// Whether there is a time from which a reader has to look closer.
    #[inline]
    pub(crate) fn is_watched(&self) -> bool {
        self.due.load(Ordering::Relaxed) != Tick::NEVER.nanos()
    }

    pub(crate) fn is_due(&self, now: Tick) -> bool {
        self.due.load(Ordering::Relaxed) <= now.nanos()
    }

    /// Takes it upon the caller to look closer, so that no other reader does until
    /// `next`. Of several that see it due at once, one gets it.
    pub(crate) fn claim(&self, now: Tick, next: Tick) -> bool {
        let due = self.due.load(Ordering::Acquire);
        due <= now.nanos()
            && self
                .due
                .compare_exchange(due, next.nanos(), Ordering::AcqRel, Ordering::Acquire)
                .is_ok()
    }

    /// It could not be refreshed; returns how often now.
    pub(crate) fn failed(&self) -> u32 {
        self.failures.fetch_add(1, Ordering::AcqRel) + 1
    }

    /// How often it could not be refreshed.
    pub(crate) fn failures(&self) -> u32 {
        self.failures.load(Ordering::Acquire)
    }

    /// Nobody looks closer before `next`.
    pub(crate) fn postpone(&self, next: Tick) {
        self.due.store(next.nanos(), Ordering::Release);
    }

    /// It is read: it lives until `expires`, but not longer than it may.
    pub(crate) fn extend(&self, expires: Tick) {
        let expires = expires.min(self.life.longest);
        self.expires.fetch_max(expires.nanos(), Ordering::AcqRel);
    }
}

/// Marks, unless there are none.
pub(crate) fn some(marks: &Arc<Marks>) -> Option<Arc<Marks>> {
    (!marks.is_empty()).then(|| Arc::clone(marks))
}

#[cfg(test)]
mod tests {
    use super::*;

    const SECOND: Duration = Duration::from_secs(1);

    fn life() -> Life {
        let end = Tick::ZERO.after(10 * SECOND);
        Life {
            due: Tick::ZERO.after(8 * SECOND),
            stale_until: end.after(5 * SECOND),
            ends: end,
            ..Life::plain(Tick::ZERO, end)
        }
    }

    fn entry(life: Life) -> Entry<()> {
        Entry::new((), Tick::ZERO, life, Epoch(1), 1)
    }

    fn at(seconds: u32) -> Tick {
        Tick::ZERO.after(seconds * SECOND)
    }

    #[test]
    fn an_entry_lives_until_it_expires_is_forgotten_or_its_epoch_ends() {
        let entry = entry(Life::plain(Tick::ZERO, at(1)));
        assert!(entry.is_live(at(0), Epoch(1)));
        assert!(!entry.is_live(at(1), Epoch(1)));
        assert!(!entry.is_live(at(0), Epoch(2)));
        entry.forget();
        assert!(!entry.is_live(at(0), Epoch(1)));
    }

    #[test]
    fn an_expired_entry_stands_in_until_it_is_forgotten_or_its_time_is_over() {
        let entry = entry(life());
        assert!(!entry.is_live(at(10), Epoch(1)));
        assert!(entry.may_stand_in(at(14), Epoch(1)));
        assert!(!entry.may_stand_in(at(15), Epoch(1)));
        assert!(!entry.may_stand_in(at(14), Epoch(2)));
        entry.forget();
        assert!(!entry.may_stand_in(at(14), Epoch(1)));
    }

    #[test]
    fn one_reader_claims_what_is_due() {
        let entry = entry(life());
        assert!(entry.is_watched() && !entry.is_due(at(7)));
        assert!(!entry.claim(at(7), at(9)));
        assert!(entry.claim(at(8), at(9)));
        assert!(!entry.claim(at(8), at(9)), "another has it");
        assert!(entry.claim(at(9), at(10)));
        assert_eq!((entry.failed(), entry.failed()), (1, 2));
        entry.postpone(at(11));
        assert!(!entry.is_due(at(10)));
    }

    #[test]
    fn what_is_read_lives_on_but_not_beyond_its_end() {
        let life = Life {
            expires: at(2),
            longest: at(9),
            ..life()
        };
        let entry = entry(life);
        entry.extend(at(4));
        assert!(entry.is_live(at(3), Epoch(1)));
        entry.extend(at(3));
        assert_eq!(entry.expires(), at(4), "never shorter");
        entry.extend(at(99));
        assert_eq!(entry.expires(), at(9));
    }
}
