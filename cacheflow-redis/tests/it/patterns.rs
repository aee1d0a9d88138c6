//! Forgetting by pattern, of a cache and of everything, on one Redis with two
//! nodes.
//!
//! Lines in quotation marks are what goes wrong elsewhere.

use cacheflow::key::Pattern;
use cacheflow::{Applied, Cache};
use cacheflow_redis::RedisBackend;
use cacheflow_testkit::{Gate, Operation, RedisServer};

use crate::world::{
    Db, Node, PREFIX, Split, World, all_done, all_done_of, builder, builder_on, bytes_of, calls,
    get, integer, journal, redis, two,
};

fn texts(node: &Node) -> Cache<String, u64> {
    node.flow.cache("texts").build().unwrap()
}

async fn forget(node: &Node, pattern: &str) {
    let send = node.flow.invalidate().pattern(pattern).send();
    assert_eq!(send.await.unwrap(), Applied::Recorded, "{pattern}");
}

/// The keys of `texts` that a server holds.
async fn stored(server: &RedisServer) -> Vec<String> {
    let names = server.keys().await;
    let of_it = format!("{PREFIX}texts:");
    let keys = names.iter().filter_map(|name| name.strip_prefix(&of_it));
    keys.map(str::to_owned).collect()
}

/// What users type.
const TYPED: [&str; 16] = [
    "*", "?", "a", "ab", "abc", "[a-z]", "[^a]", "\\", "\\*", "a*", "x\ny", "{a}", "a:b", "ü",
    "üü", "-",
];

/// "A pattern from user input": escaped, it means itself, here and in Redis.
#[tokio::test]
async fn what_users_type_is_no_pattern_when_it_is_escaped() {
    let (server, db) = (RedisServer::start().await, Db::at(1));
    let (a, b) = two(&server).await;
    let caches = [texts(&a), texts(&b)];
    for cache in &caches {
        for key in TYPED {
            cache.get_or_load(key, || db.read()).await.unwrap();
        }
    }
    let mut left = TYPED.to_vec();
    for typed in TYPED {
        let key = caches[0].full_key(typed);
        forget(&a, &Pattern::escape(key.as_str())).await;
        all_done(&server).await;
        b.has_heard(&a).await;
        left.remove(0);
        for cache in &caches {
            let mut kept = TYPED.to_vec();
            kept.retain(|key| cache.peek(*key).is_some());
            assert_eq!(kept, left, "{typed:?}");
        }
        assert_eq!(stored(&server).await.len(), left.len(), "{typed:?}");
    }
}

/// Nodes and Redis agree on what a pattern matches.
#[tokio::test]
async fn a_pattern_matches_the_same_in_memory_and_in_redis() {
    let (server, db) = (RedisServer::start().await, Db::at(1));
    let (a, b) = two(&server).await;
    let here = texts(&a);
    let past_memory = Node::without_memory(builder(&server.url())).await;
    let past_memory = texts(&past_memory);
    for pattern in [
        "texts:?",
        "texts:a*",
        "texts:*b*",
        "texts:%5Ba-z%5D",
        "texts:[a-z]",
        "texts:%*",
        "*:a",
        "t?xts:ab",
        "texts:\\*",
        "texts:a-z",
        "texts:**",
        "texts:",
        "text:*",
        "*texts*",
    ] {
        for key in TYPED {
            here.get_or_load(key, || db.read()).await.unwrap();
        }
        let parsed = Pattern::new(pattern).unwrap();
        let stays = |key: &&str| !parsed.matches(&here.full_key(*key));
        let expected: Vec<&str> = TYPED.into_iter().filter(stays).collect();
        forget(&b, pattern).await;
        a.has_heard(&b).await;
        for key in TYPED {
            assert_eq!(
                here.peek(key).is_some(),
                expected.contains(&key),
                "{pattern} {key}"
            );
        }
        all_done(&server).await;
        assert_eq!(stored(&server).await.len(), expected.len(), "{pattern}");
        for key in expected {
            assert!(past_memory.get(key).await.is_some(), "{pattern} {key}");
        }
    }
}

/// "`KEYS`. `FLUSHDB` for `clear` on a shared server": what is not ours stays,
/// whatever it is, and whatever its name.
#[tokio::test]
async fn what_is_not_ours_survives_every_forgetting() {
    let (server, db) = (RedisServer::start().await, Db::at(1));
    let node = Node::ready(&server.url()).await;
    let other = Node::ready_as(builder(&server.url()).namespace("other")).await;
    get(&other.users, 1, &db).await;
    let name = |rest: &str| format!("{PREFIX}{rest}");
    let long = "x".repeat(100);
    let strings = [
        "users:1",
        "elsewhere",
        &name("users:foreign"),
        &name("users:"),
        &name("note"),
        &name("lock:users:1"),
        "cacheflow:t",
        "cacheflow:tt/users:1",
    ];
    for string in strings {
        redis(&server, &["SET", string, &long]).await;
    }
    redis(&server, &["HSET", &name("users:hash"), "a", "b"]).await;
    let (inc, _) = journal(&server).await;
    redis(&server, &["CONFIG", "RESETSTAT"]).await;
    for what in ["pattern", "cache", "all"] {
        let tagged = node.users.tagged(["t"]).unwrap();
        get(&tagged, 7, &db).await;
        let forget = node.flow.invalidate();
        let forget = match what {
            "pattern" => forget.pattern("*"),
            "cache" => forget.cache("users"),
            _ => forget.all(),
        };
        assert_eq!(forget.send().await.unwrap(), Applied::Recorded);
        assert_eq!(node.users.get(&7).await, None);
        all_done(&server).await;
        assert_eq!(bytes_of(&server, &name("users:7")).await, None, "{what}");
        for string in strings {
            let left = bytes_of(&server, string).await;
            assert_eq!(left.as_deref(), Some(long.as_bytes()), "{what} {string}");
        }
        assert_eq!(
            integer(&server, &["HLEN", &name("users:hash")]).await,
            1,
            "{what}"
        );
    }
    assert_eq!(other.peek(1), Some(1));
    assert!(bytes_of(&server, "cacheflow:other/users:1").await.is_some());
    assert_eq!(journal(&server).await.0, inc, "and so does the journal");
    for command in ["keys", "flushdb", "flushall"] {
        assert_eq!(calls(&server, command).await, 0, "{command}");
    }
}

/// Clearing one namespace beside one whose name begins alike.
#[tokio::test]
async fn everything_of_a_namespace_goes_and_nothing_of_another() {
    let (server, db) = (RedisServer::start().await, Db::at(1));
    let mut nodes = Vec::new();
    for namespace in ["s", "shop", "shop2", ""] {
        let node = Node::ready_as(builder(&server.url()).namespace(namespace)).await;
        get(&node.users.tagged(["t"]).unwrap(), 1, &db).await;
        get(
            &node.cache("orders").depends_on([node.users.full_key(&1)]),
            1,
            &db,
        )
        .await;
        nodes.push(node);
    }
    let send = nodes[1].flow.invalidate().all().send();
    assert_eq!(send.await.unwrap(), Applied::Recorded);
    all_done_of(&server, "cacheflow:shop/").await;
    for (node, prefix) in nodes.iter().zip(["s/", "shop/", "shop2/", ""]) {
        let is_it = prefix == "shop/";
        let orders = node.cache("orders");
        assert_eq!(node.users.get(&1).await.is_none(), is_it, "{prefix}");
        assert_eq!(orders.get(&1).await.is_none(), is_it, "{prefix}");
        for name in ["users:1", "orders:1", "tag:t"] {
            let name = format!("cacheflow:{prefix}{name}");
            assert_eq!(
                integer(&server, &["EXISTS", &name]).await == 0,
                is_it,
                "{name}"
            );
        }
    }
}

/// "The same with a pattern, `clear`": forgotten while it is loaded, by a node
/// that the loading one hears, or does not.
#[tokio::test]
async fn a_load_that_matches_what_is_forgotten_is_kept_nowhere() {
    let (world, db) = (World::start().await, Db::at(1));
    let a = Node::ready(&world.server.url()).await;
    let split = Split::new(&world.server.url(), &world.proxy.url());
    let b = Node::ready_as(builder_on(split)).await;
    for what in ["pattern", "cache", "all"] {
        for is_deaf in [false, true] {
            let load = b.begin_load(1, &db).await;
            let other = b.begin_load(2, &db).await;
            if is_deaf {
                world.proxy.black_hole();
            }
            let forget = a.flow.invalidate();
            let forget = match what {
                "pattern" => forget.pattern("users:1"),
                "cache" => forget.cache("users"),
                _ => forget.all(),
            };
            assert_eq!(forget.send().await.unwrap(), Applied::Recorded);
            if !is_deaf {
                b.has_heard(&a).await;
            }
            load.finish().await;
            other.finish().await;
            assert_eq!(b.peek(1), None, "{what}, deaf: {is_deaf}");
            assert_eq!(b.peek(2).is_some(), what == "pattern", "deaf: {is_deaf}");
            let key = format!("{PREFIX}users:1");
            assert_eq!(
                bytes_of(&world.server, &key).await,
                None,
                "{what} {is_deaf}"
            );
            world.proxy.pass();
            b.is_good().await;
            b.has_heard(&a).await;
            let _ = a.users.invalidate_many(&[1, 2]).await.unwrap();
            all_done(&world.server).await;
            b.has_heard(&a).await;
        }
    }
}

/// "A delete that was deferred removes a newer put."
#[tokio::test]
async fn what_came_after_is_not_removed_by_a_late_sweep() {
    let (server, db) = (RedisServer::start().await, Db::at(1));
    let gate = Gate::new(RedisBackend::open(&server.url()).unwrap());
    let a = Node::ready_as(builder_on(gate.clone())).await;
    let b = Node::ready(&server.url()).await;
    for what in ["pattern", "cache", "all"] {
        for key in 0..200 {
            get(&a.users, key, &db).await;
        }
        let reclaim = gate.hold_before(Operation::Reclaim);
        let forget = a.flow.invalidate();
        let forget = match what {
            "pattern" => forget.pattern("users:*"),
            "cache" => forget.cache("users"),
            _ => forget.all(),
        };
        assert_eq!(forget.send().await.unwrap(), Applied::Recorded);
        reclaim.reached().await;
        b.has_heard(&a).await;
        // Removed or not, nobody takes them for hits.
        let late = Node::ready(&server.url()).await;
        for node in [&a, &b, &late] {
            assert_eq!(node.users.get(&3).await, None, "{what}");
        }
        let _ = b.users.put(&1, 100).await.unwrap();
        db.set(200);
        get(&late.users, 2, &db).await;
        reclaim.release();
        all_done(&server).await;
        let mut names = server.keys().await;
        names.retain(|name| name.starts_with(&format!("{PREFIX}users:")));
        assert_eq!(names.len(), 2, "{what}: {names:?}");
        assert_eq!(a.users.get(&1).await, Some(100), "{what}");
        assert_eq!(a.users.get(&2).await, Some(200), "{what}");
        db.set(1);
        let _ = b.users.invalidate_many(&[1, 2]).await.unwrap();
        a.has_heard(&b).await;
    }
}

/// Its writer dies before anything is removed; somebody else does it.
#[tokio::test]
async fn what_a_dead_node_has_left_is_no_hit_and_is_removed_by_another() {
    let (server, db) = (RedisServer::start().await, Db::at(1));
    let gate = Gate::new(RedisBackend::open(&server.url()).unwrap());
    let dying = Node::ready_as(builder_on(gate.clone())).await;
    let other = Node::ready(&server.url()).await;
    get(&dying.users.tagged(["t"]).unwrap(), 1, &db).await;
    get(&dying.users, 2, &db).await;
    let reclaim = gate.hold_before(Operation::Reclaim);
    let forget = dying.flow.invalidate().tags(["t"]).pattern("users:2");
    assert_eq!(forget.send().await.unwrap(), Applied::Recorded);
    reclaim.reached().await;
    drop(dying);
    let late = Node::ready(&server.url()).await;
    assert_eq!(
        (late.users.get(&1).await, late.users.get(&2).await),
        (None, None)
    );
    all_done(&server).await;
    for key in [1, 2] {
        let name = format!("{PREFIX}users:{key}");
        assert_eq!(bytes_of(&server, &name).await, None);
    }
    assert_eq!(other.users.get(&1).await, None);
}
