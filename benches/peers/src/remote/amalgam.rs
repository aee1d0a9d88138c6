//! amalgam-cache: its memory before Redis, postcard, a backplane between instances.

use std::convert::Infallible;
use std::sync::Arc;
use std::sync::atomic::{AtomicU32, Ordering};

use amalgam::provider::{
    PostcardSerializer, RedisBackplane, RedisDistributedCache, RedisDistributedLocker,
    RedisIoOptions,
};
use amalgam::{Cache, CacheBuilder, EntryOptions};

use super::peer::{Call, Operation, Peer, TTL};

/// Both levels, and the same without memory for what has to be read from Redis.
pub struct Amalgam {
    both: Cache<String>,
    redis_only: Cache<String>,
}

/// So many have been made.
static NODES: AtomicU32 = AtomicU32::new(0);

/// An instance that tells others.
pub async fn instance(url: &str) -> CacheBuilder<String> {
    let redis = RedisDistributedCache::connect(url).await;
    // By default it keeps 256 messages for a node that is behind, and drops the others.
    let io = RedisIoOptions::default();
    let name = format!("node-{}", NODES.fetch_add(1, Ordering::Relaxed));
    let backplane = RedisBackplane::connect_named(url, "amalgam", name, 65_536, io).await;
    Cache::builder()
        .distributed(Arc::new(redis.expect("a connection")))
        .serializer(Arc::new(PostcardSerializer))
        .backplane(Arc::new(backplane.expect("a connection")))
        .max_capacity(100_000)
        .default_options(EntryOptions::new(TTL))
}

/// Who loads, among all instances.
pub async fn locker(url: &str) -> Arc<RedisDistributedLocker> {
    let locker = RedisDistributedLocker::connect(url).await;
    Arc::new(locker.expect("a connection"))
}

impl Peer for Amalgam {
    const NAME: &'static str = "amalgam-cache";
    const CRATE: &'static str = "amalgam-cache";
    const CAN: &'static [Operation] = &[
        Operation::Hit,
        Operation::Miss,
        Operation::Put,
        Operation::TaggedPut,
        Operation::Invalidate,
    ];

    async fn connect(url: &str) -> Self {
        let both = instance(url).await;
        let past_memory = EntryOptions::new(TTL).with_skip_memory(true, true);
        let redis_only = instance(url).await.default_options(past_memory);
        Self {
            both: both.try_build_ready().await.expect("a cache"),
            redis_only: redis_only.try_build_ready().await.expect("a cache"),
        }
    }

    async fn call(&self, operation: Operation, call: &Call) -> usize {
        let (key, text) = (call.key(), &call.text);
        match operation {
            Operation::Hit => {
                let text = self.redis_only.try_get(key).await.expect("get");
                text.map_or(0, |text| text.len())
            }
            Operation::Miss => {
                let text = Arc::clone(text);
                let load = move |_| async move { Ok::<_, Infallible>(text.to_string()) };
                let loaded = self.both.get_or_set(key, load).await;
                loaded.expect("no loader fails").len()
            }
            Operation::Put => {
                self.both.set(key, text.to_string()).await.expect("set");
                0
            }
            Operation::TaggedPut => {
                let set = self.both.set(key, text.to_string()).tags([&call.tag]);
                set.await.expect("set");
                0
            }
            Operation::Invalidate => {
                self.both.remove(key).await.expect("remove");
                0
            }
            Operation::GetMany => unreachable!("not in CAN"),
        }
    }
}
