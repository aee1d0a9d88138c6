//! Writes that are under way, and waiting for every node, on one Redis with two
//! nodes.
//!
//! Lines in quotation marks are what goes wrong elsewhere.

use std::time::Duration;

use cacheflow::{Applied, Cache, Write};
use cacheflow_redis::RedisBackend;
use cacheflow_testkit::{Gate, Operation, RedisServer, eventually};

use crate::world::{
    BOUND, Db, Node, PREFIX, Split, World, all_done, builder, builder_on, bytes_of, every_key_dies,
    get, integer, two,
};

async fn begin(cache: &Cache<u64, u64>, key: u64) -> Write {
    let write = cache.begin_write(&key).await.unwrap();
    assert_eq!(write.begun(), Applied::Recorded);
    write
}

async fn finish(write: Write) {
    assert_eq!(write.finish().await.unwrap(), Applied::Recorded);
}

async fn stored(server: &RedisServer, key: &str) -> bool {
    bytes_of(server, &format!("{PREFIX}{key}")).await.is_some()
}

/// Nothing is left of any write.
async fn nothing_held(server: &RedisServer) {
    for name in ["journal:open", "journal:held"] {
        let name = format!("{PREFIX}{name}");
        assert_eq!(integer(server, &["EXISTS", &name]).await, 0, "{name}");
    }
}

/// "Invalidation inside a database transaction: a reader refills the old row
/// before the commit": readers that hear and one that does not.
#[tokio::test]
async fn between_begin_and_finish_nothing_is_kept_anywhere() {
    let (world, db) = (World::start().await, Db::at(1));
    let (a, b) = two(&world.server).await;
    let split = Split::new(&world.server.url(), &world.proxy.url());
    let deaf = Node::ready_as(builder_on(split)).await;
    for node in [&a, &b, &deaf] {
        node.get(7, &db).await;
    }
    let write = begin(&a.users, 7).await;
    b.has_heard(&a).await;
    deaf.has_heard(&a).await;
    let before = b.begin_load(7, &db).await;
    world.proxy.black_hole();
    for node in [&a, &b, &deaf] {
        node.get(8, &db).await;
        assert_eq!(node.peek(8), Some(1), "another key");
    }
    // The transaction is open: the database shows the old row.
    let from_before = deaf.begin_load(7, &db).await;
    for node in [&a, &deaf] {
        node.users.get(&7).await;
        assert_eq!(node.peek(7), None);
    }
    db.set(2);
    finish(write).await;
    assert_eq!(from_before.finish().await, 1);
    assert_eq!(before.finish().await, 1);
    for node in [&a, &b, &deaf] {
        assert_eq!(node.peek(7), None);
    }
    assert!(!stored(&world.server, "users:7").await);
    world.proxy.pass();
    deaf.is_good().await;
    for node in [&b, &deaf] {
        node.has_heard(&a).await;
    }
    for node in [&a, &b, &deaf] {
        assert_eq!(node.get(7, &db).await, 2);
        assert_eq!(node.peek(7), Some(2), "it can be kept again");
    }
    nothing_held(&world.server).await;
}

/// The node does not know of the write; the server does.
#[tokio::test]
async fn a_node_that_has_not_heard_of_a_write_keeps_and_puts_nothing() {
    let (world, db) = (World::start().await, Db::at(1));
    let a = Node::ready(&world.server.url()).await;
    let split = Split::new(&world.server.url(), &world.proxy.url());
    let deaf = Node::ready_as(builder_on(split)).await;
    for is_put in [false, true] {
        world.proxy.black_hole();
        let write = begin(&a.users, 7).await;
        if is_put {
            assert_eq!(deaf.users.put(&7, 9).await.unwrap(), Applied::Recorded);
        } else {
            assert_eq!(deaf.get(7, &db).await, 1);
        }
        assert_eq!(deaf.peek(7), None, "put: {is_put}");
        assert!(!stored(&world.server, "users:7").await, "put: {is_put}");
        finish(write).await;
        world.proxy.pass();
        deaf.is_good().await;
        deaf.has_heard(&a).await;
        nothing_held(&world.server).await;
    }
}

/// Each ends its own: the key can be kept when the last has ended.
#[tokio::test]
async fn writes_of_two_nodes_overlap() {
    let (server, db) = (RedisServer::start().await, Db::at(1));
    let (a, b) = two(&server).await;
    for a_ends_first in [true, false] {
        let (mut first, mut second) = (begin(&a.users, 7).await, begin(&b.users, 7).await);
        if !a_ends_first {
            std::mem::swap(&mut first, &mut second);
        }
        finish(first).await;
        for node in [&a, &b] {
            node.get(7, &db).await;
            assert_eq!(node.peek(7), None);
        }
        assert!(!stored(&server, "users:7").await);
        finish(second).await;
        a.has_heard(&b).await;
        b.has_heard(&a).await;
        for node in [&a, &b] {
            node.get(7, &db).await;
            assert_eq!(node.peek(7), Some(1));
        }
        nothing_held(&server).await;
    }
}

/// What is forgotten or put meanwhile, in whatever way, does not end a write.
#[tokio::test]
async fn a_write_outlasts_what_is_forgotten_meanwhile() {
    let (server, db) = (RedisServer::start().await, Db::at(1));
    let (a, b) = two(&server).await;
    let write = begin(&a.users, 7).await;
    for change in ["key", "put", "clear", "all", "tag"] {
        let forget = b.flow.invalidate();
        let applied = match change {
            "key" => b.users.invalidate(&7).await,
            "put" => b.users.put(&7, 5).await,
            "clear" => b.users.clear().await,
            "all" => forget.all().send().await,
            _ => forget.tags(["t"]).send().await,
        };
        assert_eq!(applied.unwrap(), Applied::Recorded);
        a.has_heard(&b).await;
        for node in [&a, &b] {
            node.get(7, &db).await;
            assert_eq!(node.peek(7), None, "{change}");
        }
        assert!(!stored(&server, "users:7").await, "{change}");
    }
    finish(write).await;
    b.has_heard(&a).await;
    b.get(7, &db).await;
    assert_eq!(b.peek(7), Some(1));
    all_done(&server).await;
    nothing_held(&server).await;
}

/// What is made of the key is forgotten at the beginning and the end, and not kept
/// in between.
#[tokio::test]
async fn parents_are_not_kept_while_their_child_is_written() {
    let (world, db) = (World::start().await, Db::at(1));
    let a = Node::ready(&world.server.url()).await;
    let split = Split::new(&world.server.url(), &world.proxy.url());
    let b = Node::ready_as(builder_on(split)).await;
    let parents = b.cache("orders").depends_on([a.users.full_key(&7)]);
    get(&parents, 1, &db).await;
    for is_deaf in [false, true] {
        if is_deaf {
            world.proxy.black_hole();
        }
        let write = begin(&a.users, 7).await;
        if !is_deaf {
            b.has_heard(&a).await;
            assert_eq!(parents.peek(&1), None);
        }
        assert!(!stored(&world.server, "orders:1").await);
        get(&parents, 2, &db).await;
        assert_eq!(parents.peek(&2), None, "deaf: {is_deaf}");
        assert!(!stored(&world.server, "orders:2").await, "deaf: {is_deaf}");
        finish(write).await;
        world.proxy.pass();
        b.is_good().await;
        b.has_heard(&a).await;
        get(&parents, 1, &db).await;
        assert!(parents.peek(&1).is_some() && stored(&world.server, "orders:1").await);
        nothing_held(&world.server).await;
    }
}

/// The node dies with its writes: the server's clock ends them.
#[tokio::test]
async fn a_write_that_nobody_ends_times_out() {
    let (server, db) = (RedisServer::start().await, Db::at(1));
    let gate = Gate::new(RedisBackend::open(&server.url()).unwrap());
    let dying = Node::ready_as(builder_on(gate.clone())).await;
    let b = Node::ready(&server.url()).await;
    let strict = dying.flow.cache::<u64, u64>("strict");
    let strict = strict
        .write_timeout(Duration::from_secs(2))
        .build()
        .unwrap();
    let write = begin(&strict, 7).await;
    let record = gate.hold_before(Operation::Record);
    drop(write);
    record.reached().await;
    let there = b.cache("strict");
    get(&there, 7, &db).await;
    drop((strict, dying));
    eventually("it can be kept again", BOUND, async || {
        get(&there, 7, &db).await;
        there.peek(&7).is_some()
    })
    .await;
    assert!(stored(&server, "strict:7").await);
    drop(record);
    every_key_dies(&server).await;
}

/// Keys that the server's list of writes could mistake.
#[tokio::test]
async fn a_write_to_a_hostile_key_holds_it_and_no_other() {
    const HOSTILE: [&str; 10] = [
        "*",
        "1=9999999999999;",
        "a=b;c",
        "\",\"hold\":",
        "\"]}",
        "x\ny",
        "{}",
        "\0",
        "ü",
        "",
    ];
    let (server, db) = (RedisServer::start().await, Db::at(1));
    let (a, b) = two(&server).await;
    let [here, there] =
        [&a, &b].map(|node| -> Cache<String, u64> { node.flow.cache("texts").build().unwrap() });
    let kept = async || {
        let mut kept = Vec::new();
        for key in HOSTILE {
            there.get_or_load(key, || db.read()).await.unwrap();
            kept.extend(there.peek(key).map(|_| key));
        }
        kept
    };
    for key in HOSTILE {
        let write = here.begin_write(key).await.unwrap();
        b.has_heard(&a).await;
        let mut others = HOSTILE.to_vec();
        others.retain(|other| *other != key);
        assert_eq!(kept().await, others, "{key:?}");
        finish(write).await;
        b.has_heard(&a).await;
        assert_eq!(kept().await, HOSTILE, "{key:?}");
        nothing_held(&server).await;
    }
}

/// Everywhere is when the last node has applied it.
#[tokio::test]
async fn everywhere_waits_for_the_node_that_has_not_heard() {
    let (server, db) = (RedisServer::start().await, Db::at(1));
    // So long does a node wait until it believes to know all others.
    let known = Duration::from_secs(2);
    let a = Node::ready_as(builder(&server.url()).max_staleness(known)).await;
    let gate = Gate::new(RedisBackend::open(&server.url()).unwrap());
    let b = Node::ready_as(builder_on(gate.clone())).await;
    b.get(7, &db).await;
    let forget = a.flow.invalidate().keys(["users:7"]).await_cluster(BOUND);
    assert_eq!(forget.send().await.unwrap(), Applied::Everywhere);
    assert_eq!(b.peek(7), None);

    b.get(7, &db).await;
    let heard = gate.hold_before(Operation::Heard);
    let short = Duration::from_millis(500);
    let forget = a.flow.invalidate().keys(["users:7"]).await_cluster(short);
    assert_eq!(forget.send().await.unwrap(), Applied::Recorded);
    assert_eq!(b.peek(7), Some(1), "it has not heard");
    let forget = a.flow.invalidate().keys(["users:8"]).await_cluster(BOUND);
    let sending = tokio::spawn(forget.send());
    heard.release();
    assert_eq!(sending.await.unwrap().unwrap(), Applied::Everywhere);
    assert_eq!(b.peek(7), None);
}

/// A node that is gone is not waited for: its memory serves nothing any more.
#[tokio::test]
async fn everywhere_does_not_wait_for_nodes_that_are_gone() {
    let (server, db) = (RedisServer::start().await, Db::at(1));
    let staleness = Duration::from_secs(2);
    let a = Node::ready_as(builder(&server.url()).max_staleness(staleness)).await;
    let gone = Node::ready(&server.url()).await;
    gone.get(7, &db).await;
    drop(gone);
    let forget = a.flow.invalidate().keys(["users:7"]).await_cluster(BOUND);
    assert_eq!(forget.send().await.unwrap(), Applied::Everywhere);
}
