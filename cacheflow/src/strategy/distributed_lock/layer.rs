//! Getting the lease of a key, keeping it while the key is loaded, giving it back.

use std::future::Future;
use std::sync::Arc;
use std::time::Duration;

use super::DistributedLock;
use super::decide::{Next, Tried, after_try, renew_every, still_held};
use crate::clock::{Clock, Tick};
use crate::error::Error;
use crate::lock::{Acquired, Leases, Waiter, Waiting};
use crate::runtime::{Background, random};

/// What a strategy needs to take leases.
#[derive(Clone)]
pub(crate) struct Lock {
    pub(crate) config: DistributedLock,
    pub(crate) tools: Arc<Tools>,
    /// How long somebody waits for another's lease at most.
    pub(crate) patience: Duration,
}

/// What everybody needs who takes leases in a flow.
pub(crate) struct Tools {
    pub(crate) leases: Arc<dyn Leases>,
    pub(crate) waiting: Arc<Waiting>,
    pub(crate) clock: Clock,
    pub(crate) background: Background,
    /// Tells this start of this process from every other.
    pub(crate) origin: String,
}

/// Somebody on the way to a lease.
pub(crate) struct Entering<'a> {
    lock: &'a Lock,
    name: &'a str,
    /// From before the first try on: the return of the lease between a try and the
    /// wait after it would be missed.
    waiter: Waiter,
    began: Tick,
    waits: u32,
}

/// What somebody does who wants a lease.
pub(crate) enum Step {
    /// It has it: it looks whether another has loaded meanwhile.
    Look(Lease),
    /// Another has it: it [waits](Entering::wait) for so long, looks, and tries again.
    Wait(Duration),
    /// Its patience is over.
    Overdue,
    /// The lock server fails.
    Failed(Error),
}

/// A lease that is held. Dropped, it is given back in the background.
pub(crate) struct Lease {
    tools: Arc<Tools>,
    name: String,
    owner: String,
    length: Duration,
    renewed_at: Tick,
    is_lost: bool,
    is_given_back: bool,
}

impl Tools {
    /// Tries once. The time is read before the question: the lease is never
    /// believed to last longer than it does.
    pub(crate) async fn acquire(
        self: &Arc<Self>,
        name: &str,
        length: Duration,
    ) -> Result<Result<Lease, Duration>, Error> {
        let owner = self.owner();
        let mut lease = Lease {
            tools: Arc::clone(self),
            name: name.to_owned(),
            owner,
            length,
            renewed_at: self.clock.now(),
            is_lost: false,
            is_given_back: false,
        };
        // Should this be dropped, or fail because the answer is late, the lease may
        // have been taken all the same: dropping it gives it back.
        let acquired = self.leases.acquire(name, &lease.owner, length).await?;
        match acquired {
            Acquired::Mine => Ok(Ok(lease)),
            Acquired::Held { remaining } => {
                lease.is_given_back = true;
                Ok(Err(remaining))
            }
        }
    }

    /// Another for each lease: what one holder left behind is not the next one's.
    fn owner(&self) -> String {
        format!("{}-{:016x}", self.origin, random())
    }
}

impl Lock {
    /// Begins to want the lease `name`.
    pub(crate) fn enter<'a>(&'a self, name: &'a str) -> Entering<'a> {
        Entering {
            lock: self,
            name,
            waiter: self.tools.waiting.wait(name),
            began: self.tools.clock.now(),
            waits: 0,
        }
    }
}

impl Entering<'_> {
    /// Tries once.
    pub(crate) async fn step(&mut self) -> Step {
        let Lock {
            config,
            tools,
            patience,
        } = self.lock;
        let acquired = tools.acquire(self.name, config.lease).await;
        let tried = match &acquired {
            Ok(Ok(_)) => Tried::Mine,
            Ok(Err(remaining)) => Tried::Held {
                remaining: *remaining,
            },
            Err(_) => Tried::Failed,
        };
        let waited = tools.clock.now().since(self.began);
        match (after_try(tried, self.waits, waited, *patience), acquired) {
            (Next::Look, Ok(Ok(lease))) => Step::Look(lease),
            (Next::Wait { at_most }, _) => {
                self.waits += 1;
                Step::Wait(at_most)
            }
            (_, Err(error)) => Step::Failed(error),
            (_, Ok(_)) => Step::Overdue,
        }
    }

    /// Waits until the lease was given back, as far as that is told, but not for
    /// longer than `at_most`: its holder may have died.
    pub(crate) async fn wait(&mut self, at_most: Duration) {
        let _ = tokio::time::timeout(at_most, self.waiter.released()).await;
    }
}

impl Lease {
    /// Runs `work`, and renews the lease meanwhile.
    pub(crate) async fn while_renewed<F: Future>(&mut self, work: F) -> F::Output {
        let mut work = std::pin::pin!(work);
        loop {
            let pause = tokio::time::sleep(renew_every(self.length));
            tokio::select! {
                biased;
                done = &mut work => return done,
                () = pause => {}
            }
            // Beside the work, not before it goes on.
            tokio::select! {
                biased;
                done = &mut work => return done,
                () = self.renew() => {}
            }
        }
    }

    /// Keeps it for its length from now. Returns nothing: see
    /// [`Lease::is_held`].
    pub(crate) async fn renew(&mut self) {
        if self.is_lost {
            return;
        }
        let asked = self.tools.clock.now();
        let leases = Arc::clone(&self.tools.leases);
        match leases.renew(&self.name, &self.owner, self.length).await {
            Ok(true) => self.renewed_at = asked,
            Ok(false) => self.is_lost = true,
            // Twice more before its time is over.
            Err(_) => {}
        }
    }

    /// Whether it is held for sure. A process that was paused learns here that its
    /// time is over.
    pub(crate) fn is_held(&self) -> bool {
        !self.is_lost && still_held(self.renewed_at, self.length, self.tools.clock.now())
    }

    /// Gives it back, which wakes who waits. Returns whether it was still held.
    pub(crate) async fn give_back(mut self) -> bool {
        let leases = Arc::clone(&self.tools.leases);
        let had = leases.release(&self.name, &self.owner).await;
        // Those who wait on this node need not hear of it from elsewhere.
        self.tools.waiting.released(&self.name);
        // Dropped before that, or if it failed: once more, in the background.
        self.is_given_back = had.is_ok();
        had.unwrap_or(false)
    }
}

impl Drop for Lease {
    fn drop(&mut self) {
        if self.is_given_back {
            return;
        }
        let leases = Arc::clone(&self.tools.leases);
        let (name, owner) = (
            std::mem::take(&mut self.name),
            std::mem::take(&mut self.owner),
        );
        let waiting = Arc::clone(&self.tools.waiting);
        let release = async move {
            let _ = leases.release(&name, &owner).await;
            waiting.released(&name);
        };
        // Where there is nobody to do it, the lease ends by itself.
        let _ = self.tools.background.spawn(release);
    }
}
