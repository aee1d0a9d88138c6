//! multi-tier-cache: bytes as they are, moka before Redis, pub/sub between instances.

use std::sync::Arc;

use bytes::Bytes;
use multi_tier_cache::{
    CacheManager, CacheStrategy, CacheTier, InvalidationConfig, L1Cache, L2Cache, MokaCacheConfig,
};

use super::peer::{Call, Operation, Peer, TTL};

/// Both tiers, and Redis alone for what has to be read from there.
pub struct MultiTier {
    both: CacheManager,
    redis_only: CacheManager,
}

/// An instance that tells others.
pub async fn instance(url: &str) -> CacheManager {
    let config = MokaCacheConfig {
        max_capacity: 100_000,
        ..MokaCacheConfig::default()
    };
    let memory = Arc::new(L1Cache::new(config).expect("memory"));
    let redis = Arc::new(L2Cache::with_url(url).await.expect("a connection"));
    let config = InvalidationConfig::default();
    let both = CacheManager::new_with_invalidation(memory, redis, url, config);
    both.await.expect("a manager")
}

const KEPT: CacheStrategy = CacheStrategy::Custom(TTL);

fn name(key: &str) -> String {
    ["multi-tier:", key].concat()
}

fn bytes(call: &Call) -> Bytes {
    Bytes::copy_from_slice(call.text.as_bytes())
}

impl Peer for MultiTier {
    const NAME: &'static str = "multi-tier-cache";
    const CRATE: &'static str = "multi-tier-cache";
    const CAN: &'static [Operation] = &[
        Operation::Hit,
        Operation::Miss,
        Operation::Put,
        Operation::Invalidate,
    ];

    async fn connect(url: &str) -> Self {
        let both = instance(url).await;
        let redis = Arc::new(L2Cache::with_url(url).await.expect("a connection"));
        let tier = CacheTier::new(redis, 1, false, 1, 1.0);
        let redis_only = CacheManager::new_with_tiers(vec![tier], None).expect("a manager");
        Self { both, redis_only }
    }

    async fn call(&self, operation: Operation, call: &Call) -> usize {
        let name = name(call.key());
        match operation {
            Operation::Hit => {
                let bytes = self.redis_only.get(&name).await.expect("get");
                bytes.map_or(0, |bytes| bytes.len())
            }
            Operation::Miss => {
                let load = || async { Ok(bytes(call)) };
                let loaded = self.both.get_or_compute_with(&name, KEPT, load).await;
                loaded.expect("no loader fails").len()
            }
            Operation::Put => {
                let put = self.both.set_with_strategy(&name, bytes(call), KEPT);
                put.await.expect("put");
                0
            }
            Operation::Invalidate => {
                self.both.invalidate(&name).await.expect("invalidate");
                0
            }
            Operation::TaggedPut | Operation::GetMany => unreachable!("not in CAN"),
        }
    }
}
