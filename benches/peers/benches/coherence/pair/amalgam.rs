//! Two caches of amalgam-cache with one backplane.

use std::convert::Infallible;

use amalgam::{Cache, EventSubscription};
use cacheflow_benches_peers::remote::amalgam::instance;
use futures_util::StreamExt;

use super::{Far, Near, Pair, TAG, Tagged};

pub(crate) struct Amalgam;

pub(crate) struct Listening {
    cache: Cache<String>,
    events: EventSubscription,
    looks: u32,
}

async fn cache(url: &str) -> Cache<String> {
    let cache = instance(url).await.try_build_ready().await;
    cache.expect("a cache")
}

impl Pair for Amalgam {
    const NAME: &'static str = "amalgam-cache";
    const CRATE: &'static str = "amalgam-cache";
    type Near = Cache<String>;
    type Far = Listening;

    async fn near(url: &str) -> Cache<String> {
        cache(url).await
    }

    async fn far(url: &str) -> Listening {
        let cache = cache(url).await;
        let events = cache.events().subscribe_resilient();
        Listening {
            cache,
            events,
            looks: 0,
        }
    }
}

impl Near for Cache<String> {
    const FORGETS_MANY: bool = false;

    async fn forget(&self, key: &str) {
        self.remove(key).await.expect("remove");
    }
}

impl Far for Listening {
    async fn take(&mut self, keys: &[String]) {
        futures_util::stream::iter(keys)
            .for_each_concurrent(64, async |key| {
                let load = |_| async { Ok::<_, Infallible>("text".to_owned()) };
                let loaded = self.cache.get_or_set(key, load).tags([TAG]).await;
                loaded.expect("no loader fails");
            })
            .await;
    }

    async fn holds(&mut self, key: &str) -> bool {
        let memory = self.cache.try_get(key);
        let memory = memory.options(|options| options.with_skip_distributed(true, true));
        memory.await.expect("get").is_some()
    }

    async fn news(&mut self) {
        // It tells of a message before it has applied it.
        if self.looks > 0 {
            self.looks -= 1;
            tokio::task::yield_now().await;
        } else {
            self.events.recv().await.expect("the cache is open");
            self.looks = 8;
        }
    }
}

impl Tagged for Amalgam {
    async fn fill(near: &Cache<String>, keys: &[String]) {
        futures_util::stream::iter(keys)
            .for_each_concurrent(64, async |key| {
                let set = near.set(key, "text".to_owned()).tags([TAG]);
                set.await.expect("set");
            })
            .await;
    }

    async fn forget_all(near: &Cache<String>) {
        near.remove_by_tag(TAG).await.expect("remove");
    }
}
