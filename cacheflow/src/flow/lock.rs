//! Locks by name, for work that is not a load.

use std::fmt;
use std::future::Future;
use std::time::Duration;

use super::CacheFlow;
use crate::config::Faults;
use crate::error::Result;
use crate::strategy::distributed_lock::{self, Lock, Step};

/// A lock by name, made by [`CacheFlow::lock`]: of all who share the flow's backend,
/// one has it at a time.
#[derive(Clone)]
#[must_use = "a lock is held by nobody until it is acquired"]
pub struct NamedLock {
    flow: CacheFlow,
    name: String,
    lease: Duration,
}

/// The most that a lock's name may have.
const LONGEST_NAME: usize = 128;

impl NamedLock {
    pub(super) fn new(flow: CacheFlow, name: &str, lease: Duration) -> Self {
        Self {
            flow,
            name: name.to_owned(),
            lease,
        }
    }

    /// Takes the lock if nobody has it; `None` if somebody does.
    ///
    /// # Errors
    ///
    /// As [`acquire_within`](Self::acquire_within).
    ///
    /// # Cancellation
    ///
    /// A lock that was taken is given back in the background.
    pub async fn try_acquire(&self) -> Result<Option<LockGuard>> {
        self.check()?;
        let tools = self.flow.policies().tools();
        let lease = tools.acquire(&self.key(), self.lease).await?;
        Ok(lease.ok().map(LockGuard))
    }

    /// Takes the lock, and waits for it at most so long; `None` if that is over. Who
    /// waits is woken when it is given back, as far as the backend tells that, and
    /// looks now and then for itself.
    ///
    /// # Errors
    ///
    /// [`ErrorKind::InvalidConfig`](crate::ErrorKind) if the name is empty or longer
    /// than 128 bytes, or the lease shorter than 10 ms or longer than an hour;
    /// [`ErrorKind::Unavailable`](crate::ErrorKind) or
    /// [`ErrorKind::Timeout`](crate::ErrorKind) if the backend does not answer.
    ///
    /// # Cancellation
    ///
    /// A lock that was taken is given back in the background.
    pub async fn acquire_within(&self, patience: Duration) -> Result<Option<LockGuard>> {
        self.check()?;
        let lock = Lock {
            config: distributed_lock::DistributedLock { lease: self.lease },
            tools: self.flow.policies().tools().clone(),
            patience,
        };
        let key = self.key();
        let mut entering = lock.enter(&key);
        loop {
            match entering.step().await {
                Step::Look(lease) => return Ok(Some(LockGuard(lease))),
                Step::Wait(at_most) => entering.wait(at_most).await,
                Step::Overdue => return Ok(None),
                Step::Failed(error) => return Err(error),
            }
        }
    }

    fn check(&self) -> Result<()> {
        let mut faults = Faults::default();
        let length = self.name.len();
        faults.check_range("lock name", length, 1, LONGEST_NAME, |length| {
            format!("{length} bytes")
        });
        for fault in (distributed_lock::DistributedLock { lease: self.lease }).faults() {
            faults.add(fault);
        }
        faults.into_result("lock")
    }

    /// No cache's name begins so: a lock is never taken for a key's.
    fn key(&self) -> String {
        format!("/{}", self.name)
    }
}

impl fmt::Debug for NamedLock {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.debug_struct("NamedLock")
            .field("name", &self.name)
            .field("lease", &self.lease)
            .finish_non_exhaustive()
    }
}

/// A lock that is held. Dropped, it is given back in the background.
#[must_use = "the lock is given back when this is dropped"]
pub struct LockGuard(distributed_lock::Lease);

impl LockGuard {
    /// Whether the lock is held for sure: its lease is not over. A holder that was
    /// paused for longer learns it here; what it does in the next moment may
    /// still come too late.
    #[must_use]
    pub fn is_held(&self) -> bool {
        self.0.is_held()
    }

    /// Takes the lease anew from now on. Returns whether the lock is still held.
    pub async fn renew(&mut self) -> bool {
        self.0.renew().await;
        self.0.is_held()
    }

    /// Runs `work`, and renews the lease meanwhile.
    pub async fn while_held<F: Future>(&mut self, work: F) -> F::Output {
        self.0.while_renewed(work).await
    }

    /// Gives the lock back and wakes who waits for it. Returns whether it was still
    /// held.
    pub async fn release(self) -> bool {
        self.0.give_back().await
    }
}

impl fmt::Debug for LockGuard {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.debug_struct("LockGuard")
            .field("is_held", &self.is_held())
            .finish_non_exhaustive()
    }
}
