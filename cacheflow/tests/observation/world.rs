//! What several modules of tests use.

use std::time::Duration;

use cacheflow::clock::Clock;
use cacheflow::{Cache, CacheFlow, FlowBuilder};
use cacheflow_testkit::{MemoryBackend, eventually};

use crate::collected;

/// A bound against hanging, not an expectation.
pub(crate) const WITHIN: Duration = Duration::from_secs(30);

pub(crate) const HOUR: Duration = Duration::from_secs(3600);

/// What loaders fail with.
pub(crate) type Fault = String;

/// What all flows here begin with.
pub(crate) fn builder() -> FlowBuilder {
    collected::set_up();
    CacheFlow::builder()
}

/// A flow that shares nothing.
pub(crate) async fn alone() -> CacheFlow {
    builder().build().await.unwrap()
}

/// A flow that shares nothing, under a clock that the test moves.
pub(crate) async fn by_hand() -> (Clock, CacheFlow) {
    let clock = Clock::manual();
    let flow = builder().clock(clock.clone()).build();
    (clock, flow.await.unwrap())
}

/// What a node of most tests is built with.
pub(crate) fn node(server: &MemoryBackend) -> FlowBuilder {
    builder()
        .backend(server.clone())
        .max_staleness(HOUR)
        .operation_budget(WITHIN)
}

/// Builds a node and waits until it has subscribed.
pub(crate) async fn subscribed(builder: FlowBuilder) -> CacheFlow {
    let flow = builder.build().await.unwrap();
    let good = async || flow.health().is_good();
    eventually("the node has subscribed", WITHIN, good).await;
    flow
}

pub(crate) fn numbers(flow: &CacheFlow) -> Cache<u64, u64> {
    flow.cache("numbers").ttl(24 * HOUR).build().unwrap()
}

pub(crate) async fn load(cache: &Cache<u64, u64>, key: u64) -> u64 {
    let loaded = cache.get_or_load(&key, async || Ok::<_, Fault>(10 * key));
    loaded.await.unwrap()
}
