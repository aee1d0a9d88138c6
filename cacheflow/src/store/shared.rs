//! The port of a store that all instances share.

use std::time::Duration;

use bytes::Bytes;

use crate::error::Result;
use crate::event::{Change, Position, Record, Snapshot};
use crate::key::{FullKey, Marks};
use crate::together::together;

/// So many values are filled at a time by a store that does not say how it fills many.
const FILLED_AT_ONCE: usize = 64;

/// A store that all instances of a service share, with the journal of what was
/// forgotten in it.
///
/// Every change that makes an older value wrong is a numbered record of the
/// journal. What the framework builds on:
///
/// 1. A record's number is taken, the record kept and announced on the bus as
///    *one* step. Numbers are dense.
/// 2. [`SharedStore::fill`] keeps nothing that a record after `fill.checked`
///    makes old, however the two are interleaved.
/// 3. A record that is not [open](Record::open) leaves no value behind that it
///    makes old, unless one before it that is open does so too. For an open one [`SharedStore::reclaim`] removes what is left;
///    until its [`Change::Done`] every node takes such values for misses.
/// 4. Values of an incarnation that is not in the journal's
///    [lineage](Snapshot::lineage) need not be told apart: their envelope names
///    it.
///
/// An implementation returns [`ErrorKind::Unavailable`](crate::ErrorKind) when
/// it cannot reach its server. It need not bound how long it takes: the
/// framework gives every operation a budget and drops its future when that is
/// spent. A dropped write may or may not happen.
#[async_trait::async_trait]
pub trait SharedStore: Send + Sync + 'static {
    /// The server without credentials, for messages and errors.
    fn name(&self) -> String;

    /// Whether the server answers; (re)connects if it has to.
    async fn ping(&self) -> Result<()>;

    /// What is kept for `key`, with its remaining lifetime.
    async fn get(&self, key: &FullKey) -> Result<Option<Stored>>;

    /// What is kept for each of `keys`, in their order: as
    /// [`get`](SharedStore::get), in as few round trips as there are servers.
    async fn get_many(&self, keys: &[&FullKey]) -> Result<Vec<Option<Stored>>>;

    /// Keeps the value of `key` for `lifetime` from now, if it still begins with
    /// the bytes `front`, which are its whole [header](crate::entry::Envelope::HEADER_BYTES): less
    /// would not tell it from another. Does not shorten its life, and leaves a value
    /// without an end alone. Returns whether it is kept so long.
    async fn touch(&self, key: &FullKey, front: &[u8], lifetime: Duration) -> Result<bool>;

    /// Keeps a loaded value, unless a record after `fill.checked` makes it old
    /// or a write to something that it was made of is under way.
    async fn fill(&self, fill: Fill<'_>) -> Result<Filled>;

    /// Keeps many loaded values: as [`fill`](SharedStore::fill) each of them, whatever
    /// becomes of the others, in as few round trips as the store can. Tells what became
    /// of each, in their order; after an error any of them may be kept. No key is
    /// there twice.
    ///
    /// By default some are filled at a time.
    async fn fill_many(&self, fills: &[Fill<'_>]) -> Result<Vec<Filled>> {
        let filling = fills.iter().map(|fill| self.fill(*fill)).collect();
        let filled = together(filling, FILLED_AT_ONCE).await;
        filled.into_iter().collect()
    }

    /// Records that a new value was put and keeps it — or removes what is kept,
    /// if the key was forgotten or put by another after `put.checked`, or a
    /// write to it is under way: then nobody can know whose value is the newest.
    /// Forgets what depends on the key.
    async fn put(&self, put: Put<'_>) -> Result<Recorded>;

    /// Records a change and does as much of it at once as is bounded.
    ///
    /// The record in the answer names all that it forgets: for keys, what
    /// depended on them as well. `known` is where the caller stands, so that the
    /// answer can hold what it has not applied yet; a [`Change::Done`] of a caller
    /// that stands in no journal of this lineage ends nothing.
    async fn record(&self, change: &Change, known: Option<Position>) -> Result<Recorded>;

    /// Removes a bounded part of the values that the open `record` makes old,
    /// beginning with an empty `cursor`. After the last part all of them that
    /// were kept before the first are gone; newer values stay, and can be found
    /// by later records. Repeating a part does no harm.
    async fn reclaim(&self, record: &Record, cursor: &str) -> Result<Reclaimed>;

    /// The records after `known`, in order and without gaps; or, if the journal
    /// cannot tell them, where it stands now.
    async fn since(&self, known: Option<Position>) -> Result<Since>;

    /// Removes the value of `key` if it is still exactly `bytes`.
    async fn discard(&self, key: &FullKey, bytes: &Bytes) -> Result<()>;

    /// Asks all nodes to tell where they stand, and returns what they told last.
    async fn nodes(&self) -> Result<Vec<NodeAt>>;

    /// What `key` depends on and what depends on it, one step each.
    async fn relations(&self, key: &FullKey) -> Result<Relations>;
}

/// A value in the shared store.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Stored {
    /// An [`Envelope`](crate::entry::Envelope), if nobody tampered with it.
    pub bytes: Bytes,
    /// How long the store will still keep it.
    pub remaining: Duration,
    /// The incarnation of the journal on the server that answered.
    pub incarnation: u64,
}

/// A loaded value to be kept.
#[derive(Clone, Copy, Debug)]
pub struct Fill<'a> {
    /// Its key.
    pub key: &'a FullKey,
    /// Its envelope.
    pub bytes: &'a [u8],
    /// What it is forgotten by, beside its key; the envelope carries the same.
    pub marks: &'a Marks,
    /// How long to keep it; at least 1 ms.
    pub ttl: Duration,
    /// How long it may be kept in all, if it is [touched](SharedStore::touch);
    /// at least `ttl`. Whatever the store needs to find it lives that long.
    pub longest: Duration,
    /// Up to where the caller has checked that nothing the value was made of
    /// was forgotten; the envelope's as-of. The store checks what came after.
    pub checked: Position,
}

/// Whether a fill was kept.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Filled {
    /// The value is in the store.
    Kept,
    /// The value may be old, or the store cannot tell; it is kept nowhere.
    Refused,
}

/// A value that replaces whatever was there.
#[derive(Clone, Copy, Debug)]
pub struct Put<'a> {
    /// Its key.
    pub key: &'a FullKey,
    /// Its envelope; the store writes the record's number into its first
    /// [`Envelope::AS_OF_BYTES`](crate::entry::Envelope::AS_OF_BYTES).
    pub bytes: &'a [u8],
    /// What it is forgotten by, beside its key; the envelope carries the same.
    pub marks: &'a Marks,
    /// How long to keep it; at least 1 ms.
    pub ttl: Duration,
    /// How long it may be kept in all, if it is [touched](SharedStore::touch);
    /// at least `ttl`. Whatever the store needs to find it lives that long.
    pub longest: Duration,
    /// Where the caller stood before it began to change the source.
    pub checked: Position,
}

/// A change that stands in the journal.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Recorded {
    /// The record as it was made.
    pub record: Record,
    /// For a put: whether the value was kept. Always true for other changes.
    pub kept: bool,
    /// For what is forgotten: how many values were removed in the same step. 0 where
    /// all of them are [reclaimed](SharedStore::reclaim), and for a put.
    pub removed: u64,
    /// The records between where the caller stood and this one, in order and
    /// without gaps; `None` if there are too many, or the journal no longer
    /// has them all.
    pub missed: Option<Vec<Record>>,
}

/// What a step of [`SharedStore::reclaim`] did.
#[derive(Clone, Debug, Default, PartialEq, Eq)]
pub struct Reclaimed {
    /// How many values it removed.
    pub removed: u64,
    /// Where to go on; `None` at the end.
    pub next: Option<String>,
    /// Keys on which more depends, which has to be forgotten as well.
    pub dependents: Vec<FullKey>,
}

/// See [`SharedStore::since`].
#[derive(Clone, Debug, PartialEq, Eq)]
pub enum Since {
    /// These were missed.
    Records(Vec<Record>),
    /// What was missed cannot be told.
    Anew(Snapshot),
}

/// Where a node stands.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct NodeAt {
    /// Which start of which process.
    pub origin: String,
    /// The last record that it has applied.
    pub position: Position,
    /// How long ago it said so.
    pub age: Duration,
    /// How long ago it did so first, since the store has kept what nodes say
    /// without losing any of it.
    pub tenure: Duration,
}

/// See [`SharedStore::relations`].
#[derive(Clone, Debug, Default, PartialEq, Eq)]
pub struct Relations {
    /// What the entry was made of, all of it.
    pub dependencies: Vec<FullKey>,
    /// Entries that were made of it.
    pub dependents: Vec<FullKey>,
}
