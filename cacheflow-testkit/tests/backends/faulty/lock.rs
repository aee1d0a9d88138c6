//! Leases with a fault.

use std::hash::{BuildHasher, RandomState};
use std::sync::Arc;
use std::time::Duration;

use cacheflow::Result;
use cacheflow::lock::{Acquired, Leases};
use cacheflow_testkit::MemoryBackend;
use tokio::sync::Notify;

use super::Fault;

/// Nobody may ask.
const SOON: Duration = Duration::from_secs(2);

pub(super) struct FaultyLeases {
    pub(super) inner: Arc<dyn Leases>,
    pub(super) server: MemoryBackend,
    pub(super) asked: Arc<Notify>,
    pub(super) fault: Fault,
}

impl FaultyLeases {
    /// The lease's name, as a server has it that knows no hostile ones.
    fn name(&self, name: &str) -> String {
        match self.fault {
            Fault::TakesNamesForOne => name.to_lowercase().replace(':', "/"),
            _ => name.to_owned(),
        }
    }

    /// Lets `owner`, who has it, have it as if nobody had asked in vain for it.
    async fn anew(&self, name: &str, owner: &str, lease: Duration) -> Result<()> {
        let no_time = Duration::from_millis(1);
        self.inner.renew(name, owner, no_time).await?;
        // Nobody is told when it ends.
        while self.inner.acquire(name, "nobody", no_time).await? != Acquired::Mine {
            tokio::task::yield_now().await;
        }
        self.inner.release(name, "nobody").await?;
        self.inner.acquire(name, owner, lease).await.map(drop)
    }

    fn owner<'a>(&self, owner: &'a str, fault: Fault) -> &'a str {
        if self.fault == fault {
            "anybody"
        } else {
            owner
        }
    }
}

#[async_trait::async_trait]
impl Leases for FaultyLeases {
    async fn acquire(&self, name: &str, owner: &str, lease: Duration) -> Result<Acquired> {
        let lease = match self.fault {
            Fault::LeasesForEver => lease.max(Duration::from_secs(30)),
            _ => lease,
        };
        let owner = self.owner(owner, Fault::LeasesToAnybody);
        if self.fault == Fault::TakesAgainAnew && self.inner.renew(name, owner, lease).await? {
            self.anew(name, owner, lease).await?;
        }
        let acquired = self.inner.acquire(&self.name(name), owner, lease).await?;
        self.asked.notify_waiters();
        if self.fault == Fault::LeasesOnce && acquired == Acquired::Mine {
            // The second time it is somebody else's.
            let mark = format!("{name}, taken by {owner}");
            let token = RandomState::new().hash_one(()).to_string();
            return self.inner.acquire(&mark, &token, lease).await;
        }
        Ok(acquired)
    }

    async fn renew(&self, name: &str, owner: &str, lease: Duration) -> Result<bool> {
        let owner = self.owner(owner, Fault::LeasesToAnybody);
        let renewed = self.inner.renew(&self.name(name), owner, lease).await?;
        if self.fault == Fault::KeepsNobodyWaiting && renewed {
            self.anew(name, owner, lease).await?;
        }
        Ok(renewed || self.fault == Fault::RenewsForAnybody)
    }

    async fn release(&self, name: &str, owner: &str) -> Result<bool> {
        let owner = self.owner(owner, Fault::LeasesToAnybody);
        if self.fault == Fault::TellsBeforeItIsFree && name.starts_with("round") {
            self.server.announce_released(name);
            // Until who was told of it has asked.
            let _ = tokio::time::timeout(SOON, self.asked.notified()).await;
        }
        if self.fault == Fault::TellsEveryReturn {
            // Somebody asks always; of one that is free he tells nobody.
            let asked = self.inner.acquire(name, "somebody", SOON).await?;
            if asked == Acquired::Mine {
                self.inner.release(name, "somebody").await?;
            }
        }
        let released = self.inner.release(&self.name(name), owner).await?;
        if self.fault == Fault::TellsAReturnTwice && released && name == "wanted" {
            self.server.announce_released(name);
        }
        if self.fault == Fault::TellsOfEveryTry && !released {
            self.server.announce_released(name);
        }
        Ok(released || self.fault == Fault::TakesBackFromAnybody)
    }
}
