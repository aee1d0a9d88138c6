//! The shared store under calls of many keys.

use std::time::Duration;

use cacheflow_testkit::{MemoryBackend, Operation, eventually};

use super::{Source, all, failing};
use crate::support::{HOUR, Node, WITHIN, caller, load, two_nodes};

/// What a node asked its store: how often for how many keys, and how many fills.
fn asked(node: &Node) -> (Vec<usize>, usize) {
    let calls = node.recording.take();
    let of = |operation| calls.iter().filter(move |call| call.operation == operation);
    let keys = of(Operation::GetMany).map(|call| call.about.split(' ').count());
    assert_eq!(of(Operation::Get).count(), 0);
    (keys.collect(), of(Operation::Fill).count())
}

#[tokio::test]
async fn one_question_for_all_and_a_fill_for_each_that_was_loaded() {
    let (_server, one, two) = two_nodes().await;
    let source = Source::default();
    for key in [1, 3] {
        load(&one.cache, key, key).await;
    }
    load(&two.cache, 4, 4).await;
    let _ = two.recording.take();
    let values = all(&two.cache, &source, &[1, 2, 3, 4, 5]).await;
    assert_eq!(values, [1, 20, 3, 4, 50].map(Some));
    assert_eq!(source.asked(), [[2, 5]]);
    assert_eq!(asked(&two), (vec![4], 2));
    let stats = two.cache.stats();
    assert_eq!((stats.memory_hits, stats.shared_hits), (1, 2));
    assert_eq!((stats.misses, stats.loads), (3, 2));
    // What the store had, and what was loaded, is in memory and for the other.
    assert_eq!([1, 2, 5].map(|key| two.memory(key)), [1, 20, 50].map(Some));
    let values = all(&one.cache, &source, &[5, 2, 1]).await;
    assert_eq!(values, [50, 20, 1].map(Some));
    assert!(source.asked().is_empty());
    assert_eq!((one.cache.under_way(), two.cache.under_way()), (0, 0));
}

#[tokio::test]
async fn the_store_is_asked_for_five_hundred_at_a_time() {
    let (_server, one, two) = two_nodes().await;
    let source = Source::default();
    let keys: Vec<u64> = (0..1_001).collect();
    let values = all(&one.cache, &source, &keys).await;
    assert_eq!(values.iter().flatten().count(), 100);
    assert_eq!(asked(&one), (vec![500, 500, 1], 100));
    let last = two.cache.get_or_load_many(&keys, async |keys: Vec<&u64>| {
        Ok::<_, String>(keys.into_iter().map(|key| (*key, 7)).collect::<Vec<_>>())
    });
    let values = last.await.into_result().unwrap();
    assert_eq!((values[99], values[100]), (Some(990), Some(7)));
}

#[tokio::test]
async fn a_store_that_fails_is_asked_once_and_not_filled() {
    let (_server, one, _two) = two_nodes().await;
    let source = Source::default();
    one.failing.fail(Operation::GetMany);
    let mut calls = 0;
    let keys: Vec<u64> = (0..600).collect();
    let loaded = one.cache.get_or_load_many(&keys, |keys| {
        calls += 1;
        source.rows(keys)
    });
    assert_eq!(loaded.await.into_result().unwrap()[1], Some(10));
    assert_eq!(calls, 1);
    assert_eq!(asked(&one), (vec![], 0));
    assert_eq!(one.cache.stats().store_failures, 1);
    assert_eq!(one.memory(1), Some(10));
}

/// They need not wait for a round trip that is not theirs, nor one fill for another.
#[tokio::test]
async fn all_are_told_before_the_first_is_kept_and_kept_beside_one_another() {
    let (_server, one, _two) = two_nodes().await;
    let fill = one.gate.hold_before(Operation::Fill);
    let batch = tokio::spawn({
        let cache = one.cache.clone();
        async move { all(&cache, &Source::default(), &[1, 2, 3]).await }
    });
    fill.reached().await;
    let followers = [1, 2, 3].map(|key| caller(&one.cache, key, 99));
    for (follower, value) in followers.into_iter().zip([10, 20, 30]) {
        assert_eq!(follower.await.unwrap(), value);
    }
    let mut fills = 0;
    eventually("the others are filled", WITHIN, async || {
        fills += asked(&one).1;
        fills == 2
    })
    .await;
    assert!(!batch.is_finished());
    fill.release();
    assert_eq!(batch.await.unwrap(), [10, 20, 30].map(Some));
    assert_eq!(asked(&one).1, 1);
}

#[tokio::test]
async fn a_failing_loader_leaves_what_the_store_has() {
    let (_server, one, two) = two_nodes().await;
    load(&one.cache, 1, 11).await;
    let loaded = failing(&two.cache, &[1, 2]).await;
    assert_eq!(loaded.values, [Some(11), None]);
    assert_eq!(loaded.failed, [1]);
}

/// That there is nothing is told to others, too.
#[tokio::test]
async fn absence_is_kept_in_the_store() {
    let server = MemoryBackend::new();
    let (one, two) = (Node::on(&server).await, Node::on(&server).await);
    let [one, two] = [&one, &two].map(|node| {
        let builder = node.flow.cache::<u64, u64>("nothings").ttl(HOUR);
        builder
            .cache_none(Duration::from_secs(600))
            .build()
            .unwrap()
    });
    let source = Source::default();
    assert_eq!(all(&one, &source, &[500, 1]).await, [None, Some(10)]);
    source.asked();
    assert_eq!(all(&two, &source, &[1, 500]).await, [Some(10), None]);
    assert!(source.asked().is_empty());
    assert_eq!(two.stats().shared_hits, 2);
}
