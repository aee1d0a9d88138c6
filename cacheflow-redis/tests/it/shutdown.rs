//! The end of a flow.

use std::time::Duration;

use cacheflow::{Applied, ErrorKind, Event};
use cacheflow_testkit::{RedisServer, eventually};

use crate::world::{
    BOUND, Db, Node, Outage, PREFIX, World, builder, bytes_of, calls, impatient, redis, within,
};

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
        assert!(error.to_string().contains("invalidations=2"), "{error}");
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

/// Redis is being told, and refuses.
#[tokio::test]
async fn a_shutdown_waits_for_what_is_being_sent() {
    let (world, db) = (World::start().await, Db::at(1));
    let node = Node::ready(&world.proxy.url()).await;
    node.get(7, &db).await;
    redis(
        &world.server,
        &["CONFIG", "SET", "min-replicas-to-write", "1"],
    )
    .await;
    redis(&world.server, &["CONFIG", "RESETSTAT"]).await;
    world.proxy.delay(Duration::from_millis(30));
    assert_eq!(node.users.invalidate(&7).await.unwrap(), Applied::Local);
    eventually(
        "the recovery has tried again and again",
        BOUND,
        async || {
            assert_eq!(node.flow.health().waiting_invalidations, 1);
            calls(&world.server, "ping").await > 3
        },
    )
    .await;
    let ended = within(node.flow.shutdown(Duration::from_secs(1))).await;
    assert!(ended.is_err(), "Redis refused all along");
}

/// A change that has not come to its end may yet have to wait for Redis.
#[tokio::test]
async fn a_shutdown_waits_for_changes_under_way() {
    let world = World::start().await;
    let node = Node::ready_as(impatient(&world.server.url())).await;
    world.begin(Outage::Paused);
    let users = node.users.clone();
    let change = tokio::spawn(async move { users.invalidate(&7).await.unwrap() });
    tokio::task::yield_now().await;
    let ended = within(node.flow.shutdown(Duration::from_secs(1))).await;
    assert_eq!(within(change).await.unwrap(), Applied::Local);
    assert!(ended.is_err(), "Redis does not know of it and never will");
}
