//! Forgetting by tag, on one Redis with two nodes.
//!
//! Lines in quotation marks are what goes wrong elsewhere.

use std::sync::Arc;
use std::time::Duration;

use cacheflow::{Applied, Cache, Event};
use cacheflow_redis::RedisBackend;
use cacheflow_testkit::{Gate, Operation, RedisServer, eventually};

use crate::world::{
    BOUND, Db, Load, Node, PREFIX, Split, World, all_done, builder_on, bytes_of, event, get,
    integer, members, redis, two,
};

/// A cache whose values are tagged by their tens.
fn tens(node: &Node) -> Cache<u64, u64> {
    let tens = |value: &u64| vec![format!("tens:{}", value / 10)];
    node.flow.cache("tens").tags(tens).build().unwrap()
}

async fn forget(node: &Node, tag: &str) {
    let applied = node.flow.invalidate().tags([tag]).send().await.unwrap();
    assert_eq!(applied, Applied::Recorded);
}

async fn index(server: &RedisServer, tag: &str) -> Vec<String> {
    members(server, &format!("{PREFIX}tag:{tag}")).await
}

async fn stored(server: &RedisServer, key: &str) -> bool {
    bytes_of(server, &format!("{PREFIX}{key}")).await.is_some()
}

fn kept(cache: &Cache<u64, u64>, keys: impl IntoIterator<Item = u64>) -> Vec<u64> {
    let keys = keys.into_iter();
    keys.filter(|key| cache.peek(key).is_some()).collect()
}

#[tokio::test]
async fn a_tag_goes_on_every_node_and_its_values_from_redis() {
    let (server, db) = (RedisServer::start().await, Db::at(0));
    let (a, b) = two(&server).await;
    let (here, there) = (tens(&a), tens(&b));
    for key in 0..30 {
        db.set(key);
        assert_eq!(get(&here, key, &db).await, get(&there, key, &db).await);
    }
    assert_eq!(index(&server, "tens:1").await.len(), 10);
    forget(&b, "tens:1").await;
    let left: Vec<u64> = (0..10).chain(20..30).collect();
    assert_eq!(kept(&there, 0..30), left);
    assert_eq!(there.get(&15).await, None, "removed or not");
    a.has_heard(&b).await;
    assert_eq!(kept(&here, 0..30), left);
    assert_eq!(here.get(&15).await, None, "removed or not");
    all_done(&server).await;
    for key in 0..30 {
        let is_left = left.contains(&key);
        assert_eq!(stored(&server, &format!("tens:{key}")).await, is_left);
    }
    let names = server.keys().await;
    let indexes: Vec<_> = names.iter().filter(|name| name.contains("tag:")).collect();
    let expected = ["tag:tens:0", "tag:tens:2"].map(|name| format!("{PREFIX}{name}"));
    assert_eq!(indexes, [&expected[0], &expected[1]], "and nothing else");
}

/// "With tags that only the loaded value knows": forgotten while it is loaded.
#[tokio::test]
async fn a_load_whose_tag_is_forgotten_meanwhile_is_kept_nowhere() {
    let (world, db) = (World::start().await, Db::at(10));
    let a = Node::ready(&world.server.url()).await;
    let split = Split::new(&world.server.url(), &world.proxy.url());
    let b = Node::ready_as(builder_on(split)).await;
    let (here, there) = (tens(&a), tens(&b));
    for (is_deaf, by_itself) in [(false, false), (true, false), (true, true)] {
        let load = Load::begin(&there, 1, &db).await;
        if is_deaf {
            world.proxy.black_hole();
        }
        forget(if by_itself { &b } else { &a }, "tens:1").await;
        if !is_deaf {
            b.has_heard(&a).await;
        }
        assert_eq!(load.finish().await, 10);
        assert_eq!(there.peek(&1), None, "deaf: {is_deaf}");
        assert!(!stored(&world.server, "tens:1").await, "deaf: {is_deaf}");
        assert_eq!(here.get(&1).await, None);
        world.proxy.pass();
        b.is_good().await;
        b.has_heard(&a).await;
        // From here on it can be kept.
        assert_eq!(get(&there, 1, &db).await, 10);
        assert!(there.peek(&1).is_some() && stored(&world.server, "tens:1").await);
        forget(&a, "tens:1").await;
        all_done(&world.server).await;
        b.has_heard(&a).await;
    }
}

/// "The flush lands between registration and write, or between write and
/// registration."
#[tokio::test]
async fn a_fill_lands_on_one_side_of_a_forgetting_or_the_other() {
    let (server, db) = (RedisServer::start().await, Db::at(10));
    let a = Node::ready(&server.url()).await;
    let gate = Gate::new(RedisBackend::open(&server.url()).unwrap());
    let b = Node::ready_as(builder_on(gate.clone())).await;
    let there = tens(&b);
    for before in [true, false] {
        let held = match before {
            true => gate.hold_before(Operation::Fill),
            false => gate.hold_after(Operation::Fill),
        };
        let load = tokio::spawn({
            let (there, db) = (there.clone(), Arc::clone(&db));
            async move { get(&there, 1, &db).await }
        });
        held.reached().await;
        forget(&a, "tens:1").await;
        held.release();
        assert_eq!(load.await.unwrap(), 10);
        all_done(&server).await;
        assert!(!stored(&server, "tens:1").await, "before: {before}");
        assert_eq!(index(&server, "tens:1").await, [""; 0], "{before}");
        b.has_heard(&a).await;
        assert_eq!(there.peek(&1), None, "before: {before}");
    }
}

/// "The same key set again with other tags: the old tag must no longer match."
#[tokio::test]
async fn a_key_with_other_tags_is_not_forgotten_by_its_old_ones() {
    let (server, db) = (RedisServer::start().await, Db::at(10));
    let (a, b) = two(&server).await;
    let c = Node::ready(&server.url()).await;
    let [here, there, third] = [&a, &b, &c].map(tens);
    get(&here, 1, &db).await;
    assert_eq!(index(&server, "tens:1").await, ["tens:1"]);
    let _ = there.put(&1, 20).await.unwrap();
    assert_eq!(index(&server, "tens:1").await, [""; 0]);
    assert_eq!(index(&server, "tens:2").await, ["tens:1"]);
    forget(&a, "tens:1").await;
    all_done(&server).await;
    for node in [&b, &c] {
        node.has_heard(&a).await;
    }
    assert_eq!(there.peek(&1).map(|found| found.value), Some(20));
    assert_eq!(third.get(&1).await, Some(20), "Redis has it");
    forget(&a, "tens:2").await;
    all_done(&server).await;
    for node in [&b, &c] {
        node.has_heard(&a).await;
    }
    for cache in [&here, &there, &third] {
        assert_eq!(cache.get(&1).await, None);
    }
}

/// The same, seen by a node whose memory has had the old value.
#[tokio::test]
async fn a_key_with_other_tags_is_a_hit_where_the_old_value_was_known() {
    let (server, db) = (RedisServer::start().await, Db::at(10));
    let (a, b) = two(&server).await;
    let (here, there) = (tens(&a), tens(&b));
    get(&here, 1, &db).await;
    let _ = there.put(&1, 20).await.unwrap();
    forget(&b, "tens:1").await;
    a.has_heard(&b).await;
    assert_eq!(here.get(&1).await, Some(20));
}

/// The same, when nothing but the index remembers the old value.
#[tokio::test]
async fn a_key_with_other_tags_stays_although_its_old_value_had_expired() {
    let (server, db) = (RedisServer::start().await, Db::at(10));
    let (a, b) = two(&server).await;
    let (here, there) = (tens(&a), tens(&b));
    get(&here, 1, &db).await;
    // As if it had expired: its place in the index stays for a while.
    redis(&server, &["DEL", &format!("{PREFIX}tens:1")]).await;
    db.set(20);
    assert_eq!(get(&there, 1, &db).await, 20);
    assert_eq!(index(&server, "tens:2").await, ["tens:1"]);
    forget(&b, "tens:1").await;
    all_done(&server).await;
    assert!(stored(&server, "tens:1").await);
}

/// Every way in which an entry leaves takes it out of all its indexes.
#[tokio::test]
async fn what_is_forgotten_or_replaced_leaves_no_index_behind() {
    let (server, db) = (RedisServer::start().await, Db::at(1));
    let (a, b) = two(&server).await;
    for leave in ["key", "tag", "pattern", "clear", "all", "put", "write"] {
        let tagged = a.users.tagged(["x", "y"]).unwrap();
        get(&tagged, 1, &db).await;
        assert_eq!(index(&server, "x").await, ["users:1"]);
        assert_eq!(index(&server, "y").await, ["users:1"]);
        let forget = b.flow.invalidate();
        let applied = match leave {
            "key" => b.users.invalidate(&1).await,
            "tag" => forget.tags(["x"]).send().await,
            "pattern" => forget.pattern("users:?").send().await,
            "clear" => b.users.clear().await,
            "all" => forget.all().send().await,
            "put" => b.users.put(&1, 2).await,
            _ => b.users.begin_write(&1).await.unwrap().finish().await,
        };
        assert_eq!(applied.unwrap(), Applied::Recorded);
        all_done(&server).await;
        let mut names = server.keys().await;
        names.retain(|name| !name.contains("journal"));
        let expected = match leave {
            "put" => vec![format!("{PREFIX}users:1")],
            _ => Vec::new(),
        };
        assert_eq!(names, expected, "{leave}");
        let _ = b.users.invalidate(&1).await.unwrap();
        a.has_heard(&b).await;
    }
}

/// "The index grows for ever": what expires is taken out by what comes.
#[tokio::test]
async fn an_index_that_is_used_does_not_grow_with_what_has_expired() {
    let (server, db) = (RedisServer::start().await, Db::at(1));
    let node = Node::ready(&server.url()).await;
    let brief = node.flow.cache::<u64, u64>("brief");
    let brief = brief.ttl(Duration::from_millis(500)).build().unwrap();
    let brief = brief.tagged(["t"]).unwrap();
    for key in 0..300 {
        get(&brief, key, &db).await;
    }
    let long = node.users.tagged(["t"]).unwrap();
    get(&long, 0, &db).await;
    eventually("they have expired", BOUND, async || {
        let values = server.keys().await;
        !values.iter().any(|name| name.contains("brief:"))
    })
    .await;
    assert!(index(&server, "t").await.len() > 200, "nobody has used it");
    eventually("it is as large as what it names", BOUND, async || {
        for value in 0..50 {
            let _ = long.put(&(value % 5), value).await.unwrap();
        }
        index(&server, "t").await.len() <= 10
    })
    .await;
    for key in 0..5 {
        assert!(index(&server, "t").await.contains(&format!("users:{key}")));
    }
}

/// "Expires before its members; is shortened by a short-lived member."
#[tokio::test]
async fn an_index_lives_as_long_as_its_longest_member() {
    let (server, db) = (RedisServer::start().await, Db::at(1));
    let node = Node::ready(&server.url()).await;
    let cache = |name: &str, ttl: u64| -> Cache<u64, u64> {
        let cache = node.flow.cache(name).ttl(Duration::from_secs(ttl));
        cache.build().unwrap().tagged(["t"]).unwrap()
    };
    let [short, long, middle] =
        [("short", 60), ("long", 90_000), ("middle", 3_600)].map(|(name, ttl)| cache(name, ttl));
    for cache in [&short, &long, &middle, &short] {
        get(cache, 1, &db).await;
        let _ = cache.put(&2, 1).await.unwrap();
        // Asked first, so that what has passed meanwhile does no harm.
        let mut longest = 0;
        for name in ["short:1", "short:2", "long:1", "long:2", "middle:1"] {
            let name = format!("{PREFIX}{name}");
            longest = longest.max(integer(&server, &["PEXPIRETIME", &name]).await);
        }
        let index = format!("{PREFIX}tag:t");
        assert!(integer(&server, &["PEXPIRETIME", &index]).await >= longest);
    }
}

/// "Loses a key that is rebuilt while orphans are reaped."
#[tokio::test]
async fn what_is_loaded_before_the_removal_stays_and_can_be_forgotten() {
    let (server, db) = (RedisServer::start().await, Db::at(10));
    let gate = Gate::new(RedisBackend::open(&server.url()).unwrap());
    let a = Node::ready_as(builder_on(gate.clone())).await;
    let b = Node::ready(&server.url()).await;
    let (here, there) = (tens(&a), tens(&b));
    for key in 0..250 {
        get(&here, key, &db).await;
    }
    let reclaim = gate.hold_before(Operation::Reclaim);
    forget(&a, "tens:1").await;
    reclaim.reached().await;
    b.has_heard(&a).await;
    assert!(stored(&server, "tens:7").await, "nothing is removed yet");
    assert_eq!((here.get(&7).await, there.get(&7).await), (None, None));
    // Whoever starts now is told of it as well.
    let late = Node::ready(&server.url()).await;
    assert_eq!(tens(&late).get(&7).await, None);
    db.set(11);
    for key in [7, 8, 249] {
        assert_eq!(get(&there, key, &db).await, 11);
    }
    reclaim.release();
    all_done(&server).await;
    assert_eq!(
        index(&server, "tens:1").await,
        ["tens:249", "tens:7", "tens:8"]
    );
    let mut values = server.keys().await;
    values.retain(|name| name.starts_with(&format!("{PREFIX}tens:")));
    assert_eq!(values.len(), 3);
    assert_eq!(
        (here.get(&7).await, there.peek(&8).is_some()),
        (Some(11), true)
    );
    forget(&b, "tens:1").await;
    all_done(&server).await;
    assert_eq!((there.get(&7).await, there.get(&249).await), (None, None));
}

/// "A tag with a million members blocks Redis for seconds": it is right at once
/// and removed in steps; the removal is told with its count.
#[tokio::test]
async fn a_tag_of_many_is_forgotten_at_once_and_its_removal_told() {
    const MANY: u64 = 3_000;
    let (server, db) = (RedisServer::start().await, Db::at(1));
    let (a, b) = two(&server).await;
    let (here, there) = (
        a.users.tagged(["t"]).unwrap(),
        b.users.tagged(["t"]).unwrap(),
    );
    for key in 0..MANY {
        get(&here, key, &db).await;
    }
    for key in 0..100 {
        get(&there, key, &db).await;
    }
    get(&b.users, MANY, &db).await;
    let mut events = a.flow.events();
    forget(&a, "t").await;
    assert!(kept(&here, 0..MANY).is_empty());
    assert_eq!(here.get(&(MANY - 1)).await, None);
    let reclaimed = event(&mut events, |event| {
        matches!(event, Event::Reclaimed { .. })
    })
    .await;
    let Event::Reclaimed { forgotten, removed } = reclaimed else {
        unreachable!("it was waited for")
    };
    assert_eq!((removed, forgotten.tags[0].as_str()), (MANY, "t"));
    b.has_heard(&a).await;
    assert_eq!(kept(&there, 0..=MANY), [MANY]);
    let mut names = server.keys().await;
    names.retain(|name| !name.contains("journal"));
    assert_eq!(names, [format!("{PREFIX}users:{MANY}")]);
}
