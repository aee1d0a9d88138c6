//! Another server takes the place of the first, behind the same address.

use cacheflow::{Applied, Event};
use cacheflow_testkit::{RedisServer, eventually};

use crate::world::{
    Address, BOUND, Db, Log, Node, PREFIX, Split, World, builder_on, calls, event, impatient,
    integer, redis, so_far,
};

/// A demoted primary answers all that is read and refuses all that is changed.
#[tokio::test]
async fn a_primary_that_became_a_replica_is_left_for_its_successor() {
    let (old, new) = (RedisServer::start().await, RedisServer::start().await);
    let (address, db) = (Address::of(&old).await, Db::at(1));
    let node = Node::ready(&address.url).await;
    node.get(7, &db).await;
    address.leads_to(&new);
    // Connected to nobody: it keeps what it has.
    redis(&old, &["REPLICAOF", "127.0.0.1", "1"]).await;
    db.set(2);
    let mut events = node.flow.events();
    assert_eq!(node.users.invalidate(&7).await.unwrap(), Applied::Local);
    assert_eq!(node.get(7, &db).await, 2);
    let name = format!("{PREFIX}journal:records");
    eventually("the successor was told", BOUND, async || {
        integer(&new, &["XLEN", &name]).await == 1
    })
    .await;
    event(&mut events, |event| *event == Event::Gap).await;
    assert_eq!(node.get(7, &db).await, 2);
}

/// A Redis that lost its last seconds brings a forgotten value back. The node
/// stands in the old journal, under which that was written, until its bus is back.
#[tokio::test]
async fn what_was_forgotten_does_not_come_back_with_a_redis_that_lost_its_last_writes() {
    let (world, db) = (World::start().await, Db::at(1));
    let split = Split::new(&world.server.url(), &world.proxy.url());
    let node = Node::without_memory(builder_on(split)).await;
    node.get(7, &db).await;
    redis(&world.server, &["SAVE"]).await;
    db.set(2);
    assert_eq!(node.users.invalidate(&7).await.unwrap(), Applied::Recorded);
    world.proxy.black_hole();
    world.server.restart().await;
    eventually("Redis is read again", BOUND, async || {
        assert_eq!(node.get(7, &db).await, 2);
        calls(&world.server, "pttl").await > 3
    })
    .await;
}

/// A heartbeat proves that a server lives, not that it is still the journal's.
#[tokio::test]
async fn the_bus_leaves_a_primary_that_became_a_replica() {
    let (old, new) = (RedisServer::start().await, RedisServer::start().await);
    let (address, db) = (Address::of(&old).await, Db::at(1));
    let node = Node::ready(&address.url).await;
    node.get(7, &db).await;
    address.leads_to(&new);
    redis(&old, &["REPLICAOF", "127.0.0.1", "1"]).await;
    let late = Node::ready(&address.url).await;
    let _ = late.users.invalidate(&7).await.unwrap();
    eventually("the news are heard", BOUND, async || node.peek(7).is_none()).await;
}

/// A replica knows of the journal; who listens to it does not hear the news.
#[tokio::test]
async fn a_replica_is_not_subscribed_to() {
    let (server, db) = (RedisServer::start().await, Db::at(1));
    Node::ready(&server.url()).await.get(7, &db).await;
    redis(&server, &["REPLICAOF", "127.0.0.1", "1"]).await;
    let (log, _guard) = Log::of_this_thread();
    let flow = impatient(&server.url()).build().await.unwrap();
    let mut events = flow.events();
    let node = Node::on(flow);
    eventually("the bus was tried several times", BOUND, async || {
        node.get(7, &db).await;
        assert_eq!(node.peek(7), None);
        log.text().matches("still away").count() >= 2
    })
    .await;
    assert!(!so_far(&mut events).contains(&Event::BusUp));
    redis(&server, &["REPLICAOF", "NO", "ONE"]).await;
    node.is_good().await;
}
