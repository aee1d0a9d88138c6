//! Forgetting: what makes every copy of a value go, on every node.
//!
//! ```text
//! forget k   journal record + removal from the shared store, as one step
//!            └▶ this node applies it ─▶ the call returns
//!            └▶ bus ─▶ every other node applies it
//! ```
//!
//! To apply a record is to take it into the window, to cancel the flights and
//! forget the entries that it names in every cache, and only then to count it. A
//! [`Node`] applies records in order and without gaps. What is missing it asks
//! the journal for; what the journal cannot tell any more costs it its memory.
//!
//! | file | what |
//! |---|---|
//! | `node` | applying records, by whatever way they come |
//! | `logged` | what of it stands in traces |
//! | `listening` | what a node does with what it hears; gaps, and their replay |
//! | `forget` | forgetting, putting and holding as a caller asks for it |
//! | `gathered` | keys of several callers in one record |
//! | `untold` | how much records have removed, until it is known whose they are |
//! | `following` | what is forgotten because something else was |
//! | `looking_back` | what touched a cache before this node began |
//! | `reclaim` | removing from the shared store what open records left behind |
//! | `outbox`, `recovery` | what waits for the shared store, and the way back |
//!
//! What cannot be recorded because the shared store is away waits in the
//! outbox; until it is sent, this node does not trust the shared store.

mod following;
mod forget;
mod gathered;
mod listening;
mod logged;
mod looking_back;
mod node;
mod outbox;
mod reclaim;
mod recovery;
mod untold;

use crate::event::Deleted;

pub(crate) use forget::Outcome;
pub(crate) use node::{NearCache, Node, Parts};

/// How far an invalidation, a clear or a put has got when its call returns.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Hash)]
#[must_use = "an invalidation that is only local reaches other nodes when the shared store is back"]
pub enum Applied {
    /// It stands in the journal: the shared store holds nothing older, and
    /// every node that hears its bus has applied it or is about to; one that
    /// does not stops serving from memory within `max_staleness`. In a flow
    /// without a shared store this node is all there is.
    Recorded,
    /// The same, and every node that is alive has applied it: what
    /// [`await_cluster`](crate::Invalidation::await_cluster) waits for.
    Everywhere,
    /// This node has applied it. The shared store could not be told yet; it is
    /// told, and with it the other nodes, as soon as it answers again.
    Local,
    /// Nothing is forgotten yet: it waits for the commit of its
    /// [scope](crate::InvalidationScope), or for its time.
    Deferred,
}

/// What an invalidation has done: see
/// [`send_counted`](crate::Invalidation::send_counted).
#[derive(Clone, Copy, Debug, PartialEq, Eq, Hash)]
#[non_exhaustive]
#[must_use = "an invalidation that is only local reaches other nodes when the shared store is back"]
pub struct Invalidated {
    /// How far it has got.
    pub applied: Applied,
    /// How much it has removed so far.
    pub deleted: Deleted,
}
