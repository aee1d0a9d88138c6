//! What several modules of tests use.

use std::time::Duration;

use cacheflow::{Cache, CacheFlow, FlowBuilder};
use cacheflow_testkit::{Failing, MemoryBackend, eventually};

/// A bound against hanging, not an expectation.
pub(crate) const WITHIN: Duration = Duration::from_secs(30);

pub(crate) const HOUR: Duration = Duration::from_secs(3600);

/// A flow on a server of its own, which fails when it is told to.
pub(crate) struct Node {
    pub(crate) flow: CacheFlow,
    pub(crate) failing: Failing<MemoryBackend>,
}

impl Node {
    /// A node that has subscribed.
    pub(crate) async fn on(server: &MemoryBackend) -> Self {
        Self::with(server, |flow| flow).await
    }

    pub(crate) async fn with(
        server: &MemoryBackend,
        options: impl FnOnce(FlowBuilder) -> FlowBuilder,
    ) -> Self {
        let failing = Failing::new(server.clone());
        let builder = CacheFlow::builder()
            .backend(failing.clone())
            .max_staleness(HOUR)
            .operation_budget(WITHIN);
        let flow = options(builder).build().await.unwrap();
        let node = Self { flow, failing };
        node.is_good().await;
        node
    }

    /// Waits until nothing is wrong.
    pub(crate) async fn is_good(&self) {
        let good = async || self.flow.health().is_good();
        eventually("everything is as it should be", WITHIN, good).await;
    }
}

/// A flow that shares nothing.
pub(crate) async fn alone() -> CacheFlow {
    CacheFlow::builder().build().await.unwrap()
}

/// Loads `key` with `value`.
pub(crate) async fn load(cache: &Cache<u64, u64>, key: u64, value: u64) {
    let loaded = cache
        .get_or_load(&key, async || Ok::<_, std::io::Error>(value))
        .await;
    assert_eq!(loaded.unwrap(), value);
}
