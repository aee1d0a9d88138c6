//! What is old, absent, idle or due, on several nodes.

use std::sync::Arc;
use std::sync::atomic::{AtomicU64, Ordering};
use std::time::Duration;

use cacheflow::{
    Cache, CacheBuilder, FailSafe, Level, LoadError, LoadingCache, RefreshAhead, Strategy,
};
use cacheflow_redis::RedisBackend;
use cacheflow_testkit::{Recording, RedisServer, eventually};
use tokio::sync::watch;

use crate::world::{
    BOUND, Db, Node, PREFIX, builder_on, bytes_of, get, integer, redis, two, within,
};

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
    let before = a.stats();
    eventually("the one that is not read is gone", BOUND, async || {
        assert_eq!(get(&a, 7, &db).await, 1);
        left(&server, 8).await == -2
    })
    .await;
    assert!(left(&server, 7).await > 0, "this one is read");
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

/// A source whose refreshes wait until they may go on.
struct Gated {
    loads: AtomicU64,
    open: watch::Sender<bool>,
}

impl Gated {
    fn new() -> Arc<Self> {
        let (loads, open) = (AtomicU64::new(0), watch::Sender::new(false));
        Arc::new(Self { loads, open })
    }

    /// The first load is not held. Gives how many there were.
    async fn load(self: Arc<Self>) -> Result<u64, String> {
        let number = self.loads.fetch_add(1, Ordering::SeqCst) + 1;
        if number > 1 {
            let mut open = self.open.subscribe();
            let _ = open.wait_for(|open| *open).await;
        }
        Ok(number)
    }

    fn loads(&self) -> u64 {
        self.loads.load(Ordering::SeqCst)
    }
}

async fn refreshes(cache: &Cache<u64, u64>, source: &Arc<Gated>) -> u64 {
    let load = || Arc::clone(source).load();
    within(cache.get_or_refresh(&7, load)).await.unwrap()
}

async fn recorded(server: &RedisServer) -> (Node, Recording<RedisBackend>) {
    let recording = Recording::new(RedisBackend::open(&server.url()).unwrap());
    (
        Node::ready_as(builder_on(recording.clone())).await,
        recording,
    )
}

fn count<B: Send + Sync>(recording: &Recording<B>, call: &str) -> usize {
    let calls = recording.take();
    calls.iter().filter(|it| **it == call).count()
}

#[tokio::test]
async fn what_is_due_on_two_nodes_is_loaded_by_one_and_read_by_the_other() {
    let (server, source) = (RedisServer::start().await, Gated::new());
    let due = RefreshAhead::after(Duration::from_secs(1));
    let strategy = Strategy::multi_level().refresh_ahead(due);
    let strategy = strategy.distributed_lock(MINUTE);
    let due = |node: &Node| {
        let cache = cache(node, strategy.clone());
        cache.ttl(Duration::from_secs(17)).build().unwrap()
    };
    let (node, recording) = recorded(&server).await;
    let (a, b) = (due(&Node::ready(&server.url()).await), due(&node));
    assert_eq!(refreshes(&a, &source).await, 1);
    assert_eq!(refreshes(&b, &source).await, 1);
    eventually("one finds it due", BOUND, async || {
        assert_eq!(refreshes(&a, &source).await, 1, "nobody waits");
        source.loads() == 2
    })
    .await;
    let _ = recording.take();
    eventually("and so does the other", BOUND, async || {
        assert_eq!(refreshes(&b, &source).await, 1, "nobody waits");
        count(&recording, "acquire fresh:7") > 0
    })
    .await;
    eventually("it has seen that another is at it", BOUND, async || {
        b.under_way() == 0
    })
    .await;
    assert_eq!(source.loads(), 2);
    let stats = b.stats();
    assert_eq!(
        (stats.refreshed, stats.refresh_failures),
        (0, 0),
        "{stats:?}"
    );
    source.open.send_replace(true);
    // Were it not for Redis, its own load would give 3.
    eventually("both have what the one has loaded", BOUND, async || {
        let there = refreshes(&b, &source).await;
        there == 2 && a.peek(&7).is_some_and(|found| found.value == 2)
    })
    .await;
    assert_eq!(b.stats().loads, 0);
}

/// Its loads are begun by a timer, not by readers: while another is at it, it tries
/// again now and then, and not all the time.
#[tokio::test]
async fn who_refreshes_by_itself_leaves_alone_what_another_refreshes() {
    let (server, source) = (RedisServer::start().await, Gated::new());
    let due = RefreshAhead::after(SHORT).by_itself();
    let strategy = Strategy::multi_level().refresh_ahead(due);
    let strategy = strategy.distributed_lock(Duration::from_secs(1));
    let by_itself = |node: &Node| -> LoadingCache<u64, u64> {
        let source = Arc::clone(&source);
        let cache = cache(node, strategy.clone()).ttl(MINUTE);
        let load = move |_| Arc::clone(&source).load();
        cache.build_with_loader(load).unwrap()
    };
    let (here, renewals) = recorded(&server).await;
    let (there, tries) = recorded(&server).await;
    let a = by_itself(&here);
    for _ in 0..3 {
        assert_eq!(within(a.fetch(&7)).await.unwrap(), 1);
    }
    eventually("one loads anew", BOUND, async || source.loads() == 2).await;
    let b = by_itself(&there);
    for _ in 0..3 {
        assert_eq!(within(b.fetch(&7)).await.unwrap(), 1);
    }
    let mut tried = 0;
    eventually("the other wants to", BOUND, async || {
        tried += count(&tries, "acquire fresh:7");
        tried > 0
    })
    .await;
    let mut renewed = 0;
    let _ = renewals.take();
    eventually("the first goes on for a while", BOUND, async || {
        renewed += count(&renewals, "renew fresh:7");
        renewed >= 5
    })
    .await;
    tried += count(&tries, "acquire fresh:7");
    assert!(tried <= 20, "it has tried {tried} times");
    assert_eq!(source.loads(), 2);
    source.open.send_replace(true);
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
    redis(&server, &["PING"]).await;
}
