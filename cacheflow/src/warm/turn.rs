//! Whose turn it is: one node warms for all.
//!
//! Two leases for each warmer. Who runs it holds `…/run`, and renews it. Who came to its end with it
//! leaves `…/done` held, for as long as that does for all: whoever comes meanwhile finds that
//! there is nothing to do. (After much was forgotten it is `…/again`.) A node that dies holds neither for long.

use std::future::Future;
use std::sync::Arc;
use std::time::Duration;

use tokio::time::Instant;

use super::WarmPlan;
use super::run::Why;
use crate::clock::unix_millis;
use crate::flow::CacheFlow;
use crate::lock::{Acquired, Leases};

/// How long a node that runs a warmer holds its leases without a renewal.
const LEASE: Duration = Duration::from_secs(30);

/// Who waits for another node's warming looks so often.
const LOOK: Duration = Duration::from_millis(200);

/// The right to run a warmer.
pub(super) struct Turn {
    leases: Arc<dyn Leases>,
    owner: String,
    run: String,
    done: String,
    does_for: Duration,
    begun: Instant,
}

/// Whether it is this node's turn.
pub(super) enum Taken {
    Mine(Turn),
    /// Nobody can say; saving work is all that it is for, so all warm.
    Unknown,
    /// Another warms, or has done so.
    Others,
}

impl Turn {
    /// What the start requires waits until another node that runs it has ended.
    pub(super) async fn take(flow: &CacheFlow, warmer: &str, plan: &WarmPlan, why: Why) -> Taken {
        let now = Duration::from_millis(unix_millis());
        // What was warmed before much was forgotten does not count after it.
        let (mark, does_for) = match (why, plan.rewarm) {
            (Why::Forgotten, Some(pause)) => ("again", pause),
            _ => ("done", plan.does_for(now)),
        };
        let turn = Self {
            leases: Arc::clone(&flow.policies().tools().leases),
            owner: flow.instance().to_owned(),
            // No cache's name begins so, nor the key of a lock.
            run: format!("//warm/{warmer}/run"),
            done: format!("//warm/{warmer}/{mark}"),
            does_for,
            begun: Instant::now(),
        };
        loop {
            match turn.acquire(&turn.run).await {
                None => return Taken::Unknown,
                Some(true) => break,
                Some(false) if why == Why::Required => tokio::time::sleep(LOOK).await,
                Some(false) => return Taken::Others,
            }
        }
        match turn.acquire(&turn.done).await {
            Some(true) | None => Taken::Mine(turn),
            Some(false) => {
                turn.release(&turn.run).await;
                Taken::Others
            }
        }
    }

    /// Does `work`, and renews the leases meanwhile.
    pub(super) async fn while_mine<F: Future>(&self, work: F) -> F::Output {
        let mut work = std::pin::pin!(work);
        loop {
            match tokio::time::timeout(LEASE / 3, &mut work).await {
                Ok(output) => return output,
                Err(_) => {
                    // Lost or not: it saves work, and this one is done half.
                    let _ = self.leases.renew(&self.run, &self.owner, LEASE).await;
                    let _ = self.leases.renew(&self.done, &self.owner, LEASE).await;
                }
            }
        }
    }

    /// The warmer came to its end, or failed: then another may try.
    pub(super) async fn end(self, is_done: bool) {
        if is_done {
            let left = self.does_for.saturating_sub(self.begun.elapsed());
            let left = left.max(Duration::from_millis(1));
            let _ = self.leases.renew(&self.done, &self.owner, left).await;
        } else {
            self.release(&self.done).await;
        }
        self.release(&self.run).await;
    }

    /// `None` if nobody can tell.
    async fn acquire(&self, name: &str) -> Option<bool> {
        match self.leases.acquire(name, &self.owner, LEASE).await {
            Ok(acquired) => Some(acquired == Acquired::Mine),
            Err(error) => {
                tracing::debug!(%error, lease = name, "not told whether another node warms");
                None
            }
        }
    }

    async fn release(&self, name: &str) {
        let _ = self.leases.release(name, &self.owner).await;
    }
}
