//! The candidates.

use std::convert::Infallible;

use bytes::Bytes;
use cacheflow::{Cache, CacheFlow, Strategy};
use cacheflow_benches_peers::remote::{TTL, amalgam, multi_tier, node};
use hitbox::concurrency::BroadcastConcurrencyManager;
use hitbox::policy::{ConcurrencyLimit, PolicyConfig};
use hitbox_fn::prelude::cached;
use hitbox_redis::{ConnectionMode, RedisBackend};
use multi_tier_cache::{CacheManager, CacheStrategy};
use redis::AsyncCommands;
use redis::aio::MultiplexedConnection;

use super::node::{Loads, Node, load};

pub(crate) struct Bare(MultiplexedConnection);

impl Node for Bare {
    const NAME: &'static str = "redis";
    const CRATE: &'static str = "redis";

    async fn connect(url: &str) -> Self {
        let client = redis::Client::open(url).expect("a URL");
        let connection = client.get_multiplexed_async_connection().await;
        Self(connection.expect("a connection"))
    }

    async fn get(&self, key: &str, loads: Loads) -> String {
        let mut connection = self.0.clone();
        let key = ["bare:", key].concat();
        let found: Option<String> = connection.get(&key).await.expect("GET");
        if let Some(text) = found {
            return text;
        }
        let text = load(loads).await;
        let kept = connection.pset_ex::<_, _, ()>(&key, &text, TTL.as_millis() as u64);
        kept.await.expect("SET");
        text
    }
}

/// Once per node.
pub(crate) struct Ours {
    _flow: CacheFlow,
    texts: Cache<String, String>,
}

/// Once in all.
pub(crate) struct OursLocked(Ours);

impl Ours {
    async fn on(url: &str, namespace: &str, strategy: Strategy) -> Self {
        let flow = node(url, namespace).await;
        let texts = flow.cache("texts").ttl(TTL).strategy(strategy).build();
        Self {
            texts: texts.expect("a cache"),
            _flow: flow,
        }
    }
}

impl Node for Ours {
    const NAME: &'static str = "cacheflow";
    const CRATE: &'static str = "cacheflow";

    async fn connect(url: &str) -> Self {
        Self::on(url, "each", Strategy::multi_level()).await
    }

    async fn get(&self, key: &str, loads: Loads) -> String {
        let load = async || Ok::<_, Infallible>(load(loads).await);
        let text = self.texts.get_or_load(key, load).await;
        text.expect("no loader fails")
    }
}

impl Node for OursLocked {
    const NAME: &'static str = "cacheflow with a lease";
    const CRATE: &'static str = "cacheflow";

    async fn connect(url: &str) -> Self {
        let lease = std::time::Duration::from_secs(5);
        let strategy = Strategy::multi_level().distributed_lock(lease);
        Self(Ours::on(url, "all", strategy).await)
    }

    async fn get(&self, key: &str, loads: Loads) -> String {
        self.0.get(key, loads).await
    }
}

type Broadcast = BroadcastConcurrencyManager<String>;

pub(crate) struct Hitbox(hitbox_fn::Cache<RedisBackend, Broadcast>);

#[cached(prefix = "stampede", skip(_loads))]
async fn text(_key: String, _loads: Loads) -> String {
    load(_loads).await
}

impl Node for Hitbox {
    const NAME: &'static str = "hitbox";
    const CRATE: &'static str = "hitbox-redis";

    async fn connect(url: &str) -> Self {
        let backend = RedisBackend::builder().connection(ConnectionMode::single(url));
        let one = ConcurrencyLimit::new(1).expect("a limit");
        let policy = PolicyConfig::builder().ttl(TTL).concurrency(one).build();
        let cache = hitbox_fn::Cache::builder().backend(backend.build().expect("a URL"));
        let cache = cache.policy(policy).concurrency_manager(Broadcast::new());
        Self(cache.build())
    }

    async fn get(&self, key: &str, loads: Loads) -> String {
        text(key.to_owned(), loads).cache(&self.0).await
    }
}

pub(crate) struct MultiTier(CacheManager);

impl Node for MultiTier {
    const NAME: &'static str = "multi-tier-cache";
    const CRATE: &'static str = "multi-tier-cache";

    async fn connect(url: &str) -> Self {
        Self(multi_tier::instance(url).await)
    }

    async fn get(&self, key: &str, loads: Loads) -> String {
        let key = ["multi-tier:", key].concat();
        let load = || async { Ok(Bytes::from(load(loads).await)) };
        let kept = CacheStrategy::Custom(TTL);
        let bytes = self.0.get_or_compute_with(&key, kept, load).await;
        String::from_utf8(bytes.expect("no loader fails").into()).expect("a text")
    }
}

pub(crate) struct Amalgam(::amalgam::Cache<String>);

pub(crate) struct AmalgamLocked(::amalgam::Cache<String>);

async fn from(cache: &::amalgam::Cache<String>, key: &str, loads: Loads) -> String {
    let load = move |_| async move { Ok::<_, Infallible>(load(loads).await) };
    cache.get_or_set(key, load).await.expect("no loader fails")
}

impl Node for Amalgam {
    const NAME: &'static str = "amalgam-cache";
    const CRATE: &'static str = "amalgam-cache";

    async fn connect(url: &str) -> Self {
        let cache = amalgam::instance(url).await.name("each");
        Self(cache.try_build_ready().await.expect("a cache"))
    }

    async fn get(&self, key: &str, loads: Loads) -> String {
        from(&self.0, key, loads).await
    }
}

impl Node for AmalgamLocked {
    const NAME: &'static str = "amalgam-cache with a locker";
    const CRATE: &'static str = "amalgam-cache";

    async fn connect(url: &str) -> Self {
        let cache = amalgam::instance(url).await.name("all").key_prefix("all:");
        let cache = cache.distributed_locker(amalgam::locker(url).await);
        Self(cache.try_build_ready().await.expect("a cache"))
    }

    async fn get(&self, key: &str, loads: Loads) -> String {
        from(&self.0, key, loads).await
    }
}
