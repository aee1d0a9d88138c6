//! The instance with a cache: what a service looks like that uses CacheFlow.

use std::sync::Arc;
use std::sync::atomic::{AtomicU64, Ordering};
use std::time::{Duration, SystemTime, UNIX_EPOCH};

use anyhow::Context;
use cacheflow::{Applied, Cache, CacheFlow, Result, cached};
use cacheflow_redis::RedisBackend;

use crate::instance::{Acknowledged, Instance, Invalidated, LevelStats};
use crate::redis_url::RedisUrl;
use crate::shop::{OrderHistory, Product, Shop, ShopError, User};

/// What the report says about the cache.
pub(crate) const ABOUT: &str = "CacheFlow";

/// How long an invalidation may take to another instance's memory: what the flow is told.
pub(crate) const MAX_STALENESS: Duration = Duration::from_secs(2);

/// How long the end of an instance waits for invalidations that Redis has not been told yet.
const SHUTDOWN: Duration = Duration::from_millis(100);

#[cached(cache = "products", key = "{id}", ttl = "10m", flow = node.flow)]
async fn product(node: &Node, id: u64) -> Result<Product, ShopError> {
    node.shop.product(id).await
}

#[cached(cache = "users", key = "{id}", ttl = "10m", flow = node.flow)]
async fn user(node: &Node, id: u64) -> Result<User, ShopError> {
    node.shop.user(id).await
}

#[cached(cache = "orders", key = "{user_id}", ttl = "10m", flow = node.flow)]
async fn orders_of(node: &Node, user_id: u64) -> Result<OrderHistory, ShopError> {
    node.shop.orders_of(user_id).await
}

/// An instance whose answers come from its memory, from the Redis that it shares with others, or from the shop.
pub(crate) struct Node {
    shop: Arc<Shop>,
    flow: CacheFlow,
    products: Cache<u64, Product>,
    users: Cache<u64, User>,
    orders: Cache<u64, OrderHistory>,
}

impl Node {
    /// Starts so many instances on one shop; with an address they share the Redis server there.
    pub(crate) async fn start_all(
        count: usize,
        shop: &Arc<Shop>,
        redis: Option<&RedisUrl>,
    ) -> anyhow::Result<Vec<Arc<Self>>> {
        let namespace = namespace();
        let mut nodes = Vec::new();
        for _ in 0..count {
            nodes.push(Arc::new(Self::start(&namespace, shop, redis).await?));
        }
        Ok(nodes)
    }

    async fn start(
        namespace: &str,
        shop: &Arc<Shop>,
        redis: Option<&RedisUrl>,
    ) -> anyhow::Result<Self> {
        let mut flow = CacheFlow::builder()
            .namespace(namespace)
            .max_staleness(MAX_STALENESS);
        if let Some(url) = redis {
            flow = flow.backend(RedisBackend::open(url.expose())?);
        }
        let flow = flow.build().await.context("cannot build the flow")?;
        Ok(Self {
            shop: Arc::clone(shop),
            products: flow.cache("products").build()?,
            users: flow.cache("users").build()?,
            orders: flow.cache("orders").build()?,
            flow,
        })
    }

    /// Lets go of everything that runs in the background.
    pub(crate) async fn stop(&self) {
        // What Redis could not be told by now is of no use to anybody: the namespace ends with this run.
        let _ = self.flow.shutdown(SHUTDOWN).await;
    }
}

impl Instance for Node {
    async fn product(&self, id: u64) -> Result<Product, ShopError> {
        product(self, id).await
    }

    async fn user(&self, id: u64) -> Result<User, ShopError> {
        user(self, id).await
    }

    async fn orders_of(&self, user_id: u64) -> Result<OrderHistory, ShopError> {
        orders_of(self, user_id).await
    }

    async fn changed_product(&self, id: u64) -> Invalidated {
        Ok(self.products.invalidate(&id).await?.into())
    }

    async fn changed_user(&self, id: u64) -> Invalidated {
        Ok(self.users.invalidate(&id).await?.into())
    }

    async fn changed_orders_of(&self, user_id: u64) -> Invalidated {
        Ok(self.orders.invalidate(&user_id).await?.into())
    }

    fn stats(&self) -> LevelStats {
        [
            self.products.stats(),
            self.users.stats(),
            self.orders.stats(),
        ]
        .into_iter()
        .map(|stats| LevelStats {
            memory_hits: stats.memory_hits,
            shared_hits: stats.shared_hits,
            loads: stats.loads,
        })
        .fold(LevelStats::default(), |sum, stats| sum + stats)
    }
}

impl From<Applied> for Acknowledged {
    fn from(applied: Applied) -> Self {
        match applied {
            Applied::Recorded | Applied::Everywhere => Self::Everywhere,
            Applied::Local | Applied::Deferred => Self::OnlyHere,
        }
    }
}

/// A namespace of this run alone: the measurement without the cache changes rows and tells nobody, so that what an earlier
/// run has left in Redis would be wrong.
fn namespace() -> String {
    static RUNS: AtomicU64 = AtomicU64::new(0);
    let since = SystemTime::now().duration_since(UNIX_EPOCH);
    let micros = since.map_or(0, |since| since.as_micros());
    let run = RUNS.fetch_add(1, Ordering::Relaxed);
    format!("quickstart-{}-{micros}-{run}", std::process::id())
}
