//! What is old, absent or idle, on several nodes, and what a loader said of it.

use std::sync::atomic::{AtomicU64, Ordering};
use std::time::Duration;

use cacheflow::{Cache, CacheBuilder, FailSafe, Level, LoadError, Strategy};
use cacheflow_testkit::{RedisServer, eventually};

use crate::world::{BOUND, Db, Node, PREFIX, bytes_of, get, integer, two, within};

const MINUTE: Duration = Duration::from_secs(60);
const SHORT: Duration = Duration::from_millis(300);

fn value(key: u64) -> String {
    format!("{PREFIX}fresh:{key}")
}

fn cache(node: &Node, strategy: Strategy) -> CacheBuilder<u64, u64> {
    let cache = node.flow.cache("fresh").strategy(strategy);
    cache.ttl_jitter(0.0).follower_timeout(60 * MINUTE)
}

/// Values that live shortly, and stand in for long.
fn safe(node: &Node) -> Cache<u64, u64> {
    let fail_safe = FailSafe::new(MINUTE).throttle(MINUTE);
    let strategy = Strategy::multi_level().fail_safe(fail_safe);
    cache(node, strategy).ttl(SHORT).build().unwrap()
}

async fn is_over(cache: &Cache<u64, u64>, key: u64) {
    eventually("its lifetime is over", BOUND, async || {
        cache.lookup(&key).await.found().is_none()
    })
    .await;
}

async fn left(server: &RedisServer, key: u64) -> i64 {
    integer(server, &["PTTL", &value(key)]).await
}

const AWAY: Result<u64, &str> = Err("away");

#[tokio::test]
async fn an_old_value_of_another_node_stands_in() {
    let (server, db) = (RedisServer::start().await, Db::at(1));
    let (a, b) = two(&server).await;
    let (a, b) = (safe(&a), safe(&b));
    assert_eq!(get(&a, 7, &db).await, 1);
    let kept = left(&server, 7).await;
    assert!(kept > 50_000 && kept <= 60_300, "{kept} ms");
    is_over(&a, 7).await;
    is_over(&b, 7).await;
    let old = within(b.entry(&7).load(async |_| AWAY)).await.unwrap();
    assert_eq!((old.value, old.stale, old.level), (1, true, Level::Shared));
    assert_eq!(b.stats().stale, 1);
    // Its source is left alone for a while, there and nowhere else.
    let throttled = async || -> Result<u64, ()> { panic!("it is throttled") };
    assert_eq!(b.get_or_load(&7, throttled).await, Ok(1));
    db.set(2);
    assert_eq!(get(&a, 7, &db).await, 2);
    // What is put is newer than what stands in, on every node.
    let _ = a.put(&7, 3).await.unwrap();
    eventually("the other node has heard", BOUND, async || {
        b.get_or_load(&7, async || AWAY).await == Ok(3)
    })
    .await;
}

/// Old is one thing, forgotten another.
#[tokio::test]
async fn what_was_forgotten_stands_in_nowhere() {
    let (server, db) = (RedisServer::start().await, Db::at(1));
    let (node_a, node_b) = two(&server).await;
    let (a, b) = (safe(&node_a), safe(&node_b));
    for key in [7, 8] {
        for cache in [&a, &b] {
            assert_eq!(get(cache, key, &db).await, 1);
        }
        is_over(&a, key).await;
        is_over(&b, key).await;
    }
    assert_eq!(b.get_or_load(&8, async || AWAY).await, Ok(1));
    let _ = a.invalidate_many([&7, &8]).await.unwrap();
    node_b.has_heard(&node_a).await;
    for cache in [&a, &b] {
        for key in [7, 8] {
            let refused = within(cache.get_or_load(&key, async || AWAY)).await;
            assert_eq!(refused, Err(LoadError::Source("away")));
        }
    }
    assert_eq!(bytes_of(&server, &value(7)).await, None);
}

fn absent(node: &Node) -> Cache<u64, u64> {
    let cache = cache(node, Strategy::multi_level());
    cache.cache_none(MINUTE).ttl(MINUTE).build().unwrap()
}

async fn finds(cache: &Cache<u64, u64>, loads: &AtomicU64) -> Option<u64> {
    let load = async || {
        loads.fetch_add(1, Ordering::SeqCst);
        Ok::<_, ()>(None)
    };
    within(cache.get_or_load_optional(&7, load)).await.unwrap()
}

#[tokio::test]
async fn that_there_is_no_value_is_known_to_all_until_there_is_one() {
    let server = RedisServer::start().await;
    let (node_a, node_b) = two(&server).await;
    let (a, b, loads) = (absent(&node_a), absent(&node_b), AtomicU64::new(0));
    let loaded = || loads.load(Ordering::SeqCst);
    for _ in 0..3 {
        assert_eq!(finds(&a, &loads).await, None);
        assert_eq!(finds(&b, &loads).await, None);
    }
    assert_eq!(loaded(), 1);
    assert!(left(&server, 7).await > 30_000);
    assert_eq!((a.get(&7).await, b.get(&7).await), (None, None));

    let _ = a.put(&7, 1).await.unwrap();
    eventually("the other node has heard of the value", BOUND, async || {
        finds(&b, &loads).await == Some(1)
    })
    .await;
    assert_eq!((finds(&a, &loads).await, loaded()), (Some(1), 1));

    let _ = b.invalidate(&7).await.unwrap();
    node_a.has_heard(&node_b).await;
    assert_eq!(finds(&a, &loads).await, None);
    assert_eq!((finds(&b, &loads).await, loaded()), (None, 2));
    let _ = b.invalidate(&7).await.unwrap();
    node_a.has_heard(&node_b).await;
    // Forgotten is also that there was none.
    assert_eq!(finds(&a, &loads).await, None);
    assert_eq!((finds(&b, &loads).await, loaded()), (None, 3));

    let anew = a.entry(&7).reload().load(async |_| Ok::<_, ()>(2));
    assert_eq!(within(anew).await.unwrap().value, 2);
    let c = absent(&Node::ready(&server.url()).await);
    assert_eq!((finds(&c, &loads).await, loaded()), (Some(2), 3));
}

/// A value that is made of another is absent as long as that is what it is.
#[tokio::test]
async fn that_there_is_no_value_is_forgotten_by_tags() {
    let server = RedisServer::start().await;
    let (node_a, node_b) = two(&server).await;
    let loads = AtomicU64::new(0);
    let tagged = |node: &Node| absent(node).tagged(["org:1"]).unwrap();
    let (a, b) = (tagged(&node_a), tagged(&node_b));
    assert_eq!(finds(&a, &loads).await, None);
    assert_eq!(finds(&b, &loads).await, None);
    assert_eq!(loads.load(Ordering::SeqCst), 1);
    let forgotten = node_a.flow.invalidate().tags(["org:1"]).send();
    let _ = forgotten.await.unwrap();
    node_b.has_heard(&node_a).await;
    assert_eq!(finds(&a, &loads).await, None);
    assert_eq!(finds(&b, &loads).await, None);
    assert_eq!(loads.load(Ordering::SeqCst), 2, "it is still known");
}

#[tokio::test]
async fn what_is_read_in_memory_lives_on_in_redis_and_what_is_not_read_ends() {
    const IDLE: Duration = Duration::from_secs(3);
    let (server, db) = (RedisServer::start().await, Db::at(1));
    let (a, b) = two(&server).await;
    let idle = |node: &Node| {
        let cache = cache(node, Strategy::multi_level());
        cache.ttl(60 * MINUTE).idle(IDLE).build().unwrap()
    };
    let (a, b) = (idle(&a), idle(&b));
    for key in [7, 8] {
        assert_eq!(get(&a, key, &db).await, 1);
        let left = left(&server, key).await;
        assert!(left > 0 && left <= 3_375, "{left} ms");
    }
    assert_eq!(get(&b, 8, &db).await, 1);
    // And so it is where a value was put, and where it was read from Redis.
    for key in [9, 10] {
        let _ = a.put(&key, 1).await.unwrap();
    }
    assert_eq!(get(&b, 10, &db).await, 1);
    let before = a.stats();
    eventually("the one that is not read is gone", BOUND, async || {
        for (cache, key) in [(&a, 7), (&a, 9), (&b, 10)] {
            assert_eq!(get(cache, key, &db).await, 1);
        }
        left(&server, 8).await == -2
    })
    .await;
    for key in [7, 9, 10] {
        assert!(left(&server, key).await > 0, "{key} is read");
    }
    let after = a.stats();
    assert_eq!(
        (before.misses, before.shared_hits),
        (after.misses, after.shared_hits)
    );
    assert_eq!(db.reads(), 2);
    assert_eq!(get(&b, 7, &db).await, 1);
    assert_eq!(db.reads(), 2, "it was there for the other node");
    eventually("memory lets go of it as well", BOUND, async || {
        a.peek(&8).is_none() && b.peek(&8).is_none()
    })
    .await;
    // Both have stopped.
    eventually("nobody reads it and it ends", BOUND, async || {
        left(&server, 7).await == -2 && a.peek(&7).is_none() && b.peek(&7).is_none()
    })
    .await;
    db.set(2);
    assert_eq!((get(&b, 7, &db).await, db.reads()), (2, 3));
}

#[tokio::test]
async fn the_version_of_a_value_reaches_the_next_loader_on_another_node() {
    let (server, db) = (RedisServer::start().await, Db::at(1));
    let (a, b) = two(&server).await;
    let (a, b) = (safe(&a), safe(&b));
    let first = a.entry(&7).load(async |context| {
        assert!(context.previous().is_none());
        context.version("v1");
        db.read().await
    });
    assert_eq!(within(first).await.unwrap().version(), Some("v1"));
    let elsewhere = b.lookup(&7).await.found();
    if let Some(found) = elsewhere {
        assert_eq!((found.version(), found.level), (Some("v1"), Level::Shared));
    }
    is_over(&b, 7).await;
    is_over(&a, 7).await;
    let same = b.entry(&7).load(async |context| {
        let previous = context.previous().expect("it is in Redis");
        assert_eq!((previous.value, previous.version()), (1, Some("v1")));
        Ok::<_, ()>(context.not_modified().unwrap())
    });
    let same = within(same).await.unwrap();
    assert_eq!(
        (same.value, same.version(), same.stale),
        (1, Some("v1"), false)
    );
    // Kept for another lifetime under its version.
    is_over(&b, 7).await;
    let next = a.entry(&7).load(async |context| {
        let previous = context
            .previous()
            .map(|it| (it.value, it.version().map(str::to_owned)));
        assert_eq!(previous, Some((1, Some("v1".to_owned()))));
        context.version("v2");
        Ok::<_, ()>(2)
    });
    assert_eq!(within(next).await.unwrap().version(), Some("v2"));
    assert_eq!(db.reads(), 1);
    // A value that was put has none of the old one's.
    let _ = a.put(&7, 3).await.unwrap();
    is_over(&a, 7).await;
    let after = b.entry(&7).load(async |context| {
        let previous = context.previous().expect("it was put");
        assert_eq!((previous.value, previous.version()), (3, None));
        Ok::<_, ()>(4)
    });
    assert_eq!(within(after).await.unwrap().version(), None);
}

#[tokio::test]
async fn what_a_loader_says_of_its_value_holds_on_every_node() {
    let (server, db) = (RedisServer::start().await, Db::at(1));
    let (node_a, node_b) = two(&server).await;
    let plain = |node: &Node| cache(node, Strategy::multi_level()).build().unwrap();
    let (a, b) = (plain(&node_a), plain(&node_b));
    for forgets in [&node_a, &node_b] {
        let reads = db.reads();
        let loaded = a.entry(&7).load(async |context| {
            context.tags(["org:1", "all"]);
            context.ttl(2 * MINUTE);
            db.read().await
        });
        within(loaded).await.unwrap();
        let left = left(&server, 7).await;
        assert!(left > 100_000 && left <= 120_000, "{left} ms");
        let found = b.lookup(&7).await.found().unwrap();
        let tags: Vec<_> = found.tags().iter().map(|tag| tag.as_str()).collect();
        assert_eq!((tags.len(), tags.contains(&"org:1")), (2, true));
        let forgotten = forgets.flow.invalidate().tags(["org:1"]).send();
        let _ = forgotten.await.unwrap();
        eventually("all have forgotten it", BOUND, async || {
            a.peek(&7).is_none() && b.peek(&7).is_none()
        })
        .await;
        assert_eq!((a.get(&7).await, b.get(&7).await), (None, None));
        assert_eq!(db.reads(), reads + 1);
    }
}
