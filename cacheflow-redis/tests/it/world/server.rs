//! Servers that go away, and the ways to them.

use std::net::SocketAddr;
use std::sync::{Arc, Mutex};

use cacheflow::bus::Bus;
use cacheflow::lock::Leases;
use cacheflow::store::SharedStore;
use cacheflow::{Backend, Namespace};
use cacheflow_redis::RedisBackend;
use cacheflow_testkit::{FaultProxy, RedisServer};
use tokio::net::{TcpListener, TcpStream};

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

    fn leases(&self, namespace: &Namespace) -> Arc<dyn Leases> {
        self.store.leases(namespace)
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

/// An address that leads to one server, then to another; connections stay with
/// the server that they were made to.
pub(crate) struct Address {
    pub(crate) url: String,
    target: Arc<Mutex<SocketAddr>>,
}

impl Address {
    pub(crate) async fn of(server: &RedisServer) -> Self {
        let listener = TcpListener::bind("127.0.0.1:0").await.unwrap();
        let url = format!("redis://{}", listener.local_addr().unwrap());
        let target = Arc::new(Mutex::new(server.addr()));
        let here = Arc::clone(&target);
        tokio::spawn(async move {
            while let Ok((mut client, _)) = listener.accept().await {
                let target = *here.lock().unwrap();
                tokio::spawn(async move {
                    if let Ok(mut server) = TcpStream::connect(target).await {
                        let _ = tokio::io::copy_bidirectional(&mut client, &mut server).await;
                    }
                });
            }
        });
        Self { url, target }
    }

    pub(crate) fn leads_to(&self, server: &RedisServer) {
        *self.target.lock().unwrap() = server.addr();
    }
}
