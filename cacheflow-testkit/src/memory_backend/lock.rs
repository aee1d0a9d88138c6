//! The leases of one node.

use std::sync::Arc;
use std::time::Duration;

use cacheflow::lock::{Acquired, Leases};
use cacheflow::{Namespace, Result};

use super::Shared;
use super::journal::News;
use super::server::Lease;

pub(super) struct MemoryLeases {
    shared: Arc<Shared>,
    prefix: String,
}

impl MemoryLeases {
    pub(super) fn new(shared: Arc<Shared>, namespace: &Namespace) -> Self {
        Self {
            shared,
            prefix: namespace.prefix().to_owned(),
        }
    }

    fn name(&self, name: &str) -> String {
        format!("{}lock:{name}", self.prefix)
    }

    fn lease(&self, owner: &str, lease: Duration) -> Lease {
        // At least 1 ms, as on a server.
        let lease = lease.max(Duration::from_millis(1));
        Lease {
            owner: owner.to_owned(),
            until: self.shared.clock.now().after(lease),
        }
    }
}

#[async_trait::async_trait]
impl Leases for MemoryLeases {
    async fn acquire(&self, name: &str, owner: &str, lease: Duration) -> Result<Acquired> {
        let now = self.shared.clock.now();
        let mut server = self.shared.server();
        let held = server.lease(&self.name(name), now);
        if let Some(other) = held.filter(|held| held.owner != owner) {
            let remaining = other.until.since(now);
            return Ok(Acquired::Held { remaining });
        }
        server.set_lease(self.name(name), self.lease(owner, lease));
        Ok(Acquired::Mine)
    }

    async fn renew(&self, name: &str, owner: &str, lease: Duration) -> Result<bool> {
        let now = self.shared.clock.now();
        let mut server = self.shared.server();
        let held = server.lease(&self.name(name), now);
        let has = held.is_some_and(|held| held.owner == owner);
        if has {
            server.set_lease(self.name(name), self.lease(owner, lease));
        }
        Ok(has)
    }

    async fn release(&self, name: &str, owner: &str) -> Result<bool> {
        let now = self.shared.clock.now();
        let mut server = self.shared.server();
        let held = server.lease(&self.name(name), now);
        let had = held.is_some_and(|held| held.owner == owner);
        if had {
            server.remove_lease(&self.name(name));
            let news = News::Released(name.to_owned());
            server.journal(&self.prefix).announce(&news);
        }
        Ok(had)
    }
}
