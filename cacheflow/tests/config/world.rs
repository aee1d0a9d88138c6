//! What several modules of tests use.

use std::sync::Arc;
use std::sync::atomic::{AtomicUsize, Ordering};
use std::time::Duration;

use cacheflow::clock::Clock;
use cacheflow::{Cache, CacheFlow, CacheFlowConfig, FlowBuilder, LoadError};
use cacheflow_testkit::{MemoryBackend, eventually};

/// A bound against hanging, not an expectation.
pub(crate) const WITHIN: Duration = Duration::from_secs(30);

pub(crate) const SECOND: Duration = Duration::from_secs(1);
pub(crate) const MINUTE: Duration = Duration::from_secs(60);

/// What a file with this text says.
pub(crate) fn config(text: &str) -> CacheFlowConfig {
    let dir = tempfile::tempdir().unwrap();
    let path = dir.path().join("cacheflow.toml");
    std::fs::write(&path, text).unwrap();
    CacheFlowConfig::from_file(&path).unwrap()
}

/// A flow that shares nothing and is configured so.
pub(crate) async fn alone(text: &str) -> (CacheFlow, Clock) {
    let clock = Clock::manual();
    let builder = CacheFlow::builder().clock(clock.clone());
    let flow = builder.config(config(text)).build().await.unwrap();
    (flow, clock)
}

/// The cache `users` of such a flow: its table has these options, and its lifetimes do
/// not differ.
pub(crate) async fn users(options: &str) -> (Cache<u64, u64>, Clock) {
    let text = format!("[defaults]\nttl_jitter = 0\n[caches.users]\n{options}\n");
    let (flow, clock) = alone(&text).await;
    (flow.cache("users").build().unwrap(), clock)
}

/// A flow on `server` that has heard the news.
pub(crate) async fn on(
    server: &MemoryBackend,
    options: impl FnOnce(FlowBuilder) -> FlowBuilder,
) -> CacheFlow {
    let builder = CacheFlow::builder().backend(server.clone());
    let flow = options(builder.operation_budget(WITHIN))
        .build()
        .await
        .unwrap();
    subscribed(&flow).await;
    flow
}

pub(crate) async fn subscribed(flow: &CacheFlow) {
    eventually("the node hears the news", WITHIN, async || {
        flow.health().is_good()
    })
    .await;
}

/// A source that counts how often it is asked.
#[derive(Clone, Default)]
pub(crate) struct Source(Arc<AtomicUsize>);

impl Source {
    pub(crate) fn asked(&self) -> usize {
        self.0.load(Ordering::SeqCst)
    }

    /// How often it was asked, as the value.
    pub(crate) async fn value(&self) -> Result<u64, String> {
        Ok(self.0.fetch_add(1, Ordering::SeqCst) as u64 + 1)
    }

    pub(crate) async fn nothing(&self) -> Result<Option<u64>, String> {
        self.0.fetch_add(1, Ordering::SeqCst);
        Ok(None)
    }

    pub(crate) async fn fails(&self) -> Result<u64, String> {
        self.0.fetch_add(1, Ordering::SeqCst);
        Err("no connection".to_owned())
    }

    /// Asks for `key` as often as it says, and tells how often the source was asked.
    pub(crate) async fn loads(&self, cache: &Cache<u64, u64>, key: u64, times: usize) -> usize {
        let before = self.asked();
        for _ in 0..times {
            cache.get_or_load(&key, || self.value()).await.unwrap();
        }
        self.asked() - before
    }
}

/// Loads, and fails.
pub(crate) async fn fail(cache: &Cache<u64, u64>, key: u64) -> LoadError<String> {
    let failed = cache.get_or_load(&key, async || Err("no connection".to_owned()));
    failed.await.unwrap_err()
}

/// Loads `value`.
pub(crate) async fn load(
    cache: &Cache<u64, u64>,
    key: u64,
    value: u64,
) -> Result<u64, LoadError<String>> {
    cache.get_or_load(&key, async || Ok(value)).await
}
