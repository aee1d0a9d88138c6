//! Records of the journal: what was forgotten, in which order.

use crate::key::{CacheName, FullKey};

/// A place in the journal.
///
/// The journal of a namespace is a dense sequence of [`Record`]s, numbered from
/// one. An incarnation is drawn at random when the journal is new, so that
/// numbers of a journal that was lost are never taken for those of its
/// successor.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Hash)]
pub struct Position {
    /// The random number that tells this journal from every other.
    pub incarnation: u64,
    /// The number of the last record at or before this place.
    pub number: u64,
}

/// One entry of the journal.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Record {
    /// Where it stands.
    pub position: Position,
    /// What happened.
    pub change: Change,
}

/// What a record says.
#[derive(Clone, Debug, PartialEq, Eq)]
#[non_exhaustive]
pub enum Change {
    /// These keys were forgotten.
    Forgotten(Vec<FullKey>),
    /// A new value was put for this key: what others hold of it is old.
    Put(FullKey),
    /// Everything of this cache was forgotten.
    Cleared(CacheName),
}
