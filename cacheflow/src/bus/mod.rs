//! The bus: how one node hears what another has forgotten.
//!
//! [`Bus`] is the port that backends implement; [`Listener`] is the node's side
//! of it.

use std::convert::Infallible;
use std::time::Duration;

use crate::clock::Tick;
use crate::error::Result;
use crate::event::{Forgotten, Position, Record, Snapshot};

/// How often a bus asks for proof that it is alive.
pub const HEARTBEAT: Duration = Duration::from_millis(400);

/// A way by which records of the journal reach every node.
///
/// A bus may lose records, when a connection breaks or a server restarts. It
/// must not hide that: every record carries its number, and the bus asks the
/// journal's server at least every [`HEARTBEAT`] for the last number, over
/// the connection on which records arrive, so that a dead connection is noticed
/// even though nothing fails.
#[async_trait::async_trait]
pub trait Bus: Send + Sync + 'static {
    /// Connects, listens, and tells `listener` what it hears, in order, until
    /// the connection is lost.
    ///
    /// The framework calls it again after a pause. What must be told when:
    ///
    /// 1. After the subscription stands, [`Listener::subscribed`] with a snapshot
    ///    of the journal, taken *after* subscribing: a record between the two
    ///    would else be lost.
    /// 2. [`Listener::heard`] for each record, one at a time.
    /// 3. After each heartbeat, [`Listener::alive`], when everything that
    ///    arrived before the heartbeat's answer has been told, and the others
    ///    were told where this node stands.
    ///
    /// With each heartbeat, and when a node [asks for
    /// it](crate::store::SharedStore::nodes), the bus tells the others
    /// [where this node stands](Listener::position).
    ///
    /// # Errors
    ///
    /// Why the connection could not be made, or was lost.
    async fn listen(&self, listener: &dyn Listener) -> Result<Infallible>;
}

/// What a node wants to hear.
pub trait Listener: Send + Sync {
    /// The node's clock; to be read *before* a question is sent, so that the
    /// proof which the answer gives is never dated too late.
    fn now(&self) -> Tick;

    /// What tells this start of this process from every other in messages.
    fn origin(&self) -> &str;

    /// The last record that this node has applied; `None` before its first
    /// subscription.
    fn position(&self) -> Option<Position>;

    /// The subscription stands; the journal was as `snapshot` says when it was
    /// asked at `asked`. The first heartbeat is to follow at once: memory is
    /// served only after that.
    fn subscribed(&self, snapshot: Snapshot, asked: Tick);

    /// A record arrived; `origin` is the node that made it.
    fn heard(&self, record: Record, origin: &str);

    /// A message without a number told that these keys and tags changed:
    /// somebody who does not keep a journal.
    fn heard_foreign(&self, change: &Forgotten, origin: &str);

    /// The [lease](crate::lock::Leases) `name` was given back: who waits for it may
    /// try again. Not numbered: who misses it waits somewhat longer.
    fn released(&self, name: &str);

    /// A message arrived that could not be understood.
    fn garbled(&self);

    /// The journal was at `position` when it was asked at `asked`, and every
    /// record that arrived before the answer has been told.
    fn alive(&self, position: Position, asked: Tick);
}
