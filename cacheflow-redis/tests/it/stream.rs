//! Nodes that use no Pub/Sub: they read the journal's stream.

use std::time::Duration;

use cacheflow::{Applied, Event};
use cacheflow_redis::RedisBackend;
use cacheflow_testkit::{RedisServer, Replicated, eventually};

use crate::world::{
    Address, BOUND, Db, Node, PREFIX, World, all_done, builder_on, calls, event, get, journal,
    redis, so_far,
};

async fn node(url: &str) -> Node {
    let backend = RedisBackend::open(url).unwrap().stream_only();
    Node::ready_as(builder_on(backend)).await
}

#[tokio::test]
async fn what_one_node_forgets_in_whatever_way_all_forget() {
    let (server, db) = (RedisServer::start().await, Db::at(1));
    let (a, b) = (node(&server.url()).await, node(&server.url()).await);
    redis(&server, &["CONFIG", "RESETSTAT"]).await;
    for (round, change) in (1..).zip(["key", "tag", "pattern", "clear", "all", "put", "write"]) {
        for node in [&a, &b] {
            assert_eq!(get(&node.users.tagged(["t"]).unwrap(), 7, &db).await, round);
            let page = node.cache("pages").depends_on([node.users.full_key(&7)]);
            assert_eq!(get(&page, 1, &db).await, round);
            node.get(8, &db).await;
        }
        let stays = b.peek(8);
        db.set(round + 1);
        let forget = a.flow.invalidate();
        let applied = match change {
            "key" => a.users.invalidate(&7).await,
            "tag" => forget.tags(["t"]).send().await,
            "pattern" => forget.pattern("users:7").send().await,
            "clear" => a.users.clear().await,
            "all" => forget.all().send().await,
            "put" => a.users.put(&7, round + 1).await,
            _ => a.users.begin_write(&7).await.unwrap().finish().await,
        };
        assert_eq!(applied.unwrap(), Applied::Recorded);
        assert_eq!(a.get(7, &db).await, round + 1, "{change}");
        all_done(&server).await;
        b.has_heard(&a).await;
        a.has_heard(&b).await;
        for node in [&a, &b] {
            assert_eq!(node.get(7, &db).await, round + 1, "{change}");
            let page = node.cache("pages");
            assert_eq!(get(&page, 1, &db).await, round + 1, "{change}");
        }
        if !matches!(change, "clear" | "all") {
            assert!(stays.is_some() && b.peek(8) == stays, "{change}");
        }
        let _ = b
            .flow
            .invalidate()
            .keys(["users:7", "pages:1"])
            .send()
            .await
            .unwrap();
        a.has_heard(&b).await;
    }
    for command in ["publish", "subscribe"] {
        assert_eq!(calls(&server, command).await, 0, "{command}");
    }
}

#[tokio::test]
async fn a_load_whose_key_or_tag_is_forgotten_meanwhile_is_kept_nowhere() {
    let (server, db) = (RedisServer::start().await, Db::at(1));
    let (a, b) = (node(&server.url()).await, node(&server.url()).await);
    for hears in [true, false] {
        let load = b.begin_load(7, &db).await;
        db.set(db.read().await.unwrap() + 1);
        let new = db.read().await.unwrap();
        let _ = a.users.invalidate(&7).await.unwrap();
        if hears {
            b.has_heard(&a).await;
        }
        assert_eq!(load.finish().await, new - 1);
        b.has_heard(&a).await;
        assert_eq!(b.peek(7), None);
        assert_eq!((b.get(7, &db).await, a.get(7, &db).await), (new, new));
        let _ = a.users.invalidate(&7).await.unwrap();
        b.has_heard(&a).await;
    }
}

#[tokio::test]
async fn what_was_missed_while_disconnected_is_made_up_for_and_the_rest_stays() {
    let (world, db) = (World::start().await, Db::at(1));
    let a = node(&world.server.url()).await;
    let b = node(&world.proxy.url()).await;
    // Before it has ever heard of a record, too.
    for missed in [1, 0, 3] {
        for key in [7, 8] {
            b.get(key, &db).await;
        }
        let mut events = b.flow.events();
        world.proxy.cut();
        event(&mut events, |event| *event == Event::BusDown).await;
        for _ in 0..missed {
            let _ = a.users.invalidate(&7).await.unwrap();
        }
        world.proxy.pass();
        event(&mut events, |event| *event == Event::BusUp).await;
        if missed > 0 {
            event(&mut events, |event| *event == Event::Replayed(missed)).await;
        }
        assert_eq!(b.peek(7).is_none(), missed > 0);
        assert_eq!(b.peek(8), Some(1));
        b.is_good().await;
        assert!(!so_far(&mut events).contains(&Event::Gap));
    }
}

#[tokio::test]
async fn what_the_stream_has_lost_drops_memory() {
    let (world, db) = (World::start().await, Db::at(1));
    let a = node(&world.server.url()).await;
    let b = node(&world.proxy.url()).await;
    for key in [7, 8] {
        b.get(key, &db).await;
    }
    let mut events = b.flow.events();
    world.proxy.cut();
    event(&mut events, |event| *event == Event::BusDown).await;
    let _ = a.users.invalidate(&7).await.unwrap();
    let records = format!("{PREFIX}journal:records");
    redis(&world.server, &["XTRIM", &records, "MAXLEN", "0"]).await;
    world.proxy.pass();
    event(&mut events, |event| *event == Event::Gap).await;
    assert_eq!((b.peek(7), b.peek(8)), (None, None));
    b.is_good().await;
    b.has_heard(&a).await;
}

/// Somebody else writes into the stream, or removes it.
#[tokio::test]
async fn whatever_becomes_of_the_stream_the_nodes_go_on() {
    let (server, db) = (RedisServer::start().await, Db::at(1));
    let (a, b) = (node(&server.url()).await, node(&server.url()).await);
    let records = format!("{PREFIX}journal:records");
    for what in [
        "garbage",
        "another field",
        "removed",
        "another type",
        "flushed",
    ] {
        for key in [7, 8] {
            b.get(key, &db).await;
        }
        let (_, number) = journal(&server).await;
        let next = format!("{}-0", number + 1);
        match what {
            "garbage" => drop(redis(&server, &["XADD", &records, &next, "m", "x"]).await),
            "another field" => drop(redis(&server, &["XADD", &records, &next, "x", "y"]).await),
            "removed" => drop(redis(&server, &["DEL", &records]).await),
            "another type" => {
                redis(&server, &["DEL", &records]).await;
                redis(&server, &["SET", &records, "x"]).await;
            }
            _ => server.flush_all().await,
        }
        let _ = a.users.invalidate(&7).await.unwrap();
        eventually("the other node has forgotten", BOUND, async || {
            b.peek(7).is_none()
        })
        .await;
        a.is_good().await;
        b.is_good().await;
        b.has_heard(&a).await;
        a.has_heard(&b).await;
    }
}

#[tokio::test]
async fn everywhere_is_told_without_a_channel() {
    let (server, db) = (RedisServer::start().await, Db::at(1));
    // So long does a node wait until it believes to know all others.
    let backend = RedisBackend::open(&server.url()).unwrap().stream_only();
    let known = builder_on(backend).max_staleness(Duration::from_secs(2));
    let (a, b) = (Node::ready_as(known).await, node(&server.url()).await);
    b.get(7, &db).await;
    let forget = a.flow.invalidate().keys(["users:7"]).await_cluster(BOUND);
    assert_eq!(forget.send().await.unwrap(), Applied::Everywhere);
    assert_eq!(b.peek(7), None);
}

#[tokio::test]
async fn what_a_failover_has_lost_is_forgotten_again() {
    let (servers, db) = (Replicated::start().await, Db::at(1));
    let address = Address::of(servers.primary()).await;
    let (a, b) = (node(&address.url).await, node(&address.url).await);
    for key in [1, 9] {
        a.get(key, &db).await;
    }
    get(&a.users.tagged(["t"]).unwrap(), 2, &db).await;
    servers.until_in_sync().await;
    servers.stop_replicating().await;
    db.set(2);
    assert_eq!(a.users.invalidate(&1).await.unwrap(), Applied::Recorded);
    let _ = a.flow.invalidate().tags(["t"]).send().await.unwrap();
    b.has_heard(&a).await;
    let mut events = [a.flow.events(), b.flow.events()];
    servers.fail_over().await;
    address.leads_to(servers.primary());
    for (node, events) in [&a, &b].into_iter().zip(&mut events) {
        event(events, |event| *event == Event::Gap).await;
        node.is_good().await;
        assert_eq!((node.get(1, &db).await, node.get(2, &db).await), (2, 2));
        assert_eq!(node.get(9, &db).await, 1);
    }
    let _ = b.users.invalidate(&9).await.unwrap();
    a.has_heard(&b).await;
    assert_eq!(a.get(9, &db).await, 2);
}
