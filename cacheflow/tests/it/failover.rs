//! A server takes over that has missed the last changes.

use cacheflow::{Cache, Event};
use cacheflow_testkit::{MemoryBackend, Operation, eventually};

use crate::support::{
    HOUR, HeldLoad, Node, WITHIN, cached, load, two_known_nodes, two_nodes, until_told,
};

/// What the old server was told, and the new one was not, is told again.
#[tokio::test]
async fn what_a_failover_has_lost_is_forgotten_again() {
    for by_tag in [false, true] {
        let (server, one, two) = two_known_nodes().await;
        let tagged: Cache<u64, u64> = one.cache.tagged(["t"]).unwrap();
        load(&tagged, 1, 10).await;
        load(&one.cache, 2, 20).await;
        let backup = server.backup();
        let send = match by_tag {
            true => one.flow.invalidate().tags(["t"]),
            false => one.flow.invalidate().keys(["numbers:1"]),
        };
        let _ = send.await_cluster(WITHIN).send().await.unwrap();
        one.reclaimed(usize::from(by_tag)).await;
        let mut events = [one.flow.events(), two.flow.events()];
        server.fail_over_to(backup);
        assert!(
            server.names().contains(&"cacheflow:numbers:1".to_owned()),
            "it rises again"
        );
        for (node, events) in [&one, &two].into_iter().zip(&mut events) {
            until_told(events, Event::Gap).await;
            node.subscribed().await;
            assert_eq!(node.cache.get(&1).await, None, "by tag: {by_tag}");
            // What was not forgotten is still there: the store is not cold.
            assert_eq!(cached(&node.cache, 2).await, 20);
        }
        let gone = async || server.names() == ["cacheflow:numbers:2"];
        eventually("it is removed again", WITHIN, gone).await;
    }
}

/// Not a moment before it has told the new server does a node believe it.
#[tokio::test]
async fn until_the_new_server_is_told_its_values_are_not_read() {
    let (server, one, two) = two_nodes().await;
    load(&one.cache, 1, 10).await;
    let backup = server.backup();
    let _ = one.cache.invalidate(&1).await.unwrap();
    two.forgotten(1).await;
    // The one that made the record is away.
    one.flow.shutdown(WITHIN).await.unwrap();
    let record = two.gate.hold_before(Operation::Record);
    server.fail_over_to(backup);
    record.reached().await;
    assert_eq!(two.cache.get(&1).await, None);
    assert_eq!(load(&two.cache, 1, 11).await, 11);
    record.release();
    two.subscribed().await;
    assert_eq!(load(&two.cache, 1, 12).await, 12, "nothing old was kept");
    assert_eq!(cached(&two.cache, 1).await, 12);
}

#[tokio::test]
async fn what_was_under_way_during_a_failover_is_kept_nowhere() {
    let (server, one, _two) = two_nodes().await;
    let mut events = one.flow.events();
    let held = HeldLoad::begin(&one.cache, 1).await;
    let put = one.gate.hold_before(Operation::Put);
    let putting = tokio::spawn({
        let cache = one.cache.clone();
        async move { cache.put(&2, 20).await.unwrap() }
    });
    put.reached().await;
    server.fail_over_to(server.backup());
    until_told(&mut events, Event::Gap).await;
    put.release();
    let _ = putting.await.unwrap();
    held.end(10).await;
    assert_eq!((one.memory(1), one.memory(2)), (None, None));
    one.subscribed().await;
    assert_eq!(
        (one.cache.get(&1).await, one.cache.get(&2).await),
        (None, None)
    );
}

/// What it holds may have been forgotten since, by others of whom this node has not
/// heard: the answer of the store itself says that it keeps another journal.
#[tokio::test]
async fn a_server_that_has_taken_over_unheard_is_not_believed() {
    let (server, one, two) = two_nodes().await;
    load(&one.cache, 1, 10).await;
    two.failing.fail(Operation::Listen);
    server.fail_over_to(server.backup());
    assert_eq!(two.cache.get(&1).await, None);
    two.failing.heal_all();
    let read = async || two.cache.get(&1).await == Some(10);
    eventually("it is read when it was heard of", WITHIN, read).await;
}

/// The record of a tag survives, and is not done: so it counts on the new server.
#[tokio::test]
async fn an_open_record_stays_in_force_after_a_failover() {
    let (server, one, two) = two_nodes().await;
    load(&one.cache.tagged(["t"]).unwrap(), 1, 10).await;
    let reclaim = one.gate.hold_before(Operation::Reclaim);
    let _ = one.flow.invalidate().tags(["t"]).send().await.unwrap();
    reclaim.reached().await;
    let late = Node::silent(&server, |flow| flow).await;
    late.subscribed().await;
    server.fail_over_to(server.backup());
    for node in [&two, &late] {
        node.subscribed().await;
        assert_eq!(node.cache.get(&1).await, None);
    }
    reclaim.release();
    let gone = async || server.names().is_empty();
    eventually("it is removed", WITHIN, gone).await;
}

/// Its writer is gone before anything was removed.
#[tokio::test]
async fn what_a_dead_node_left_open_is_no_hit_for_one_that_starts() {
    let server = MemoryBackend::new();
    let writer = Node::on(&server).await;
    load(&writer.cache.tagged(["t"]).unwrap(), 1, 10).await;
    let reclaim = writer.gate.hold_before(Operation::Reclaim);
    let _ = writer.flow.invalidate().tags(["t"]).send().await.unwrap();
    reclaim.reached().await;
    drop(writer);
    let late = Node::on(&server).await;
    assert_eq!(server.names(), ["cacheflow:numbers:1"]);
    assert_eq!(late.cache.get(&1).await, None);
    let numbers: Cache<u64, u64> = late.flow.cache("others").ttl(HOUR).build().unwrap();
    assert_eq!(load(&numbers, 1, 1).await, 1);
}
