//! The Redis backend keeps to the rules of the ports, on a real server.

#![cfg(unix)]

use std::time::Duration;

use cacheflow::{Applied, Cache, CacheFlow};
use cacheflow_redis::RedisBackend;
use cacheflow_testkit::{RedisServer, conformance, eventually};

/// A bound against hanging, not an expectation.
const WITHIN: Duration = Duration::from_secs(60);

fn open(server: &RedisServer) -> RedisBackend {
    RedisBackend::open(&server.url()).unwrap()
}

#[tokio::test(flavor = "multi_thread", worker_threads = 2)]
async fn the_store_keeps_to_the_rules() {
    let server = RedisServer::start().await;
    conformance::shared_store(async || open(&server)).await;
}

#[tokio::test(flavor = "multi_thread", worker_threads = 2)]
async fn the_bus_keeps_to_the_rules() {
    let server = RedisServer::start().await;
    conformance::bus(async || open(&server)).await;
}

#[tokio::test(flavor = "multi_thread", worker_threads = 2)]
async fn the_leases_keep_to_the_rules() {
    let server = RedisServer::start().await;
    conformance::leases(async || open(&server)).await;
}

/// However many keys a caller forgets at once.
#[tokio::test(flavor = "multi_thread", worker_threads = 2)]
async fn a_flow_forgets_many_thousand_keys_at_once() {
    let server = RedisServer::start().await;
    let builder = CacheFlow::builder().backend(open(&server));
    // The server takes its time for so many.
    let flow = builder.operation_budget(WITHIN).build().await.unwrap();
    let cache: Cache<u64, u64> = flow.cache("numbers").build().unwrap();
    let subscribed = flow.clone();
    let good = async move || subscribed.health().is_good();
    eventually("the node has subscribed", WITHIN, good).await;
    let keys: Vec<u64> = (0..20_000).collect();
    for key in [0, 10_000, 19_999] {
        let _ = cache.put(&key, key).await.unwrap();
    }
    assert_eq!(
        cache.invalidate_many(&keys).await.unwrap(),
        Applied::Recorded
    );
    for key in [0, 10_000, 19_999] {
        assert_eq!(cache.get(&key).await, None);
    }
}
