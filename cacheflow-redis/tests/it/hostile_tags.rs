//! Tags and indexes that look like something else.

use cacheflow::{Applied, Cache};
use cacheflow_testkit::RedisServer;

use crate::world::{Db, Node, PREFIX, all_done, bytes_of, get, integer, members, redis, two};

const HOSTILE: [&str; 20] = [
    "*",
    "?",
    "[a-z]",
    "[^a]",
    "a*",
    "a",
    "A",
    "\\",
    "\\*",
    "x\ny",
    "x\r\n$3\r\nDEL",
    "$1",
    "{tag}",
    "{}",
    ":",
    "users:1",
    "\0",
    "ü",
    "\",\"open\":true,\"n\":1}",
    "%s%1",
];

/// "A pattern from user input": of a tag, which is none.
#[tokio::test]
async fn no_tag_is_taken_for_another_or_for_a_pattern() {
    let (server, db) = (RedisServer::start().await, Db::at(1));
    let (a, b) = two(&server).await;
    let tagged = |node: &Node, tag: &str| node.users.tagged([tag]).unwrap();
    for (key, tag) in (0..).zip(HOSTILE) {
        get(&tagged(&a, tag), key, &db).await;
        get(&tagged(&b, tag), key, &db).await;
        let index = members(&server, &format!("{PREFIX}tag:{tag}")).await;
        assert_eq!(index, [format!("users:{key}")], "{tag:?}");
    }
    let mut left: Vec<u64> = (0..HOSTILE.len() as u64).collect();
    for tag in HOSTILE {
        let applied = a.flow.invalidate().tags([tag]).send().await.unwrap();
        assert_eq!(applied, Applied::Recorded);
        all_done(&server).await;
        b.has_heard(&a).await;
        left.remove(0);
        for node in [&a, &b] {
            let all = 0..HOSTILE.len() as u64;
            let kept: Vec<u64> = all.filter(|key| node.peek(*key).is_some()).collect();
            assert_eq!(kept, left, "{tag:?}");
        }
        let mut values = server.keys().await;
        values.retain(|name| name.starts_with(&format!("{PREFIX}users:")));
        assert_eq!(values.len(), left.len(), "{tag:?}");
    }
}

/// Keys that a message, a set or a script could mistake, under one tag.
#[tokio::test]
async fn hostile_keys_go_with_their_tag() {
    let (server, db) = (RedisServer::start().await, Db::at(1));
    let (a, b) = two(&server).await;
    let texts = |node: &Node| -> Cache<String, u64> {
        let cache = node.flow.cache("texts").build().unwrap();
        cache.tagged(["t"]).unwrap()
    };
    let (here, there) = (texts(&a), texts(&b));
    let long = "x".repeat(5_000);
    let keys: Vec<&str> = HOSTILE.into_iter().chain([long.as_str()]).collect();
    for cache in [&here, &there] {
        for key in &keys {
            cache.get_or_load(*key, || db.read()).await.unwrap();
        }
    }
    assert_eq!(db.reads(), keys.len() as u64);
    let _ = b.flow.invalidate().tags(["t"]).send().await.unwrap();
    a.has_heard(&b).await;
    for key in &keys {
        assert_eq!((here.get(*key).await, there.get(*key).await), (None, None));
    }
    all_done(&server).await;
    let mut names = server.keys().await;
    names.retain(|name| !name.contains("journal"));
    assert_eq!(names, [""; 0]);
}

/// What lies under our names and is not ours is left alone, and does not keep
/// anything from its end.
#[tokio::test]
async fn members_of_an_index_that_are_not_ours_are_left_alone() {
    let (server, db) = (RedisServer::start().await, Db::at(1));
    let (a, b) = two(&server).await;
    let tagged = a.users.tagged(["t"]).unwrap();
    get(&tagged, 1, &db).await;
    let name = |rest: &str| format!("{PREFIX}{rest}");
    let foreign = [
        "foreign", "users:2", "journal", "users", ":", "tag:t", "lock:x",
    ];
    for member in foreign.into_iter().chain(["users:3", "users:4"]) {
        redis(&server, &["SADD", &name("tag:t"), member]).await;
    }
    for string in ["foreign", "users:2", "users", "lock:x"] {
        redis(&server, &["SET", &name(string), "not ours", "PX", "600000"]).await;
    }
    redis(&server, &["RPUSH", &name("users:3"), "a list"]).await;
    let words = [b"SADD".as_slice(), name("tag:t").as_bytes(), b"users:\xff"].map(<[u8]>::to_vec);
    server.command(&words).await.unwrap();

    let applied = b.flow.invalidate().tags(["t"]).send().await.unwrap();
    assert_eq!(applied, Applied::Recorded);
    all_done(&server).await;
    assert_eq!(bytes_of(&server, &name("users:1")).await, None);
    for string in ["foreign", "users:2", "users", "lock:x"] {
        let left = bytes_of(&server, &name(string)).await;
        assert_eq!(left.as_deref(), Some(b"not ours".as_slice()), "{string}");
    }
    assert_eq!(integer(&server, &["LLEN", &name("users:3")]).await, 1);
    a.has_heard(&b).await;
    assert!(a.flow.health().is_good() && b.flow.health().is_good());
}

/// An index of another type is made anew.
#[tokio::test]
async fn an_index_of_another_type_is_replaced() {
    let (server, db) = (RedisServer::start().await, Db::at(1));
    let (a, b) = two(&server).await;
    let tagged = a.users.tagged(["t"]).unwrap();
    let index = format!("{PREFIX}tag:t");
    for before_the_fill in [true, false] {
        redis(&server, &["DEL", &index]).await;
        if before_the_fill {
            redis(&server, &["SET", &index, "x"]).await;
        }
        get(&tagged, 1, &db).await;
        assert_eq!(a.peek(1), Some(1));
        if !before_the_fill {
            redis(&server, &["DEL", &index]).await;
            redis(&server, &["RPUSH", &index, "x"]).await;
            // It is used by what leaves, too.
            let _ = b.users.invalidate(&1).await.unwrap();
            a.has_heard(&b).await;
            get(&tagged, 1, &db).await;
        }
        assert_eq!(members(&server, &index).await, ["users:1"]);
        let _ = b.flow.invalidate().tags(["t"]).send().await.unwrap();
        all_done(&server).await;
        a.has_heard(&b).await;
        assert_eq!((a.users.get(&1).await, b.users.get(&1).await), (None, None));
    }
}
