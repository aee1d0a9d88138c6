//! What waits for Redis is sent before Redis is trusted again.

use std::sync::Arc;

use cacheflow::{Applied, StoreHealth};
use cacheflow_testkit::eventually;

use crate::world::{
    BOUND, Db, Node, Outage, PREFIX, Readers, World, builder, bytes_of, impatient, redis, within,
};

#[tokio::test]
async fn nobody_reads_what_a_paused_redis_still_holds_of_a_forgotten_key() {
    let (world, db) = (World::start().await, Db::at(1));
    let node = Arc::new(Node::without_memory(impatient(&world.server.url())).await);
    node.finds(7, &world.server, &db).await;
    world.begin(Outage::Paused);
    db.set(2);
    assert_eq!(node.users.invalidate(&7).await.unwrap(), Applied::Local);
    let readers = Readers::of(&node, 7, &db, 2);
    world.end(Outage::Paused).await;
    node.is_good().await;
    assert_eq!(readers.end().await, 0);
}

/// The request is lost with its connection, so that the old value is certain to
/// lie in Redis when it is reached again.
#[tokio::test]
async fn nobody_reads_what_an_unreachable_redis_still_holds_of_a_forgotten_key() {
    for _ in 0..5 {
        let (world, db) = (World::start().await, Db::at(1));
        let node = Arc::new(Node::without_memory(impatient(&world.proxy.url())).await);
        node.finds(7, &world.server, &db).await;
        world.proxy.black_hole();
        db.set(2);
        assert_eq!(node.users.invalidate(&7).await.unwrap(), Applied::Local);
        world.proxy.cut();
        let key = format!("{PREFIX}users:7");
        assert!(bytes_of(&world.server, &key).await.is_some());
        let readers = Readers::of(&node, 7, &db, 2);
        world.proxy.pass();
        node.is_good().await;
        assert_eq!(readers.end().await, 0);
    }
}

/// One failure does not open the breaker: that the store is not trusted must
/// rest on the outbox alone.
#[tokio::test]
async fn after_one_lost_invalidation_redis_is_not_read_although_it_answers() {
    let (world, db) = (World::start().await, Db::at(1));
    let node = Node::without_memory(builder(&world.server.url())).await;
    node.get(7, &db).await;
    // The script's changes are refused; reads are not.
    redis(
        &world.server,
        &["CONFIG", "SET", "min-replicas-to-write", "1"],
    )
    .await;
    db.set(2);
    assert_eq!(node.users.invalidate(&7).await.unwrap(), Applied::Local);
    let key = format!("{PREFIX}users:7");
    assert!(bytes_of(&world.server, &key).await.is_some());
    for _ in 0..20 {
        assert_eq!(node.get(7, &db).await, 2);
        tokio::task::yield_now().await;
    }
    // A refusal is an answer: the breaker stays closed.
    for key in 10..20 {
        assert_eq!(node.users.invalidate(&key).await.unwrap(), Applied::Local);
    }
    assert_eq!(node.flow.health().store, Some(StoreHealth::Distrusted));
    redis(
        &world.server,
        &["CONFIG", "SET", "min-replicas-to-write", "0"],
    )
    .await;
    node.is_good().await;
    assert_eq!(node.get(7, &db).await, 2);
}

#[tokio::test]
async fn each_key_waits_once_and_too_many_keys_become_a_clear_of_their_cache() {
    let (world, db) = (World::start().await, Db::at(1));
    let node = Node::ready_as(impatient(&world.proxy.url())).await;
    let patient = Node::ready(&world.server.url()).await;
    let theirs = patient.flow.cache::<u64, u64>("users_archive");
    let theirs = theirs.build().unwrap();
    for key in [1, 20_000] {
        patient.get(key, &db).await;
        within(theirs.get_or_load(&key, || db.read()))
            .await
            .unwrap();
    }
    let there = world.server.keys().await;
    world.begin(Outage::BlackHole);
    for _ in 0..3 {
        assert_eq!(node.users.invalidate(&1).await.unwrap(), Applied::Local);
    }
    assert_eq!(node.flow.health().waiting_invalidations, 1);
    let many: Vec<u64> = (0..10_001).collect();
    let applied = node.users.invalidate_many(&many).await.unwrap();
    assert_eq!(applied, Applied::Local);
    assert_eq!(node.flow.health().waiting_invalidations, 1, "the cache");

    world.end(Outage::BlackHole).await;
    node.is_good().await;
    let of_users = |key: &String| key.starts_with(&format!("{PREFIX}users:"));
    assert_eq!(there.iter().filter(|key| of_users(key)).count(), 2);
    let left: Vec<String> = there.into_iter().filter(|key| !of_users(key)).collect();
    // The first record brings the stream of records.
    let mut left = left;
    left.push(format!("{PREFIX}journal:records"));
    left.sort();
    left.dedup();
    for key in [1, 20_000] {
        assert_eq!(node.users.get(&key).await, None, "removed or not");
    }
    eventually("its values are removed", BOUND, async || {
        world.server.keys().await == left
    })
    .await;
    assert!(theirs.get(&1).await.is_some());
}

#[tokio::test]
async fn a_second_outage_in_the_middle_of_the_recovery_loses_nothing() {
    let (world, db) = (World::start().await, Db::at(1));
    let a = Node::ready_as(impatient(&world.proxy.url())).await;
    let b = Node::ready(&world.server.url()).await;
    let keys: Vec<u64> = (0..1200).collect();
    for key in &keys {
        b.get(*key, &db).await;
    }
    world.begin(Outage::BlackHole);
    db.set(2);
    let applied = a.users.invalidate_many(&keys).await.unwrap();
    assert_eq!(applied, Applied::Local);
    // Batches of 500: one or two may get through before the next cut.
    for _ in 0..3 {
        world.end(Outage::BlackHole).await;
        eventually("some were sent, or all", BOUND, async || {
            a.flow.health().waiting_invalidations < keys.len()
        })
        .await;
        world.proxy.cut();
        world.proxy.pass();
    }
    a.is_good().await;
    eventually("the other node has dropped all", BOUND, async || {
        keys.iter().all(|key| b.peek(*key).is_none())
    })
    .await;
    for key in &keys {
        assert_eq!(b.get(*key, &db).await, 2);
    }
}
