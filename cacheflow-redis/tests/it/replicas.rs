//! A replica takes over that has missed the last changes.
//!
//! "Failover with asynchronous replication: acknowledged invalidations vanish, old
//! values rise again, sequence numbers are used twice."

use std::sync::Arc;

use cacheflow::{Applied, Event, Level};
use cacheflow_redis::RedisBackend;
use cacheflow_testkit::{Gate, Operation, RedisServer, Replicated, Sentinel, eventually};

use crate::world::{
    Address, BOUND, Db, Node, PREFIX, Readers, all_done, builder, builder_on, bytes_of, event, get,
    journal, so_far,
};

/// Two servers and the address at which nodes find the one that leads.
struct Pair {
    servers: Replicated,
    address: Address,
}

impl Pair {
    async fn start() -> Self {
        let servers = Replicated::start().await;
        let address = Address::of(servers.primary()).await;
        Self { servers, address }
    }

    async fn node(&self) -> Node {
        Node::ready(&self.address.url).await
    }

    /// What has not been replicated is lost.
    async fn fail_over(&self) {
        self.servers.fail_over().await;
        self.address.leads_to(self.servers.primary());
    }
}

async fn stored(server: &RedisServer, key: &str) -> bool {
    bytes_of(server, &format!("{PREFIX}{key}")).await.is_some()
}

/// The node reads `key` from Redis, without a load.
async fn is_warm(node: &Node, key: u64, value: u64) {
    let found = node.users.lookup(&key).await.found();
    let found = found.expect("the store is not cold");
    assert_eq!((found.value, found.level), (value, Level::Shared));
}

/// Everything by which something can be forgotten, each lost by the failover.
#[tokio::test]
async fn what_a_failover_has_lost_is_forgotten_again_and_the_rest_stays_warm() {
    let (pair, db) = (Pair::start().await, Db::at(1));
    let (a, b) = (Arc::new(pair.node().await), Arc::new(pair.node().await));
    for node in [&a, &b] {
        for key in [1, 3, 6, 9] {
            node.get(key, &db).await;
        }
        get(&node.users.tagged(["t"]).unwrap(), 2, &db).await;
        let page = node.cache("pages").depends_on([node.users.full_key(&1)]);
        get(&page, 1, &db).await;
        for cache in ["orders", "lines"] {
            get(&node.cache(cache), 1, &db).await;
        }
    }
    let (inc, number) = journal(pair.servers.primary()).await;
    pair.servers.until_in_sync().await;
    pair.servers.stop_replicating().await;
    db.set(2);
    assert_eq!(a.users.invalidate(&1).await.unwrap(), Applied::Recorded);
    let forget = a.flow.invalidate().tags(["t"]).pattern("order?:*");
    assert_eq!(forget.send().await.unwrap(), Applied::Recorded);
    assert_eq!(b.users.put(&3, 2).await.unwrap(), Applied::Recorded);
    assert_eq!(b.cache("lines").clear().await.unwrap(), Applied::Recorded);
    let write = a.users.begin_write(&6).await.unwrap();
    assert_eq!(write.finish().await.unwrap(), Applied::Recorded);
    all_done(pair.servers.primary()).await;
    a.has_heard(&b).await;
    b.has_heard(&a).await;
    let forgotten = [
        "users:1", "users:2", "users:3", "users:6", "orders:1", "lines:1", "pages:1",
    ];
    for key in forgotten {
        assert!(
            stored(pair.servers.replica(), key).await,
            "{key} will rise again"
        );
    }

    let mut events = [a.flow.events(), b.flow.events()];
    let readers = [&a, &b].map(|node| [1, 2, 3, 6].map(|key| Readers::of(node, key, &db, 2)));
    pair.fail_over().await;
    for (node, events) in [&a, &b].into_iter().zip(&mut events) {
        event(events, |event| *event == Event::Gap).await;
        node.is_good().await;
    }
    for readers in readers.into_iter().flatten() {
        assert_eq!(readers.end().await, 0, "something old was served");
    }
    let reads = db.reads();
    for node in [&a, &b] {
        for cache in ["orders", "lines", "pages"] {
            assert_ne!(node.cache(cache).get(&1).await, Some(1), "{cache}");
        }
        is_warm(node, 9, 1).await;
    }
    assert_eq!(db.reads(), reads);
    let now = pair.servers.primary();
    all_done(now).await;
    for key in ["orders:1", "lines:1", "pages:1"] {
        assert!(!stored(now, key).await, "{key} is removed again");
    }
    // No number was given out twice.
    let (other, later) = journal(now).await;
    assert!(other != inc && later > number);
}

/// It is not its own forgetting only that a node repeats.
#[tokio::test]
async fn what_a_dead_node_has_forgotten_is_repeated_by_those_that_heard_it() {
    let (pair, db) = (Pair::start().await, Db::at(1));
    let (a, b) = (pair.node().await, pair.node().await);
    for key in [1, 9] {
        a.get(key, &db).await;
    }
    get(&a.users.tagged(["t"]).unwrap(), 2, &db).await;
    pair.servers.until_in_sync().await;
    pair.servers.stop_replicating().await;
    db.set(2);
    assert_eq!(a.users.invalidate(&1).await.unwrap(), Applied::Recorded);
    let _ = a.flow.invalidate().tags(["t"]).send().await.unwrap();
    b.has_heard(&a).await;
    a.flow.shutdown(BOUND).await.unwrap();
    drop(a);
    let mut events = b.flow.events();
    pair.fail_over().await;
    event(&mut events, |event| *event == Event::Gap).await;
    b.is_good().await;
    assert_eq!((b.get(1, &db).await, b.get(2, &db).await), (2, 2));
    is_warm(&b, 9, 1).await;
    // Nor is it found by who has never heard of it.
    let late = pair.node().await;
    assert_eq!((late.get(1, &db).await, late.get(2, &db).await), (2, 2));
}

/// Nothing is lost: nothing is forgotten, and the nodes leave the former primary,
/// which goes on answering.
#[tokio::test]
async fn a_planned_failover_keeps_everything() {
    let (pair, db) = (Pair::start().await, Db::at(1));
    let (a, b) = (pair.node().await, pair.node().await);
    for key in [1, 9] {
        a.get(key, &db).await;
        b.get(key, &db).await;
    }
    let mut events = [a.flow.events(), b.flow.events()];
    pair.address.leads_to(pair.servers.replica());
    pair.servers.fail_over_planned().await;
    let others = Db::at(7);
    for (node, events) in [&a, &b].into_iter().zip(&mut events) {
        event(events, |event| *event == Event::Gap).await;
        node.is_good().await;
        // Its store still asks the former primary, whose answers it does not
        // believe, until that refuses a write.
        let mut keys = 100..;
        eventually("Redis is read again", BOUND, async || {
            node.get(keys.next().unwrap(), &others).await;
            node.users.get(&9).await.is_some()
        })
        .await;
    }
    db.set(2);
    let _ = a.users.invalidate(&1).await.unwrap();
    a.is_good().await;
    assert_eq!(a.get(1, &db).await, 2);
    b.has_heard(&a).await;
    assert_eq!(b.get(1, &db).await, 2);
    assert_eq!(db.reads(), 3, "two at first, one for what was forgotten");
    let now = pair.servers.primary();
    assert!(stored(now, "users:1").await && stored(now, "users:9").await);
}

/// A node that only reads: nothing that it does is refused by the former primary.
#[tokio::test]
async fn after_a_planned_failover_a_node_that_only_reads_is_warm_again() {
    let (pair, db) = (Pair::start().await, Db::at(1));
    let a = pair.node().await;
    a.get(9, &db).await;
    let mut events = a.flow.events();
    pair.address.leads_to(pair.servers.replica());
    pair.servers.fail_over_planned().await;
    event(&mut events, |event| *event == Event::Gap).await;
    a.is_good().await;
    eventually("Redis is read again", BOUND, async || {
        a.users.get(&9).await.is_some()
    })
    .await;
}

/// The line of journals goes on.
#[tokio::test]
async fn what_was_kept_before_two_failovers_is_still_warm() {
    let (pair, db) = (Pair::start().await, Db::at(1));
    let (a, b) = (pair.node().await, pair.node().await);
    for key in [1, 2, 9] {
        a.get(key, &db).await;
    }
    for round in 1..=3 {
        pair.servers.until_in_sync().await;
        pair.servers.stop_replicating().await;
        db.set(round + 1);
        assert_eq!(a.users.invalidate(&1).await.unwrap(), Applied::Recorded);
        b.has_heard(&a).await;
        let mut events = [a.flow.events(), b.flow.events()];
        pair.fail_over().await;
        for (node, events) in [&a, &b].into_iter().zip(&mut events) {
            event(events, |event| *event == Event::Gap).await;
            node.is_good().await;
            is_warm(node, 9, 1).await;
            assert_eq!(node.get(1, &db).await, round + 1);
        }
        // What is new is kept as before, and forgotten as before.
        a.get(100 + round, &db).await;
        is_warm(&b, 100 + round, round + 1).await;
        pair.servers.rejoin().await;
    }
    let reads = db.reads();
    let late = pair.node().await;
    for (key, value) in [(2, 1), (9, 1), (101, 2), (102, 3), (103, 4)] {
        is_warm(&late, key, value).await;
    }
    assert_eq!(db.reads(), reads);
}

/// The record has reached the replica, its removals have not.
#[tokio::test]
async fn what_is_not_removed_yet_is_removed_on_the_new_server() {
    let (pair, db) = (Pair::start().await, Db::at(1));
    let gate = Gate::new(RedisBackend::open(&pair.address.url).unwrap());
    let a = Node::ready_as(builder_on(gate.clone())).await;
    let b = pair.node().await;
    for key in 0..150 {
        get(&a.users.tagged(["t"]).unwrap(), key, &db).await;
    }
    a.get(900, &db).await;
    let reclaim = gate.hold_before(Operation::Reclaim);
    let forget = a.flow.invalidate().tags(["t"]);
    assert_eq!(forget.send().await.unwrap(), Applied::Recorded);
    reclaim.reached().await;
    b.has_heard(&a).await;
    pair.servers.until_in_sync().await;
    let mut events = [a.flow.events(), b.flow.events()];
    pair.fail_over().await;
    for events in &mut events {
        event(events, |event| *event == Event::Gap).await;
    }
    b.is_good().await;
    let late = pair.node().await;
    for node in [&a, &b, &late] {
        assert_eq!(node.users.get(&7).await, None);
    }
    is_warm(&late, 900, 1).await;
    reclaim.release();
    let now = pair.servers.primary();
    all_done(now).await;
    let mut names = now.keys().await;
    names.retain(|name| name.contains("users:") || name.contains("reclaim"));
    assert_eq!(names, [format!("{PREFIX}users:900")]);
}

/// The old primary lives, and a node stays with it: what it is told there is lost
/// for those who have left, until that node is led to the new one.
#[tokio::test]
async fn after_a_split_all_that_either_side_has_forgotten_is_forgotten() {
    let (pair, db) = (Pair::start().await, Db::at(1));
    let a = pair.node().await;
    for key in [1, 2, 3, 9] {
        a.get(key, &db).await;
    }
    pair.servers.until_in_sync().await;
    pair.servers.promote().await;
    let elsewhere = Address::of(pair.servers.primary()).await;
    let b = Node::ready(&elsewhere.url).await;
    for key in [1, 2, 3, 9] {
        is_warm(&b, key, 1).await;
    }
    db.set(2);
    assert_eq!(a.users.invalidate(&1).await.unwrap(), Applied::Recorded);
    assert_eq!(a.users.put(&3, 2).await.unwrap(), Applied::Recorded);
    assert_eq!(b.users.invalidate(&2).await.unwrap(), Applied::Recorded);
    // Each side sees what it has written.
    assert_eq!((a.get(1, &db).await, a.get(3, &db).await), (2, 2));
    assert_eq!(b.get(2, &db).await, 2);
    let mut events = (a.flow.events(), b.flow.events());
    pair.address.leads_to(pair.servers.primary());
    pair.servers.rejoin().await;
    event(&mut events.0, |event| *event == Event::Gap).await;
    a.is_good().await;
    b.has_heard(&a).await;
    for node in [&a, &b] {
        for key in [1, 2, 3] {
            assert_eq!(node.get(key, &db).await, 2, "{key}");
        }
        assert_eq!(node.get(9, &db).await, 1);
    }
    assert!(
        !so_far(&mut events.1).contains(&Event::Gap),
        "who was right goes on"
    );
}

/// Nobody tells the nodes where the new primary is but a Sentinel.
#[tokio::test]
async fn a_sentinel_leads_to_the_new_primary() {
    let (servers, db) = (Replicated::start().await, Db::at(1));
    let sentinel = Sentinel::start(&servers).await;
    let backend = RedisBackend::sentinel([sentinel.url()], sentinel.service()).unwrap();
    let a = Node::ready_as(builder_on(backend.clone())).await;
    let b = Node::ready_as(builder_on(backend)).await;
    for key in [1, 9] {
        a.get(key, &db).await;
        b.get(key, &db).await;
    }
    servers.until_in_sync().await;
    servers.stop_replicating().await;
    db.set(2);
    assert_eq!(a.users.invalidate(&1).await.unwrap(), Applied::Recorded);
    b.has_heard(&a).await;
    let mut events = [a.flow.events(), b.flow.events()];
    servers.primary().kill();
    sentinel.until_failed_over(&servers).await;
    for (node, events) in [&a, &b].into_iter().zip(&mut events) {
        event(events, |event| *event == Event::Gap).await;
        node.is_good().await;
        assert_eq!(node.get(1, &db).await, 2);
        is_warm(node, 9, 1).await;
    }
}

/// A server that keeps its data on disk and has lost nothing.
#[tokio::test]
async fn after_a_restart_from_disk_values_are_warm_and_what_was_forgotten_stays_so() {
    let server = RedisServer::builder().arg("--appendonly", "yes");
    let server = server.arg("--appendfsync", "always").start().await;
    let db = Db::at(1);
    let a = Node::ready(&server.url()).await;
    let b = Node::ready_as(builder(&server.url())).await;
    for key in [1, 9] {
        a.get(key, &db).await;
        b.get(key, &db).await;
    }
    let (inc, _) = journal(&server).await;
    db.set(2);
    assert_eq!(a.users.invalidate(&1).await.unwrap(), Applied::Recorded);
    let mut events = [a.flow.events(), b.flow.events()];
    server.restart().await;
    for (node, events) in [&a, &b].into_iter().zip(&mut events) {
        event(events, |event| *event == Event::Gap).await;
        node.is_good().await;
        is_warm(node, 9, 1).await;
        assert_eq!(node.get(1, &db).await, 2);
    }
    eventually("it goes on under another incarnation", BOUND, async || {
        journal(&server).await.0 != inc
    })
    .await;
}
