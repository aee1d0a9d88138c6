//! How much an invalidation has deleted, and who is told of it.

use cacheflow::{Applied, Cache, Deleted, Event};
use cacheflow_testkit::{Operation, eventually};

use crate::world::{HOUR, Node, WITHIN, alone, forgotten, load, told, two_nodes};

/// In memory, in the store, and whether there may be more.
fn numbers(deleted: Deleted) -> (u64, u64, bool) {
    (deleted.in_memory, deleted.in_store, deleted.unfinished)
}

/// A cache whose values are tagged by their tens, with a value for each of `keys`.
async fn by_tens(node: &Node, keys: std::ops::Range<u64>) -> Cache<u64, u64> {
    let tens = |value: &u64| vec![format!("tens:{}", value / 10)];
    let cache = node.flow.cache("tens").ttl(HOUR).tags(tens);
    let cache = cache.build().unwrap();
    for key in keys {
        load(&cache, key, key).await;
    }
    cache
}

#[tokio::test]
async fn what_goes_from_memory_is_counted_by_whatever_it_goes() {
    let flow = alone().await;
    let numbers: Cache<u64, u64> = flow.cache("numbers").build().unwrap();
    let parity = |value: &u64| vec![format!("odd:{}", value % 2)];
    let tagged: Cache<u64, u64> = flow.cache("tagged").tags(parity).build().unwrap();
    let fill = async || {
        for key in 0..10 {
            load(&numbers, key, key).await;
            load(&tagged, key, key).await;
        }
    };
    let count = async |invalidation: cacheflow::Invalidation| {
        fill().await;
        let invalidated = invalidation.send_counted().await.unwrap();
        assert_eq!(invalidated.applied, Applied::Recorded);
        let deleted = invalidated.deleted;
        assert_eq!((deleted.in_store, deleted.unfinished), (0, false));
        deleted.in_memory
    };
    let of = || flow.invalidate();
    assert_eq!(
        count(of().keys(["numbers:1", "numbers:2", "numbers:99"])).await,
        2
    );
    assert_eq!(count(of().tags(["odd:1"])).await, 5);
    // Each entry once, although it goes by two tags and by its key.
    let thrice = of().tags(["odd:0", "odd:1"]).keys(["tagged:1"]);
    assert_eq!(count(thrice).await, 10);
    assert_eq!(count(of().pattern("*:1")).await, 2);
    assert_eq!(count(of().cache("numbers")).await, 10);
    assert_eq!(count(of().all()).await, 20);
    assert_eq!(count(of().tags(["nobody"])).await, 0);
}

#[tokio::test]
async fn what_was_made_of_something_is_counted_with_it() {
    let flow = alone().await;
    let parts: Cache<u64, u64> = flow.cache("parts").build().unwrap();
    let wholes: Cache<u64, u64> = flow.cache("wholes").build().unwrap();
    let whole = async || Ok::<_, String>(load(&parts, 1, 1).await);
    wholes.get_or_load(&1, whole).await.unwrap();
    let invalidated = flow.invalidate().keys(["parts:1"]).send_counted().await;
    assert_eq!(numbers(invalidated.unwrap().deleted), (2, 0, false));
}

#[tokio::test]
async fn what_is_local_is_counted_here_alone() {
    let (server, one, two) = two_nodes().await;
    let (here, there) = (one.cache("numbers"), two.cache("numbers"));
    load(&here, 1, 1).await;
    load(&there, 1, 1).await;
    let mut events = one.flow.events();
    let local = one.flow.invalidate().keys(["numbers:1"]).local_only();
    let invalidated = local.send_counted().await.unwrap();
    assert_eq!(invalidated.applied, Applied::Local);
    assert_eq!(numbers(invalidated.deleted), (1, 0, false));
    let told = told(&mut events).await;
    assert_eq!((told.deleted, told.remote), (invalidated.deleted, false));
    assert!(there.peek(&1).is_some() && server.names().len() == 1);
}

#[tokio::test]
async fn keys_are_counted_in_the_store_and_each_node_tells_what_went_from_it() {
    let (_server, one, two) = two_nodes().await;
    let (here, there) = (one.cache("numbers"), two.cache("numbers"));
    for key in 0..3 {
        load(&here, key, key).await;
    }
    load(&there, 0, 0).await;
    let (mut events, mut elsewhere) = (one.flow.events(), two.flow.events());
    let keys = ["numbers:0", "numbers:1", "numbers:9"];
    let invalidated = one.flow.invalidate().keys(keys).send_counted();
    let invalidated = invalidated.await.unwrap();
    assert_eq!(numbers(invalidated.deleted), (2, 2, false));
    let own = told(&mut events).await;
    assert_eq!((own.deleted, own.remote), (invalidated.deleted, false));
    assert_eq!(own.forgotten.keys.len(), 3);
    let others = told(&mut elsewhere).await;
    assert_eq!(numbers(others.deleted), (1, 0, false));
    assert!(others.remote && others.forgotten == own.forgotten);
}

#[tokio::test]
async fn what_is_left_is_told_when_it_is_removed() {
    let (server, one, _two) = two_nodes().await;
    by_tens(&one, 0..25).await;
    let mut events = one.flow.events();
    let invalidated = one.flow.invalidate().tags(["tens:1"]).send_counted();
    assert_eq!(numbers(invalidated.await.unwrap().deleted), (10, 0, true));
    let mut removed = None;
    eventually("the rest is told", WITHIN, async || {
        while let Some(event) = events.try_next() {
            if let Event::Reclaimed { removed: all, .. } = event.unwrap() {
                removed = Some(all);
            }
        }
        removed.is_some()
    })
    .await;
    assert_eq!((removed, server.names().len()), (Some(10), 15));
}

/// The record is applied by what the bus brings, before the answer is there.
#[tokio::test]
async fn an_answer_that_is_slower_than_the_bus_tells_what_the_bus_has_removed() {
    let (_server, one, two) = two_nodes().await;
    let (here, there) = (one.cache("numbers"), two.cache("numbers"));
    load(&here, 1, 1).await;
    load(&there, 1, 1).await;
    let mut events = one.flow.events();
    let answer = one.gate.hold_after(Operation::Record);
    let invalidation = one.flow.invalidate().keys(["numbers:1"]);
    let call = tokio::spawn(invalidation.send_counted());
    answer.reached().await;
    forgotten(&here, 1).await;
    answer.release();
    let deleted = call.await.unwrap().unwrap().deleted;
    assert_eq!(numbers(deleted), (1, 1, false));
    let told = told(&mut events).await;
    assert_eq!((told.deleted, told.remote), (deleted, false));
}

/// What an answer brings along of others is applied before it is known whose it is.
#[tokio::test]
async fn what_came_with_an_answer_is_told_once_as_anothers_when_the_bus_brings_it() {
    let (_server, one, two) = two_nodes().await;
    let here = one.cache("numbers");
    load(&here, 1, 1).await;
    load(&here, 2, 2).await;
    let mut events = one.flow.events();
    let news = one.gate.hold_before(Operation::Heard);
    two.forget_key("numbers:1").await;
    news.reached().await;
    one.forget_key("numbers:2").await;
    assert!(here.peek(&1).is_none(), "the answer has brought it");
    let own = told(&mut events).await;
    assert_eq!((numbers(own.deleted), own.remote), ((1, 1, false), false));
    news.release();
    let others = told(&mut events).await;
    assert_eq!(
        (numbers(others.deleted), others.remote),
        ((1, 0, false), true)
    );
    one.forget_key("numbers:3").await;
    let next = told(&mut events).await;
    assert_eq!(next.forgotten.keys[0].as_str(), "numbers:3");
}

#[tokio::test]
async fn what_the_store_could_not_be_told_is_told_again_with_what_it_removes() {
    let (server, one, _two) = two_nodes().await;
    let here = one.cache("numbers");
    load(&here, 1, 1).await;
    let mut events = one.flow.events();
    one.failing.fail_nth(Operation::Record, 1);
    let invalidated = one.flow.invalidate().keys(["numbers:1"]).send_counted();
    let invalidated = invalidated.await.unwrap();
    assert_eq!(invalidated.applied, Applied::Local);
    assert_eq!(numbers(invalidated.deleted), (1, 0, false));
    assert_eq!(told(&mut events).await.deleted, invalidated.deleted);
    assert_eq!(numbers(told(&mut events).await.deleted), (0, 1, false));
    assert!(server.names().is_empty());
}
