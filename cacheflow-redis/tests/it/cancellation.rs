//! Callers that go away, and flows that end.

use std::future::Future;
use std::pin::pin;
use std::sync::Arc;
use std::task::Poll;
use std::time::Duration;

use cacheflow::{Applied, ErrorKind, Event};
use cacheflow_testkit::{RedisServer, eventually};

use crate::world::{
    BOUND, Db, Node, Outage, PREFIX, World, builder, bytes_of, calls, impatient, redis, two, within,
};

/// Polls a future once and drops it.
async fn poll_once(future: impl Future) {
    let mut future = pin!(future);
    std::future::poll_fn(|context| {
        let _ = future.as_mut().poll(context);
        Poll::Ready(())
    })
    .await;
}

#[tokio::test]
async fn a_change_whose_caller_went_away_is_applied_everywhere() {
    let (server, db) = (RedisServer::start().await, Db::at(1));
    let (a, b) = two(&server).await;
    for change in 0..3 {
        assert_eq!(a.get(7, &db).await, b.get(7, &db).await);
        let new = db.read().await.unwrap() + 1;
        db.set(new);
        match change {
            0 => poll_once(a.users.invalidate(&7)).await,
            1 => poll_once(a.users.put(&7, new)).await,
            _ => poll_once(a.users.clear()).await,
        }
        for node in [&a, &b] {
            eventually("the old value is gone", BOUND, async || {
                node.peek(7) != Some(new - 1)
            })
            .await;
        }
        eventually("what was begun has ended", BOUND, async || {
            a.users.under_way() == 0
        })
        .await;
        assert_eq!((b.get(7, &db).await, a.get(7, &db).await), (new, new));
    }
}

#[tokio::test]
async fn when_the_leader_goes_away_a_follower_loads() {
    let (server, db) = (RedisServer::start().await, Db::at(1));
    let node = Arc::new(Node::ready(&server.url()).await);
    let leader = node.begin_load(7, &db).await;
    let (follower, its_db) = (Arc::clone(&node), Arc::clone(&db));
    let follower = tokio::spawn(async move { follower.get(7, &its_db).await });
    eventually("the follower waits", BOUND, async || {
        node.users.stats().joined == 1
    })
    .await;
    db.set(2);
    leader.cancel().await;
    assert_eq!(within(follower).await.unwrap(), 2);
    assert_eq!(db.reads(), 2);
    assert_eq!(node.users.under_way(), 0);
    assert_eq!(node.peek(7), Some(2));
}

#[tokio::test]
async fn a_leader_that_goes_away_while_redis_is_read_leaves_nothing_behind() {
    let (world, db) = (World::start().await, Db::at(1));
    let node = Node::ready(&world.proxy.url()).await;
    redis(&world.server, &["CONFIG", "RESETSTAT"]).await;
    world.proxy.delay(Duration::from_millis(200));
    let users = node.users.clone();
    let leader = tokio::spawn(async move { users.get_or_load(&7, || db.read()).await.unwrap() });
    eventually("Redis is being read", BOUND, async || {
        calls(&world.server, "pttl").await > 0
    })
    .await;
    leader.abort();
    assert!(within(leader).await.is_err());
    assert_eq!(node.users.under_way(), 0);
    world.proxy.pass();
    // The answer that nobody waits for is not taken for the next one's.
    let db = Db::at(2);
    assert_eq!((node.get(8, &db).await, node.get(7, &db).await), (2, 2));
}

#[tokio::test]
async fn a_shutdown_waits_until_redis_was_told() {
    let (world, db) = (World::start().await, Db::at(1));
    let a = Node::ready_as(impatient(&world.proxy.url())).await;
    let b = Node::ready(&world.server.url()).await;
    assert_eq!((a.get(7, &db).await, b.get(7, &db).await), (1, 1));
    world.begin(Outage::BlackHole);
    assert_eq!(a.users.invalidate(&7).await.unwrap(), Applied::Local);
    let flow = a.flow.clone();
    let ending = tokio::spawn(async move { flow.shutdown(BOUND).await });
    tokio::task::yield_now().await;
    assert!(!ending.is_finished());
    world.end(Outage::BlackHole).await;
    within(ending).await.unwrap().unwrap();
    assert_eq!(a.flow.health().waiting_invalidations, 0);
    assert_eq!(
        bytes_of(&world.server, &format!("{PREFIX}users:7")).await,
        None
    );
    eventually("the other node was told", BOUND, async || {
        b.peek(7).is_none()
    })
    .await;
}

#[tokio::test]
async fn a_shutdown_in_vain_says_how_many_wait() {
    for outage in Outage::ALL {
        let (world, db) = (World::start().await, Db::at(1));
        let node = Node::ready_as(impatient(&world.url(outage))).await;
        node.get(7, &db).await;
        world.begin(outage);
        for key in [7, 8, 8] {
            assert_eq!(node.users.invalidate(&key).await.unwrap(), Applied::Local);
        }
        let patience = Duration::from_millis(300);
        let error = within(node.flow.shutdown(patience)).await.unwrap_err();
        assert_eq!(error.kind(), ErrorKind::Timeout);
        assert_eq!(error.operation(), "shutdown");
        assert!(error.to_string().contains("waiting=2"), "{error}");
    }
}

#[tokio::test]
async fn after_the_end_reads_load_and_changes_are_refused() {
    let (server, db) = (RedisServer::start().await, Db::at(1));
    let node = Node::ready(&server.url()).await;
    node.get(7, &db).await;
    within(node.flow.shutdown(BOUND)).await.unwrap();
    assert_eq!(node.peek(7), None, "nobody listens any more");
    db.set(2);
    let errors = [
        node.users.invalidate(&7).await.map(drop),
        node.users.put(&7, 2).await.map(drop),
        node.users.clear().await.map(drop),
    ];
    for error in errors {
        assert_eq!(error.unwrap_err().kind(), ErrorKind::Closed);
    }
    for _ in 0..2 {
        let _ = node.get(8, &db).await;
        assert_eq!(node.peek(8), None);
    }
    assert!(!node.flow.health().is_good());
}

#[tokio::test]
async fn the_last_handle_takes_the_connections_with_it() {
    let (world, db) = (World::start().await, Db::at(1));
    let node = Node::ready_as(builder(&world.proxy.url())).await;
    node.get(7, &db).await;
    let mut events = node.flow.events();
    drop(node);
    eventually("no connection is left", BOUND, async || {
        world.proxy.connections() == 0
    })
    .await;
    while let Some(event) = within(events.next()).await {
        assert_ne!(event, Ok(Event::StoreDown));
    }
}
