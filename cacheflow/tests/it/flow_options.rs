//! Every option of a flow does what it says.

use std::time::Duration;

use cacheflow::clock::Clock;
use cacheflow::{BusHealth, Cache, CacheFlow, FlowBuilder, StoreHealth};
use cacheflow_testkit::{Failing, MemoryBackend, Operation, Recording, eventually};

use crate::support::{HOUR, HeldLoad, Node, WITHIN, cached, caller, joined, load};

const SECOND: Duration = Duration::from_secs(1);

async fn filled(options: impl FnOnce(FlowBuilder) -> FlowBuilder) -> Vec<String> {
    let server = MemoryBackend::new();
    let node = Node::silent(&server, options).await;
    node.subscribed().await;
    load(&node.cache, 1, 10).await;
    server.names()
}

#[tokio::test]
async fn namespace_and_prefix_stand_before_every_name() {
    assert_eq!(filled(|flow| flow).await, ["cacheflow:numbers:1"]);
    assert_eq!(
        filled(|flow| flow.namespace("shop")).await,
        ["cacheflow:shop/numbers:1"]
    );
    assert_eq!(filled(|flow| flow.prefix("x/")).await, ["x/numbers:1"]);
    assert_eq!(
        filled(|flow| flow.prefix("").namespace("shop")).await,
        ["shop/numbers:1"]
    );
    assert_eq!(filled(|flow| flow.prefix("")).await, ["numbers:1"]);
}

#[tokio::test]
async fn namespaces_forget_nothing_of_one_another() {
    let server = MemoryBackend::new();
    let shop = Node::silent(&server, |flow| flow.namespace("shop")).await;
    let other = Node::silent(&server, |flow| flow.namespace("shop2")).await;
    for node in [&shop, &other] {
        node.subscribed().await;
        load(&node.cache, 1, 10).await;
    }
    let _ = shop.cache.clear().await.unwrap();
    assert_eq!(server.names(), ["cacheflow:shop2/numbers:1"]);
    assert_eq!(other.memory(1), Some(10));
}

#[tokio::test]
async fn a_backend_is_what_makes_a_flow_share() {
    let alone = CacheFlow::builder().build().await.unwrap();
    let health = alone.health();
    assert_eq!(
        (health.store, health.bus, health.is_good()),
        (None, None, true)
    );

    let server = MemoryBackend::new();
    let (one, two) = (Node::on(&server).await, Node::on(&server).await);
    let health = one.flow.health();
    assert_eq!(
        (health.store, health.bus),
        (Some(StoreHealth::Up), Some(BusHealth::Up))
    );
    assert_ne!(one.flow.instance(), two.flow.instance());
    load(&one.cache, 1, 10).await;
    assert_eq!(cached(&two.cache, 1).await, 10);
}

/// A node whose bus falls silent without a word right after it subscribed.
async fn silenced(
    clock: &Clock,
    options: impl FnOnce(FlowBuilder) -> FlowBuilder,
) -> (MemoryBackend, Node) {
    let server = MemoryBackend::with_clock(clock.clone());
    let node = Node::silent(&server, |flow| options(flow.clock(clock.clone()))).await;
    node.subscribed().await;
    node.failing.hang(Operation::Alive);
    node.failing.hang(Operation::Heard);
    (server, node)
}

#[tokio::test]
async fn max_staleness_is_how_long_memory_is_served_without_news() {
    for (most, options) in [
        (2 * SECOND, None),
        (HOUR, Some(HOUR)),
        (SECOND, Some(SECOND)),
    ] {
        let clock = Clock::manual();
        let (_server, node) = silenced(&clock, |flow| {
            flow.max_staleness(options.unwrap_or(2 * SECOND))
        })
        .await;
        load(&node.cache, 1, 10).await;
        clock.advance(most - Duration::from_nanos(1));
        assert_eq!(node.memory(1), Some(10), "{most:?}");
        assert!(node.flow.health().memory_is_trusted);
        clock.advance(Duration::from_nanos(1));
        assert_eq!(node.memory(1), None, "{most:?}");
        assert!(!node.flow.health().memory_is_trusted);

        // The store is asked instead; what memory holds comes back with news, and
        // nothing is put into it meanwhile.
        assert_eq!(cached(&node.cache, 1).await, 10);
        load(&node.cache, 2, 20).await;
        node.failing.heal_all();
        eventually("memory is served again", WITHIN, async || {
            clock.advance(Duration::from_millis(1));
            cached(&node.cache, 1).await;
            node.memory(1) == Some(10)
        })
        .await;
        assert_eq!(node.memory(2), None);
    }
}

/// What it brings may miss news as old as itself.
#[tokio::test]
async fn without_news_nobody_joins_a_load_older_than_max_staleness() {
    let clock = Clock::manual();
    let (_server, node) = silenced(&clock, |flow| flow.max_staleness(2 * SECOND)).await;
    let old = HeldLoad::begin(&node.cache, 1).await;
    clock.advance(2 * SECOND - Duration::from_nanos(1));
    let young = caller(&node.cache, 1, 20);
    joined(&node.cache, 1).await;
    clock.advance(Duration::from_nanos(1));
    assert_eq!(load(&node.cache, 1, 30).await, 30);
    assert_eq!((old.end(10).await, young.await.unwrap()), (10, 10));
    node.failing.heal_all();
    node.subscribed().await;
    assert_eq!(
        cached(&node.cache, 1).await,
        30,
        "the old load took nothing away"
    );
}

#[tokio::test]
async fn serve_young_without_bus_serves_what_is_younger_than_max_staleness() {
    for serve_young in [true, false] {
        let clock = Clock::manual();
        let server = MemoryBackend::with_clock(clock.clone());
        let node = Node::silent(&server, |flow| {
            let flow = flow.max_staleness(2 * SECOND).clock(clock.clone());
            flow.serve_young_without_bus(serve_young)
        });
        let node = node.await;
        // Its task has not run yet: there is one thread, and nothing was waited for.
        node.failing.fail(Operation::Listen);
        clock.advance(10 * SECOND);
        load(&node.cache, 1, 10).await;
        assert_eq!(node.memory(1), serve_young.then_some(10));
        clock.advance(2 * SECOND - Duration::from_nanos(1));
        assert_eq!(node.memory(1), serve_young.then_some(10));
        clock.advance(Duration::from_nanos(1));
        assert_eq!(node.memory(1), None);
    }
}

#[tokio::test(start_paused = true)]
async fn operation_budget_is_what_a_call_waits_for_the_store() {
    let default = Duration::from_millis(50);
    for (budget, options) in [(default, None), (10 * SECOND, Some(10 * SECOND))] {
        let server = MemoryBackend::new();
        let failing = Failing::new(Recording::new(server));
        let builder = CacheFlow::builder().backend(failing.clone());
        let builder = match options {
            Some(budget) => builder.operation_budget(budget),
            None => builder,
        };
        let flow = builder.build().await.unwrap();
        let cache: Cache<u64, u64> = flow.cache("numbers").build().unwrap();
        eventually("subscribed", WITHIN, async || flow.health().is_good()).await;
        failing.hang(Operation::Get);
        let call = caller(&cache, 1, 10);
        // In tokio's time, which is paused and therefore exact.
        tokio::time::sleep(budget - Duration::from_millis(1)).await;
        assert!(!call.is_finished(), "{budget:?}");
        tokio::time::sleep(Duration::from_millis(2)).await;
        assert!(call.is_finished(), "{budget:?}");
        assert_eq!(call.await.unwrap(), 10);
        assert_eq!(cache.stats().store_failures, 1);
    }
}

#[tokio::test]
async fn clock_is_by_which_entries_end() {
    let clock = Clock::manual();
    let flow = CacheFlow::builder()
        .clock(clock.clone())
        .build()
        .await
        .unwrap();
    let cache: Cache<u64, u64> = flow
        .cache("numbers")
        .ttl(HOUR)
        .ttl_jitter(0.0)
        .build()
        .unwrap();
    load(&cache, 1, 10).await;
    clock.advance(HOUR);
    assert_eq!(cache.get(&1).await, None);
}
