//! What several modules of tests use.

use std::time::Duration;

use cacheflow::{BoxError, Cache, CacheFlow, FlowBuilder, Pairs};
use cacheflow_redis::RedisBackend;
use cacheflow_testkit::{RedisServer, eventually};

/// A bound against hanging, not an expectation.
pub(crate) const WITHIN: Duration = Duration::from_secs(60);

/// The builder of a node on `server`, with time for everything.
pub(crate) fn on(server: &RedisServer) -> FlowBuilder {
    let backend = RedisBackend::open(&server.url()).unwrap();
    CacheFlow::builder()
        .backend(backend)
        .operation_budget(WITHIN)
}

pub(crate) async fn subscribed(flow: &CacheFlow) {
    let good = async || flow.health().is_good();
    eventually("the node has subscribed", WITHIN, good).await;
}

/// A cache whose entries have a tag.
pub(crate) fn numbers(flow: &CacheFlow) -> Cache<u64, u64> {
    let tags = |_: &u64| vec!["number".to_owned()];
    flow.cache("numbers").tags(tags).build().unwrap()
}

pub(crate) async fn send(
    mut pairs: Pairs<u64, u64>,
    numbers: impl IntoIterator<Item = u64>,
) -> Result<(), BoxError> {
    for number in numbers {
        pairs.send(&number, number).await;
    }
    Ok(())
}
