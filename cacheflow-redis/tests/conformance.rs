//! The Redis backend keeps to the rules of the ports, on a real server.

#![cfg(unix)]

use cacheflow_redis::RedisBackend;
use cacheflow_testkit::{RedisServer, conformance};

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
