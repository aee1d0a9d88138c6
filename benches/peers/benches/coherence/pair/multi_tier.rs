//! A manager of multi-tier-cache, and a memory with its subscriber.

use std::sync::Arc;
use std::time::Duration;

use bytes::Bytes;
use cacheflow_benches_peers::remote::{TTL, multi_tier::instance};
use futures_util::StreamExt;
use multi_tier_cache::{
    CacheBackend, CacheManager, CacheStrategy, InvalidationConfig, InvalidationMessage,
    InvalidationSubscriber, L1Cache, MokaCacheConfig,
};
use tokio::sync::mpsc;

use super::{Far, Near, Pair, TAG, Tagged};

pub(crate) struct MultiTier;

pub(crate) struct Listening {
    memory: Arc<L1Cache>,
    applied: mpsc::UnboundedReceiver<()>,
    _subscriber: InvalidationSubscriber,
}

impl Pair for MultiTier {
    const NAME: &'static str = "multi-tier-cache";
    const CRATE: &'static str = "multi-tier-cache";
    type Near = Arc<CacheManager>;
    type Far = Listening;

    async fn near(url: &str) -> Arc<CacheManager> {
        Arc::new(instance(url).await)
    }

    /// The manager's own handler tells nobody when it is done, and removes from Redis
    /// once more what is removed already.
    async fn far(url: &str) -> Listening {
        let config = MokaCacheConfig {
            max_capacity: 100_000,
            ..MokaCacheConfig::default()
        };
        let memory = Arc::new(L1Cache::new(config).expect("memory"));
        let subscriber = InvalidationSubscriber::new(url, InvalidationConfig::default());
        let subscriber = subscriber.expect("a URL");
        let (tell, applied) = mpsc::unbounded_channel();
        let forgetting = Arc::clone(&memory);
        subscriber.start(move |message| {
            let (memory, tell) = (Arc::clone(&forgetting), tell.clone());
            async move {
                match &message {
                    InvalidationMessage::Remove { key } => memory.remove(key).await?,
                    InvalidationMessage::RemovePattern { pattern } => {
                        memory.remove_pattern(pattern).await?;
                    }
                    _ => {}
                }
                let _ = tell.send(());
                Ok(())
            }
        });
        // It does not say when it has subscribed.
        tokio::time::sleep(Duration::from_millis(200)).await;
        Listening {
            memory,
            applied,
            _subscriber: subscriber,
        }
    }
}

impl Near for Arc<CacheManager> {
    const FORGETS_MANY: bool = false;

    async fn forget(&self, key: &str) {
        self.invalidate(key).await.expect("invalidate");
    }
}

impl Far for Listening {
    async fn take(&mut self, keys: &[String]) {
        for key in keys {
            let taken = self
                .memory
                .set_with_ttl(key, Bytes::from_static(b"text"), TTL);
            taken.await.expect("set");
        }
    }

    async fn holds(&mut self, key: &str) -> bool {
        self.memory.get(key).await.is_some()
    }

    async fn news(&mut self) {
        self.applied.recv().await.expect("the subscriber lives");
    }
}

impl Tagged for MultiTier {
    async fn fill(near: &Arc<CacheManager>, keys: &[String]) {
        futures_util::stream::iter(keys)
            .for_each_concurrent(64, async |key| {
                let kept = CacheStrategy::Custom(TTL);
                let set = near.set_with_strategy(key, Bytes::from_static(b"text"), kept);
                set.await.expect("set");
            })
            .await;
    }

    async fn forget_all(near: &Arc<CacheManager>) {
        let forgotten = near.invalidate_pattern(&format!("{TAG}:*")).await;
        forgotten.expect("invalidate");
    }
}
