//! What lies at a key and is no entry of it: another key's bytes, a list, a value
//! without end.

use std::time::Duration;

use cacheflow::{Cache, Event, Lookup, Strategy};
use cacheflow_testkit::{RedisServer, eventually};

use crate::bytes::Reader;
use crate::world::{
    BOUND, Db, Node, PREFIX, World, builder, bytes_of, calls, integer, redis, so_far, within,
};

#[tokio::test]
async fn bytes_copied_from_another_key_are_replaced() {
    let reader = Reader::start().await;
    let two = format!("{PREFIX}names:2");
    reader.load(2, "another's").await;
    redis(&reader.server, &["COPY", &two, &reader.key]).await;
    reader.is_replaced("the bytes of another key").await;
}

#[tokio::test]
async fn a_key_of_another_type_is_replaced() {
    let reader = Reader::start().await;
    for make in [
        &["RPUSH", "a", "b"][..],
        &["HSET", "a", "b"],
        &["SADD", "a"],
        &["ZADD", "1", "a"],
        &["XADD", "*", "a", "b"],
    ] {
        redis(&reader.server, &["DEL", &reader.key]).await;
        let words = [&[make[0], &reader.key][..], &make[1..]].concat();
        redis(&reader.server, &words).await;
        reader.is_replaced(make[0]).await;
    }
}

/// An answer is an answer: a Redis full of somebody else's lists is not one
/// that is away.
#[tokio::test]
async fn keys_of_another_type_do_not_open_the_breaker() {
    let reader = Reader::start().await;
    let mut events = reader.flow.events();
    for key in 10..30_u64 {
        let name = format!("{PREFIX}names:{key}");
        redis(&reader.server, &["RPUSH", &name, "x"]).await;
        // Without a load, so that nothing is written in between.
        let found = within(reader.names.lookup(&key)).await;
        assert_eq!(found, Lookup::Miss);
    }
    assert!(!so_far(&mut events).contains(&Event::StoreDown));
    assert_eq!(reader.names.stats().unreadable, 20);
    for key in 10..30 {
        assert_eq!(reader.load(key, "new").await, "new");
        assert_eq!(reader.load(key, "not run").await, "new");
    }
}

#[tokio::test]
async fn a_value_that_would_never_die_is_replaced_by_one_that_does() {
    let reader = Reader::start().await;
    reader.written("old").await;
    redis(&reader.server, &["PERSIST", &reader.key]).await;
    assert_eq!(reader.load(1, "new").await, "new");
    assert!(integer(&reader.server, &["PTTL", &reader.key]).await > 0);
    assert_eq!(reader.load(1, "not run").await, "new");
}

#[tokio::test]
async fn a_value_too_large_to_keep_is_returned_and_not_kept() {
    let reader = Reader::start().await;
    let long = "x".repeat(1025);
    let mut events = reader.flow.events();
    assert_eq!(reader.load(1, &long).await, long);
    assert_eq!(bytes_of(&reader.server, &reader.key).await, None);
    assert_eq!(reader.names.stats().too_large, 1);
    let told = so_far(&mut events);
    assert!(
        told.iter()
            .any(|event| matches!(event, Event::TooLarge { .. }))
    );
}

/// Unreadable bytes are removed only if they are still there: a newer value
/// that came between is not.
#[tokio::test]
async fn what_replaced_unreadable_bytes_meanwhile_is_left_alone() {
    let (world, db) = (World::start().await, Db::at(1));
    let far = Node::without_memory(builder(&world.proxy.url())).await;
    let near = Node::ready(&world.server.url()).await;
    let key = format!("{PREFIX}users:7");
    near.get(7, &db).await;
    let good = bytes_of(&world.server, &key).await.unwrap();

    redis(&world.server, &["SET", &key, "garbage", "PX", "60000"]).await;
    redis(&world.server, &["CONFIG", "RESETSTAT"]).await;
    world.proxy.delay(Duration::from_millis(100));
    let lookup = tokio::spawn(async move { far.users.lookup(&7).await });
    eventually("the read has arrived", BOUND, async || {
        calls(&world.server, "pttl").await > 0
    })
    .await;
    // Before its removal arrives.
    let words = [b"SET", key.as_bytes(), &good, b"PX", b"60000"];
    world.server.command(&words).await.unwrap();
    assert_eq!(within(lookup).await.unwrap(), Lookup::Miss);
    assert_eq!(bytes_of(&world.server, &key).await, Some(good));
}

#[tokio::test]
async fn bytes_copied_from_another_cache_are_a_miss() {
    let server = RedisServer::start().await;
    let flow = builder(&server.url()).build().await.unwrap();
    Node::on(flow.clone()).is_good().await;
    let cache = |name: &str| -> Cache<u64, String> {
        let builder = flow.cache(name).strategy(Strategy::cache_aside());
        builder.build().unwrap()
    };
    let (names, addresses) = (cache("names"), cache("addresses"));
    let load = async |cache: &Cache<u64, String>, value: &str| {
        let load = async || Ok::<_, String>(value.to_owned());
        within(cache.get_or_load(&1, load)).await.unwrap()
    };
    assert_eq!(load(&names, "Ada").await, "Ada");
    let (from, to) = (format!("{PREFIX}names:1"), format!("{PREFIX}addresses:1"));
    redis(&server, &["COPY", &from, &to]).await;
    assert_eq!(
        load(&addresses, "12, St James's Square").await,
        "12, St James's Square"
    );
}
