//! What nodes tell one another, and how well they hear.

use cacheflow::clock::Clock;
use cacheflow::{BusHealth, BusStats, CacheFlow, StoreHealth};
use cacheflow_testkit::{Failing, MemoryBackend, Operation, eventually};

use crate::world::{HOUR, WITHIN, alone, load, node, numbers, subscribed};

#[tokio::test]
async fn records_count_where_they_are_sent_and_where_they_are_heard() {
    let server = MemoryBackend::new();
    let (one, two) = (
        subscribed(node(&server)).await,
        subscribed(node(&server)).await,
    );
    let _here_too = numbers(&two);
    let cache = numbers(&one);
    for key in 0..5 {
        load(&cache, key).await;
        let _ = cache.invalidate(&key).await.unwrap();
    }
    assert_eq!(one.stats().bus.sent, 5, "loads tell nobody");
    let heard = async || two.stats().bus.received == 5;
    eventually("the other has heard them", WITHIN, heard).await;
    assert_eq!((one.stats().bus.received, two.stats().bus.sent), (0, 0));

    server.announce_foreign(&[cache.full_key(&1)], "somebody");
    server.announce_garbage();
    let heard = async || {
        let bus = two.stats().bus;
        (bus.received, bus.garbled) == (6, 1)
    };
    eventually("what others have sent", WITHIN, heard).await;
}

#[tokio::test]
async fn the_lag_is_measured_at_each_heartbeat() {
    let server = MemoryBackend::new();
    let flow = subscribed(node(&server)).await;
    let measured = async || flow.stats().bus.lag.count > 1;
    eventually("heartbeats have been answered", WITHIN, measured).await;
    let lag = flow.stats().bus.lag;
    assert!(lag.latency_p50_ms > 0.0 && lag.latency_p50_ms <= lag.latency_max_ms);
}

#[tokio::test]
async fn a_lost_connection_and_what_was_missed_meanwhile_count() {
    let server = MemoryBackend::new();
    let (one, two) = (
        subscribed(node(&server)).await,
        subscribed(node(&server)).await,
    );
    let cache = numbers(&one);
    let failing_to_hear = async |flow: &CacheFlow| {
        server.disconnect();
        let down = async || flow.stats().health.bus == Some(BusHealth::Down);
        eventually("the connection is lost", WITHIN, down).await;
    };
    failing_to_hear(&two).await;
    let _ = cache.put(&1, 1).await.unwrap();
    let made_up = async || two.stats().bus.replayed == 1;
    eventually("what was missed is made up for", WITHIN, made_up).await;
    let bus = two.stats().bus;
    assert_eq!((bus.losses, bus.replays, bus.gaps), (1, 1, 0));

    failing_to_hear(&two).await;
    let _ = cache.put(&1, 1).await.unwrap();
    server.lose_journal();
    let gap = async || two.stats().bus.gaps == 1;
    eventually("what was missed is unknown", WITHIN, gap).await;
}

#[tokio::test]
async fn a_gate_that_closes_counts() {
    let clock = Clock::manual();
    let server = MemoryBackend::with_clock(clock.clone());
    let failing = Failing::new(server.clone());
    let builder = node(&server).backend(failing.clone());
    let flow = subscribed(builder.clock(clock.clone())).await;
    assert_eq!(flow.stats().bus.gate_closures, 0);
    failing.hang(Operation::Alive);
    clock.advance(2 * HOUR);
    let stats = flow.stats();
    assert!(!stats.health.memory_is_trusted);
    assert_eq!(stats.bus.gate_closures, 1);
}

#[tokio::test]
async fn what_waits_for_the_store_is_seen() {
    let server = MemoryBackend::new();
    let failing = Failing::new(server.clone());
    let flow = subscribed(node(&server).backend(failing.clone())).await;
    let cache = numbers(&flow);
    failing.fail(Operation::Record);
    failing.fail(Operation::Ping);
    for key in 0..3 {
        let _ = cache.invalidate(&key).await.unwrap();
    }
    let health = flow.stats().health;
    assert_eq!(health.store, Some(StoreHealth::Down));
    assert_eq!(health.waiting_invalidations, 3);
}

#[tokio::test]
async fn a_flow_that_is_alone_has_no_traffic() {
    let flow = alone().await;
    let _ = numbers(&flow).invalidate(&1).await.unwrap();
    let stats = flow.stats();
    assert_eq!(stats.bus, BusStats::default());
    assert_eq!((stats.health.store, stats.health.bus), (None, None));
}
