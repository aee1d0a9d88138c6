//! What there is: the database, two primaries, two nodes and their writers.

use std::fmt;

use crate::bounded::{Bag, Seq};
use crate::owed::{Joiner, Owed};

/// A value in L1, in L2 or in a reader's hand.
#[derive(Clone, Copy, Default, PartialEq, Eq, PartialOrd, Ord, Hash)]
pub(super) struct Entry {
    pub(super) version: u8,
    pub(super) as_of: u8,
}

impl fmt::Display for Entry {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        write!(f, "v{}@{}", self.version, self.as_of)
    }
}

/// A record of a journal. Its number is its place, counted from one.
#[derive(Clone, Copy, Default, PartialEq, Eq, Hash)]
pub(super) struct Record {
    /// Whether it matches the key.
    pub(super) matches: bool,
    /// The version whose commit it follows.
    pub(super) version: u8,
}

pub(super) type Journal = Seq<Record, 5>;

/// Whether a record in `(after, upto]` matches the key.
pub(super) fn matches(journal: &Journal, after: u8, upto: u8) -> bool {
    let upto = upto.min(journal.count());
    (after..upto).any(|at| journal[usize::from(at)].matches)
}

/// A server of Redis, as far as the key is concerned.
#[derive(Clone, Copy, Default, PartialEq, Eq, Hash)]
pub(super) struct Primary {
    pub(super) l2: Option<Entry>,
    pub(super) journal: Journal,
}

impl Primary {
    /// The script: append and, if the record matches the key, delete.
    pub(super) fn forget(&mut self, record: Record) -> u8 {
        if record.matches {
            self.l2 = None;
        }
        self.journal.push(record);
        self.journal.count()
    }
}

/// Which of them. Each has its own incarnation of the journal.
#[derive(Clone, Copy, PartialEq, Eq)]
pub(super) enum Server {
    Old,
    New,
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
    #[default]
    Get,
    CheckL2,
    Load,
    CheckWindow,
    Fill,
    Insert,
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

/// A record that a node repeats on the new primary.
#[derive(Clone, Copy, PartialEq, Eq, PartialOrd, Ord, Hash)]
pub(super) enum Replay {
    /// To be repeated: a record of this version.
    Due(u8),
    /// Repeated as the record of this number, which the node has yet to apply.
    Issued(u8),
}

impl Default for Replay {
    fn default() -> Self {
        Self::Due(0)
    }
}

pub(super) type Replays = Seq<Replay, 4>;

/// A record that a caller on this node caused: its number and its version.
#[derive(Clone, Copy, Default, PartialEq, Eq, Hash)]
pub(super) struct Own {
    pub(super) record: u8,
    pub(super) version: u8,
}

#[derive(Clone, Copy, Default, PartialEq, Eq, Hash)]
pub(super) struct Node {
    /// Whether it has adopted the incarnation of the new primary.
    pub(super) moved: bool,
    /// The records that it believes to have applied; how many is its position.
    pub(super) applied: Journal,
    pub(super) l1: Option<Entry>,
    /// What a reader is owed that comes now.
    pub(super) owed: Owed,
    pub(super) flights: Bag<Flight, 3>,
    /// Reads that have not begun.
    pub(super) unread: u8,
    /// What it has to repeat, in this order.
    pub(super) replays: Replays,
    /// Its own records of the old incarnation.
    pub(super) ring: Seq<Own, 2>,
}

impl Node {
    pub(super) fn pos(&self) -> u8 {
        self.applied.count()
    }

    /// Whether a record in `(after, pos]` matches the key.
    pub(super) fn matched(&self, after: u8) -> bool {
        matches(&self.applied, after, self.pos())
    }
}

/// What a writer does next in its call.
#[derive(Clone, Copy, Default, PartialEq, Eq, Hash)]
pub(super) enum Phase {
    #[default]
    Commit,
    Script,
    /// The record is in a journal: return once it is applied here.
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
    /// Whether its node had moved when the script answered.
    pub(super) moved: bool,
}

#[derive(Clone, Copy, Default, PartialEq, Eq, Hash)]
pub(super) struct State {
    /// The version in the database.
    pub(super) db: u8,
    pub(super) old: Primary,
    /// The new primary, from the failover on.
    pub(super) new: Option<Primary>,
    /// What has been replicated, until the failover.
    pub(super) replica: Primary,
    /// The last record that both servers share.
    pub(super) shared: u8,
    pub(super) nodes: [Node; 2],
    pub(super) writers: Seq<Writer, 2>,
}

impl State {
    /// The server, or, before there is a new one, the old one.
    pub(super) fn primary(&self, server: Server) -> &Primary {
        match (server, &self.new) {
            (Server::New, Some(new)) => new,
            _ => &self.old,
        }
    }

    pub(super) fn primary_mut(&mut self, server: Server) -> &mut Primary {
        match (server, &mut self.new) {
            (Server::New, Some(new)) => new,
            _ => &mut self.old,
        }
    }
}
