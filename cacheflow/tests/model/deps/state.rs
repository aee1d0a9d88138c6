//! What there is: the database, Redis, two nodes and their writers.

use std::fmt;

use crate::bounded::{Bag, Seq};

/// The keys.
pub(super) const C: usize = 0;
pub(super) const P: usize = 1;
pub(super) const G: usize = 2;
pub(super) const KEYS: [&str; 3] = ["C", "P", "G"];

/// A set of names, one bit each: those that a value has or a record matches.
pub(super) type Names = u8;
pub(super) const NAME_OF: [Names; 3] = [1, 2, 4];
pub(super) const TAG: Names = 8;

/// The versions of the rows that a value is built from.
#[derive(Clone, Copy, Default, PartialEq, Eq, PartialOrd, Ord, Hash)]
pub(super) struct Versions(pub(super) [Option<u8>; 3]);

impl Versions {
    pub(super) fn of(key: usize, version: u8) -> Self {
        Self::default().with(key, version)
    }

    pub(super) fn with(mut self, key: usize, version: u8) -> Self {
        self.0[key] = Some(version);
        self
    }

    /// Whether one of them is older than the row in `rows`.
    pub(super) fn older_than(self, rows: [u8; 3]) -> bool {
        let mut both = self.0.iter().zip(rows);
        both.any(|(version, row)| version.is_some_and(|version| version < row))
    }
}

impl fmt::Display for Versions {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        for (name, version) in KEYS.iter().zip(self.0) {
            if let Some(version) = version {
                write!(f, "{name}{version}")?;
            }
        }
        Ok(())
    }
}

/// A value in L1, in L2 or in a reader's hand.
#[derive(Clone, Copy, PartialEq, Eq, PartialOrd, Ord, Hash)]
pub(super) struct Entry {
    pub(super) versions: Versions,
    pub(super) as_of: u8,
    pub(super) names: Names,
}

impl fmt::Display for Entry {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        write!(f, "{}@{}", self.versions, self.as_of)
    }
}

#[derive(Clone, Copy, Default, PartialEq, Eq, PartialOrd, Ord, Hash)]
pub(super) enum Kind {
    #[default]
    Key,
    Tag,
    Put,
}

/// A record of the journal. Its number is its place, counted from one.
#[derive(Clone, Copy, Default, PartialEq, Eq, PartialOrd, Ord, Hash)]
pub(super) struct Record {
    pub(super) kind: Kind,
    pub(super) names: Names,
    /// The row that was committed before it, and its version.
    pub(super) row: u8,
    pub(super) version: u8,
}

pub(super) type Journal = Seq<Record, 3>;

/// Whether a record in `(after, upto]` matches one of `names`.
pub(super) fn matches(journal: &Journal, after: u8, upto: u8, names: Names) -> bool {
    let upto = upto.min(journal.count());
    (after..upto).any(|at| journal[usize::from(at)].names & names != 0)
}

/// What a reader is owed: nothing older than the rows that were forgotten on
/// its node by calls that had returned when it came (P2), nor than those
/// forgotten by records that its node had applied by then (P3).
#[derive(Clone, Copy, Default, PartialEq, Eq, PartialOrd, Ord, Hash)]
pub(super) struct Owed {
    pub(super) returned: [u8; 3],
    pub(super) applied: [u8; 3],
}

/// A reader that joined a flight, and its node's position then.
#[derive(Clone, Copy, Default, PartialEq, Eq, PartialOrd, Ord, Hash)]
pub(super) struct Joiner {
    pub(super) pos: u8,
    pub(super) owed: Owed,
}

/// What a flight does next.
#[derive(Clone, Copy, Default, PartialEq, Eq, PartialOrd, Ord, Hash)]
pub(super) enum Stage {
    /// r3: GET.
    #[default]
    Get,
    /// r3: check what L2 had.
    CheckL2,
    /// r4: the loader begins.
    Load,
    /// r4: the loader reads the child.
    ReadChild,
    /// r4: the loader waits for the child's flight.
    Await {
        /// The slot of that flight.
        slot: u8,
        /// The position at which the loader joined it, unless it began it.
        joined: Option<u8>,
    },
    /// r4: the loader reads its own row after the child.
    ReadRow,
    /// r4: the loader returns.
    Return,
    /// r5: check the window.
    CheckWindow,
    /// r5: the script.
    Fill,
    /// r6: check and insert into L1.
    Insert,
}

/// One read and those who joined it.
#[derive(Clone, Copy, PartialEq, Eq, PartialOrd, Ord, Hash)]
pub(super) struct Flight {
    pub(super) key: u8,
    /// Whether readers may join it: no record has matched it.
    pub(super) attached: bool,
    pub(super) stage: Stage,
    pub(super) as_of: u8,
    /// The position at the local check of a fill.
    pub(super) p1: u8,
    /// What L2 had or the loader has made.
    pub(super) entry: Option<Entry>,
    pub(super) owed: Owed,
    pub(super) joiners: Bag<Joiner, 2>,
    /// The loader's own row, if it read it before the child.
    pub(super) row: Option<u8>,
}

#[derive(Clone, Copy, Default, PartialEq, Eq, Hash)]
pub(super) struct Node {
    pub(super) pos: u8,
    pub(super) l1: [Option<Entry>; 3],
    /// What calls on this node have forgotten and returned.
    pub(super) returned: [u8; 3],
    /// In slots, because a loader waits for the flight in one.
    pub(super) flights: [Option<Flight>; 5],
    /// Reads of C and of P that have not begun.
    pub(super) unread: [u8; 2],
    /// The newest record that is no longer in the window.
    pub(super) window: u8,
}

impl Node {
    /// Whether a record of this node's window in `(after, upto]` matches `entry`.
    pub(super) fn matched(&self, state: &State, entry: Entry, after: u8, upto: u8) -> bool {
        let after = after.max(self.window);
        matches(&state.redis.journal, after, upto, entry.names)
    }
}

/// The removal of a record's members.
#[derive(Clone, Copy, Default, PartialEq, Eq, PartialOrd, Ord, Hash)]
pub(super) struct Reclaim {
    pub(super) record: u8,
    pub(super) names: Names,
}

#[derive(Clone, Copy, Default, PartialEq, Eq, Hash)]
pub(super) struct Redis {
    pub(super) l2: [Option<Entry>; 3],
    /// The names under which each key is indexed.
    pub(super) index: [Names; 3],
    pub(super) journal: Journal,
    pub(super) reclaims: Bag<Reclaim, 2>,
}

impl Redis {
    pub(super) fn store(&mut self, key: usize, entry: Entry) {
        self.l2[key] = Some(entry);
        self.index[key] |= entry.names;
    }
}

/// What a writer does next in its call.
#[derive(Clone, Copy, Default, PartialEq, Eq, Hash)]
pub(super) enum Phase {
    /// A put takes its as-of, another call commits.
    #[default]
    Begin,
    Commit,
    CheckWindow,
    Script,
    /// The record is in the journal: return once it is applied here.
    Return,
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
}

#[derive(Clone, Copy, Default, PartialEq, Eq, Hash)]
pub(super) struct State {
    /// The versions of the rows in the database.
    pub(super) db: [u8; 3],
    pub(super) redis: Redis,
    pub(super) nodes: [Node; 2],
    pub(super) writers: Seq<Writer, 2>,
}
