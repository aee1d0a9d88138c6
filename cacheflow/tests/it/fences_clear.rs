//! A clear reaches what is kept, what is under way, and what was read from the
//! store while it swept.

use std::time::Duration;

use cacheflow::clock::Clock;
use cacheflow::{Applied, Cache};
use cacheflow_testkit::{MemoryBackend, Operation, eventually};
use tokio::task::JoinHandle;

use crate::support::{HeldLoad, Node, WITHIN, alone, cached, caller, load, numbers, two_nodes};

async fn nothing_left(server: &MemoryBackend) {
    let nothing = async || server.names().is_empty();
    eventually("nothing is left", WITHIN, nothing).await;
}

fn clearing(node: &Node) -> JoinHandle<Applied> {
    let cache = node.cache.clone();
    tokio::spawn(async move { cache.clear().await.unwrap() })
}

#[tokio::test]
async fn a_clear_forgets_its_cache_on_every_node_and_no_other() {
    let (server, one, two) = two_nodes().await;
    let archive =
        |node: &Node| -> Cache<u64, u64> { node.flow.cache("numbers_archive").build().unwrap() };
    for key in 0..1_200 {
        load(&one.cache, key, key).await;
    }
    load(&archive(&one), 1, 10).await;
    assert_eq!(
        (cached(&two.cache, 5).await, cached(&archive(&two), 1).await),
        (5, 10)
    );

    assert_eq!(one.cache.clear().await.unwrap(), Applied::Recorded);
    eventually("the cache's values are removed", WITHIN, async || {
        server.names() == ["cacheflow:numbers_archive:1"]
    })
    .await;
    // Memory frees so many in a bounded time, step by step.
    let freed = async || one.cache.stats().entries == 0;
    eventually("memory has freed them", WITHIN, freed).await;
    two.forgotten(5).await;
    for node in [&one, &two] {
        assert_eq!(archive(node).peek(&1).unwrap().value, 10);
    }
}

#[tokio::test]
async fn a_load_during_a_clear_is_not_kept() {
    let cache = numbers().await;
    let held = HeldLoad::begin(&cache, 1).await;
    let _ = cache.clear().await.unwrap();
    assert_eq!(load(&cache, 1, 11).await, 11);
    assert_eq!(held.end(10).await, 10);
    assert_eq!(cached(&cache, 1).await, 11);
    assert_eq!(cache.under_way(), 0);
}

#[tokio::test]
async fn a_clear_of_one_cache_leaves_the_loads_of_another() {
    let flow = alone().await;
    let [one, two] =
        ["one", "two"].map(|name| -> Cache<u64, u64> { flow.cache(name).build().unwrap() });
    let held = HeldLoad::begin(&one, 1).await;
    let _ = two.clear().await.unwrap();
    held.end(10).await;
    assert_eq!(cached(&one, 1).await, 10);
}

#[tokio::test]
async fn a_load_during_a_clear_of_another_node_is_kept_on_no_level() {
    for heard_first in [true, false] {
        let (server, one, two) = two_nodes().await;
        let held = HeldLoad::begin(&one.cache, 1).await;
        let heard = (!heard_first).then(|| one.gate.hold_before(Operation::Heard));
        let _ = two.cache.clear().await.unwrap();
        if heard_first {
            one.nobody_under_way().await;
        }
        assert_eq!(held.end(10).await, 10);
        assert_eq!(one.memory(1), None);
        nothing_left(&server).await;
        drop(heard);
    }
}

/// At whatever step of the clear a fill arrives that was loaded before it.
#[tokio::test]
async fn a_fill_that_was_loaded_before_a_clear_lands_behind_no_step_of_it() {
    for step in [Operation::Record, Operation::Reclaim] {
        let (server, one, two) = two_nodes().await;
        let fill = one.gate.hold_before(Operation::Fill);
        let loading = caller(&one.cache, 1, 10);
        fill.reached().await;
        let heard = one.gate.hold_before(Operation::Heard);

        let reached = two.gate.hold_after(step);
        let clearing = clearing(&two);
        reached.reached().await;
        fill.release();
        assert_eq!(loading.await.unwrap(), 10);
        reached.release();
        let _ = clearing.await.unwrap();
        nothing_left(&server).await;
        assert_eq!(one.memory(1), None, "after {step}");
        drop(heard);
    }
}

/// What a clear has forgotten is no hit from the moment a node has heard of it,
/// although the store still has it.
#[tokio::test]
async fn what_is_not_removed_yet_is_no_hit() {
    let (server, one, two) = two_nodes().await;
    load(&one.cache, 1, 10).await;
    assert_eq!(cached(&two.cache, 1).await, 10);
    let reclaim = one.gate.hold_before(Operation::Reclaim);
    let applied = one.cache.clear().await.unwrap();
    assert_eq!(applied, Applied::Recorded);
    reclaim.reached().await;
    two.forgotten(1).await;
    assert_eq!(server.names(), ["cacheflow:numbers:1"], "still there");
    for node in [&one, &two] {
        assert_eq!((node.memory(1), node.cache.get(&1).await), (None, None));
    }
    // What is loaded now is newer, and stays.
    load(&two.cache, 1, 11).await;
    reclaim.release();
    one.reclaimed(1).await;
    assert_eq!(cached(&one.cache, 1).await, 11);
}

#[tokio::test]
async fn a_read_on_its_way_during_a_clear_does_not_reach_memory() {
    let (_server, one, two) = two_nodes().await;
    load(&two.cache, 1, 10).await;
    let get = one.gate.hold_after(Operation::Get);
    let reading = caller(&one.cache, 1, 99);
    get.reached().await;
    let _ = two.cache.clear().await.unwrap();
    one.nobody_under_way().await;
    get.release();
    // What was on its way is old by the time it arrives.
    assert_eq!(reading.await.unwrap(), 99);
    assert_eq!((one.memory(1), one.cache.get(&1).await), (None, None));
}

/// The record is all that counts; what it left behind is removed later.
#[tokio::test]
async fn a_clear_whose_removal_fails_is_finished_later() {
    let (server, one, two) = two_nodes().await;
    load(&one.cache, 1, 10).await;
    assert_eq!(cached(&two.cache, 1).await, 10);
    one.failing.fail_nth(Operation::Reclaim, 1);
    assert_eq!(one.cache.clear().await.unwrap(), Applied::Recorded);
    assert_eq!(one.cache.get(&1).await, None);
    two.forgotten(1).await;
    assert_eq!(two.cache.get(&1).await, None);
    nothing_left(&server).await;
}

/// For its own node no time passes: nobody takes over what it has left.
#[tokio::test]
async fn a_removal_that_fails_is_tried_again_by_its_own_node() {
    let clock = Clock::manual();
    let server = MemoryBackend::with_clock(clock.clone());
    let one = Node::silent(&server, |flow| flow.clock(clock)).await;
    one.subscribed().await;
    load(&one.cache, 1, 10).await;
    one.failing.fail_nth(Operation::Reclaim, 1);
    assert_eq!(one.cache.clear().await.unwrap(), Applied::Recorded);
    nothing_left(&server).await;
}

/// Its writer is away, and so are its removals: another node makes them when so much
/// time has passed that nobody else can be about to.
#[tokio::test]
async fn a_removal_that_was_left_is_taken_over() {
    let clock = Clock::manual();
    let server = MemoryBackend::with_clock(clock.clone());
    let one = Node::silent(&server, |flow| flow.clock(clock.clone())).await;
    let two = Node::silent(&server, |flow| flow.clock(clock.clone())).await;
    one.subscribed().await;
    two.subscribed().await;
    load(&one.cache, 1, 10).await;
    assert_eq!(cached(&two.cache, 1).await, 10);
    let reclaim = one.gate.hold_before(Operation::Reclaim);
    assert_eq!(one.cache.clear().await.unwrap(), Applied::Recorded);
    reclaim.reached().await;
    two.forgotten(1).await;
    clock.advance(Duration::from_secs(61));
    nothing_left(&server).await;
    two.reclaimed(1).await;
}

/// Without a record there is no clear yet; it waits in the outbox.
#[tokio::test]
async fn a_clear_that_fails_is_made_up_for_when_the_store_is_back() {
    let (server, one, two) = two_nodes().await;
    load(&one.cache, 1, 10).await;
    assert_eq!(cached(&two.cache, 1).await, 10);
    one.failing.fail_nth(Operation::Record, 1);
    assert_eq!(one.cache.clear().await.unwrap(), Applied::Local);
    assert_eq!(one.memory(1), None);
    one.subscribed().await;
    two.forgotten(1).await;
    nothing_left(&server).await;
}
