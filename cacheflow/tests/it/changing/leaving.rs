//! Callers that leave, and bodies that panic: nobody knows whether the source was
//! changed.

use std::future::Future;

use cacheflow::{CacheFlow, cache_evict, cache_put};
use cacheflow_testkit::{Operation, eventually};
use tokio::sync::oneshot;

use super::{Held, filled, kept, number};
use crate::support::{Fault, WITHIN, alone, two_nodes};

#[cache_evict(number(flow, id), number(flow, id + 1) if *result, flow = flow)]
async fn evict(flow: &CacheFlow, id: u64, held: Held) -> bool {
    held.here().await;
    false
}

#[cache_put(number(flow, id))]
async fn put(flow: &CacheFlow, id: u64, held: Held) -> Result<u64, Fault> {
    held.here().await;
    Ok(7)
}

#[cache_evict(number(flow, id), flow = flow, when = id != 1)]
async fn not_asked(flow: &CacheFlow, id: u64, held: Held) {
    held.here().await;
}

/// Runs a call until its body has committed, and drops it.
async fn left<T>(call: impl Future<Output = T>, has_committed: oneshot::Receiver<()>) {
    tokio::select! {
        _ = call => panic!("it waits"),
        committed = has_committed => committed.unwrap(),
    }
}

#[tokio::test]
async fn a_caller_who_leaves_after_the_commit_leaves_nothing_old() {
    let (_server, one, two) = two_nodes().await;
    for node in [&one, &two] {
        filled(&node.flow, [1, 2, 3]).await;
    }
    let (held, has_committed, _go) = Held::new();
    left(evict(&one.flow, 1, held), has_committed).await;
    two.forgotten(1).await;
    // Whether it was concerned, nobody can tell any more.
    two.forgotten(2).await;
    let (held, has_committed, _go) = Held::new();
    left(put(&one.flow, 3, held), has_committed).await;
    two.forgotten(3).await;
    assert_eq!(kept(&one.flow, [1, 2, 3]), [0; 0]);
}

#[tokio::test]
async fn without_a_backend_as_well() {
    let flow = alone().await;
    filled(&flow, [1, 2, 3]).await;
    let (held, has_committed, _go) = Held::new();
    left(evict(&flow, 1, held), has_committed).await;
    let (held, has_committed, _go) = Held::new();
    left(put(&flow, 3, held), has_committed).await;
    assert_eq!(kept(&flow, [1, 2, 3]), [0; 0]);
}

#[tokio::test]
async fn where_when_says_no_nothing_is_forgotten() {
    let flow = alone().await;
    filled(&flow, [1, 2]).await;
    for id in [1, 2] {
        let (held, has_committed, _go) = Held::new();
        left(not_asked(&flow, id, held), has_committed).await;
    }
    assert_eq!(kept(&flow, [1, 2]), [1]);
}

#[cache_evict(number(flow, id), flow = flow)]
async fn evict_panics(flow: &CacheFlow, id: u64) {
    panic!("after the commit");
}

#[cache_put(number(flow, id))]
async fn put_panics(flow: &CacheFlow, id: u64) -> u64 {
    panic!("after the commit");
}

#[tokio::test]
async fn a_body_that_panics_leaves_nothing_old() {
    let flow = alone().await;
    filled(&flow, [1, 2]).await;
    let on = flow.clone();
    tokio::spawn(async move { evict_panics(&on, 1).await })
        .await
        .unwrap_err();
    let on = flow.clone();
    tokio::spawn(async move { put_panics(&on, 2).await })
        .await
        .unwrap_err();
    assert_eq!(kept(&flow, [1, 2]), [0; 0]);
}

#[cache_evict(number(flow, id), flow = flow)]
async fn evict_now(flow: &CacheFlow, id: u64) {}

#[cache_put(number(flow, id), number(flow, id + 1))]
async fn put_now(flow: &CacheFlow, id: u64) -> u64 {
    7
}

/// The caller gives up while it waits for the shared store.
#[tokio::test]
async fn what_follows_the_body_goes_on_without_the_caller() {
    let (_server, one, two) = two_nodes().await;
    filled(&two.flow, [1, 2, 3]).await;
    let held = one.gate.hold_before(Operation::Record);
    tokio::select! {
        () = evict_now(&one.flow, 1) => panic!("it waits"),
        () = held.reached() => {}
    }
    held.release();
    two.forgotten(1).await;
    let held = one.gate.hold_before(Operation::Put);
    tokio::select! {
        _ = put_now(&one.flow, 2) => panic!("it waits"),
        () = held.reached() => {}
    }
    held.release();
    two.forgotten(2).await;
    two.forgotten(3).await;
    eventually("both are put", WITHIN, async || {
        kept(&one.flow, [2, 3]) == [2, 3]
    })
    .await;
}
