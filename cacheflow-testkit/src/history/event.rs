//! What nodes tell.

use std::sync::Arc;

use super::At;

/// A key, by its number. Numbers are dense: the checker has a place for each up to
/// the highest.
pub type Key = u32;

/// A version of a key: 1, 2, 3 …
pub type Version = u64;

/// A node, by its number from 0.
pub type NodeId = usize;

/// One thing that a node did.
#[derive(Clone, Debug, PartialEq, Eq)]
pub enum Event {
    /// A version was committed in the source.
    Write {
        /// The key.
        key: Key,
        /// The version.
        version: Version,
        /// A time at which it stood there already. Too late a time makes the
        /// judge milder, too early a time makes it unjust.
        committed_at: At,
    },
    /// Keys were forgotten, or put.
    Forget {
        /// By what call.
        how: How,
        /// All keys that it covers.
        keys: Arc<[Key]>,
        /// A time before the call. Too early makes the judge milder.
        begun: At,
        /// A time after the call. Too late makes the judge milder.
        returned_at: At,
        /// What it answered.
        outcome: Outcome,
    },
    /// A value was given to a caller.
    Read {
        /// The key.
        key: Key,
        /// The version that the value was made of; 0 of one that was never
        /// written.
        version: Version,
        /// A time before the call. Too early makes the judge milder.
        began: At,
        /// When the value was there; only shown.
        ended: At,
        /// Where it came from; only shown and counted.
        source: Source,
        /// The key of the value that it was a part of; only shown.
        part_of: Option<Key>,
    },
}

/// The call that forgot.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Hash)]
pub enum How {
    /// One key.
    Key,
    /// Several keys.
    Keys,
    /// A tag.
    Tag,
    /// A pattern.
    Pattern,
    /// Everything of a cache.
    Cache,
    /// Everything.
    All,
    /// A new value was put.
    Put,
    /// A strict write ended.
    Write,
}

/// How far a forgetting had got when its call returned.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Hash)]
pub enum Outcome {
    /// Only its own node knows.
    Local,
    /// It stands in the journal.
    Recorded,
    /// All nodes have applied it.
    Everywhere,
}

/// Where a value came from.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Hash)]
pub enum Source {
    /// The node's memory.
    Memory,
    /// The shared store.
    Shared,
    /// A level or another caller's load: the caller cannot tell.
    Kept,
    /// The caller's own load.
    Loaded,
}

impl Source {
    /// All of them, in the order in which they are counted.
    pub const ALL: [Source; 4] = [Source::Memory, Source::Shared, Source::Kept, Source::Loaded];
}
