//! What is on its way while its key is forgotten is kept nowhere.

use std::sync::Arc;
use std::time::Duration;

use cacheflow::Applied;
use cacheflow::clock::Clock;
use cacheflow_redis::RedisBackend;
use cacheflow_testkit::{Gate, Operation, RedisServer, eventually};

use crate::world::{BOUND, Db, Node, PREFIX, Split, World, builder_on, bytes_of, two, within};

const KEY: u64 = 7;

async fn stored(server: &RedisServer) -> bool {
    bytes_of(server, &format!("{PREFIX}users:{KEY}"))
        .await
        .is_some()
}

#[tokio::test]
async fn a_load_during_which_its_key_was_forgotten_elsewhere_is_kept_nowhere() {
    let (server, db) = (RedisServer::start().await, Db::at(1));
    let (a, b) = two(&server).await;
    let load = b.begin_load(KEY, &db).await;
    db.set(2);
    assert_eq!(a.users.invalidate(&KEY).await.unwrap(), Applied::Recorded);
    // This node knows of it; the server would find nothing newer.
    b.has_heard(&a).await;
    assert_eq!(load.finish().await, 1);
    assert!(!stored(&server).await);
    assert_eq!(b.peek(KEY), None);
    assert_eq!(b.users.stats().fills_refused, 1);
    assert_eq!((b.get(KEY, &db).await, a.get(KEY, &db).await), (2, 2));
}

#[tokio::test]
async fn the_server_refuses_a_load_whose_node_has_not_heard() {
    let (world, db) = (World::start().await, Db::at(1));
    let a = Node::ready(&world.server.url()).await;
    let split = Split::new(&world.server.url(), &world.proxy.url());
    let deaf = Node::ready_as(builder_on(split)).await;
    for clear in [false, true] {
        world.proxy.black_hole();
        let load = deaf.begin_load(KEY, &db).await;
        db.set(db.read().await.unwrap() + 1);
        let applied = match clear {
            false => a.users.invalidate(&KEY).await,
            true => a.users.clear().await,
        };
        assert_eq!(applied.unwrap(), Applied::Recorded);
        let old = load.finish().await;
        assert!(!stored(&world.server).await, "clear: {clear}");
        assert_eq!(deaf.peek(KEY), None);
        world.proxy.pass();
        deaf.is_good().await;
        assert_eq!(deaf.get(KEY, &db).await, old + 1);
        let _ = a.users.invalidate(&KEY).await.unwrap();
        deaf.has_heard(&a).await;
    }
}

#[tokio::test]
async fn a_load_during_which_its_own_node_forgot_the_key_or_cleared_is_kept_nowhere() {
    let (server, db) = (RedisServer::start().await, Db::at(1));
    let node = Node::ready(&server.url()).await;
    for change in 0..3 {
        let load = node.begin_load(KEY, &db).await;
        let new = db.read().await.unwrap() + 1;
        db.set(new);
        let applied = match change {
            0 => node.users.invalidate(&KEY).await,
            1 => node.users.invalidate_many(&[1, KEY, 2]).await,
            _ => node.users.clear().await,
        };
        assert_eq!(applied.unwrap(), Applied::Recorded);
        // Who comes now does not join the old load.
        assert_eq!(node.get(KEY, &db).await, new);
        assert_eq!(node.users.stats().joined, 0);
        assert_eq!(load.finish().await, new - 1);
        assert_eq!(node.peek(KEY), Some(new), "the old load took it away");
        assert_eq!(node.get(KEY, &db).await, new);
        let _ = node.users.invalidate(&KEY).await.unwrap();
    }
    assert_eq!(node.users.under_way(), 0);
}

#[tokio::test]
async fn who_comes_after_the_news_does_not_join_the_load_from_before() {
    let (server, db) = (RedisServer::start().await, Db::at(1));
    let (a, b) = two(&server).await;
    let load = b.begin_load(KEY, &db).await;
    db.set(2);
    let _ = a.users.invalidate(&KEY).await.unwrap();
    b.has_heard(&a).await;
    assert_eq!(b.get(KEY, &db).await, 2);
    assert_eq!(b.users.stats().joined, 0);
    assert_eq!(load.finish().await, 1);
    assert_eq!((b.peek(KEY), b.get(KEY, &db).await), (Some(2), 2));
    assert_eq!(a.get(KEY, &db).await, 2);
}

#[tokio::test]
async fn a_put_survives_the_loads_that_it_overtook() {
    let (server, db) = (RedisServer::start().await, Db::at(1));
    let (a, b) = two(&server).await;
    let (here, there) = (a.begin_load(KEY, &db).await, b.begin_load(KEY, &db).await);
    db.set(2);
    assert_eq!(a.users.put(&KEY, 2).await.unwrap(), Applied::Recorded);
    assert_eq!((there.finish().await, here.finish().await), (1, 1));
    assert_eq!((a.get(KEY, &db).await, b.get(KEY, &db).await), (2, 2));
    assert_eq!(db.reads(), 2, "the put was there for both");
}

/// The reply of Redis is on its way when the key is forgotten: what it holds is
/// old, for memory and for the caller.
#[tokio::test]
async fn a_read_of_redis_during_which_its_key_was_forgotten_is_no_hit() {
    let (server, db) = (RedisServer::start().await, Db::at(1));
    let a = Node::ready(&server.url()).await;
    let gate = Gate::new(RedisBackend::open(&server.url()).unwrap());
    let b = Node::ready_as(builder_on(gate.clone())).await;
    for (round, change) in (1..).zip(["key", "tag", "pattern", "clear", "put"]) {
        let tagged = a.users.tagged(["t"]).unwrap();
        let loaded = tagged.get_or_load(&KEY, || db.read()).await;
        assert_eq!(loaded.unwrap(), round);
        let answered = gate.hold_after(Operation::Get);
        let read = tokio::spawn({
            let (users, db) = (b.users.clone(), Arc::clone(&db));
            async move { users.get_or_load(&KEY, || db.read()).await.unwrap() }
        });
        answered.reached().await;
        db.set(round + 1);
        let forget = a.flow.invalidate();
        let applied = match change {
            "key" => a.users.invalidate(&KEY).await,
            "tag" => forget.tags(["t"]).send().await,
            "pattern" => forget.pattern("users:*").send().await,
            "clear" => a.users.clear().await,
            _ => a.users.put(&KEY, round + 1).await,
        };
        assert_eq!(applied.unwrap(), Applied::Recorded);
        // On the bus this comes after the message before.
        b.has_heard(&a).await;
        answered.release();
        assert_eq!(within(read).await.unwrap(), round + 1, "{change}");
        assert_eq!(b.get(KEY, &db).await, round + 1, "{change}");
        assert_eq!(a.get(KEY, &db).await, round + 1, "{change}");
        let _ = a.users.invalidate(&KEY).await.unwrap();
        b.has_heard(&a).await;
    }
}

/// A load that began before this node had ever heard from the bus.
#[tokio::test]
async fn a_load_from_before_the_first_subscription_is_not_kept() {
    let (world, db) = (World::start().await, Db::at(1));
    world.server.kill();
    let flow = crate::world::builder(&world.server.url()).build().await;
    let node = Node::on(flow.unwrap());
    let load = node.begin_load(KEY, &db).await;
    world.server.restart().await;
    node.is_good().await;
    assert_eq!(load.finish().await, 1);
    assert_eq!(node.peek(KEY), None);
    assert!(!stored(&world.server).await);
    node.get(KEY, &db).await;
    assert!(stored(&world.server).await && node.peek(KEY).is_some());
}

/// The journal that a load began under is gone when it ends.
#[tokio::test]
async fn a_load_across_a_flush_is_kept_nowhere() {
    let (server, db) = (RedisServer::start().await, Db::at(1));
    let node = Node::ready(&server.url()).await;
    for _ in 0..3 {
        let load = node.begin_load(KEY, &db).await;
        server.flush_all().await;
        load.finish().await;
        assert!(!stored(&server).await);
        assert_eq!(node.peek(KEY), None);
        let _ = node.users.invalidate(&KEY).await.unwrap();
    }
}

/// Behind a closed gate memory is not served; a load that is as old is no better.
#[tokio::test]
async fn behind_a_closed_gate_nobody_joins_a_load_that_is_too_old() {
    let (world, clock, db) = (World::start().await, Clock::manual(), Db::at(1));
    let staleness = Duration::from_secs(2);
    let a = Node::ready(&world.server.url()).await;
    let split = Split::new(&world.server.url(), &world.proxy.url());
    let split = builder_on(split).max_staleness(staleness);
    let deaf = Arc::new(Node::ready_as(split.clock(clock.clone())).await);
    let load = deaf.begin_load(7, &db).await;
    world.proxy.black_hole();
    db.set(2);
    let _ = a.users.invalidate(&7).await.unwrap();
    clock.advance(10 * staleness);
    let (late, its_db) = (Arc::clone(&deaf), Arc::clone(&db));
    let late = tokio::spawn(async move { late.get(7, &its_db).await });
    eventually("it waits or loads", BOUND, async || {
        db.reads() == 2 || deaf.users.stats().joined == 1
    })
    .await;
    load.finish().await;
    assert_eq!(within(late).await.unwrap(), 2);
}
