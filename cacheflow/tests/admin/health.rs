//! Health: what is wrong, in words, for how long, and for whom it matters.

use std::convert::Infallible;
use std::sync::Arc;
use std::time::Duration;

use async_trait::async_trait;
use cacheflow::bus::{Bus, Listener};
use cacheflow::lock::Leases;
use cacheflow::store::SharedStore;
use cacheflow::{Backend, BusHealth, CacheFlow, Namespace, StoreHealth};
use cacheflow_testkit::{MemoryBackend, Operation, eventually};

use crate::world::{HOUR, Node, WITHIN, alone, load};

#[tokio::test]
async fn a_flow_in_one_process_is_good_until_it_is_shut_down() {
    let flow = alone().await;
    let health = flow.health();
    assert!(health.is_good() && health.is_ready() && health.is_live());
    assert_eq!(health.problems(), [""; 0]);
    assert_eq!(health.to_string(), "good");

    flow.shutdown(WITHIN).await.unwrap();
    let health = flow.health();
    assert!(!health.is_good() && !health.is_ready());
    assert!(health.is_live(), "another start would not help");
    assert_eq!(
        health.problems(),
        ["the flow was shut down; loads go to their sources"]
    );
}

#[tokio::test(start_paused = true)]
async fn a_store_that_is_away_is_told_with_its_time_and_costs_no_readiness() {
    let server = MemoryBackend::new();
    let node = Node::on(&server).await;
    let numbers = node.flow.cache("numbers").build().unwrap();
    // Longer than it will be away.
    tokio::time::advance(HOUR).await;
    node.failing.fail(Operation::Get);
    node.failing.fail(Operation::Ping);
    for key in 0..5 {
        load(&numbers, key, 1).await;
    }
    tokio::time::advance(Duration::from_secs(75)).await;
    let health = node.flow.health();
    assert_eq!(health.store, Some(StoreHealth::Down));
    assert!(health.store_for >= Some(Duration::from_secs(75)));
    assert!(!health.is_good() && health.is_ready() && health.is_live());
    let problems = health.problems();
    assert!(
        problems[0].starts_with("the shared store does not answer, for 1m 15s"),
        "{problems:?}"
    );

    node.failing.heal_all();
    node.is_good().await;
    let since = node.flow.health().store_for.unwrap();
    assert!(since < Duration::from_secs(75), "{since:?}");
}

#[tokio::test]
async fn what_waits_for_the_store_is_told() {
    let server = MemoryBackend::new();
    let node = Node::on(&server).await;
    node.failing.fail(Operation::Record);
    let applied = node.flow.invalidate().keys(["numbers:1"]).send().await;
    assert_eq!(applied.unwrap(), cacheflow::Applied::Local);
    let health = node.flow.health();
    assert_eq!(health.waiting_invalidations, 1);
    let problems = health.problems().join("\n");
    assert!(
        problems.contains("1 invalidations wait to be told"),
        "{problems}"
    );
    assert!(
        problems.contains("the shared store is not used"),
        "{problems}"
    );
}

#[tokio::test]
async fn a_bus_that_breaks_is_told() {
    let server = MemoryBackend::new();
    let node = Node::on(&server).await;
    node.failing.fail(Operation::Listen);
    server.disconnect();
    let told = async || node.flow.health().bus == Some(BusHealth::Down);
    eventually("the bus is told to be away", WITHIN, told).await;
    let problems = node.flow.health().problems().join("\n");
    assert!(problems.contains("the bus is not connected"), "{problems}");
}

/// What is shown for machines.
#[tokio::test]
async fn as_data_it_has_what_is_wrong_and_who_has_to_care() {
    let health = serde_json::to_value(alone().await.health()).unwrap();
    assert_eq!(health["status"], "good");
    assert_eq!(health["live"], true);
    assert_eq!(health["ready"], true);
    assert_eq!(health["store"], serde_json::Value::Null);
    assert_eq!(health["problems"], serde_json::json!([]));

    let server = MemoryBackend::new();
    let node = Node::on(&server).await;
    let health = serde_json::to_value(node.flow.health()).unwrap();
    assert_eq!(health["store"], "up");
    assert_eq!(health["bus"], "up");
    assert!(health["bus_for_ms"].is_u64() && health["silent_for_ms"].is_u64());

    node.flow.shutdown(WITHIN).await.unwrap();
    let health = serde_json::to_value(node.flow.health()).unwrap();
    assert_eq!(health["status"], "closed");
    assert_eq!(health["ready"], false);
}

/// A node whose listening panics hears nothing any more.
struct Broken(MemoryBackend);

struct PanickingBus;

#[async_trait]
impl Bus for PanickingBus {
    async fn listen(&self, _: &dyn Listener) -> cacheflow::Result<Infallible> {
        panic!("as the test says");
    }
}

impl Backend for Broken {
    fn store(&self, namespace: &Namespace) -> Arc<dyn SharedStore> {
        self.0.store(namespace)
    }

    fn bus(&self, _: &Namespace) -> Arc<dyn Bus> {
        Arc::new(PanickingBus)
    }

    fn leases(&self, namespace: &Namespace) -> Arc<dyn Leases> {
        self.0.leases(namespace)
    }
}

#[tokio::test]
async fn a_background_task_that_panicked_is_a_reason_to_start_anew() {
    let flow = CacheFlow::builder()
        .backend(Broken(MemoryBackend::new()))
        .max_staleness(HOUR)
        .build()
        .await
        .unwrap();
    let lost = async || !flow.health().is_live();
    eventually("the panic is noticed", WITHIN, lost).await;
    let problems = flow.health().problems().join("\n");
    assert!(
        problems.contains("a background task has panicked"),
        "{problems}"
    );
    assert!(!flow.health().is_live(), "it stays noticed");
}
