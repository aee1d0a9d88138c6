//! The end of a flow.

use std::time::Duration;

use cacheflow::{Applied, Cache, CacheFlow, ErrorKind};
use cacheflow_testkit::{MemoryBackend, Operation, eventually};

use crate::support::{Node, WITHIN, alone, assert_parts, load, two_nodes};

async fn assert_closed(cache: &Cache<u64, u64>) {
    let changes = [
        cache.put(&1, 1).await,
        cache.invalidate(&1).await,
        cache.clear().await,
    ];
    for (change, operation) in changes.into_iter().zip(["put", "invalidate", "clear"]) {
        let error = change.unwrap_err();
        assert_eq!(
            (error.kind(), error.operation()),
            (ErrorKind::Closed, operation)
        );
    }
}

#[tokio::test]
async fn after_a_shutdown_memory_serves_nothing_and_changes_are_refused() {
    let flow = alone().await;
    let cache: Cache<u64, u64> = flow.cache("numbers").build().unwrap();
    load(&cache, 1, 10).await;
    flow.shutdown(WITHIN).await.unwrap();
    assert_eq!((cache.peek(&1), cache.get(&1).await), (None, None));
    assert_eq!(load(&cache, 1, 11).await, 11);
    assert_eq!(load(&cache, 1, 12).await, 12);
    assert_closed(&cache).await;
    assert!(!flow.health().memory_is_trusted);
    flow.shutdown(WITHIN).await.unwrap();
}

#[tokio::test]
async fn after_a_shutdown_reads_go_to_the_store_and_nobody_listens() {
    let (server, one, two) = two_nodes().await;
    load(&one.cache, 1, 10).await;
    one.flow.shutdown(WITHIN).await.unwrap();
    eventually("nobody listens for it", WITHIN, async || {
        server.listeners() == 1
    })
    .await;
    assert_eq!(one.memory(1), None);
    assert_eq!(one.cache.get(&1).await, Some(10));
    let _ = two.cache.put(&1, 20).await.unwrap();
    assert_eq!(one.cache.get(&1).await, Some(20));
    assert_closed(&one.cache).await;
    assert_eq!(one.cache.under_way(), 0);
}

#[tokio::test]
async fn a_shutdown_waits_until_the_store_was_told() {
    let (server, one, two) = two_nodes().await;
    load(&two.cache, 1, 10).await;
    one.failing.fail(Operation::Record);
    assert_eq!(one.cache.invalidate(&1).await.unwrap(), Applied::Local);
    let ending = tokio::spawn({
        let flow = one.flow.clone();
        async move { flow.shutdown(WITHIN).await }
    });
    // Not a clear: the shutdown would wait for its record, but not for the removal.
    eventually("changes are refused", WITHIN, async || {
        one.cache.invalidate(&1).await.is_err()
    })
    .await;
    assert!(!ending.is_finished());
    one.failing.heal_all();
    ending.await.unwrap().unwrap();
    assert_eq!(server.names(), [""; 0]);
    two.forgotten(1).await;
}

#[tokio::test(start_paused = true)]
async fn a_shutdown_that_cannot_tell_the_store_says_so_when_its_time_is_up() {
    let (_server, one, _two) = two_nodes().await;
    one.failing.fail(Operation::Record);
    assert_eq!(one.cache.invalidate(&1).await.unwrap(), Applied::Local);
    let error = one.flow.shutdown(Duration::from_secs(5)).await.unwrap_err();
    assert_eq!(error.kind(), ErrorKind::Timeout);
    assert_parts(
        &error,
        &["shutdown", "invalidations=1", "writes=0", "loads=0"],
    );
    assert_eq!(one.memory(1), None);
}

/// Its caller may be gone: the shutdown is the last who could wait for it.
#[tokio::test]
async fn a_shutdown_waits_for_changes_that_are_under_way() {
    let (server, one, two) = two_nodes().await;
    load(&two.cache, 1, 10).await;
    let forget = one.gate.hold_before(Operation::Record);
    let forgetting = tokio::spawn({
        let cache = one.cache.clone();
        async move { drop(cache.invalidate(&1).await) }
    });
    forget.reached().await;
    forgetting.abort();
    let ending = tokio::spawn({
        let flow = one.flow.clone();
        async move { flow.shutdown(WITHIN).await }
    });
    for _ in 0..100 {
        tokio::task::yield_now().await;
    }
    assert!(
        !ending.is_finished(),
        "the store still has {:?}",
        server.names()
    );
    forget.release();
    ending.await.unwrap().unwrap();
    assert_eq!(server.names(), [""; 0]);
}

#[tokio::test]
async fn background_tasks_end_with_the_last_handle() {
    let server = MemoryBackend::new();
    let Node { flow, cache, .. } = Node::on(&server).await;
    let mut events = flow.events();
    let other: CacheFlow = flow.clone();
    drop((flow, cache));
    load(&other.cache("numbers").build().unwrap(), 1, 10).await;
    assert_eq!(server.listeners(), 1);
    drop(other);
    eventually("nobody listens", WITHIN, async || server.listeners() == 0).await;
    // The events end too.
    while events.next().await.is_some() {}
}
