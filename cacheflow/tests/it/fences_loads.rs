//! What is loaded or read from the store while its key is forgotten is kept
//! nowhere: each schedule that went wrong in some cache, step by step.

use cacheflow_testkit::Operation;

use crate::support::{HeldLoad, cached, caller, joined, load, numbers, two_nodes};

/// A load read the old row, the key is invalidated, the load ends.
#[tokio::test]
async fn a_load_that_was_forgotten_meanwhile_is_kept_nowhere() {
    let cache = numbers().await;
    let held = HeldLoad::begin(&cache, 1).await;
    let _ = cache.invalidate(&1).await.unwrap();
    assert_eq!(held.end(10).await, 10);
    assert_eq!(cache.get(&1).await, None);
    assert_eq!((cache.stats().fills_refused, cache.under_way()), (1, 0));
}

#[tokio::test]
async fn a_load_that_this_node_forgot_meanwhile_is_kept_on_no_level() {
    let (server, one, two) = two_nodes().await;
    let held = HeldLoad::begin(&one.cache, 1).await;
    let _ = one.cache.invalidate(&1).await.unwrap();
    assert_eq!(held.end(10).await, 10);
    assert_eq!((one.memory(1), server.names().len()), (None, 0));
    assert_eq!(two.cache.get(&1).await, None);
    assert_eq!(one.cache.stats().fills_refused, 1);
}

/// The node has heard of it: it stands behind the record, so that the store
/// would not look at it any more.
#[tokio::test]
async fn a_load_that_another_node_forgot_meanwhile_is_kept_on_no_level() {
    let (server, one, two) = two_nodes().await;
    let held = HeldLoad::begin(&one.cache, 1).await;
    let _ = two.cache.invalidate(&1).await.unwrap();
    one.nobody_under_way().await;
    assert_eq!(held.end(10).await, 10);
    assert_eq!((one.memory(1), server.names().len()), (None, 0));
    assert_eq!(
        one.recording.take(),
        ["get numbers:1"],
        "the store was not even asked"
    );
    assert_eq!(one.cache.stats().fills_refused, 1);
}

/// The node has not heard of it yet: the store knows.
#[tokio::test]
async fn a_load_that_another_node_forgot_unheard_is_kept_on_no_level() {
    let (server, one, two) = two_nodes().await;
    let held = HeldLoad::begin(&one.cache, 1).await;
    let heard = one.gate.hold_before(Operation::Heard);
    let _ = two.cache.invalidate(&1).await.unwrap();
    heard.reached().await;
    assert_eq!(held.end(10).await, 10);
    assert_eq!((one.memory(1), server.names().len()), (None, 0));
    assert_eq!(one.cache.stats().fills_refused, 1);
    heard.release();
    assert_eq!(load(&one.cache, 1, 11).await, 11);
}

/// The event arrives between the check and the store's own.
#[tokio::test]
async fn a_fill_on_its_way_while_its_key_is_forgotten_is_kept_on_no_level() {
    let (server, one, two) = two_nodes().await;
    for heard_first in [true, false] {
        let fill = one.gate.hold_before(Operation::Fill);
        let loading = caller(&one.cache, 1, 10);
        fill.reached().await;
        let heard = (!heard_first).then(|| one.gate.hold_before(Operation::Heard));
        let _ = two.cache.invalidate(&1).await.unwrap();
        match &heard {
            Some(heard) => heard.reached().await,
            None => one.nobody_under_way().await,
        }
        fill.release();
        assert_eq!(loading.await.unwrap(), 10);
        assert_eq!((one.memory(1), server.names().len()), (None, 0));
        drop(heard);
    }
}

/// The fill was kept, then removed; memory must not take what it was.
#[tokio::test]
async fn a_fill_that_was_kept_and_forgotten_does_not_reach_memory() {
    let (server, one, two) = two_nodes().await;
    let fill = one.gate.hold_after(Operation::Fill);
    let loading = caller(&one.cache, 1, 10);
    fill.reached().await;
    assert_eq!(server.names(), ["cacheflow:numbers:1"]);
    let _ = two.cache.invalidate(&1).await.unwrap();
    one.nobody_under_way().await;
    fill.release();
    assert_eq!(loading.await.unwrap(), 10);
    assert_eq!((one.memory(1), server.names().len()), (None, 0));
}

/// A value of the store is on its way while its key is forgotten.
#[tokio::test]
async fn a_read_on_its_way_while_its_key_is_forgotten_does_not_reach_memory() {
    let (_server, one, two) = two_nodes().await;
    load(&two.cache, 1, 10).await;
    for by_this_node in [true, false] {
        for lookup in [true, false] {
            let _ = two.cache.put(&1, 10).await.unwrap();
            one.forgotten(1).await;
            let get = one.gate.hold_after(Operation::Get);
            let reading = tokio::spawn({
                let cache = one.cache.clone();
                async move {
                    match lookup {
                        true => cache.get(&1).await,
                        false => Some(load(&cache, 1, 99).await),
                    }
                }
            });
            get.reached().await;
            let node = if by_this_node { &one } else { &two };
            let _ = node.cache.invalidate(&1).await.unwrap();
            one.nobody_under_way().await;
            get.release();
            // What was on its way is old by the time it arrives.
            assert_eq!(reading.await.unwrap(), (!lookup).then_some(99));
            assert_eq!(
                one.memory(1),
                None,
                "by this node: {by_this_node}, lookup: {lookup}"
            );
            assert_eq!(one.cache.get(&1).await, None);
        }
    }
}

/// The message is late: memory takes the old value, and drops it when it comes.
#[tokio::test]
async fn what_memory_took_before_the_news_goes_with_the_news() {
    let (_server, one, two) = two_nodes().await;
    load(&two.cache, 1, 10).await;
    let get = one.gate.hold_after(Operation::Get);
    let reading = caller(&one.cache, 1, 99);
    get.reached().await;
    let heard = one.gate.hold_before(Operation::Heard);
    let _ = two.cache.invalidate(&1).await.unwrap();
    heard.reached().await;
    get.release();
    assert_eq!(reading.await.unwrap(), 10);
    assert_eq!(one.memory(1), Some(10), "nobody has told it yet");
    heard.release();
    one.forgotten(1).await;
}

#[tokio::test]
async fn who_comes_after_the_invalidation_does_not_join_the_load_before_it() {
    let (server, one, two) = two_nodes().await;
    for by_this_node in [true, false] {
        let old = HeldLoad::begin(&one.cache, 1).await;
        let before = caller(&one.cache, 1, 99);
        joined(&one.cache, if by_this_node { 1 } else { 2 }).await;
        let node = if by_this_node { &one } else { &two };
        let _ = node.cache.invalidate(&1).await.unwrap();
        one.nobody_under_way().await;

        let new = HeldLoad::begin(&one.cache, 1).await;
        assert_eq!(old.end(10).await, 10);
        assert_eq!(
            before.await.unwrap(),
            10,
            "who came before may get what was before"
        );
        let after = caller(&one.cache, 1, 99);
        joined(&one.cache, if by_this_node { 2 } else { 3 }).await;
        assert_eq!((new.end(11).await, after.await.unwrap()), (11, 11));
        assert_eq!(
            cached(&one.cache, 1).await,
            11,
            "the old load took nothing away"
        );
        assert_eq!(server.names(), ["cacheflow:numbers:1"]);
        let _ = one.cache.invalidate(&1).await.unwrap();
    }
}

/// The old load ends after the new one.
#[tokio::test]
async fn a_late_load_does_not_replace_a_newer_one() {
    let (_server, one, two) = two_nodes().await;
    let old = HeldLoad::begin(&one.cache, 1).await;
    let _ = two.cache.invalidate(&1).await.unwrap();
    one.nobody_under_way().await;
    assert_eq!(load(&one.cache, 1, 11).await, 11);
    assert_eq!(old.end(10).await, 10);
    assert_eq!(cached(&one.cache, 1).await, 11);
    assert_eq!(cached(&two.cache, 1).await, 11);
}

/// The completion of a load that had been given up.
#[tokio::test(start_paused = true)]
async fn an_overdue_load_is_kept_on_no_level() {
    let (server, one, _two) = two_nodes().await;
    let overdue = HeldLoad::begin(&one.cache, 1).await;
    assert_eq!(load(&one.cache, 1, 20).await, 20);
    let _ = one.cache.invalidate(&1).await.unwrap();
    assert_eq!(overdue.end(10).await, 10);
    assert_eq!((one.memory(1), server.names().len()), (None, 0));
}
