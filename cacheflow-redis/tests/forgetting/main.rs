//! Counts, caches that go by patterns, transactions and secrets, on real servers.

use std::time::Duration;

use cacheflow::codec::KeyRing;
use cacheflow::key::Pattern;
use cacheflow::{Cache, CacheFlow, Deleted, Event, FlowBuilder, Sensitive};
use cacheflow_redis::RedisBackend;
use cacheflow_testkit::{RedisServer, Reply, eventually};

/// A bound against hanging, not an expectation.
const WITHIN: Duration = Duration::from_secs(60);

const HOUR: Duration = Duration::from_secs(3600);

async fn ready(builder: FlowBuilder) -> CacheFlow {
    // A busy machine is no fault.
    let builder = builder.operation_budget(WITHIN).max_staleness(HOUR);
    let flow = builder.build().await.unwrap();
    let good = async || flow.health().is_good();
    eventually("the flow is in good health", WITHIN, good).await;
    flow
}

async fn node(server: &RedisServer) -> CacheFlow {
    let backend = RedisBackend::open(&server.url()).unwrap();
    ready(CacheFlow::builder().backend(backend)).await
}

async fn load<K: cacheflow::CacheKey>(cache: &Cache<K, u64>, key: K, value: u64) {
    let load = cache.get_or_load(&key, async || Ok::<_, String>(value));
    load.await.unwrap();
}

/// The names of values in `cache` that a server has.
async fn values(server: &RedisServer, cache: &str) -> Vec<String> {
    let of_it = format!("cacheflow:{cache}:");
    let names = server.keys().await.into_iter();
    names.filter(|name| name.starts_with(&of_it)).collect()
}

fn numbers(deleted: Deleted) -> (u64, u64, bool) {
    (deleted.in_memory, deleted.in_store, deleted.unfinished)
}

/// How many values were removed in the background.
async fn reclaimed(events: &mut cacheflow::Events) -> u64 {
    let next = async {
        loop {
            let event = events.next().await.expect("the flow lives");
            if let Ok(Event::Reclaimed { removed, .. }) = event {
                return removed;
            }
        }
    };
    tokio::time::timeout(WITHIN, next)
        .await
        .expect("it is told")
}

#[tokio::test]
async fn what_the_script_removes_is_counted_and_the_rest_when_it_is_removed() {
    let server = RedisServer::start().await;
    let (one, two) = (node(&server).await, node(&server).await);
    let tens = |value: &u64| vec![format!("tens:{}", value / 10)];
    let parts: Cache<u64, u64> = one.cache("parts").tags(tens).build().unwrap();
    for key in 0..15 {
        load(&parts, key, key).await;
    }
    let wholes: Cache<u64, u64> = one.cache("wholes").build().unwrap();
    let whole = async || Ok::<_, String>(parts.get(&1).await.unwrap());
    wholes.get_or_load(&1, whole).await.unwrap();
    // Two keys, of which one is not there, and what was made of the other.
    let keys = one.invalidate().keys(["parts:1", "parts:99"]);
    assert_eq!(
        numbers(keys.send_counted().await.unwrap().deleted),
        (2, 2, false)
    );
    let again = one.invalidate().keys(["parts:1"]).send_counted();
    assert_eq!(numbers(again.await.unwrap().deleted), (0, 0, false));
    // Where nothing is in memory, the store counts all the same.
    let elsewhere = two.invalidate().keys(["parts:2"]).send_counted();
    assert_eq!(numbers(elsewhere.await.unwrap().deleted), (0, 1, false));

    let mut events = one.events();
    let tag = one.invalidate().tags(["tens:1"]).send_counted();
    assert_eq!(numbers(tag.await.unwrap().deleted), (5, 0, true));
    assert_eq!(reclaimed(&mut events).await, 5);
    assert_eq!(values(&server, "parts").await.len(), 8);
}

#[tokio::test]
async fn on_a_cluster_everything_is_removed_and_counted_in_the_background() {
    let cluster = RedisServer::cluster(3).start().await;
    let backend = RedisBackend::cluster(cluster.urls()).unwrap();
    let flow = ready(CacheFlow::builder().backend(backend)).await;
    let cache: Cache<u64, u64> = flow.cache("parts").build().unwrap();
    for key in 0..10 {
        load(&cache, key, key).await;
    }
    let mut events = flow.events();
    let keys = flow
        .invalidate()
        .keys(["parts:1", "parts:2"])
        .send_counted();
    assert_eq!(numbers(keys.await.unwrap().deleted), (2, 0, true));
    assert_eq!(reclaimed(&mut events).await, 2);
    let pattern = flow.invalidate().pattern("parts:*").send_counted();
    assert_eq!(numbers(pattern.await.unwrap().deleted), (8, 0, true));
    assert_eq!(reclaimed(&mut events).await, 8);
    assert!(
        cluster
            .keys()
            .await
            .iter()
            .all(|name| !name.contains("parts:"))
    );
}

#[tokio::test]
async fn what_users_type_touches_no_cache_by_accident() {
    let server = RedisServer::start().await;
    let flow = node(&server).await;
    let cache: Cache<u64, u64> = flow
        .cache("permissions")
        .invalidation_patterns(["user:*", "role:[a-z]", "team:\\*"])
        .build()
        .unwrap();
    let goes = async |invalidation: cacheflow::Invalidation| {
        load(&cache, 1, 1).await;
        let _ = invalidation.send().await.unwrap();
        cache.peek(&1).is_none()
    };
    let pattern = |typed: &str| {
        let pattern = format!("accounts:{}", Pattern::escape(typed));
        flow.invalidate().pattern(pattern)
    };
    for typed in ["*", "?", "user:*", "\\*", "[a-z]", "user:1"] {
        assert!(!goes(pattern(typed)).await, "{typed}");
    }
    assert!(!goes(flow.invalidate().tags(["role:a", "team:b", "users:1"])).await);
    assert!(
        goes(flow.invalidate().tags(["role:[a-z]"])).await,
        "a [ is itself"
    );
    assert!(goes(flow.invalidate().tags(["team:*"])).await);
    assert!(goes(flow.invalidate().tags(["user:\n*?[x"])).await);
    assert!(
        goes(flow.invalidate().pattern("*:7")).await,
        "it could match a user"
    );
}

#[tokio::test]
async fn a_node_that_does_not_have_the_cache_forgets_it_in_redis_too() {
    let server = RedisServer::start().await;
    let (without, with) = (node(&server).await, node(&server).await);
    let permissions = |flow: &CacheFlow| -> Cache<u64, u64> {
        let cache = flow.cache("permissions").invalidation_patterns(["user:*"]);
        cache.build().unwrap()
    };
    let cache = permissions(&with);
    load(&cache, 1, 1).await;
    load(&cache, 2, 2).await;
    let _ = without.invalidate().keys(["user:7"]).send().await.unwrap();
    let gone = async || cache.peek(&1).is_none();
    eventually("the other node has heard", WITHIN, gone).await;
    assert_eq!(cache.get(&1).await, None);
    let removed = async || values(&server, "permissions").await.is_empty();
    eventually("Redis has removed it", WITHIN, removed).await;
    load(&cache, 1, 3).await;
    // A node that comes later has to look back before it believes that.
    let later = permissions(&node(&server).await);
    let hit = async || later.get(&1).await == Some(3);
    eventually("it reads what is kept", WITHIN, hit).await;
}

#[tokio::test]
async fn secrets_are_not_found_in_redis_and_nothing_is_kept_for_long() {
    let server = RedisServer::start().await;
    let backend = RedisBackend::open(&server.url()).unwrap();
    let sealing = KeyRing::new().key(1, [7; 32]);
    let flow = ready(CacheFlow::builder().backend(backend).sealing(sealing)).await;
    let sessions = flow.cache::<String, String>("sessions").sensitive();
    let sessions = sessions
        .ttl(HOUR)
        .max_ttl(Duration::from_secs(60))
        .build()
        .unwrap();
    let (token, user) = ("hunter2", "ada.lovelace");
    let key = Sensitive(token.to_owned());
    let _ = sessions.put(&key, user.to_owned()).await.unwrap();
    let names = values(&server, "sessions").await;
    assert_eq!(names.len(), 1);
    let left = server.command(&["PTTL", &names[0]]).await.unwrap();
    assert!(matches!(left, Reply::Integer(1..=60_000)), "{left:?}");
    let has = |bytes: &[u8], text: &str| bytes.windows(text.len()).any(|it| it == text.as_bytes());
    for name in server.keys().await {
        let Reply::Bulk(Some(dump)) = server.command(&["DUMP", &name]).await.unwrap() else {
            panic!("{name} is there");
        };
        let is_hidden = |text| !has(name.as_bytes(), text) && !has(&dump, text);
        assert!(is_hidden(token) && is_hidden(user), "{name}");
    }
    let _ = sessions.invalidate(&key).await.unwrap();
    assert!(values(&server, "sessions").await.is_empty());
}

#[tokio::test]
async fn a_transaction_is_one_record_after_its_commit() {
    let server = RedisServer::start().await;
    let (one, two) = (node(&server).await, node(&server).await);
    let caches = [&one, &two].map(|flow| flow.cache::<u64, u64>("users").build().unwrap());
    for key in [1, 2] {
        load(&caches[0], key, key).await;
        load(&caches[1], key, key).await;
    }
    let scope = one.invalidation_scope();
    let work = scope.run(async {
        for key in [1, 2] {
            let _ = caches[0].invalidate(&key).await.unwrap();
        }
    });
    work.await;
    assert_eq!(values(&server, "users").await.len(), 2);
    let mut events = two.events();
    let _ = scope.commit().await.unwrap();
    assert!(values(&server, "users").await.is_empty());
    let next = async {
        loop {
            if let Some(Ok(Event::Invalidated { forgotten, .. })) = events.next().await {
                return forgotten.keys.len();
            }
        }
    };
    let keys = tokio::time::timeout(WITHIN, next).await;
    assert_eq!(keys.expect("the other node hears of it"), 2);
}
