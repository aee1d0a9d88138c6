//! The store by itself, without a flow before it.

use std::sync::Arc;
use std::time::Duration;

use cacheflow::entry::Envelope;
use cacheflow::event::Position;
use cacheflow::key::{CacheName, FullKey};
use cacheflow::store::{Fill, Filled, Put, Recorded, SharedStore};
use cacheflow::{Backend, Namespace, Result};
use cacheflow_redis::RedisBackend;
use cacheflow_testkit::{RedisServer, RedisServerBuilder};

use crate::world::{integer, redis, text, within};

const TTL: Duration = Duration::from_secs(60);

/// A server and a node's store on it, whose names begin with `p:`.
pub(crate) struct Raw {
    pub(crate) server: RedisServer,
    pub(crate) store: Arc<dyn SharedStore>,
}

impl Raw {
    pub(crate) async fn start() -> Self {
        Self::on(RedisServer::builder()).await
    }

    pub(crate) async fn on(builder: RedisServerBuilder) -> Self {
        let server = builder.start().await;
        let store = store(&server.url());
        Self { server, store }
    }

    pub(crate) async fn forget(&self, keys: &[&str], known: Option<Position>) -> Recorded {
        let keys: Vec<FullKey> = keys.iter().map(|text| key(text)).collect();
        within(self.store.forget(&keys, known)).await.unwrap()
    }

    pub(crate) async fn clear(&self, cache: &str, known: Option<Position>) -> Recorded {
        let cache = CacheName::new(cache).unwrap();
        within(self.store.clear(&cache, known)).await.unwrap()
    }

    /// Keeps a value that was loaded when the journal stood at `checked`.
    pub(crate) async fn fill(&self, text: &str, checked: Position) -> Filled {
        let bytes = envelope(text, checked.number, checked.incarnation);
        let key = key(text);
        let fill = Fill {
            key: &key,
            bytes: &bytes,
            ttl: TTL,
            checked,
        };
        within(self.store.fill(fill)).await.unwrap()
    }

    /// Puts a value whose source was changed when the journal stood at `checked`.
    pub(crate) async fn put(&self, text: &str, checked: Position) -> Result<Recorded> {
        let bytes = envelope(text, checked.number, checked.incarnation);
        let key = key(text);
        let put = Put {
            key: &key,
            bytes: &bytes,
            ttl: TTL,
            checked,
        };
        within(self.store.put(put)).await
    }

    pub(crate) async fn holds(&self, text: &str) -> bool {
        within(self.store.get(&key(text))).await.unwrap().is_some()
    }

    /// Where the journal stands, as the server tells it.
    pub(crate) async fn position(&self) -> Position {
        within(self.store.ping()).await.unwrap();
        let inc = text(&self.server, &["HGET", "p:journal", "inc"]).await;
        let number = text(&self.server, &["HGET", "p:journal", "n"]).await;
        Position {
            incarnation: u64::from_str_radix(&inc, 16).unwrap(),
            number: number.parse().unwrap(),
        }
    }

    /// Closes the store's connections, and opens new ones.
    pub(crate) async fn reconnect(&self) {
        redis(&self.server, &["CLIENT", "KILL", "TYPE", "normal"]).await;
        within(self.store.ping()).await.unwrap();
    }

    /// Every key dies: none is without a TTL.
    pub(crate) async fn every_key_dies(&self) {
        every_key_dies(&self.server).await;
    }
}

pub(crate) async fn every_key_dies(server: &RedisServer) {
    let keys = server.keys().await;
    assert!(!keys.is_empty());
    for key in keys {
        let left = integer(server, &["PTTL", &key]).await;
        assert!(left > 0, "{key} has the TTL {left}");
    }
}

pub(crate) fn store(url: &str) -> Arc<dyn SharedStore> {
    let namespace = Namespace::new("p:", "me");
    RedisBackend::open(url).unwrap().store(&namespace)
}

pub(crate) fn key(text: &str) -> FullKey {
    FullKey::parse(text).unwrap()
}

pub(crate) fn envelope(text: &str, as_of: u64, incarnation: u64) -> Vec<u8> {
    Envelope {
        as_of,
        incarnation,
        codec: 1,
        schema: 0,
        created: 1,
        expires: 2,
        stale_until: 2,
        load_micros: 3,
        key: text.as_bytes(),
        payload: b"\x01",
    }
    .encode()
    .unwrap()
}

/// `number` records further.
pub(crate) fn after(position: Position, number: u64) -> Position {
    Position {
        number: position.number + number,
        ..position
    }
}
