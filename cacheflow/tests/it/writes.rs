//! Strict writes, sources that lag, and waiting for every node.

use std::time::Duration;

use cacheflow::clock::Clock;
use cacheflow::{Applied, Cache, Event};
use cacheflow_testkit::{MemoryBackend, Operation, eventually};

use crate::support::{
    HOUR, HeldLoad, Node, WITHIN, alone, cached, load, numbers, two_known_nodes, two_nodes,
    until_told,
};

#[tokio::test]
async fn while_a_write_is_under_way_nothing_is_kept_of_its_key_anywhere() {
    let (server, one, two) = two_nodes().await;
    load(&one.cache, 1, 10).await;
    assert_eq!(cached(&two.cache, 1).await, 10);
    let write = one.cache.begin_write(&1).await.unwrap();
    assert_eq!(write.begun(), Applied::Recorded);
    two.forgotten(1).await;
    // A reader between the change and its commit still finds the old value.
    for node in [&one, &two] {
        assert_eq!(load(&node.cache, 1, 10).await, 10);
        assert_eq!(node.memory(1), None);
        load(&node.cache, 2, 20).await;
        assert_eq!(node.memory(2), Some(20), "of another key");
    }
    assert_eq!(server.names(), ["cacheflow:numbers:2"]);
    assert_eq!(write.finish().await.unwrap(), Applied::Recorded);
    load(&one.cache, 1, 11).await;
    assert_eq!(one.memory(1), Some(11));
    let kept = async || two.cache.get(&1).await == Some(11) && two.memory(1).is_some();
    eventually("the other node keeps it again", WITHIN, kept).await;
}

/// The bus is slow: the call must not return before.
#[tokio::test]
async fn a_write_has_begun_here_when_its_call_returns() {
    let (_server, one, _two) = two_nodes().await;
    load(&one.cache, 1, 10).await;
    let heard = one.gate.hold_before(Operation::Heard);
    let write = one.cache.begin_write(&1).await.unwrap();
    assert_eq!(one.memory(1), None);
    load(&one.cache, 1, 10).await;
    assert_eq!(one.memory(1), None);
    let _ = write.finish().await.unwrap();
    drop(heard);
}

/// Released first, the key could be kept as it was before the commit, by a load that
/// ends before it is forgotten.
#[tokio::test]
async fn a_write_forgets_its_key_before_it_is_released() {
    let (server, one, two) = two_nodes().await;
    let write = one.cache.begin_write(&1).await.unwrap();
    let held = HeldLoad::begin(&two.cache, 1).await;
    let first = one.gate.hold_after(Operation::Record);
    let finishing = tokio::spawn(write.finish());
    first.reached().await;
    held.end(10).await;
    assert_eq!((two.memory(1), server.names().len()), (None, 0));
    first.release();
    let _ = finishing.await.unwrap().unwrap();
}

#[tokio::test]
async fn a_put_during_anothers_write_is_not_kept() {
    let (server, one, two) = two_nodes().await;
    let write = one.cache.begin_write(&1).await.unwrap();
    let _ = two.cache.put(&1, 10).await.unwrap();
    assert_eq!((server.names().len(), two.memory(1)), (0, None));
    let _ = write.finish().await.unwrap();
    let _ = one.cache.put(&1, 11).await.unwrap();
    assert_eq!(one.memory(1), Some(11));
}

#[tokio::test]
async fn what_depends_on_a_key_is_not_kept_while_it_is_written() {
    let flow = alone().await;
    let children: Cache<u64, u64> = flow.cache("children").build().unwrap();
    let parents: Cache<u64, u64> = flow.cache("parents").build().unwrap();
    let parents = parents.depends_on([children.full_key(&1)]);
    load(&parents, 1, 1).await;
    let write = children.begin_write(&1).await.unwrap();
    assert_eq!(parents.peek(&1), None);
    load(&parents, 1, 1).await;
    assert_eq!(parents.peek(&1), None);
    let _ = write.finish().await.unwrap();
    load(&parents, 1, 1).await;
    assert!(parents.peek(&1).is_some());
}

#[tokio::test]
async fn a_load_that_began_during_a_write_is_not_kept_after_it() {
    let (server, one, two) = two_nodes().await;
    let write = one.cache.begin_write(&1).await.unwrap();
    let held = HeldLoad::begin(&two.cache, 1).await;
    let _ = write.finish().await.unwrap();
    two.nobody_under_way().await;
    held.end(10).await;
    assert_eq!((two.memory(1), server.names().len()), (None, 0));
}

#[tokio::test]
async fn several_writes_overlap_and_the_last_one_ends_it() {
    let cache = numbers().await;
    let first = cache.begin_write(&1).await.unwrap();
    let second = cache.begin_write(&1).await.unwrap();
    let _ = first.finish().await.unwrap();
    load(&cache, 1, 10).await;
    assert_eq!(cache.peek(&1), None);
    let _ = second.finish().await.unwrap();
    load(&cache, 1, 10).await;
    assert!(cache.peek(&1).is_some());
}

#[tokio::test]
async fn a_write_that_is_dropped_ends_by_itself() {
    let cache = numbers().await;
    drop(cache.begin_write(&1).await.unwrap());
    load(&cache, 1, 10).await;
    assert!(cache.peek(&1).is_some());

    let (_server, one, two) = two_nodes().await;
    drop(one.cache.begin_write(&1).await.unwrap());
    let kept = async || {
        load(&two.cache, 1, 10).await;
        two.memory(1).is_some()
    };
    eventually("it can be kept again", WITHIN, kept).await;
}

/// Its process dies: nobody ends it.
#[tokio::test]
async fn a_write_that_nobody_ends_times_out() {
    let clock = Clock::manual();
    let server = MemoryBackend::with_clock(clock.clone());
    let silent = |flow: cacheflow::FlowBuilder| flow.clock(clock.clone());
    let one = Node::silent(&server, silent).await;
    let two = Node::silent(&server, silent).await;
    one.subscribed().await;
    two.subscribed().await;
    let timeout = Duration::from_secs(5);
    let cache = one
        .flow
        .cache::<u64, u64>("strict")
        .ttl(HOUR)
        .ttl_jitter(0.0)
        .write_timeout(timeout);
    let cache = cache.build().unwrap();
    let there: Cache<u64, u64> = two
        .flow
        .cache("strict")
        .ttl(HOUR)
        .ttl_jitter(0.0)
        .build()
        .unwrap();
    let write = cache.begin_write(&1).await.unwrap();
    one.failing.fail(Operation::Record);
    drop(write);
    let heard = async || {
        load(&there, 1, 10).await;
        there.peek(&1).is_none()
    };
    eventually("the other node has heard", WITHIN, heard).await;
    clock.advance(timeout - Duration::from_millis(1));
    load(&there, 1, 10).await;
    assert_eq!(there.peek(&1), None);
    clock.advance(Duration::from_millis(1));
    load(&there, 1, 10).await;
    assert!(there.peek(&1).is_some());
}

/// Others take over what was left, but not a write that may still be under way.
#[tokio::test]
async fn a_write_that_takes_long_is_not_taken_for_left() {
    let clock = Clock::manual();
    let server = MemoryBackend::with_clock(clock.clone());
    let options = |flow: cacheflow::FlowBuilder| flow.clock(clock.clone());
    let one = Node::silent(&server, options).await;
    let two = Node::silent(&server, options).await;
    one.subscribed().await;
    two.subscribed().await;
    let strict = one
        .flow
        .cache("strict")
        .ttl(HOUR)
        .ttl_jitter(0.0)
        .write_timeout(HOUR);
    let strict: Cache<u64, u64> = strict.build().unwrap();
    let there: Cache<u64, u64> = two
        .flow
        .cache("strict")
        .ttl(HOUR)
        .ttl_jitter(0.0)
        .build()
        .unwrap();
    let write = strict.begin_write(&1).await.unwrap();
    // What comes after it was left, and is taken over.
    let reclaim = one.gate.hold_before(Operation::Reclaim);
    load(&two.cache.tagged(["t"]).unwrap(), 2, 20).await;
    let send = one.flow.invalidate().tags(["t"]).send();
    assert_eq!(send.await.unwrap(), Applied::Recorded);
    reclaim.reached().await;
    two.forgotten(2).await;
    clock.advance(Duration::from_secs(61));
    two.reclaimed(1).await;
    load(&there, 1, 10).await;
    assert_eq!(there.peek(&1), None);
    let _ = write.finish().await.unwrap();
}

/// The others are told as soon as they can be, not only when it has ended.
#[tokio::test]
async fn a_write_that_could_not_be_announced_is_told_while_it_is_under_way() {
    let (_server, one, two) = two_nodes().await;
    load(&one.cache, 1, 10).await;
    assert_eq!(cached(&two.cache, 1).await, 10);
    one.failing.fail_nth(Operation::Record, 1);
    let write = one.cache.begin_write(&1).await.unwrap();
    assert_eq!(write.begun(), Applied::Local);
    two.forgotten(1).await;
    let _ = write.finish().await.unwrap();
}

#[tokio::test]
async fn a_write_that_cannot_be_announced_says_so() {
    let (_server, one, two) = two_nodes().await;
    load(&one.cache, 1, 10).await;
    assert_eq!(cached(&two.cache, 1).await, 10);
    one.failing.fail(Operation::Record);
    let write = one.cache.begin_write(&1).await.unwrap();
    assert_eq!(write.begun(), Applied::Local);
    assert_eq!(one.memory(1), None);
    assert_eq!(write.finish().await.unwrap(), Applied::Local);
    one.failing.heal_all();
    two.forgotten(1).await;
}

#[tokio::test]
async fn what_a_lagging_source_gives_after_a_change_is_not_kept_on_any_node() {
    let clock = Clock::manual();
    let server = MemoryBackend::with_clock(clock.clone());
    let options = |flow: cacheflow::FlowBuilder| flow.clock(clock.clone());
    let (one, two) = (
        Node::silent(&server, options).await,
        Node::silent(&server, options).await,
    );
    one.subscribed().await;
    two.subscribed().await;
    let lag = Duration::from_secs(3);
    let build = |node: &Node| -> Cache<u64, u64> {
        node.flow
            .cache("lagging")
            .ttl(HOUR)
            .ttl_jitter(0.0)
            .hold_off(lag)
            .build()
            .unwrap()
    };
    let (here, there) = (build(&one), build(&two));
    clock.advance(HOUR);
    one.subscribed().await;
    two.subscribed().await;
    let send = one.flow.invalidate().keys([here.full_key(&1).as_str()]);
    let applied = send.await_cluster(WITHIN).send().await.unwrap();
    assert_eq!(applied, Applied::Everywhere);
    for cache in [&here, &there] {
        load(cache, 1, 10).await;
        assert_eq!(cache.peek(&1), None);
        load(cache, 2, 20).await;
        assert!(cache.peek(&2).is_some());
    }
    assert_eq!(server.names(), ["cacheflow:lagging:2"]);
    clock.advance(lag);
    load(&there, 1, 11).await;
    assert_eq!(cached(&here, 1).await, 11);
    assert!(here.peek(&1).is_some());
}

/// A put knows its value: no replica can give it an older one.
#[tokio::test]
async fn a_put_right_after_a_change_is_kept_although_its_source_lags() {
    let clock = Clock::manual();
    let server = MemoryBackend::with_clock(clock.clone());
    let node = Node::silent(&server, |flow| flow.clock(clock.clone())).await;
    node.subscribed().await;
    let lag = Duration::from_secs(3);
    let cache = node
        .flow
        .cache("lagging")
        .ttl(HOUR)
        .ttl_jitter(0.0)
        .hold_off(lag);
    let cache: Cache<u64, u64> = cache.build().unwrap();
    clock.advance(lag);
    let _ = cache.invalidate(&1).await.unwrap();
    let _ = cache.put(&1, 11).await.unwrap();
    assert_eq!(cache.peek(&1).map(|found| found.value), Some(11));
    assert_eq!(server.names(), ["cacheflow:lagging:1"]);
}

#[tokio::test]
async fn everywhere_is_when_the_slowest_node_has_applied_it() {
    let (_server, one, two) = two_known_nodes().await;
    load(&two.cache, 1, 10).await;
    let heard = two.gate.hold_before(Operation::Heard);
    let send = one.flow.invalidate().keys(["numbers:1"]);
    let sending = tokio::spawn(send.await_cluster(WITHIN).send());
    heard.reached().await;
    assert!(!sending.is_finished());
    assert_eq!(two.memory(1), Some(10));
    heard.release();
    assert_eq!(sending.await.unwrap().unwrap(), Applied::Everywhere);
    assert_eq!(two.memory(1), None);
}

#[tokio::test]
async fn a_node_that_does_not_answer_in_time_is_told() {
    let (_server, one, two) = two_known_nodes().await;
    let _heard = two.gate.hold_before(Operation::Heard);
    let send = one.flow.invalidate().keys(["numbers:1"]);
    let applied = send.await_cluster(Duration::from_millis(50)).send();
    assert_eq!(applied.await.unwrap(), Applied::Recorded);
}

/// It was not heard of for longer than its memory is served.
#[tokio::test]
async fn a_node_that_is_gone_is_not_waited_for() {
    let clock = Clock::manual();
    let server = MemoryBackend::with_clock(clock.clone());
    let options = |flow: cacheflow::FlowBuilder| flow.clock(clock.clone());
    let one = Node::silent(&server, options).await;
    let two = Node::silent(&server, options).await;
    one.subscribed().await;
    two.subscribed().await;
    let heard = two.gate.hold_before(Operation::Heard);
    let send = |timeout| one.flow.invalidate().all().await_cluster(timeout).send();
    let missed = async || {
        let applied = send(Duration::from_millis(50)).await.unwrap();
        applied == Applied::Recorded
    };
    eventually("it is known, and has not applied it", WITHIN, missed).await;
    drop((two, heard));
    clock.advance(HOUR + Duration::from_secs(1));
    assert_eq!(send(WITHIN).await.unwrap(), Applied::Everywhere);
}

/// The numbers of a journal that is lost are no smaller for that.
#[tokio::test]
async fn a_node_that_stands_in_another_journal_has_not_applied_it() {
    let (server, one, two) = two_known_nodes().await;
    for _ in 0..9 {
        let _ = one.cache.invalidate(&1).await.unwrap();
    }
    let send = one.flow.invalidate().keys(["numbers:1"]);
    let applied = send.await_cluster(WITHIN).send().await.unwrap();
    assert_eq!(applied, Applied::Everywhere);
    // It learns nothing of the new one.
    two.failing.fail(Operation::Since);
    two.failing.fail(Operation::Alive);
    let mut events = one.flow.events();
    server.lose_journal();
    until_told(&mut events, Event::Gap).await;
    // Where it stands it tells all the same.
    let send = one.flow.invalidate().keys(["numbers:1"]);
    let applied = send.await_cluster(Duration::from_secs(1)).send();
    assert_eq!(applied.await.unwrap(), Applied::Recorded);
}

#[tokio::test]
async fn alone_everywhere_is_here() {
    let flow = alone().await;
    let send = flow.invalidate().all().await_cluster(WITHIN).send();
    assert_eq!(send.await.unwrap(), Applied::Everywhere);
}
