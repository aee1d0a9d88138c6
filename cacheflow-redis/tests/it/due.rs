//! What is due to be loaded anew, on several nodes: by one of them, and in time.

use std::sync::Arc;
use std::sync::atomic::{AtomicU64, Ordering};
use std::time::Duration;

use cacheflow::{Cache, CacheBuilder, LoadingCache, RefreshAhead, Strategy};
use cacheflow_redis::RedisBackend;
use cacheflow_testkit::{Recording, RedisServer, eventually};
use tokio::sync::watch;

use crate::world::{BOUND, Db, Node, PREFIX, builder_on, integer, two, within};

const MINUTE: Duration = Duration::from_secs(60);
const SHORT: Duration = Duration::from_millis(300);

fn cache(node: &Node, strategy: Strategy) -> CacheBuilder<u64, u64> {
    let cache = node.flow.cache("fresh").strategy(strategy);
    cache.ttl_jitter(0.0).follower_timeout(60 * MINUTE)
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

/// Read from Redis it is as old as it is: its time to be loaded anew has not begun with
/// this node.
#[tokio::test]
async fn what_is_read_late_is_loaded_anew_in_time() {
    let (server, db) = (RedisServer::start().await, Db::at(1));
    let due = RefreshAhead::after(Duration::from_secs(2)).by_itself();
    let strategy = Strategy::multi_level().refresh_ahead(due);
    let (a, b) = two(&server).await;
    let by_itself = |node: &Node| {
        let cache = cache(node, strategy.clone()).ttl(Duration::from_secs(3));
        let db = Arc::clone(&db);
        let load = move |_| {
            let db = Arc::clone(&db);
            async move { db.read().await }
        };
        cache.build_with_loader(load).unwrap()
    };
    let (a, b) = (by_itself(&a), by_itself(&b));
    // Once only: there it is not asked for, and not loaded anew.
    assert_eq!(within(a.fetch(&7)).await.unwrap(), 1);
    eventually("a part of its life is over", BOUND, async || {
        let left = integer(&server, &["PTTL", &format!("{PREFIX}fresh:7")]).await;
        left < 1_800
    })
    .await;
    db.set(2);
    for _ in 0..3 {
        within(b.fetch(&7)).await.unwrap();
    }
    eventually("it was loaded, or is over", BOUND, async || {
        db.reads() == 2 || b.peek(&7).is_none()
    })
    .await;
    assert_eq!(db.reads(), 2, "nobody has loaded it anew");
}
