//! The port of leases: who, of all nodes, does something now.

mod local;
mod waiting;

use std::time::Duration;

pub(crate) use local::LocalLeases;
pub(crate) use waiting::{Waiter, Waiting};

use crate::error::Result;

/// Leases that all instances of a service share.
///
/// A lease saves work; it is no proof that nobody else works. Its holder may be
/// paused for longer than the lease, and its server may lose it in a failover.
///
/// An implementation returns [`ErrorKind::Unavailable`](crate::ErrorKind) when it
/// cannot reach its server. It need not bound how long it takes, see
/// [`SharedStore`](crate::store::SharedStore).
#[async_trait::async_trait]
pub trait Leases: Send + Sync + 'static {
    /// Takes the lease `name` for `owner`, if nobody else has it; at least for 1 ms.
    /// An owner that has
    /// it already, because the answer was lost, has it for `lease` from now.
    async fn acquire(&self, name: &str, owner: &str, lease: Duration) -> Result<Acquired>;

    /// Lets `owner` keep the lease for `lease` from now, if it still has it.
    /// Returns whether it has.
    async fn renew(&self, name: &str, owner: &str, lease: Duration) -> Result<bool>;

    /// Gives the lease back, if `owner` still has it, and tells all nodes
    /// ([`Listener::released`](crate::bus::Listener::released)), if another has tried
    /// to take it meanwhile and there is a way to tell them: who waits tries again now
    /// and then all the same. Returns whether it had it; after an answer that was lost
    /// `false` may be said of one that was given back.
    async fn release(&self, name: &str, owner: &str) -> Result<bool>;
}

/// See [`Leases::acquire`].
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Acquired {
    /// The caller has it.
    Mine,
    /// Another has it, for so much longer if it does not renew it.
    Held {
        /// What is left of the other's lease.
        remaining: Duration,
    },
}
