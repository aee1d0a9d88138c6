//! Values: filled, read, put, discarded.

use std::time::Duration;

use bytes::Bytes;
use cacheflow::event::Change;
use cacheflow::store::{Fill, Filled, Relations};
use cacheflow::{Backend, ErrorKind, Namespace};
use cacheflow_redis::RedisBackend;
use cacheflow_testkit::{RedisServer, Reply};

use crate::world::{PREFIX, World, envelope, key, marks, name, none, read};

#[tokio::test]
async fn what_is_filled_is_read_with_its_remaining_lifetime() {
    let world = World::start().await;
    assert_eq!(world.get("users:1").await, None);
    let marks = marks(&["org:7", "all"], &["orgs:7"]);
    world.fill("users:1", &marks).await;

    let at = world.position().await;
    let stored = world.get("users:1").await.unwrap();
    assert_eq!(stored.bytes, envelope("users:1", &marks, at, b"value"));
    assert_eq!(stored.incarnation, at.incarnation);
    let hour = Duration::from_secs(3_600);
    assert!(stored.remaining <= hour && stored.remaining > hour - Duration::from_secs(60));
    assert_eq!(
        read("users:1", &stored.bytes).unwrap().payload,
        Some(&b"value"[..])
    );

    let relations = |dependencies: &[&str], dependents: &[&str]| Relations {
        dependencies: dependencies.iter().map(|text| key(text)).collect(),
        dependents: dependents.iter().map(|text| key(text)).collect(),
    };
    let of = async |text| world.store.relations(&key(text)).await.unwrap();
    assert_eq!(of("users:1").await, relations(&["orgs:7"], &[]));
    assert_eq!(of("orgs:7").await, relations(&[], &["users:1"]));
    // Every name of ours dies.
    for node in world.cluster.nodes() {
        for name in node.keys().await {
            let Reply::Integer(left) = node.command(&["PTTL", &name]).await.unwrap() else {
                panic!("{name}")
            };
            assert!(left > 0, "{name}: {left}");
        }
    }

    a_short_lifetime_is_kept(&world).await;
    scripts_that_nobody_knows_are_loaded(&world).await;
    only_the_same_bytes_are_discarded(&world).await;
    what_is_no_string_is_replaced(&world).await;
    a_stranger_in_an_indexs_place_is_replaced(&world).await;
}

async fn a_short_lifetime_is_kept(world: &World) {
    let checked = world.position().await;
    let bytes = envelope("short:1", &none(), checked, b"");
    let fill = Fill {
        key: &key("short:1"),
        bytes: &bytes,
        marks: &none(),
        ttl: Duration::from_millis(1_500),
        longest: Duration::from_millis(1_500),
        checked,
    };
    assert_eq!(world.store.fill(fill).await.unwrap(), Filled::Kept);
    let stored = world.get("short:1").await.unwrap();
    assert!(stored.remaining <= Duration::from_millis(1_500));
}

async fn scripts_that_nobody_knows_are_loaded(world: &World) {
    for node in world.cluster.nodes() {
        node.command(&["SCRIPT", "FLUSH"]).await.unwrap();
    }
    for number in 0..9 {
        world.fill(&format!("users:{number}"), &none()).await;
    }
    assert!(world.has("users:8").await);
}

async fn only_the_same_bytes_are_discarded(world: &World) {
    let stored = world.get("users:1").await.unwrap().bytes;
    let other = Bytes::from_static(b"other");
    world.store.discard(&key("users:1"), &other).await.unwrap();
    assert!(world.has("users:1").await);
    world.store.discard(&key("users:1"), &stored).await.unwrap();
    assert_eq!(world.get("users:1").await, None);
}

async fn what_is_no_string_is_replaced(world: &World) {
    let list = name("users:list");
    world.command(&list, &["RPUSH", &list, "x"]).await;
    world.command(&list, &["PEXPIRE", &list, "100000"]).await;
    let stored = world.get("users:list").await.unwrap();
    assert!(stored.bytes.is_empty());
    let nothing = Bytes::new();
    world
        .store
        .discard(&key("users:list"), &nothing)
        .await
        .unwrap();
    assert_eq!(world.get("users:list").await, None);

    world.command(&list, &["RPUSH", &list, "x"]).await;
    world.command(&list, &["PEXPIRE", &list, "100000"]).await;
    world.fill("users:list", &none()).await;
    assert!(world.has("users:list").await);

    // Garbage is no entry, and no script stumbles over it.
    let garbage = "x".repeat(200);
    world
        .command(&list, &["SET", &list, &garbage, "PX", "100000"])
        .await;
    let record = world
        .record(Change::Forgotten(crate::world::keys(["users:list"])))
        .await;
    assert_eq!(world.reclaim(&record).await.0, 0);
}

async fn a_stranger_in_an_indexs_place_is_replaced(world: &World) {
    let index = name("tag:strange");
    world.command(&index, &["SET", &index, "x"]).await;
    let record = world
        .record(Change::Forgotten(crate::world::tags(["strange"])))
        .await;
    assert_eq!(world.reclaim(&record).await.0, 0);
    world.fill("users:1", &marks(&["strange"], &[])).await;
    assert_eq!(world.forget(crate::world::tags(["strange"])).await, 1);
    assert_eq!(world.get("users:1").await, None);
}

#[tokio::test]
async fn a_put_is_kept_as_of_its_own_record_unless_another_change_came_between() {
    let world = World::start().await;
    let marks = marks(&["t"], &["b:1"]);
    world.fill("a:1", &marks).await;
    let before = world.position().await;
    let put = world.put_at("a:1", &marks, before).await;
    assert!(put.kept && put.record.open);
    assert_eq!(put.record.position.number, before.number + 1);
    assert_eq!(put.missed, Some(Vec::new()));
    let stored = world.get("a:1").await.unwrap().bytes;
    let envelope = read("a:1", &stored).unwrap();
    assert_eq!(envelope.as_of, put.record.position.number);
    assert_eq!(envelope.payload, Some(&b"put"[..]));
    // Its own record does not remove it.
    assert_eq!(world.reclaim(&put.record).await.0, 0);
    assert!(world.has("a:1").await);

    // Another put from the same place: nobody knows whose is newer.
    let second = world.put_at("a:1", &marks, before).await;
    assert!(!second.kept && second.record.open);
    assert_eq!(world.get("a:1").await, None);

    // A put that is kept is found by the records after it.
    let at = world.position().await;
    assert!(world.put_at("a:1", &marks, at).await.kept);
    assert_eq!(world.forget(crate::world::tags(["t"])).await, 1);
    let at = world.position().await;
    assert!(world.put_at("a:1", &marks, at).await.kept);
    assert_eq!(world.forget(crate::world::keys(["b:1"])).await, 1);

    // What was made of the old value goes.
    world
        .fill("parent:1", &crate::world::marks(&[], &["a:1"]))
        .await;
    let at = world.position().await;
    let put = world.put_at("a:1", &marks, at).await;
    assert!(put.kept);
    assert_eq!(world.reclaim(&put.record).await.0, 1);
    assert!(!world.has("parent:1").await && world.has("a:1").await);
}

#[tokio::test]
async fn one_password_opens_all_servers() {
    let servers = RedisServer::builder().password("sesame").cluster(3);
    let world = World::of(servers.start().await);
    let first = world.cluster.node(0).addr();
    let backend = RedisBackend::cluster([format!("redis://{first}")]).unwrap();
    assert!(!format!("{backend:?}").contains("sesame"));
    let namespace = Namespace::new(PREFIX, "me");
    let locked_out = backend.store(&namespace).since(None).await.unwrap_err();
    assert_eq!(locked_out.kind(), ErrorKind::Unavailable);

    let opened = backend.password("sesame").store(&namespace);
    for number in 0..9 {
        let text = format!("a:{number}");
        world.fill(&text, &none()).await;
        assert!(opened.get(&key(&text)).await.unwrap().is_some(), "{text}");
    }
}
