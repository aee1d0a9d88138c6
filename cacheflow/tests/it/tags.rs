//! Forgetting by tag: known before or after the load, on every node, whatever is
//! under way.

use cacheflow::key::{MAX_TAG_BYTES, MAX_TAGS};
use cacheflow::{Applied, Cache, CacheFlow, ErrorKind, Event};
use cacheflow_testkit::{MemoryBackend, Operation, eventually};

use crate::support::{
    HOUR, HeldLoad, Node, WITHIN, alone, cached, load, two_known_nodes, two_nodes, waiting,
};

/// Values are tagged by their tens.
async fn by_tens(flow: &CacheFlow) -> Cache<u64, u64> {
    let tens = |value: &u64| vec![format!("tens:{}", value / 10)];
    flow.cache("tens").ttl(HOUR).tags(tens).build().unwrap()
}

async fn forget(flow: &CacheFlow, tag: &str) -> Applied {
    flow.invalidate().tags([tag]).send().await.unwrap()
}

fn memory(cache: &Cache<u64, u64>, keys: [u64; 3]) -> [bool; 3] {
    keys.map(|key| cache.peek(&key).is_some())
}

#[tokio::test]
async fn a_tag_that_the_value_tells_forgets_it_across_caches() {
    let flow = alone().await;
    let tens = by_tens(&flow).await;
    let others: Cache<u64, u64> = flow.cache("others").build().unwrap();
    let others = others.tagged(["tens:1"]).unwrap();
    for (key, value) in [(1, 10), (2, 19), (3, 20)] {
        load(&tens, key, value).await;
    }
    load(&others, 1, 99).await;
    assert_eq!(forget(&flow, "tens:1").await, Applied::Recorded);
    assert_eq!(memory(&tens, [1, 2, 3]), [false, false, true]);
    assert_eq!(others.get(&1).await, None);
}

#[tokio::test]
async fn a_tag_is_forgotten_on_every_node_and_in_the_store() {
    let (server, one, two) = two_nodes().await;
    let (here, there) = (by_tens(&one.flow).await, by_tens(&two.flow).await);
    for (key, value) in [(1, 10), (2, 19), (3, 20)] {
        load(&here, key, value).await;
        assert_eq!(cached(&there, key).await, value);
    }
    let found = there.lookup(&1).await.found().unwrap();
    assert_eq!(
        found.tags()[0].as_str(),
        "tens:1",
        "tags come with the value"
    );
    assert_eq!(forget(&one.flow, "tens:1").await, Applied::Recorded);
    assert_eq!(memory(&here, [1, 2, 3]), [false, false, true]);
    let gone = async || memory(&there, [1, 2, 3]) == [false, false, true];
    eventually("the other node has heard", WITHIN, gone).await;
    let removed = async || server.names() == ["cacheflow:tens:3"];
    eventually("the store has removed them", WITHIN, removed).await;
}

#[tokio::test]
async fn the_removal_is_told_with_its_count() {
    let (_server, one, _two) = two_nodes().await;
    let tens = by_tens(&one.flow).await;
    for key in 0..700 {
        load(&tens, key, 10).await;
    }
    load(&tens, 5_000, 20).await;
    let mut events = one.flow.events();
    let _ = forget(&one.flow, "tens:1").await;
    let mut told = Vec::new();
    eventually("the removal is told", WITHIN, async || {
        told.extend(
            waiting(&mut events)
                .into_iter()
                .filter_map(|event| match event {
                    Event::Reclaimed { removed, .. } => Some(removed),
                    _ => None,
                }),
        );
        !told.is_empty()
    })
    .await;
    assert_eq!(told, [700]);
}

/// Only the value knows its tag, and the value is not there yet.
#[tokio::test]
async fn a_load_whose_tag_is_forgotten_meanwhile_is_kept_nowhere() {
    for by_this_node in [true, false] {
        for heard in [true, false] {
            let (server, one, two) = two_known_nodes().await;
            let tens = by_tens(&one.flow).await;
            let held = HeldLoad::begin(&tens, 1).await;
            let silence = (!heard).then(|| one.gate.hold_before(Operation::Heard));
            let node = if by_this_node { &one } else { &two };
            let _ = forget(&node.flow, "tens:1").await;
            if heard && !by_this_node {
                let position = two.flow.clone();
                let applied = position.invalidate().all().await_cluster(WITHIN).send();
                assert_eq!(applied.await.unwrap(), Applied::Everywhere);
            }
            assert_eq!(held.end(10).await, 10);
            assert_eq!(tens.peek(&1), None, "{by_this_node} {heard}");
            assert_eq!(server.names(), [""; 0], "{by_this_node} {heard}");
            drop(silence);
        }
    }
}

#[tokio::test]
async fn who_joins_behind_a_forgotten_tag_loads_anew() {
    let flow = alone().await;
    let tens = by_tens(&flow).await;
    let held = HeldLoad::begin(&tens, 1).await;
    let early = tokio::spawn({
        let tens = tens.clone();
        async move { load(&tens, 1, 99).await }
    });
    let joined = async || tens.stats().joined == 1;
    eventually("the first has joined", WITHIN, joined).await;
    let _ = forget(&flow, "tens:1").await;
    let late = tokio::spawn({
        let tens = tens.clone();
        async move { load(&tens, 1, 11).await }
    });
    let joined = async || tens.stats().joined == 2;
    eventually("the second has joined", WITHIN, joined).await;
    held.end(10).await;
    assert_eq!(early.await.unwrap(), 10, "it asked before");
    assert_eq!(late.await.unwrap(), 11);
    assert_eq!(cached(&tens, 1).await, 11);
}

/// Readers are right before anything is removed: the record is enough.
#[tokio::test]
async fn what_a_tag_left_behind_in_the_store_is_no_hit_and_newer_values_stay() {
    let (server, one, two) = two_nodes().await;
    let (here, there) = (by_tens(&one.flow).await, by_tens(&two.flow).await);
    load(&here, 1, 10).await;
    load(&here, 2, 11).await;
    let reclaim = one.gate.hold_before(Operation::Reclaim);
    let _ = forget(&one.flow, "tens:1").await;
    reclaim.reached().await;
    assert_eq!(server.names().len(), 2);
    assert_eq!(here.get(&1).await, None);
    let miss = async || there.get(&1).await.is_none();
    eventually("the other node has heard", WITHIN, miss).await;
    load(&there, 1, 12).await;
    reclaim.release();
    one.reclaimed(1).await;
    assert_eq!(server.names(), ["cacheflow:tens:1"]);
    assert_eq!(cached(&here, 1).await, 12);
    // And the newer value is found by the next forgetting.
    let _ = forget(&two.flow, "tens:1").await;
    let gone = async || here.get(&1).await.is_none() && server.names().is_empty();
    eventually("it is gone as well", WITHIN, gone).await;
}

#[tokio::test]
async fn a_key_that_was_put_under_another_tag_is_not_forgotten_by_the_old_one() {
    let (server, one, two) = two_nodes().await;
    let (here, there) = (by_tens(&one.flow).await, by_tens(&two.flow).await);
    let _ = here.put(&1, 10).await.unwrap();
    let _ = here.put(&1, 20).await.unwrap();
    assert_eq!(cached(&there, 1).await, 20);
    let _ = forget(&one.flow, "tens:1").await;
    one.reclaimed(1).await;
    assert_eq!(memory(&here, [1, 1, 1]), [true; 3]);
    assert_eq!(server.names(), ["cacheflow:tens:1"]);
    let _ = forget(&one.flow, "tens:2").await;
    assert_eq!(here.get(&1).await, None);
}

/// A process that never builds the cache's handle applies the record all the same.
#[tokio::test]
async fn a_node_without_the_cache_forgets_its_tag_for_the_others() {
    let (_server, one, two) = two_nodes().await;
    let here = by_tens(&one.flow).await;
    load(&here, 1, 10).await;
    let _ = forget(&two.flow, "tens:1").await;
    let gone = async || here.get(&1).await.is_none();
    eventually("it is gone", WITHIN, gone).await;
}

#[tokio::test]
async fn a_tag_waits_in_the_outbox_while_the_store_is_away() {
    let (server, one, two) = two_nodes().await;
    let (here, there) = (by_tens(&one.flow).await, by_tens(&two.flow).await);
    load(&here, 1, 10).await;
    load(&here, 2, 20).await;
    assert_eq!(cached(&there, 1).await, 10);
    one.failing.fail(Operation::Record);
    assert_eq!(forget(&one.flow, "tens:1").await, Applied::Local);
    assert_eq!(memory(&here, [1, 1, 2]), [false, false, true]);
    assert_eq!(here.get(&1).await, None, "the store is not asked");
    one.failing.heal_all();
    let gone = async || there.peek(&1).is_none();
    eventually("the other node has heard", WITHIN, gone).await;
    let removed = async || server.names() == ["cacheflow:tens:2"];
    eventually("the store has removed it", WITHIN, removed).await;
}

#[tokio::test]
async fn tags_out_of_bounds_are_told_at_the_earliest_point() {
    let flow = alone().await;
    let cache: Cache<u64, u64> = flow.cache("numbers").build().unwrap();
    let long = "x".repeat(MAX_TAG_BYTES + 1);
    let fault = cache.tagged(["", long.as_str()]).unwrap_err();
    assert_eq!(fault.kind(), ErrorKind::InvalidConfig);
    let text = fault.to_string();
    assert!(
        text.contains("of 0 bytes") && text.contains("of 129 bytes"),
        "{text}"
    );
    let many: Vec<_> = (0..=MAX_TAGS).map(|tag| tag.to_string()).collect();
    assert!(
        cache
            .tagged(&many)
            .unwrap_err()
            .to_string()
            .contains("allowed is 0 to 32")
    );
    assert!(cache.tagged(&many[1..]).is_ok());
    let fault = flow
        .invalidate()
        .tags([""])
        .pattern("")
        .keys(["x"])
        .send()
        .await;
    let text = fault.unwrap_err().to_string();
    for part in ["tag", "pattern", "key"] {
        assert!(text.contains(part), "{text}");
    }
}

/// A value that could not be forgotten by its tags is not kept.
#[tokio::test]
async fn a_value_with_tags_out_of_bounds_is_returned_and_kept_nowhere() {
    let server = MemoryBackend::new();
    let node = Node::on(&server).await;
    let tags = |value: &u64| (0..*value).map(|tag| tag.to_string()).collect();
    let cache: Cache<u64, u64> = node.flow.cache("many").tags(tags).build().unwrap();
    let mut events = node.flow.events();
    assert_eq!(load(&cache, 1, 33).await, 33);
    let _ = cache.put(&2, 34).await.unwrap();
    assert_eq!((cache.peek(&1), cache.peek(&2)), (None, None));
    assert_eq!(server.names(), [""; 0]);
    let told = waiting(&mut events);
    let refused = |event: &&Event| matches!(event, Event::MarksRefused { .. });
    assert_eq!(told.iter().filter(refused).count(), 2, "{told:?}");
    assert_eq!(load(&cache, 1, 32).await, 32);
    assert!(cache.peek(&1).is_some());
}
