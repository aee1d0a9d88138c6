//! Several nodes on one server: what one forgets, all forget.

use std::time::Duration;

use cacheflow::{Applied, Event, Level, Lookup};
use cacheflow_redis::RedisBackend;
use cacheflow_testkit::{Gate, Operation, RedisServer, eventually};

use crate::world::{
    BOUND, Db, Node, PREFIX, World, builder_on, bytes_of, event, every_key_dies, get, integer,
    journal, redis, so_far, two,
};

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
    assert_eq!(a.users.get(&7).await, None, "removed or not");
    eventually("the other node has cleared", BOUND, async || {
        (0..700).all(|key| b.peek(key).is_none())
    })
    .await;
    assert_eq!(b.users.get(&8).await, None, "removed or not");
    let left = [
        "journal",
        "journal:nodes",
        "journal:records",
        "user:7",
        "users_archive:7",
    ];
    let left = left.map(|name| format!("{PREFIX}{name}"));
    eventually("its values are removed", BOUND, async || {
        server.keys().await == left
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
    // Lifetimes differ by a tenth.
    assert!(found.remaining <= Duration::from_secs(330), "{found:?}");

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
async fn messages_missed_while_disconnected_are_made_up_for_and_the_rest_stays() {
    let (world, db) = (World::start().await, Db::at(1));
    let a = Node::ready(&world.server.url()).await;
    let b = Node::ready(&world.proxy.url()).await;
    for missed in [0, 1, 0, 3] {
        for key in [7, 8] {
            b.get(key, &db).await;
        }
        let before = b.peek(8);
        let mut events = b.flow.events();
        world.proxy.cut();
        event(&mut events, |event| *event == Event::BusDown).await;
        db.set(db.read().await.unwrap() + 1);
        for _ in 0..missed {
            let _ = a.users.invalidate(&7).await.unwrap();
        }
        world.proxy.pass();
        event(&mut events, |event| *event == Event::BusUp).await;
        if missed > 0 {
            event(&mut events, |event| *event == Event::Replayed(missed)).await;
        }
        assert_eq!(b.peek(7).is_none(), missed > 0);
        assert!(before.is_some() && b.peek(8) == before);
        b.is_good().await;
        assert!(!so_far(&mut events).contains(&Event::Gap));
    }
}

/// "A peer applies a remote removal to the *shared* second level and deletes a
/// fresh value."
#[tokio::test]
async fn who_hears_late_removes_nothing_from_redis() {
    let (server, db) = (RedisServer::start().await, Db::at(1));
    let a = Node::ready(&server.url()).await;
    let gate = Gate::new(RedisBackend::open(&server.url()).unwrap());
    let b = Node::ready_as(builder_on(gate.clone())).await;
    assert_eq!((a.get(7, &db).await, b.get(7, &db).await), (1, 1));
    let heard = gate.hold_before(Operation::Heard);
    db.set(2);
    let _ = a.users.invalidate(&7).await.unwrap();
    assert_eq!(a.get(7, &db).await, 2);
    heard.reached().await;
    assert_eq!(b.peek(7), Some(1), "it has not heard");
    heard.release();
    forgets(&b, 7).await;
    b.has_heard(&a).await;
    let reads = db.reads();
    assert_eq!((b.get(7, &db).await, a.peek(7)), (2, Some(2)));
    assert_eq!(db.reads(), reads, "the fresh value is there");
}

/// "Natural expiry or eviction is broadcast."
#[tokio::test]
async fn what_expires_or_is_evicted_is_nobodys_news() {
    let (server, db) = (RedisServer::start().await, Db::at(1));
    let (a, b) = two(&server).await;
    let brief = |node: &Node| {
        let brief = node.flow.cache::<u64, u64>("brief").max_entries(10);
        brief.ttl(Duration::from_millis(500)).build().unwrap()
    };
    let (here, there) = (brief(&a), brief(&b));
    for key in 0..100 {
        get(&here, key, &db).await;
        get(&there, key, &db).await;
    }
    eventually("all have expired", BOUND, async || {
        let names = server.keys().await;
        let here = (0..100).all(|key| here.peek(&key).is_none());
        here && !names.iter().any(|name| name.contains("brief:"))
    })
    .await;
    assert_eq!(journal(&server).await.1, 0);
}

/// Returned is when this node serves it no more, not when the server has it.
#[tokio::test]
async fn an_invalidation_returns_when_it_is_applied_here() {
    let (server, db) = (RedisServer::start().await, Db::at(1));
    let gate = Gate::new(RedisBackend::open(&server.url()).unwrap());
    let a = Node::ready_as(builder_on(gate.clone())).await;
    for round in 1..20 {
        assert_eq!(a.get(7, &db).await, round);
        let heard = gate.hold_before(Operation::Heard);
        db.set(round + 1);
        let _ = a.users.invalidate(&7).await.unwrap();
        assert_eq!(a.peek(7), None);
        assert_eq!(a.get(7, &db).await, round + 1);
        heard.release();
        assert_eq!(a.get(7, &db).await, round + 1);
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
