//! The port of a store that all instances share.

use std::time::Duration;

use bytes::Bytes;

use crate::error::Result;
use crate::event::{Position, Record};
use crate::key::{CacheName, FullKey};

/// A store that all instances of a service share, with the journal of what was
/// forgotten in it.
///
/// Every change that makes an older value wrong — a key forgotten, a value put,
/// a cache cleared — is a numbered record of the journal. The store takes the
/// number, changes its values and announces the record on the bus as *one* step
/// that no other operation sees half done. That is what lets [`SharedStore::fill`]
/// refuse a value that was loaded before the change.
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
    ///
    /// A value that was written under another incarnation of the journal than the
    /// store now works in is not returned, but empty bytes in its place: a node
    /// that has not heard of the new one yet would take it for current.
    async fn get(&self, key: &FullKey) -> Result<Option<Stored>>;

    /// Keeps a loaded value, unless something that it was made of was forgotten
    /// after `fill.checked`.
    async fn fill(&self, fill: Fill<'_>) -> Result<Filled>;

    /// Records that a new value was put and keeps it — or removes what is kept,
    /// if the key was forgotten or put by another after `put.checked`: then
    /// nobody can know whose value is the newest.
    async fn put(&self, put: Put<'_>) -> Result<Recorded>;

    /// Records that `keys` are forgotten and removes them.
    ///
    /// `known` is where the caller stands, so that the answer can hold what it
    /// has not applied yet.
    async fn forget(&self, keys: &[FullKey], known: Option<Position>) -> Result<Recorded>;

    /// Records that everything of `cache` is forgotten. Values that are kept
    /// stay until [`SharedStore::sweep`].
    async fn clear(&self, cache: &CacheName, known: Option<Position>) -> Result<Recorded>;

    /// Removes a bounded part of the values of `cache`; returns where to go on,
    /// or `None` at the end. Begin with 0. Every value that was kept before the
    /// first step is gone after the last.
    async fn sweep(&self, cache: &CacheName, cursor: u64) -> Result<Option<u64>>;

    /// Removes the value of `key` if it is still exactly `bytes`.
    async fn discard(&self, key: &FullKey, bytes: &Bytes) -> Result<()>;
}

/// A value in the shared store.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Stored {
    /// An [`Envelope`](crate::entry::Envelope), if nobody tampered with it.
    pub bytes: Bytes,
    /// How long the store will still keep it.
    pub remaining: Duration,
}

/// A loaded value to be kept.
#[derive(Clone, Copy, Debug)]
pub struct Fill<'a> {
    /// Its key.
    pub key: &'a FullKey,
    /// Its envelope.
    pub bytes: &'a [u8],
    /// How long to keep it; at least 1 ms.
    pub ttl: Duration,
    /// Up to where the caller has checked that nothing the value was made of
    /// was forgotten. The store checks what came after.
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
    /// How long to keep it; at least 1 ms.
    pub ttl: Duration,
    /// Where the caller stood before it began to change the source.
    pub checked: Position,
}

/// A change that stands in the journal.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Recorded {
    /// Where it stands.
    pub position: Position,
    /// For a put: whether the value was kept. Always true for other changes.
    pub kept: bool,
    /// The records between where the caller stood and this one, in order and
    /// without gaps; `None` if there are too many, or the journal no longer
    /// has them all.
    pub missed: Option<Vec<Record>>,
}
