//! Worlds whose time the test moves, and a source that it steers.

use std::sync::Arc;
use std::sync::atomic::{AtomicBool, AtomicU64, Ordering};
use std::time::Duration;

use cacheflow::clock::Clock;
use cacheflow::{Cache, CacheBuilder, CacheFlow};
use cacheflow_testkit::{MemoryBackend, eventually};
use tokio::sync::watch;

use crate::support::{Fault, Node, WITHIN};

pub(crate) const NANO: Duration = Duration::from_nanos(1);
pub(crate) const MS: Duration = Duration::from_millis(1);
pub(crate) const SECOND: Duration = Duration::from_secs(1);
pub(crate) const MINUTE: Duration = Duration::from_secs(60);

pub(crate) type Numbers = CacheBuilder<u64, u64>;

/// A flow that shares nothing, with the clock that it goes by.
pub(crate) async fn by_hand() -> (Clock, CacheFlow) {
    let clock = Clock::manual();
    let builder = CacheFlow::builder().clock(clock.clone());
    (clock, builder.build().await.unwrap())
}

/// Its only cache.
pub(crate) async fn one_cache(
    options: impl FnOnce(Numbers) -> Numbers,
) -> (Clock, CacheFlow, Cache<u64, u64>) {
    let (clock, flow) = by_hand().await;
    let cache = options(flow.cache("lives").ttl_jitter(0.0));
    let cache = cache.build().unwrap();
    (clock, flow, cache)
}

/// Two nodes and their server, by one clock, with the same cache.
pub(crate) struct World {
    pub(crate) clock: Clock,
    pub(crate) server: MemoryBackend,
    pub(crate) nodes: [Node; 2],
    pub(crate) caches: [Cache<u64, u64>; 2],
}

impl World {
    pub(crate) async fn new(options: impl Fn(Numbers) -> Numbers) -> Self {
        let clock = Clock::manual();
        let server = MemoryBackend::with_clock(clock.clone());
        let on = async || {
            let node = Node::silent(&server, |flow| flow.clock(clock.clone())).await;
            node.subscribed().await;
            node
        };
        let nodes = [on().await, on().await];
        let cache = |node: &Node| {
            let cache = options(node.flow.cache("lives").ttl_jitter(0.0));
            cache.build().unwrap()
        };
        let caches = [cache(&nodes[0]), cache(&nodes[1])];
        Self {
            caches,
            clock,
            server,
            nodes,
        }
    }

    /// For how long the store keeps what it has of `key`.
    pub(crate) fn stored(&self, key: u64) -> Option<Duration> {
        let name = format!("cacheflow:lives:{key}");
        Some(self.server.value(&name)?.remaining)
    }
}

/// A source whose nth load gives `n`.
#[derive(Clone)]
pub(crate) struct Source(Arc<Inner>);

struct Inner {
    begun: AtomicU64,
    fails: AtomicBool,
    is_open: watch::Sender<bool>,
}

impl Source {
    pub(crate) fn new() -> Self {
        Self(Arc::new(Inner {
            begun: AtomicU64::new(0),
            fails: AtomicBool::new(false),
            is_open: watch::Sender::new(true),
        }))
    }

    /// Its loads wait until it is open, and whoever asks meanwhile.
    pub(crate) fn shut(&self) {
        self.0.is_open.send_replace(false);
    }

    pub(crate) fn open(&self) {
        self.0.is_open.send_replace(true);
    }

    /// Whether its loads end with an error.
    pub(crate) fn fail(&self, fails: bool) {
        self.0.fails.store(fails, Ordering::SeqCst);
    }

    /// How many loads have begun.
    pub(crate) fn begun(&self) -> u64 {
        self.0.begun.load(Ordering::SeqCst)
    }

    /// Waits until so many loads have begun.
    pub(crate) async fn has_begun(&self, count: u64) {
        let what = format!("{count} loads have begun");
        eventually(&what, WITHIN, async || self.begun() == count).await;
    }

    pub(crate) async fn load(self) -> Result<u64, Fault> {
        let value = self.0.begun.fetch_add(1, Ordering::SeqCst) + 1;
        let mut is_open = self.0.is_open.subscribe();
        is_open.wait_for(|open| *open).await.unwrap();
        match self.0.fails.load(Ordering::SeqCst) {
            true => Err("no rows".to_owned()),
            false => Ok(value),
        }
    }

    /// The value of `key`, by a load that goes on without its caller.
    pub(crate) async fn read(&self, cache: &Cache<u64, u64>, key: u64) -> u64 {
        let read = cache.get_or_refresh(&key, || self.clone().load());
        let read = tokio::time::timeout(WITHIN, read).await;
        read.expect("a reader waits").unwrap()
    }

    /// The same by one that does not.
    pub(crate) async fn read_waiting(&self, cache: &Cache<u64, u64>, key: u64) -> u64 {
        let read = cache.get_or_load(&key, || self.clone().load());
        let read = tokio::time::timeout(WITHIN, read).await;
        read.expect("a reader waits").unwrap()
    }
}

/// Waits until this many refreshes of the cache have come to an end.
pub(crate) async fn refreshes_ended(cache: &Cache<u64, u64>, good: u64, failed: u64) {
    let what = format!("{good} refreshes succeeded and {failed} failed");
    eventually(&what, WITHIN, async || {
        let stats = cache.stats();
        (stats.refreshed, stats.refresh_failures) == (good, failed)
    })
    .await;
}

/// Lets everything run that can without a step of the clock.
pub(crate) async fn settle() {
    for _ in 0..100 {
        tokio::task::yield_now().await;
    }
}
