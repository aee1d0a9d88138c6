//! Names that look like patterns, like other names, or like nothing.

use cacheflow::{Applied, Cache, CacheFlow};
use cacheflow_testkit::{RedisServer, eventually};

use crate::world::{BOUND, Db, Node, all_done, all_done_of, builder, integer, redis, two, within};

async fn flow(server: &RedisServer, namespace: &str, prefix: &str) -> CacheFlow {
    let flow = builder(&server.url()).namespace(namespace).prefix(prefix);
    let flow = flow.build().await.unwrap();
    Node::on(flow.clone()).is_good().await;
    flow
}

/// Keys that a pattern, a cluster, a protocol or a parser could mistake.
const HOSTILE: [&str; 22] = [
    "*",
    "?",
    "[a-z]",
    "[^a]",
    "a*[b]?",
    "\\",
    "\\*",
    "x\ny",
    "x\r\n$3\r\nDEL",
    "{tag}",
    "{}",
    "users:1",
    ":",
    "",
    " ",
    "\0",
    "ü",
    "%2A",
    "'1",
    "~",
    "journal",
    "\"}",
];

#[tokio::test]
async fn no_key_is_taken_for_another_or_for_a_pattern() {
    let (server, db) = (RedisServer::start().await, Db::at(0));
    let long = ["x".repeat(5000), "x".repeat(5001)];
    let keys: Vec<&str> = HOSTILE
        .into_iter()
        .chain(long.iter().map(String::as_str))
        .collect();
    let a: Cache<String, u64> = flow(&server, "t", "").await.cache("users").build().unwrap();
    let b: Cache<String, u64> = flow(&server, "t", "").await.cache("users").build().unwrap();
    let load = async |cache: &Cache<String, u64>, key: &str| {
        within(cache.get_or_load(key, || db.read())).await.unwrap()
    };
    for (value, key) in (1..).zip(&keys) {
        db.set(value);
        assert_eq!(load(&a, key).await, value, "{key:?} was there before");
        assert_eq!(load(&b, key).await, value, "{key:?}");
    }
    let mut values = server.keys().await;
    values.retain(|name| name.starts_with("t/users:"));
    assert_eq!(values.len(), keys.len());

    for (value, key) in (1..).zip(&keys) {
        let mut others: Vec<(u64, &&str)> = (1..).zip(&keys).collect();
        others.retain(|(_, other)| *other != key);
        assert_eq!(a.invalidate(*key).await.unwrap(), Applied::Recorded);
        eventually("the other node has dropped it", BOUND, async || {
            b.peek(*key).is_none()
        })
        .await;
        for (other_value, other) in others {
            for cache in [&a, &b] {
                let found = cache.peek(*other).map(|found| found.value);
                assert_eq!(found, Some(other_value), "{key:?} took {other:?} along");
            }
        }
        db.set(value);
        assert_eq!((load(&b, key).await, load(&a, key).await), (value, value));
    }
    assert_eq!(db.reads(), 2 * keys.len() as u64);
}

#[tokio::test]
async fn a_clear_under_a_prefix_with_glob_characters_removes_only_its_own() {
    let (server, db) = (RedisServer::start().await, Db::at(1));
    for prefix in ["a*[b]?", "\\", "[^x]", "{a}:", "a-z^"] {
        let flow = flow(&server, "", prefix).await;
        let users: Cache<u64, u64> = flow.cache("users").build().unwrap();
        let others = [
            "abb1users:1",
            "a*bzusers:1",
            "xusers:1",
            "users:1",
            "zusers:1",
        ];
        for other in others {
            redis(&server, &["SET", other, "x", "PX", "600000"]).await;
        }
        users.get_or_load(&1, || db.read()).await.unwrap();
        let own = format!("{prefix}users:1");
        assert_eq!(integer(&server, &["EXISTS", &own]).await, 1);
        assert_eq!(users.clear().await.unwrap(), Applied::Recorded);
        eventually("its values are removed", BOUND, async || {
            integer(&server, &["EXISTS", &own]).await == 0
        })
        .await;
        all_done_of(&server, prefix).await;
        for other in others {
            let there = integer(&server, &["EXISTS", other]).await;
            assert_eq!(there, 1, "{prefix} removed {other}");
        }
    }
}

#[tokio::test]
async fn names_may_stand_without_any_prefix() {
    let (server, db) = (RedisServer::start().await, Db::at(1));
    let (a, b) = (flow(&server, "", "").await, flow(&server, "", "").await);
    let (a, b) = (Node::on(a), Node::on(b));
    assert_eq!((a.get(7, &db).await, b.get(7, &db).await), (1, 1));
    let keys = ["journal", "journal:nodes", "users:7"];
    eventually("both have told where they stand", BOUND, async || {
        server.keys().await == keys
    })
    .await;
    let _ = a.users.clear().await.unwrap();
    eventually("the other node has heard", BOUND, async || {
        b.peek(7).is_none()
    })
    .await;
    let keys = ["journal", "journal:nodes", "journal:records"];
    eventually("its values are removed", BOUND, async || {
        server.keys().await == keys
    })
    .await;
}

#[tokio::test]
async fn namespaces_on_one_server_do_not_see_one_another() {
    let (server, db) = (RedisServer::start().await, Db::at(1));
    let mut caches: Vec<Cache<u64, u64>> = Vec::new();
    for namespace in ["a", "b", "ab"] {
        let flow = flow(&server, namespace, "cacheflow:").await;
        caches.push(flow.cache("users").build().unwrap());
    }
    for (value, cache) in (1..).zip(&caches) {
        db.set(value);
        let loaded = cache.get_or_load(&7, || db.read()).await.unwrap();
        assert_eq!(loaded, value);
    }
    let _ = caches[0].invalidate(&7).await.unwrap();
    let _ = caches[0].clear().await.unwrap();
    for (value, cache) in (1..).zip(&caches).skip(1) {
        assert_eq!(cache.peek(&7).map(|found| found.value), Some(value));
    }
    let exists = async |name: &str| integer(&server, &["EXISTS", name]).await;
    assert_eq!(exists("cacheflow:a/users:7").await, 0);
    all_done_of(&server, "cacheflow:a/").await;
    assert_eq!(exists("cacheflow:b/users:7").await, 1);
    assert_eq!(exists("cacheflow:ab/users:7").await, 1);
}

/// Somebody else's key under our prefix must not keep a clear from its end.
#[tokio::test]
async fn a_clear_copes_with_names_that_are_no_text() {
    let (server, db) = (RedisServer::start().await, Db::at(1));
    let node = Node::ready(&server.url()).await;
    node.get(7, &db).await;
    let stranger = b"cacheflow:t/users:\xff\xfe".as_slice();
    server
        .command(&[b"SET".as_slice(), stranger, b"x"])
        .await
        .unwrap();
    assert_eq!(node.users.clear().await.unwrap(), Applied::Recorded);
    all_done(&server).await;
    assert_eq!(
        integer(&server, &["EXISTS", "cacheflow:t/users:7"]).await,
        0
    );
    let words = [b"GET".as_slice(), stranger];
    let left = server.command(&words).await.unwrap();
    assert_eq!(left.text().as_deref(), Some("x"), "not ours to remove");
    assert!(node.flow.health().is_good());
}

/// Channels belong to the server, journals to a database of it.
#[tokio::test]
async fn another_database_of_the_server_is_another_world() {
    let (server, db) = (RedisServer::start().await, Db::at(1));
    let (a, b) = two(&server).await;
    let staging = Node::ready(&format!("{}/1", server.url())).await;
    for key in [7, 8] {
        a.get(key, &db).await;
    }
    let _ = staging.users.invalidate(&9).await.unwrap();
    let _ = b.users.invalidate(&8).await.unwrap();
    eventually("the node has heard", BOUND, async || a.peek(8).is_none()).await;
    assert_eq!(a.peek(7), Some(1));
}

/// The namespace `shop` and the cache `shop` outside of any namespace.
#[tokio::test]
async fn a_cache_does_not_write_over_the_journal_of_a_namespace_of_its_name() {
    let (server, db) = (RedisServer::start().await, Db::at(1));
    let shop = builder(&server.url()).namespace("shop").build().await;
    let shop = Node::on(shop.unwrap());
    shop.is_good().await;
    let other = builder(&server.url()).namespace("").build().await.unwrap();
    Node::on(other.clone()).is_good().await;
    let cache: Cache<String, u64> = other.cache("shop").build().unwrap();
    within(cache.get_or_load("journal", || db.read()))
        .await
        .unwrap();
    let applied = within(shop.users.invalidate(&7)).await.unwrap();
    assert_eq!(applied, Applied::Recorded);
    eventually("its service goes on", BOUND, async || {
        shop.flow.health().is_good()
    })
    .await;
}
