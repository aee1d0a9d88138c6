//! Callers that go away.

use std::future::Future;
use std::pin::pin;
use std::sync::Arc;
use std::task::Poll;
use std::time::Duration;

use cacheflow_testkit::{RedisServer, eventually};

use crate::world::{BOUND, Db, Node, World, calls, journal, redis, two, within};

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
        let (_, before) = journal(&server).await;
        match change {
            0 => poll_once(a.users.invalidate(&7)).await,
            1 => poll_once(a.users.put(&7, new)).await,
            _ => poll_once(a.users.clear()).await,
        }
        // A clear makes a record before it removes and one after.
        let records = if change == 2 { 2 } else { 1 };
        eventually("it stands in the journal", BOUND, async || {
            journal(&server).await.1 == before + records
        })
        .await;
        for node in [&a, &b] {
            eventually("the old value is gone", BOUND, async || {
                node.peek(7) != Some(new - 1) && node.users.under_way() == 0
            })
            .await;
        }
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
