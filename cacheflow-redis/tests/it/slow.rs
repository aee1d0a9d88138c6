//! Redis is slow, refuses writes, or is behind a network that swallows.

use std::time::Duration;

use cacheflow::{Applied, Event, StoreHealth};
use cacheflow_testkit::{RedisServer, eventually};

use crate::world::{
    BOUND, Db, Node, PREFIX, World, builder, bytes_of, calls, event, impatient, redis, so_far,
    within,
};

#[tokio::test]
async fn a_server_slower_than_the_budget_is_not_waited_for() {
    let (world, db) = (World::start().await, Db::at(1));
    let node = Node::without_memory(impatient(&world.proxy.url())).await;
    node.finds(7, &world.server, &db).await;
    let before = (db.reads(), node.users.stats().store_failures);
    let mut events = node.flow.events();
    world.proxy.delay(Duration::from_secs(1));
    for _ in 0..50 {
        assert_eq!(node.get(7, &db).await, 1);
    }
    assert_eq!(db.reads(), before.0 + 50);
    let failures = node.users.stats().store_failures - before.1;
    assert_eq!(failures, 3, "so many calls spent their budget");
    assert!(so_far(&mut events).contains(&Event::StoreDown));
    assert_eq!(node.flow.health().store, Some(StoreHealth::Down));

    world.proxy.pass();
    event(&mut events, |event| *event == Event::StoreUp).await;
    node.is_good().await;
    node.finds(7, &world.server, &db).await;
}

/// A probe that is more patient than callers would close the breaker again and
/// again, each time at the price of a few callers' budgets.
#[tokio::test]
async fn a_server_that_answers_a_probe_but_no_caller_in_time_stays_out_of_use() {
    let (world, db) = (World::start().await, Db::at(1));
    let budget = Duration::from_millis(100);
    let flow = builder(&world.proxy.url()).operation_budget(budget);
    let node = Node::without_memory(flow).await;
    node.finds(7, &world.server, &db).await;
    let failures = node.users.stats().store_failures;
    let mut events = node.flow.events();
    // There and back it is more than a caller's budget.
    world.proxy.delay(Duration::from_millis(80));
    redis(&world.server, &["CONFIG", "RESETSTAT"]).await;
    eventually("it was probed several times", BOUND, async || {
        assert_eq!(node.get(7, &db).await, 1);
        calls(&world.server, "ping").await >= 4
    })
    .await;
    assert_eq!(node.users.stats().store_failures - failures, 3);
    assert!(!so_far(&mut events).contains(&Event::StoreUp));
    world.proxy.pass();
    event(&mut events, |event| *event == Event::StoreUp).await;
}

/// Nobody waits for what is sent in the background.
#[tokio::test]
async fn what_waits_reaches_a_server_that_is_slower_than_the_budget() {
    let (world, db) = (World::start().await, Db::at(1));
    let budget = Duration::from_millis(100);
    let flow = builder(&world.proxy.url()).operation_budget(budget);
    let a = Node::ready_as(flow).await;
    let b = Node::ready(&world.server.url()).await;
    assert_eq!((a.get(7, &db).await, b.get(7, &db).await), (1, 1));
    world.proxy.black_hole();
    db.set(2);
    assert_eq!(a.users.invalidate(&7).await.unwrap(), Applied::Local);
    world.proxy.cut();
    world.proxy.delay(Duration::from_millis(80));
    eventually("the other node has heard", BOUND, async || {
        b.peek(7).is_none()
    })
    .await;
    assert_eq!((b.get(7, &db).await, a.get(7, &db).await), (2, 2));
}

/// A slow server that is within the budget is no failure.
#[tokio::test]
async fn a_server_within_the_budget_is_waited_for() {
    let (world, db) = (World::start().await, Db::at(1));
    let node = Node::without_memory(builder(&world.proxy.url())).await;
    node.get(7, &db).await;
    world.proxy.delay(Duration::from_millis(100));
    for _ in 0..5 {
        node.get(7, &db).await;
    }
    assert_eq!(db.reads(), 1);
    assert_eq!(node.users.stats().store_failures, 0);
}

#[tokio::test]
async fn a_value_that_redis_refuses_is_returned_counted_and_kept_in_memory() {
    let (server, db) = (RedisServer::start().await, Db::at(1));
    let node = Node::ready(&server.url()).await;
    node.get(1, &db).await;
    redis(&server, &["CONFIG", "SET", "maxmemory", "1"]).await;
    let mut events = node.flow.events();
    assert_eq!(node.get(7, &db).await, 1);
    assert_eq!(node.users.stats().store_failures, 1);
    let failed = event(&mut events, |event| {
        matches!(event, Event::StoreFailed { .. })
    })
    .await;
    let Event::StoreFailed { cache, key, error } = failed else {
        unreachable!("it was waited for")
    };
    assert_eq!((cache.as_str(), key.as_bytes()), ("users", b"7".as_slice()));
    assert!(error.contains("OOM"), "{error}");
    assert_eq!(node.peek(7), Some(1));
    assert_eq!(bytes_of(&server, &format!("{PREFIX}users:7")).await, None);
}

/// Redis without memory for anything new: what is forgotten must go all the
/// same, or it would be read by every other node until its TTL.
#[tokio::test]
async fn a_full_redis_still_forgets() {
    let (server, db) = (RedisServer::start().await, Db::at(1));
    let a = Node::ready(&server.url()).await;
    let b = Node::without_memory(builder(&server.url())).await;
    a.get(7, &db).await;
    redis(&server, &["CONFIG", "SET", "maxmemory", "1"]).await;
    db.set(2);
    let _ = a.users.invalidate(&7).await.unwrap();
    assert_eq!(a.get(7, &db).await, 2);
    assert_eq!(b.get(7, &db).await, 2);

    redis(&server, &["CONFIG", "SET", "maxmemory", "0"]).await;
    a.is_good().await;
    assert_eq!(a.users.invalidate(&7).await.unwrap(), Applied::Recorded);
}

#[tokio::test]
async fn in_a_black_hole_calls_answer_and_new_connections_lead_out_of_it() {
    // The second budget is shorter than a ping's patience.
    for budget in [50, 10] {
        let (world, db) = (World::start().await, Db::at(1));
        let budget = Duration::from_millis(budget);
        let flow = builder(&world.proxy.url()).operation_budget(budget);
        let node = Node::without_memory(flow).await;
        // A shorter budget may need several tries to connect at all.
        let key = format!("{PREFIX}users:7");
        eventually("the store is used", BOUND, async || {
            node.get(7, &db).await;
            bytes_of(&world.server, &key).await.is_some()
        })
        .await;
        let mut events = node.flow.events();
        world.proxy.black_hole();
        for _ in 0..10 {
            assert_eq!(node.get(7, &db).await, 1);
        }
        assert!(so_far(&mut events).contains(&Event::StoreDown));

        world.proxy.forget_connections();
        event(&mut events, |event| *event == Event::StoreUp).await;
        within(node.is_good()).await;
    }
}

/// Nobody was ever told that these connections are dead: neither bus nor store
/// may believe in them.
#[tokio::test]
async fn connections_that_the_network_forgot_are_given_up() {
    let (world, db) = (World::start().await, Db::at(1));
    let a = Node::ready_as(impatient(&world.proxy.url())).await;
    let b = Node::ready(&world.server.url()).await;
    a.get(7, &db).await;
    a.get(9, &db).await;
    let mut events = a.flow.events();
    world.proxy.forget_connections();
    db.set(2);
    assert_eq!(b.users.invalidate(&7).await.unwrap(), Applied::Recorded);
    event(&mut events, |event| *event == Event::BusDown).await;
    event(&mut events, |event| *event == Event::BusUp).await;
    // The replay needs the store, which calls have to find out about first.
    let mut keys = 100..;
    eventually("what was missed is made up for", BOUND, async || {
        a.get(keys.next().unwrap(), &db).await;
        a.peek(7).is_none()
    })
    .await;
    assert_eq!(a.peek(9), Some(1), "and nothing else is gone");
    assert!(so_far(&mut events).contains(&Event::Replayed(1)));
    eventually("the store is reached again", BOUND, async || {
        let reads = db.reads();
        a.get(8, &db).await;
        a.get(7, &db).await;
        a.flow.health().is_good() && db.reads() == reads
    })
    .await;
    assert_eq!(a.get(7, &db).await, 2);
}

/// Nobody calls meanwhile: the replay itself has to find out that the store's
/// connection is dead.
#[tokio::test]
async fn what_was_missed_is_made_up_for_although_nobody_calls() {
    let (world, db) = (World::start().await, Db::at(1));
    let a = Node::ready_as(impatient(&world.proxy.url())).await;
    let b = Node::ready(&world.server.url()).await;
    a.get(7, &db).await;
    world.proxy.forget_connections();
    assert_eq!(b.users.invalidate(&7).await.unwrap(), Applied::Recorded);
    eventually("what was missed is made up for", BOUND, async || {
        a.peek(7).is_none()
    })
    .await;
}

/// Without the journal a connection is no use, whatever else the server answers:
/// a server that loads its data, or grants no scripts, is as good as away.
#[tokio::test]
async fn a_server_that_refuses_the_journal_is_not_asked_by_every_call() {
    let (server, db) = (RedisServer::start().await, Db::at(1));
    let node = Node::without_memory(builder(&server.url())).await;
    node.get(7, &db).await;
    redis(&server, &["ACL", "SETUSER", "default", "-@scripting"]).await;
    redis(&server, &["CLIENT", "KILL", "TYPE", "normal"]).await;
    for _ in 0..50 {
        assert_eq!(node.get(7, &db).await, 1);
    }
    let failures = node.users.stats().store_failures;
    assert!(failures <= 4, "{failures} calls asked in vain");
    redis(&server, &["ACL", "SETUSER", "default", "+@all"]).await;
    node.is_good().await;
    let reads = db.reads();
    node.get(7, &db).await;
    assert_eq!(db.reads(), reads, "Redis is read again");
}
