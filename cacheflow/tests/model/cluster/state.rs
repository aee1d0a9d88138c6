//! What there is: the database, three slots of Redis, two nodes and their writers.

use std::fmt;

use crate::bounded::{Bag, Seq};
use crate::owed::{Joiner, Owed};

/// A set of names, one bit each.
pub(super) type Names = u8;
pub(super) const KEY: Names = 1;
pub(super) const TAG: Names = 2;

/// A value in L2 or in a reader's hand. (In L1 it is only its version and its as-of.)
#[derive(Clone, Copy, Default, PartialEq, Eq, PartialOrd, Ord, Hash)]
pub(super) struct Entry {
    pub(super) version: u8,
    pub(super) as_of: u8,
    /// It has a short PX: whoever set it has not read the journal yet.
    pub(super) provisional: bool,
    /// By what its setter recognises it, as long as it may have to; else 0.
    pub(super) mark: u8,
}

impl fmt::Display for Entry {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        let provisional = if self.provisional { " provisional" } else { "" };
        write!(f, "v{}@{}{provisional}", self.version, self.as_of)
    }
}

/// What a record says.
#[derive(Clone, Copy, Default, PartialEq, Eq, PartialOrd, Ord, Hash)]
pub(super) enum Kind {
    #[default]
    Key,
    Tag,
    Put,
    /// The deletes of the record of this number are done.
    Done(u8),
}

/// A record of the journal. Its number is its place, counted from one.
#[derive(Clone, Copy, Default, PartialEq, Eq, PartialOrd, Ord, Hash)]
pub(super) struct Record {
    pub(super) kind: Kind,
    pub(super) names: Names,
    /// The version whose commit it follows.
    pub(super) version: u8,
}

pub(super) type Journal = Seq<Record, 4>;

/// Whether a record in `(after, upto]` matches one of `names`.
pub(super) fn matches(journal: &Journal, after: u8, upto: u8, names: Names) -> bool {
    let upto = upto.min(journal.count());
    (after..upto).any(|at| journal[usize::from(at)].names & names != 0)
}

/// How far the deletes of a record are.
#[derive(Clone, Copy, Default, PartialEq, Eq, PartialOrd, Ord, Hash)]
pub(super) enum Deletes {
    /// Not begun: whoever comes first begins.
    #[default]
    Due,
    /// Tag: its members are taken; whether the key is one.
    Taken(bool),
    /// Tag: the member is deleted, but still in the index.
    Deleted,
    /// All is deleted; the record is not yet said to be done.
    Over,
}

/// A record that is not done.
#[derive(Clone, Copy, Default, PartialEq, Eq, PartialOrd, Ord, Hash)]
pub(super) struct Open {
    pub(super) record: u8,
    pub(super) deletes: Deletes,
}

#[derive(Clone, Copy, Default, PartialEq, Eq, Hash)]
pub(super) struct Redis {
    pub(super) l2: Option<Entry>,
    /// If the tag's index has the key, its as-of there (or 0, where the index has none).
    pub(super) member: Option<u8>,
    pub(super) journal: Journal,
    pub(super) open: Bag<Open, 2>,
}

impl Redis {
    /// Deletes the value if its as-of is older than `record`.
    pub(super) fn delete_older(&mut self, record: u8) {
        self.l2 = self.l2.filter(|entry| entry.as_of >= record);
    }

    /// Where the open record `record` is, if its deletes are due.
    pub(super) fn due(&self, record: u8) -> Option<usize> {
        let due = Open {
            record,
            deletes: Deletes::Due,
        };
        self.open.iter().position(|open| *open == due)
    }

    /// Adds the key to the index.
    pub(super) fn index(&mut self, as_of: u8) {
        self.member = self.member.max(Some(as_of));
    }

    /// Whether the value is the one marked `mark`.
    pub(super) fn has_mark(&self, mark: u8) -> bool {
        self.l2.is_some_and(|entry| entry.mark == mark)
    }
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
    /// r5: add the key to the tag's index.
    Index,
    /// r5: SET, provisional.
    Set,
    /// r5: read the journal.
    ReadJournal,
    /// r5: nothing matches: make it permanent, if it is still mine.
    Keep,
    /// r5: a record matches: delete it, if it is still mine.
    Undo,
    /// r6: check and insert into L1.
    Insert,
    /// [`JournalBeforeSet`](super::Mutant::JournalBeforeSet): read the journal.
    ReadJournalEarly,
    /// [`IndexAfterValue`](super::Mutant::IndexAfterValue): add the key.
    IndexLate,
}

/// One read and those who joined it.
#[derive(Clone, Copy, Default, PartialEq, Eq, PartialOrd, Ord, Hash)]
pub(super) struct Flight {
    /// Whether readers may join it: no record has matched it.
    pub(super) attached: bool,
    pub(super) stage: Stage,
    pub(super) as_of: u8,
    /// The position at the local check of a fill.
    pub(super) p1: u8,
    /// What L2 had or the loader returned.
    pub(super) entry: Option<Entry>,
    pub(super) owed: Owed,
    pub(super) joiners: Bag<Joiner, 2>,
    /// The mark of the entry that it set.
    pub(super) mark: u8,
}

#[derive(Clone, Copy, Default, PartialEq, Eq, Hash)]
pub(super) struct Node {
    pub(super) pos: u8,
    /// Version and as-of.
    pub(super) l1: Option<(u8, u8)>,
    /// What calls on this node have forgotten and returned.
    pub(super) returned: u8,
    pub(super) flights: Bag<Flight, 3>,
    /// Reads that have not begun.
    pub(super) unread: u8,
    /// The newest record that is no longer in the window.
    pub(super) window: u8,
}

/// What a writer does next in its call.
#[derive(Clone, Copy, Default, PartialEq, Eq, Hash)]
pub(super) enum Phase {
    /// A put takes its as-of, another call commits.
    #[default]
    Begin,
    Commit,
    Append,
    /// Forget: delete, or take the members.
    Delete,
    /// Put: check the window.
    CheckWindow,
    /// Put: add the key to the tag's index.
    Index,
    /// Put: SET, provisional, or delete.
    Set,
    /// Put: read the journal again.
    ReadJournal,
    /// Put: make it permanent, if it is still mine.
    Keep,
    /// Put: delete it, if it is still mine.
    Undo,
    /// Return once the record is applied here.
    Return,
    /// [`DeleteThenRecord`](super::Mutant::DeleteThenRecord).
    DeleteFirst,
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
    /// The mark of the entry that it set.
    pub(super) mark: u8,
}

#[derive(Clone, Copy, Default, PartialEq, Eq, Hash)]
pub(super) struct State {
    /// The version in the database.
    pub(super) db: u8,
    pub(super) redis: Redis,
    pub(super) nodes: [Node; 2],
    pub(super) writers: Seq<Writer, 2>,
}

impl State {
    /// A mark that nobody looks for: the smallest, so that states that differ
    /// only in how their marks are called are one state.
    pub(super) fn new_mark(&self) -> u8 {
        let flights = self.nodes.iter().flat_map(|node| node.flights.iter());
        let sought = |mark| {
            self.redis.has_mark(mark)
                || flights.clone().any(|flight| flight.mark == mark)
                || self.writers.iter().any(|writer| writer.mark == mark)
        };
        (1..).find(|mark| !sought(*mark)).unwrap_or_default()
    }
}
