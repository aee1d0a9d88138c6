//! The leases of one node.

use std::sync::Arc;
use std::time::Duration;

use cacheflow::clock::Tick;
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

    /// The end of a lease that is taken or renewed now.
    fn until(&self, lease: Duration) -> Tick {
        // At least 1 ms, as on a server.
        let lease = lease.max(Duration::from_millis(1));
        self.shared.clock.now().after(lease)
    }
}

#[async_trait::async_trait]
impl Leases for MemoryLeases {
    async fn acquire(&self, name: &str, owner: &str, lease: Duration) -> Result<Acquired> {
        let now = self.shared.clock.now();
        let mut server = self.shared.server();
        match server.lease(&self.name(name), now) {
            Some(other) if other.owner != owner => {
                other.is_wanted = true;
                let remaining = other.until.since(now);
                return Ok(Acquired::Held { remaining });
            }
            // Those who asked in vain meanwhile still wait to be told.
            Some(own) => own.until = self.until(lease),
            None => {
                let lease = Lease {
                    owner: owner.to_owned(),
                    until: self.until(lease),
                    is_wanted: false,
                };
                server.set_lease(self.name(name), lease);
            }
        }
        Ok(Acquired::Mine)
    }

    async fn renew(&self, name: &str, owner: &str, lease: Duration) -> Result<bool> {
        let now = self.shared.clock.now();
        let mut server = self.shared.server();
        let held = server.lease(&self.name(name), now);
        let own = held.filter(|held| held.owner == owner);
        Ok(own.map(|own| own.until = self.until(lease)).is_some())
    }

    async fn release(&self, name: &str, owner: &str) -> Result<bool> {
        let now = self.shared.clock.now();
        let mut server = self.shared.server();
        let held = server.lease(&self.name(name), now);
        let own = held.filter(|held| held.owner == owner);
        let Some(is_wanted) = own.map(|own| own.is_wanted) else {
            return Ok(false);
        };
        server.remove_lease(&self.name(name));
        if is_wanted {
            let news = News::Released(name.to_owned());
            server.journal(&self.prefix).announce(&news);
        }
        Ok(true)
    }
}
