//! Servers that go away, and the ways to them.

use std::sync::Arc;

use cacheflow::bus::Bus;
use cacheflow::store::SharedStore;
use cacheflow::{Backend, Namespace};
use cacheflow_redis::RedisBackend;
use cacheflow_testkit::{FaultProxy, RedisServer};

/// Store and bus on different ways to one server, so that one can fail alone.
pub(crate) struct Split {
    pub(crate) store: RedisBackend,
    pub(crate) bus: RedisBackend,
}

impl Split {
    pub(crate) fn new(store: &str, bus: &str) -> Self {
        Self {
            store: RedisBackend::open(store).unwrap(),
            bus: RedisBackend::open(bus).unwrap(),
        }
    }
}

impl Backend for Split {
    fn store(&self, namespace: &Namespace) -> Arc<dyn SharedStore> {
        self.store.store(namespace)
    }

    fn bus(&self, namespace: &Namespace) -> Arc<dyn Bus> {
        self.bus.bus(namespace)
    }
}

/// A way in which a server goes away.
#[derive(Clone, Copy, Debug, PartialEq)]
pub(crate) enum Outage {
    /// It refuses connections, and has forgotten all when it comes back.
    Killed,
    /// It accepts connections and does not answer.
    Paused,
    /// Nothing arrives and nothing fails; the old connections stay dead.
    BlackHole,
}

impl Outage {
    pub(crate) const ALL: [Self; 3] = [Self::Killed, Self::Paused, Self::BlackHole];
}

/// A server and the ways to it.
pub(crate) struct World {
    pub(crate) server: RedisServer,
    pub(crate) proxy: FaultProxy,
}

impl World {
    pub(crate) async fn start() -> Self {
        let server = RedisServer::start().await;
        let proxy = FaultProxy::start(server.addr()).await;
        Self { server, proxy }
    }

    /// Where a client connects that is to suffer `outage`.
    pub(crate) fn url(&self, outage: Outage) -> String {
        match outage {
            Outage::BlackHole => self.proxy.url(),
            Outage::Killed | Outage::Paused => self.server.url(),
        }
    }

    pub(crate) fn begin(&self, outage: Outage) {
        match outage {
            Outage::Killed => self.server.kill(),
            Outage::Paused => self.server.pause(),
            Outage::BlackHole => self.proxy.black_hole(),
        }
    }

    pub(crate) async fn end(&self, outage: Outage) {
        match outage {
            Outage::Killed => self.server.restart().await,
            Outage::Paused => self.server.resume(),
            Outage::BlackHole => self.proxy.forget_connections(),
        }
    }
}
