//! What there is: the database, Redis, two nodes and their writers.

use std::fmt;

use crate::bounded::{Bag, Seq};

/// A set of names, one bit each: those that a value has or a record matches.
pub(super) type Names = u8;
pub(super) const KEY: Names = 1;
pub(super) const TAG_OF_EVEN: Names = 2;
pub(super) const TAG_OF_ODD: Names = 4;

/// A value in L1, in L2 or in a reader's hand.
#[derive(Clone, Copy, PartialEq, Eq, PartialOrd, Ord, Hash)]
pub(super) struct Entry {
    pub(super) version: u8,
    pub(super) as_of: u8,
    pub(super) names: Names,
}

impl Entry {
    pub(super) fn tags(&self) -> Names {
        self.names & !KEY
    }
}

impl fmt::Display for Entry {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        write!(f, "v{}@{}", self.version, self.as_of)
    }
}

/// What a record says.
#[derive(Clone, Copy, Default, PartialEq, Eq, PartialOrd, Ord, Hash)]
pub(super) enum Kind {
    #[default]
    Key,
    Tag,
    Put,
    /// The tag record of this number is reclaimed.
    Done(u8),
}

/// A record of the journal. Its number is its place, counted from one.
#[derive(Clone, Copy, Default, PartialEq, Eq, PartialOrd, Ord, Hash)]
pub(super) struct Record {
    pub(super) kind: Kind,
    pub(super) names: Names,
    /// The version whose commit it follows: what has its names and is older
    /// must not be read by who has applied it.
    pub(super) version: u8,
}

/// The records since the namespace began. What Redis still has of them is
/// [`Redis::journal_start`], what a node still has is its [`Window`].
pub(super) type Journal = Seq<Record, 6>;

/// The records that a node, or Redis, no longer has: bit i is record i + 1.
#[derive(Clone, Copy, Default, PartialEq, Eq, PartialOrd, Ord, Hash)]
pub(super) struct Window {
    pub(super) dropped: u8,
}

impl Window {
    /// The whole journal.
    pub(super) const WHOLE: Self = Self { dropped: 0 };

    /// All that is newer than record `start`.
    pub(super) fn after(start: u8) -> Self {
        let dropped = (1 << start) - 1;
        Self { dropped }
    }

    pub(super) fn lacks(self, record: u8) -> bool {
        self.dropped >> (record - 1) & 1 == 1
    }

    /// The newest record that is not there.
    pub(super) fn start(self) -> u8 {
        (u8::BITS - self.dropped.leading_zeros()) as u8
    }

    /// Whether a record in `(after, upto]` matches one of `names`.
    pub(super) fn matches(self, journal: &Journal, after: u8, upto: u8, names: Names) -> bool {
        let upto = upto.min(journal.count());
        (after + 1..=upto).any(|record| {
            journal[usize::from(record) - 1].names & names != 0 && !self.lacks(record)
        })
    }
}

/// The lowest version that may be read, of even and of odd versions: they can
/// have different tags.
#[derive(Clone, Copy, Default, PartialEq, Eq, PartialOrd, Ord, Hash)]
pub(super) struct Floor([u8; 2]);

impl Floor {
    pub(super) fn below(self, version: u8) -> Option<u8> {
        let lowest = self.0[usize::from(version & 1)];
        (version < lowest).then_some(lowest)
    }

    /// What has `names` of the even, of the odd versions is not older than `version`.
    pub(super) fn raise(&mut self, version: u8, names: [bool; 2]) {
        for (lowest, named) in self.0.iter_mut().zip(names) {
            if named {
                *lowest = version.max(*lowest);
            }
        }
    }
}

/// What a reader is owed: no version that was forgotten on its node by a call
/// that had returned when it came (P2), nor by a record that its node had
/// applied by then (P3).
#[derive(Clone, Copy, Default, PartialEq, Eq, PartialOrd, Ord, Hash)]
pub(super) struct Owed {
    pub(super) returned: Floor,
    pub(super) applied: Floor,
}

/// A reader that joined a flight, and its node's position then.
#[derive(Clone, Copy, Default, PartialEq, Eq, PartialOrd, Ord, Hash)]
pub(super) struct Joiner {
    pub(super) pos: u8,
    pub(super) owed: Owed,
}

/// Whether readers may join a flight and its value may be kept.
#[derive(Clone, Copy, Default, PartialEq, Eq, PartialOrd, Ord, Hash)]
pub(super) enum Link {
    #[default]
    Attached,
    /// A record matched it: nobody joins it any more.
    Cancelled,
    /// The epoch changed: its value is kept nowhere.
    Lapsed,
}

/// What a flight does next.
#[derive(Clone, Copy, Default, PartialEq, Eq, PartialOrd, Ord, Hash)]
pub(super) enum Stage {
    /// r3: GET.
    #[default]
    Get,
    /// r3: check what L2 had.
    CheckL2,
    /// r4: the loader reads the database.
    Load,
    /// r4: the loader has read this version and now returns.
    Loading(u8),
    /// r5: check the window.
    CheckWindow,
    /// r5: the script.
    Fill,
    /// r6: check and insert into L1.
    Insert,
    /// [`AsOfAfterGet`](super::Mutant::AsOfAfterGet): take the as-of.
    StampAfterGet,
    /// [`AsOfAfterLoad`](super::Mutant::AsOfAfterLoad): take the as-of.
    StampAfterLoad,
    /// [`P1AfterLocalCheck`](super::Mutant::P1AfterLocalCheck): take p1.
    TakeP1,
    /// [`InsertNotAtomic`](super::Mutant::InsertNotAtomic): insert, long after the check.
    InsertLate,
}

/// One read and those who joined it.
#[derive(Clone, Copy, Default, PartialEq, Eq, PartialOrd, Ord, Hash)]
pub(super) struct Flight {
    pub(super) link: Link,
    pub(super) stage: Stage,
    pub(super) as_of: u8,
    /// The position at the local check of a fill.
    pub(super) p1: u8,
    /// What L2 had or the loader returned.
    pub(super) entry: Option<Entry>,
    pub(super) owed: Owed,
    pub(super) joiners: Bag<Joiner, 2>,
}

#[derive(Clone, Copy, Default, PartialEq, Eq, Hash)]
pub(super) struct Node {
    pub(super) pos: u8,
    pub(super) l1: Option<Entry>,
    /// What calls on this node have forgotten and returned.
    pub(super) returned: Floor,
    pub(super) flights: Bag<Flight, 3>,
    /// Reads that have not begun.
    pub(super) unread: u8,
    pub(super) window: Window,
    /// How often it may yet lose its place.
    pub(super) gaps: u8,
    /// [`ApplyNotAtomic`](super::Mutant::ApplyNotAtomic): the record whose entries are gone, but which `pos` does not count.
    pub(super) half_applied: Option<u8>,
}

/// The removal of a tag's members, after its record.
#[derive(Clone, Copy, Default, PartialEq, Eq, PartialOrd, Ord, Hash)]
pub(super) struct Reclaim {
    pub(super) record: u8,
    pub(super) popped: bool,
    pub(super) tags: Names,
    /// Whether the index had the key when it was renamed.
    pub(super) member: bool,
}

#[derive(Clone, Copy, Default, PartialEq, Eq, Hash)]
pub(super) struct Redis {
    pub(super) l2: Option<Entry>,
    /// The tags in whose index the key is.
    pub(super) index: Names,
    pub(super) journal: Journal,
    /// The newest record that Redis has trimmed away.
    pub(super) journal_start: u8,
    pub(super) reclaims: Bag<Reclaim, 2>,
    /// How often the value may yet expire.
    pub(super) expiries: u8,
    /// The value as a lagging replica has it.
    pub(super) replica: Option<Entry>,
}

impl Redis {
    /// `n`, the number of the last record.
    pub(super) fn n(&self) -> u8 {
        self.journal.count()
    }

    pub(super) fn store(&mut self, entry: Entry) {
        self.l2 = Some(entry);
        self.index |= entry.tags();
    }
}

/// What a writer does next in its call.
#[derive(Clone, Copy, Default, PartialEq, Eq, Hash)]
pub(super) enum Phase {
    /// A put takes its as-of, another call commits.
    #[default]
    Begin,
    Commit,
    Script,
    /// Put: check the window.
    CheckWindow,
    /// The record is in the journal: return once it is applied here.
    Return,
    /// [`RecordThenDelete`](super::Mutant::RecordThenDelete).
    Delete,
    /// [`DeleteThenRecord`](super::Mutant::DeleteThenRecord).
    Append,
    /// [`PutAsOfAfterCommit`](super::Mutant::PutAsOfAfterCommit).
    StampAfterCommit,
}

#[derive(Clone, Copy, Default, PartialEq, Eq, Hash)]
pub(super) struct Writer {
    /// Which of its calls.
    pub(super) call: u8,
    pub(super) phase: Phase,
    /// The version that it committed.
    pub(super) version: u8,
    /// The number of its record.
    pub(super) record: u8,
    pub(super) as_of: u8,
    pub(super) p1: u8,
    /// Put: a matching record lies after its as-of.
    pub(super) conflict: bool,
    /// Put: the epoch changed meanwhile.
    pub(super) lapsed: bool,
}

pub(super) type Writers = Seq<Writer, 3>;

#[derive(Clone, Copy, Default, PartialEq, Eq, Hash)]
pub(super) struct State {
    /// The version in the database.
    pub(super) db: u8,
    pub(super) redis: Redis,
    pub(super) nodes: [Node; 2],
    pub(super) writers: Writers,
}
