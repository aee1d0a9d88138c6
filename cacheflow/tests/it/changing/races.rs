//! Writers and readers at the same time.

use std::sync::Arc;
use std::sync::atomic::{AtomicU64, Ordering};

use cacheflow::{CacheFlow, cache_evict, cache_put, cached};

use super::Held;
use crate::support::{Fault, alone, two_nodes};

/// One row, which is what it was set to last.
#[derive(Clone, Default)]
struct Row(Arc<AtomicU64>);

#[cached(cache = "numbers", key = "{id}", flow = flow)]
async fn row(flow: &CacheFlow, source: &Row, id: u64) -> Result<u64, Fault> {
    Ok(source.0.load(Ordering::SeqCst))
}

#[cache_put(row(flow, id))]
async fn set(flow: &CacheFlow, source: &Row, id: u64, value: u64, held: Option<Held>) -> u64 {
    source.0.store(value, Ordering::SeqCst);
    if let Some(held) = held {
        held.here().await;
    }
    value
}

/// The key is not known before the row is written, as that of a new one: it is the last
/// digit of the value.
#[cache_put(row(flow, *result % 10), flow = flow)]
async fn create(flow: &CacheFlow, source: &Row, value: u64, held: Held) -> u64 {
    source.0.store(value, Ordering::SeqCst);
    held.here().await;
    value
}

#[cache_evict(row(flow, 1), flow = flow)]
async fn change(flow: &CacheFlow, source: &Row, value: u64) {
    source.0.store(value, Ordering::SeqCst);
}

enum Newer {
    Put,
    Evicted,
}

/// Between the commit of one and its put, another changes the row and is done.
async fn overtaken(
    (first, second): (&CacheFlow, &CacheFlow),
    late: bool,
    newer: Newer,
) -> Result<u64, Fault> {
    let source = Row::default();
    let (held, has_committed, go) = Held::new();
    let (flow, at) = (first.clone(), source.clone());
    let writer = tokio::spawn(async move {
        if late {
            create(&flow, &at, 51, held).await;
        } else {
            set(&flow, &at, 1, 51, Some(held)).await;
        }
    });
    has_committed.await.unwrap();
    match newer {
        Newer::Put => {
            set(second, &source, 1, 61, None).await;
        }
        Newer::Evicted => change(second, &source, 61).await,
    }
    go.send(()).unwrap();
    writer.await.unwrap();
    row(first, &source, 1).await
}

#[tokio::test]
async fn an_older_value_is_not_put_over_a_newer_one() {
    for late in [false, true] {
        let flow = alone().await;
        let newest = overtaken((&flow, &flow), late, Newer::Put).await;
        assert_eq!(newest, Ok(61), "in one flow, late: {late}");
        let (_server, one, two) = two_nodes().await;
        let newest = overtaken((&one.flow, &two.flow), late, Newer::Put).await;
        assert_eq!(newest, Ok(61), "on two nodes, late: {late}");
    }
}

#[tokio::test]
async fn an_older_value_is_not_put_after_it_was_forgotten() {
    for late in [false, true] {
        let flow = alone().await;
        let newest = overtaken((&flow, &flow), late, Newer::Evicted).await;
        assert_eq!(newest, Ok(61), "in one flow, late: {late}");
        let (_server, one, two) = two_nodes().await;
        let newest = overtaken((&one.flow, &two.flow), late, Newer::Evicted).await;
        assert_eq!(newest, Ok(61), "on two nodes, late: {late}");
    }
}

/// A late put in another flow than the one whose place was taken is a forgetting.
#[cache_put(row(flow, *result % 10), flow = other)]
async fn create_elsewhere(flow: &CacheFlow, other: &CacheFlow, value: u64) -> u64 {
    value
}

#[tokio::test]
async fn the_place_of_another_flow_says_nothing() {
    let (flow, other) = (alone().await, alone().await);
    let source = Row::default();
    row(&flow, &source, 1).await.unwrap();
    create_elsewhere(&flow, &other, 51).await;
    assert!(row::peek(&flow, 1).is_none());
    create_elsewhere(&flow, &flow, 51).await;
    assert_eq!(row::peek(&flow, 1).unwrap().value, 51);
}

#[cache_put(row(flow, *result % 10), flow = flow)]
async fn create_while(flow: &CacheFlow, held: Held) -> u64 {
    held.here().await;
    51
}

/// All that memory had was dropped meanwhile: nobody knows what was in the journal.
#[tokio::test]
async fn a_late_put_after_a_gap_is_a_forgetting() {
    let (server, one, _two) = two_nodes().await;
    let (held, has_committed, go) = Held::new();
    let flow = one.flow.clone();
    let writer = tokio::spawn(async move { create_while(&flow, held).await });
    has_committed.await.unwrap();
    server.lose_journal();
    let _ = one.cache.invalidate(&99).await.unwrap();
    one.subscribed().await;
    go.send(()).unwrap();
    writer.await.unwrap();
    assert!(row::peek(&one.flow, 1).is_none());
}
