//! The instance with a cache.
//!
//! STAND-IN: a map with locks plays the cache, so that everything around it can be built and tested. It is to be replaced by
//! the attributed functions; what is `pub(crate)` here, and `impl Instance`, is all that the rest of the example knows.

use std::collections::HashMap;
use std::sync::atomic::{AtomicU64, Ordering};
use std::sync::{Arc, Mutex, OnceLock, PoisonError, Weak};
use std::time::Duration;

use crate::instance::{Acknowledged, Instance, Invalidated, LevelStats};
use crate::redis_url::RedisUrl;
use crate::shop::{OrderHistory, Product, Shop, ShopError, User};

/// What the report says about the cache.
pub(crate) const ABOUT: &str = "a stand-in, NOT CacheFlow";

/// How long an invalidation may take to another instance's memory.
pub(crate) const MAX_STALENESS: Duration = Duration::from_secs(2);

/// How long the stand-in's news take.
const NEWS_TAKE: Duration = Duration::from_micros(300);

/// An instance whose answers come from its memory, from the level it shares with others, or from the shop.
pub(crate) struct Node {
    shop: Arc<Shop>,
    memory: Caches,
    shared: Option<Arc<Caches>>,
    others: OnceLock<Vec<Weak<Node>>>,
    memory_hits: AtomicU64,
    shared_hits: AtomicU64,
    loads: AtomicU64,
}

impl Node {
    /// Starts so many instances on one shop; with an address they share the Redis server there.
    pub(crate) async fn start_all(
        count: usize,
        shop: &Arc<Shop>,
        redis: Option<&RedisUrl>,
    ) -> anyhow::Result<Vec<Arc<Self>>> {
        let shared = redis.map(|_| Arc::new(Caches::default()));
        let nodes = (0..count)
            .map(|_| {
                Arc::new(Self {
                    shop: Arc::clone(shop),
                    memory: Caches::default(),
                    shared: shared.clone(),
                    others: OnceLock::new(),
                    memory_hits: AtomicU64::new(0),
                    shared_hits: AtomicU64::new(0),
                    loads: AtomicU64::new(0),
                })
            })
            .collect::<Vec<_>>();
        for node in &nodes {
            let others = nodes.iter().filter(|other| !Arc::ptr_eq(node, other));
            node.others
                .get_or_init(|| others.map(Arc::downgrade).collect());
        }
        Ok(nodes)
    }

    /// Lets go of everything that runs in the background.
    pub(crate) async fn stop(&self) {}

    async fn read<V: Clone>(
        &self,
        of: fn(&Caches) -> &Cache<V>,
        id: u64,
        load: impl Future<Output = Result<V, ShopError>>,
    ) -> Result<V, ShopError> {
        let memory = of(&self.memory);
        let seen = match memory.get(id) {
            Ok(value) => {
                self.memory_hits.fetch_add(1, Ordering::Relaxed);
                return Ok(value);
            }
            Err(seen) => seen,
        };
        let shared = self.shared.as_deref().map(of);
        let value = match shared.map(|shared| shared.get(id)) {
            Some(Ok(value)) => {
                self.shared_hits.fetch_add(1, Ordering::Relaxed);
                value
            }
            seen_shared => {
                self.loads.fetch_add(1, Ordering::Relaxed);
                let value = load.await?;
                if let (Some(shared), Some(Err(seen))) = (shared, seen_shared) {
                    shared.fill(id, seen, value.clone());
                }
                value
            }
        };
        memory.fill(id, seen, value.clone());
        Ok(value)
    }

    fn forget<V: 'static>(&self, of: fn(&Caches) -> &Cache<V>, id: u64) -> Invalidated {
        if let Some(shared) = &self.shared {
            of(shared).forget(id);
        }
        of(&self.memory).forget(id);
        for other in self.others.get().into_iter().flatten() {
            let other = Weak::clone(other);
            tokio::spawn(async move {
                tokio::time::sleep(NEWS_TAKE).await;
                if let Some(other) = other.upgrade() {
                    of(&other.memory).forget(id);
                }
            });
        }
        Ok(Acknowledged::Everywhere)
    }
}

impl Instance for Node {
    async fn product(&self, id: u64) -> Result<Product, ShopError> {
        self.read(|caches| &caches.products, id, self.shop.product(id))
            .await
    }

    async fn user(&self, id: u64) -> Result<User, ShopError> {
        self.read(|caches| &caches.users, id, self.shop.user(id))
            .await
    }

    async fn orders_of(&self, user_id: u64) -> Result<OrderHistory, ShopError> {
        self.read(
            |caches| &caches.orders,
            user_id,
            self.shop.orders_of(user_id),
        )
        .await
    }

    async fn changed_product(&self, id: u64) -> Invalidated {
        self.forget(|caches| &caches.products, id)
    }

    async fn changed_user(&self, id: u64) -> Invalidated {
        self.forget(|caches| &caches.users, id)
    }

    async fn changed_orders_of(&self, user_id: u64) -> Invalidated {
        self.forget(|caches| &caches.orders, user_id)
    }

    fn stats(&self) -> LevelStats {
        LevelStats {
            memory_hits: self.memory_hits.load(Ordering::Relaxed),
            shared_hits: self.shared_hits.load(Ordering::Relaxed),
            loads: self.loads.load(Ordering::Relaxed),
        }
    }
}

#[derive(Default)]
struct Caches {
    products: Cache<Product>,
    users: Cache<User>,
    orders: Cache<OrderHistory>,
}

/// Values by id, with the number of times that each was forgotten: a load from before must not be kept.
struct Cache<V>(Mutex<HashMap<u64, (u64, Option<V>)>>);

impl<V> Default for Cache<V> {
    fn default() -> Self {
        Self(Mutex::default())
    }
}

impl<V: Clone> Cache<V> {
    fn get(&self, id: u64) -> Result<V, u64> {
        let slots = self.0.lock().unwrap_or_else(PoisonError::into_inner);
        match slots.get(&id) {
            Some((_, Some(value))) => Ok(value.clone()),
            Some((forgotten, None)) => Err(*forgotten),
            None => Err(0),
        }
    }

    fn fill(&self, id: u64, seen: u64, value: V) {
        let mut slots = self.0.lock().unwrap_or_else(PoisonError::into_inner);
        let slot = slots.entry(id).or_insert((0, None));
        if slot.0 == seen {
            slot.1 = Some(value);
        }
    }
}

impl<V> Cache<V> {
    fn forget(&self, id: u64) {
        let mut slots = self.0.lock().unwrap_or_else(PoisonError::into_inner);
        let slot = slots.entry(id).or_insert((0, None));
        *slot = (slot.0 + 1, None);
    }
}
