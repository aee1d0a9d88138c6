//! Entries: what is kept of a value, in memory and as bytes.

mod envelope;
mod info;
mod lookup;
mod made;

use std::sync::Arc;
use std::time::Duration;

pub use envelope::Envelope;
pub(crate) use envelope::Seal;
pub use info::{EntryInfo, EntryState};
pub(crate) use info::{millis, text, texts};
pub use lookup::{Found, Level, Lookup};
pub(crate) use made::Made;

use crate::clock::Tick;
use crate::key::{EntryKey, Marks};
use crate::sync::atomic::{AtomicBool, AtomicU32, AtomicU64, Ordering};

/// The beginning of an entry's life in one cache: bumped to forget everything
/// at once, or what carries a tag.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq, PartialOrd, Ord)]
pub(crate) struct Epoch(pub(crate) u64);

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
///
/// There are as many of them as memory has room for: what few of them need lies
/// elsewhere, see [`More`].
#[derive(Debug)]
pub(crate) struct Entry<V> {
    pub(crate) value: V,
    /// The name under which memory keeps it; `None` before that.
    pub(crate) key: Option<EntryKey>,
    /// When the load began whose value this is, or when the shared store was
    /// asked for it: nothing that happened before is missing from the value.
    pub(crate) begun: Tick,
    /// When this node has got it.
    pub(crate) seen: Tick,
    /// Until when memory may serve it; moved on by readers of an entry that lives
    /// while it is read.
    expires: AtomicU64,
    /// Of what it is kept in, moved on for what outlives a part of that.
    epoch: AtomicU64,
    /// The last record that the value takes into account.
    pub(crate) as_of: u64,
    /// What it is forgotten by beside its key; `None` is nothing.
    pub(crate) marks: Option<Arc<Marks>>,
    /// What the load took, in nanoseconds.
    cost: u64,
    more: Option<Box<More>>,
    /// What the entry weighs in a cache that is bounded by memory.
    pub(crate) weight: u32,
    /// How much had been put into memory when its store was last told that this is read.
    pub(crate) told: AtomicU32,
    /// Where the store's calendar has it.
    pub(crate) noted_at: AtomicU32,
    /// How often it could not be refreshed.
    failures: AtomicU32,
    forgotten: AtomicBool,
}

/// What an entry has that is not just loaded, kept for a time and served for all of it.
#[derive(Debug)]
struct More {
    life: Life,
    /// `life.due`, moved on by readers.
    due: AtomicU64,
    version: Option<Arc<str>>,
    is_stale: bool,
    header: Option<Arc<[u8]>>,
}

impl More {
    fn of(life: Life) -> Box<Self> {
        Box::new(Self {
            life,
            due: AtomicU64::new(life.due.nanos()),
            version: None,
            is_stale: false,
            header: None,
        })
    }
}

impl<V> Entry<V> {
    pub(crate) fn new(value: V, begun: Tick, life: Life, epoch: Epoch, weight: u32) -> Self {
        let mut entry = Self {
            value,
            key: None,
            begun,
            seen: life.seen,
            expires: AtomicU64::new(life.expires.nanos()),
            as_of: 0,
            marks: None,
            cost: 0,
            more: None,
            epoch: AtomicU64::new(epoch.0),
            weight,
            told: AtomicU32::new(0),
            noted_at: AtomicU32::new(u32::MAX),
            failures: AtomicU32::new(0),
            forgotten: AtomicBool::new(false),
        };
        if entry.life() != life {
            entry.more = Some(More::of(life));
        }
        entry
    }

    /// What the load took: to the nanosecond, and 584 years at most.
    pub(crate) fn cost(&self) -> Duration {
        Duration::from_nanos(self.cost)
    }

    pub(crate) fn set_cost(&mut self, cost: Duration) {
        self.cost = u64::try_from(cost.as_nanos()).unwrap_or(u64::MAX);
    }

    /// What the source calls this version of the value.
    pub(crate) fn version(&self) -> Option<&Arc<str>> {
        self.more.as_ref()?.version.as_ref()
    }

    pub(crate) fn set_version(&mut self, version: Option<&Arc<str>>) {
        if version.is_some() {
            self.more().version = version.cloned();
        }
    }

    /// The header of the shared store's copy, where somebody wants to name it.
    pub(crate) fn header(&self) -> Option<&Arc<[u8]>> {
        self.more.as_ref()?.header.as_ref()
    }

    pub(crate) fn set_header(&mut self, header: Option<Arc<[u8]>>) {
        if header.is_some() {
            self.more().header = header;
        }
    }

    /// Whether it stands in for a value that could not be loaded.
    pub(crate) fn is_stale(&self) -> bool {
        self.more.as_ref().is_some_and(|more| more.is_stale)
    }

    /// It stands in for a value that could not be loaded.
    pub(crate) fn set_stale(&mut self) {
        self.more().is_stale = true;
    }

    fn more(&mut self) -> &mut More {
        let life = self.life();
        self.more.get_or_insert_with(|| More::of(life))
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
        let life = self.life();
        Made {
            value: self.value.clone(),
            marks: self.marks.clone(),
            expires: Some(life.ends),
            begun: self.begun,
            seen: self.seen,
            age: life.age,
            served_until: self.expires(),
            level: Level::Memory,
            is_stale: self.is_stale(),
            version: self.version().cloned(),
            header: self.header().cloned(),
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
        now < self.life().stale_until && self.is_kept(epoch)
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
        self.more.as_ref().map_or_else(
            || Life {
                age: self.seen.since(self.begun),
                ..Life::plain(self.seen, self.expires())
            },
            |more| more.life,
        )
    }

    /// Until when there is a reason to hold it.
    pub(crate) fn held_until(&self) -> Tick {
        let life = self.life();
        life.ends.max(life.stale_until)
    }

    /// From when on a reader has to look closer, as others who did have moved it.
    #[inline]
    fn due(&self) -> Option<&AtomicU64> {
        self.more.as_ref().map(|more| &more.due)
    }

    /// Whether there is a time from which a reader has to look closer.
    #[inline]
    pub(crate) fn is_watched(&self) -> bool {
        let due = self.due().map(|due| due.load(Ordering::Relaxed));
        due.is_some_and(|due| due != Tick::NEVER.nanos())
    }

    pub(crate) fn is_due(&self, now: Tick) -> bool {
        let due = self.due().map(|due| due.load(Ordering::Relaxed));
        due.is_some_and(|due| due <= now.nanos())
    }

    /// Takes it upon the caller to look closer, so that no other reader does until
    /// `next`. Of several that see it due at once, one gets it.
    pub(crate) fn claim(&self, now: Tick, next: Tick) -> bool {
        let Some(moved) = self.due() else {
            return false;
        };
        let due = moved.load(Ordering::Acquire);
        due <= now.nanos()
            && moved
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

    /// Nobody looks closer before `next`; nobody ever does where nothing is due.
    pub(crate) fn postpone(&self, next: Tick) {
        if let Some(due) = self.due() {
            due.store(next.nanos(), Ordering::Release);
        }
    }

    /// It is read: it lives until `expires`, but not longer than it may.
    pub(crate) fn extend(&self, expires: Tick) {
        let expires = expires.min(self.life().longest);
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

    /// There is one for each value in memory; what few need lies elsewhere.
    #[test]
    fn an_entry_of_a_pointer_has_120_bytes() {
        assert_eq!(size_of::<Entry<Arc<u64>>>(), 120);
        let plain = entry(Life::plain(at(0), at(1)));
        assert!(plain.more.is_none());
        assert_eq!(plain.life(), Life::plain(at(0), at(1)));
        assert!(!plain.is_watched() && !plain.is_due(at(1)) && !plain.claim(at(1), at(2)));
    }

    #[test]
    fn what_lies_elsewhere_is_what_was_said() {
        let mut entry = entry(Life::plain(at(0), at(1)));
        entry.set_version(None);
        entry.set_header(None);
        assert!(entry.more.is_none(), "nothing was said");
        entry.set_version(Some(&Arc::from("v1")));
        entry.set_header(Some(Arc::from(*b"head")));
        entry.set_stale();
        assert_eq!(entry.version().map(AsRef::as_ref), Some("v1"));
        assert_eq!(entry.header().map(AsRef::as_ref), Some(b"head".as_slice()));
        assert!(entry.is_stale());
        assert_eq!(entry.life(), Life::plain(at(0), at(1)));
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
