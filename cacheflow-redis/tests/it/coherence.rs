//! Several nodes on one server: what one forgets, all forget.

use std::time::Duration;

use cacheflow::{Applied, Event, Level, Lookup};
use cacheflow_testkit::{RedisServer, eventually};

use crate::raw::every_key_dies;
use crate::world::{BOUND, Db, Node, PREFIX, World, bytes_of, event, integer, redis, so_far, two};

async fn forgets(node: &Node, key: u64) {
    eventually("the node has heard of it", BOUND, async || {
        node.peek(key).is_none()
    })
    .await;
}

#[tokio::test]
async fn what_one_node_loads_the_other_finds() {
    let (server, db) = (RedisServer::start().await, Db::at(1));
    let (a, b) = two(&server).await;
    a.get(7, &db).await;
    let level = |lookup: Lookup<u64>| lookup.found().map(|found| found.level);
    assert_eq!(level(b.users.lookup(&7).await), Some(Level::Shared));
    assert_eq!(level(b.users.lookup(&7).await), Some(Level::Memory));
    assert_eq!(b.get(7, &db).await, 1);
    assert_eq!(db.reads(), 1);
}

#[tokio::test]
async fn an_invalidation_is_seen_here_at_once_and_elsewhere_soon() {
    let (server, db) = (RedisServer::start().await, Db::at(1));
    let (a, b) = two(&server).await;
    let c = Node::ready(&server.url()).await;
    for node in [&a, &b, &c] {
        for key in [7, 8] {
            assert_eq!(node.get(key, &db).await, 1);
        }
    }
    db.set(2);
    assert_eq!(a.users.invalidate(&7).await.unwrap(), Applied::Recorded);
    assert_eq!(a.peek(7), None);
    assert_eq!(bytes_of(&server, &format!("{PREFIX}users:7")).await, None);
    forgets(&b, 7).await;
    forgets(&c, 7).await;
    for node in [&c, &b, &a] {
        assert_eq!(node.get(7, &db).await, 2);
        assert_eq!(node.peek(8), Some(1), "another key stays");
    }
    assert_eq!(db.reads(), 3);
}

#[tokio::test]
async fn a_put_is_kept_here_and_dropped_elsewhere() {
    let (server, db) = (RedisServer::start().await, Db::at(1));
    let (a, b) = two(&server).await;
    assert_eq!((a.get(7, &db).await, b.get(7, &db).await), (1, 1));
    db.set(2);
    assert_eq!(a.users.put(&7, 2).await.unwrap(), Applied::Recorded);
    assert_eq!(a.peek(7), Some(2));
    forgets(&b, 7).await;
    assert_eq!(b.get(7, &db).await, 2);
    assert_eq!(a.peek(7), Some(2), "its own message does not drop it");
    assert_eq!(db.reads(), 1, "the other read it from Redis");
}

#[tokio::test]
async fn a_clear_forgets_its_cache_everywhere_and_no_other() {
    let (server, db) = (RedisServer::start().await, Db::at(1));
    let (a, b) = two(&server).await;
    let archive = b.flow.cache::<u64, u64>("users_archive").build().unwrap();
    let user = b.flow.cache::<u64, u64>("user").build().unwrap();
    for key in 0..700 {
        b.get(key, &db).await;
    }
    for other in [&archive, &user] {
        other.get_or_load(&7, || db.read()).await.unwrap();
    }
    a.get(7, &db).await;
    db.set(2);
    assert_eq!(a.users.clear().await.unwrap(), Applied::Recorded);
    assert_eq!(a.peek(7), None);
    let keys = server.keys().await;
    let left: Vec<_> = keys.iter().filter(|key| key.ends_with(":7")).collect();
    assert_eq!(
        left,
        [
            &format!("{PREFIX}user:7"),
            &format!("{PREFIX}users_archive:7")
        ]
    );
    assert!(keys.len() == 4, "and the journal: {keys:?}");
    eventually("the other node has cleared", BOUND, async || {
        (0..700).all(|key| b.peek(key).is_none())
    })
    .await;
    assert!(archive.peek(&7).is_some() && user.peek(&7).is_some());
    assert_eq!((a.get(7, &db).await, b.get(7, &db).await), (2, 2));
}

/// The message of a node's own change comes back to it over the bus.
#[tokio::test]
async fn what_was_loaded_after_an_own_invalidation_stays() {
    let (server, db) = (RedisServer::start().await, Db::at(1));
    let (a, b) = two(&server).await;
    for round in 0..20 {
        a.get(8, &db).await;
        let _ = a.users.invalidate(&7).await.unwrap();
        a.get(7, &db).await;
        // On the bus this comes after the message before.
        let _ = b.users.invalidate(&8).await.unwrap();
        forgets(&a, 8).await;
        assert_eq!(a.peek(7), Some(1), "round {round}");
    }
}

#[tokio::test]
async fn memory_does_not_outlive_what_redis_keeps() {
    let (server, db) = (RedisServer::start().await, Db::at(1));
    let (a, b) = two(&server).await;
    a.get(7, &db).await;
    let key = format!("{PREFIX}users:7");
    redis(&server, &["PEXPIRE", &key, "20000"]).await;
    assert_eq!(b.get(7, &db).await, 1);
    let found = b.users.lookup(&7).await.found().unwrap();
    assert_eq!(found.level, Level::Memory);
    assert!(found.remaining <= Duration::from_secs(20), "{found:?}");
    // Also the node that filled it keeps it no longer than it was told to.
    let found = a.users.lookup(&7).await.found().unwrap();
    assert!(found.remaining <= Duration::from_secs(300), "{found:?}");

    // What has no time left is served and not kept.
    redis(&server, &["PEXPIRE", &key, "1"]).await;
    eventually("it is gone", BOUND, async || {
        integer(&server, &["EXISTS", &key]).await == 0
    })
    .await;
    let c = Node::ready(&server.url()).await;
    c.get(7, &db).await;
    assert_eq!(db.reads(), 2);
}

#[tokio::test]
async fn after_a_flush_nothing_old_is_served_and_the_service_goes_on() {
    let (server, db) = (RedisServer::start().await, Db::at(1));
    let (a, b) = two(&server).await;
    for round in 1..=3 {
        assert_eq!((a.get(7, &db).await, b.get(7, &db).await), (round, round));
        let mut events = b.flow.events();
        server.flush_all().await;
        db.set(round + 1);
        // At once: before any heartbeat has noticed.
        assert_eq!(a.users.invalidate(&7).await.unwrap(), Applied::Recorded);
        assert_eq!(a.get(7, &db).await, round + 1);
        forgets(&b, 7).await;
        event(&mut events, |event| *event == Event::Gap).await;
        assert_eq!(b.get(7, &db).await, round + 1);
    }
    // With nobody to forget anything, the heartbeat finds it out.
    server.flush_all().await;
    let key = format!("{PREFIX}users:9");
    eventually("what is loaded is kept in Redis again", BOUND, async || {
        let _ = a.users.invalidate(&9).await.unwrap();
        a.get(9, &db).await;
        bytes_of(&server, &key).await.is_some()
    })
    .await;
    every_key_dies(&server).await;
}

#[tokio::test]
async fn a_restart_of_the_server_is_survived_with_nothing_old() {
    let (server, db) = (RedisServer::start().await, Db::at(1));
    let (a, b) = two(&server).await;
    for round in 1..=3 {
        assert_eq!((a.get(7, &db).await, b.get(7, &db).await), (round, round));
        let mut events = b.flow.events();
        server.restart().await;
        db.set(round + 1);
        let _ = a.users.invalidate(&7).await.unwrap();
        assert_eq!(a.get(7, &db).await, round + 1);
        event(&mut events, |event| *event == Event::BusUp).await;
        a.is_good().await;
        b.is_good().await;
        assert_eq!(b.get(7, &db).await, round + 1);
    }
}

#[tokio::test]
async fn messages_missed_while_disconnected_drop_memory_and_none_missed_keeps_it() {
    let (world, db) = (World::start().await, Db::at(1));
    let a = Node::ready(&world.server.url()).await;
    let b = Node::ready(&world.proxy.url()).await;
    for missed in [false, true, false, true] {
        for key in [7, 8] {
            b.get(key, &db).await;
        }
        let mut events = b.flow.events();
        world.proxy.cut();
        event(&mut events, |event| *event == Event::BusDown).await;
        db.set(db.read().await.unwrap() + 1);
        if missed {
            let _ = a.users.invalidate(&7).await.unwrap();
        }
        world.proxy.pass();
        event(&mut events, |event| *event == Event::BusUp).await;
        // It cannot know which key it missed.
        assert_eq!(b.peek(7).is_none(), missed);
        assert_eq!(b.peek(8).is_none(), missed);
        b.is_good().await;
    }
}

#[tokio::test]
async fn after_busy_traffic_every_key_in_the_server_dies() {
    let (server, db) = (RedisServer::start().await, Db::at(1));
    let (a, b) = two(&server).await;
    let mut events = a.flow.events();
    for round in 0..200_u64 {
        let key = round % 17;
        a.get(key, &db).await;
        b.get(key + 5, &db).await;
        match round % 5 {
            0 => drop(a.users.invalidate(&key).await.unwrap()),
            1 => drop(b.users.put(&key, round).await.unwrap()),
            2 => drop(b.users.invalidate_many(&[key, key + 1]).await.unwrap()),
            3 if round % 25 == 3 => drop(a.users.clear().await.unwrap()),
            _ => {}
        }
    }
    every_key_dies(&server).await;
    assert!(!so_far(&mut events).contains(&Event::StoreDown));
}
