//! hitbox: a function whose results lie in Redis (a hash each), in bincode.

use std::sync::Arc;

use hitbox::policy::PolicyConfig;
use hitbox_fn::Cache;
use hitbox_fn::prelude::cached;
use hitbox_redis::{ConnectionMode, RedisBackend};

use super::peer::{Call, Operation, Peer, TTL};

/// The function's cache, with Redis as its only level.
pub struct Hitbox(Cache<RedisBackend>);

#[cached(prefix = "text", skip(_text))]
async fn text(_key: String, _text: Arc<str>) -> String {
    _text.to_string()
}

impl Peer for Hitbox {
    const NAME: &'static str = "hitbox";
    const CRATE: &'static str = "hitbox-redis";
    const CAN: &'static [Operation] = &[Operation::Hit, Operation::Miss];

    async fn connect(url: &str) -> Self {
        let backend = RedisBackend::builder().connection(ConnectionMode::single(url));
        let policy = PolicyConfig::builder().ttl(TTL).build();
        let cache = Cache::builder().backend(backend.build().expect("a URL"));
        Self(cache.policy(policy).build())
    }

    async fn call(&self, operation: Operation, call: &Call) -> usize {
        // What would be loaded on a hit is not what is expected.
        let loaded = match operation {
            Operation::Hit => Arc::from(""),
            _ => Arc::clone(&call.text),
        };
        let text = text(call.key().to_owned(), loaded);
        text.cache(&self.0).await.len()
    }
}
