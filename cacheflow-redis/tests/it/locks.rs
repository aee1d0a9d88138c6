//! Locks by name, over several flows; and leases without a channel and in a cluster.

use std::sync::Arc;
use std::time::Duration;

use cacheflow::lock::{Acquired, Leases};
use cacheflow::{Backend, Cache, NamedLock, Namespace, Strategy};
use cacheflow_redis::RedisBackend;
use cacheflow_testkit::{Operation, Recording, RedisServer, eventually};
use tokio::task::JoinSet;

use crate::world::{
    BOUND, Db, Load, Node, PREFIX, StillClock, builder_on, bytes_of, get, integer, redis, two,
    within,
};

const MINUTE: Duration = Duration::from_secs(60);

fn lies_at() -> String {
    format!("{PREFIX}lock:/job")
}

fn job(node: &Node) -> NamedLock {
    node.flow.lock("job", MINUTE)
}

async fn recorded(server: &RedisServer) -> (Node, Recording<RedisBackend>) {
    let recording = Recording::new(RedisBackend::open(&server.url()).unwrap());
    (
        Node::ready_as(builder_on(recording.clone())).await,
        recording,
    )
}

/// How often it was asked for the lock since the last time.
fn tries<B: Send + Sync>(recording: &Recording<B>) -> usize {
    let calls = recording.take();
    calls.iter().filter(|call| **call == "acquire /job").count()
}

#[tokio::test]
async fn of_two_flows_one_has_the_lock() {
    let server = RedisServer::start().await;
    let (a, b) = two(&server).await;
    let mine = within(job(&a).try_acquire()).await.unwrap().unwrap();
    assert!(mine.is_held());
    assert!(within(job(&b).try_acquire()).await.unwrap().is_none());
    assert!(within(job(&a).try_acquire()).await.unwrap().is_none());
    let other = b.flow.lock("another job", MINUTE).try_acquire().await;
    assert!(other.unwrap().is_some());
    let soon = Duration::from_millis(20);
    let late = within(job(&b).acquire_within(soon)).await.unwrap();
    assert!(late.is_none(), "patience is over");
    assert!(mine.release().await);
    let next = within(job(&b).try_acquire()).await.unwrap();
    assert!(next.is_some());
    drop(next);
    eventually("dropped, it is given back", BOUND, async || {
        integer(&server, &["EXISTS", &lies_at()]).await == 0
    })
    .await;
}

/// Each adds one to what it has read: without exclusion some would be lost.
#[tokio::test(flavor = "multi_thread", worker_threads = 2)]
async fn what_is_done_under_the_lock_is_done_by_one_at_a_time() {
    const TASKS: usize = 4;
    const TIMES: usize = 15;
    let server = Arc::new(RedisServer::start().await);
    let (a, b) = two(&server).await;
    redis(&server, &["SET", "sum", "0"]).await;
    let mut tasks = JoinSet::new();
    for node in [&a, &b] {
        for _ in 0..TASKS {
            let (lock, server) = (job(node), Arc::clone(&server));
            tasks.spawn(async move {
                for _ in 0..TIMES {
                    let guard = within(lock.acquire_within(MINUTE)).await.unwrap().unwrap();
                    let sum = bytes_of(&server, "sum").await.unwrap();
                    let sum: usize = String::from_utf8(sum).unwrap().parse().unwrap();
                    tokio::task::yield_now().await;
                    redis(&server, &["SET", "sum", &(sum + 1).to_string()]).await;
                    assert!(guard.release().await);
                }
            });
        }
    }
    within(tasks.join_all()).await;
    let sum = bytes_of(&server, "sum").await.unwrap();
    assert_eq!(sum, (2 * TASKS * TIMES).to_string().as_bytes());
    assert_eq!(integer(&server, &["EXISTS", &lies_at()]).await, 0);
}

/// No time passes, so nobody looks for itself: also of two on one node, both are
/// woken in the end.
#[tokio::test]
async fn all_who_wait_for_a_lock_get_it_one_after_the_other() {
    let server = RedisServer::start().await;
    let holder = Node::ready(&server.url()).await;
    let (one, one_tries) = recorded(&server).await;
    let (two, two_tries) = recorded(&server).await;
    let guard = within(job(&holder).try_acquire()).await.unwrap().unwrap();
    let mut waiting = JoinSet::new();
    for lock in [job(&one), job(&two), job(&two)] {
        waiting.spawn(async move {
            let guard = lock.acquire_within(60 * MINUTE).await.unwrap().unwrap();
            guard.release().await
        });
    }
    let (mut first, mut second) = (0, 0);
    eventually("all wait", BOUND, async || {
        first += tries(&one_tries);
        second += tries(&two_tries);
        first >= 1 && second >= 2
    })
    .await;
    let clock = StillClock::begin();
    assert!(guard.release().await);
    while let Some(had) = waiting.join_next().await {
        assert!(had.unwrap(), "it had the lock until it gave it back");
    }
    clock.end().await;
    assert_eq!(integer(&server, &["EXISTS", &lies_at()]).await, 0);
}

/// Those on one node tell each other when the lock was given back, and not when one
/// of them has looked in vain: that would never end.
#[tokio::test]
async fn many_who_wait_on_one_node_ask_as_seldom_as_one() {
    let server = RedisServer::start().await;
    let holder = Node::ready(&server.url()).await;
    let (crowd, crowd_tries) = recorded(&server).await;
    let (single, single_tries) = recorded(&server).await;
    let guard = within(job(&holder).try_acquire()).await.unwrap().unwrap();
    let mut waiting = JoinSet::new();
    for node in [&crowd, &crowd, &crowd, &single] {
        let lock = job(node);
        waiting.spawn(async move {
            let guard = lock.acquire_within(60 * MINUTE).await.unwrap().unwrap();
            guard.release().await
        });
    }
    let (mut of_one, mut of_three) = (0, 0);
    eventually("one has tried six times", BOUND, async || {
        of_one += tries(&single_tries);
        of_three += tries(&crowd_tries);
        of_one >= 6
    })
    .await;
    assert!(
        of_three <= 10 * of_one,
        "one asks {of_one} times, three ask {of_three} times"
    );
    assert!(guard.release().await);
    let had = within(waiting.join_all()).await;
    assert_eq!(had, [true; 4]);
}

#[tokio::test]
async fn a_lock_that_is_not_given_back_ends_with_its_lease() {
    let server = RedisServer::start().await;
    let (a, b) = two(&server).await;
    let short = Duration::from_millis(300);
    let soon_over = a.flow.lock("job", short);
    let mut lost = within(soon_over.try_acquire()).await.unwrap().unwrap();
    let taken = within(job(&b).acquire_within(60 * MINUTE)).await.unwrap();
    let taken = taken.expect("its time was over");
    assert!(!lost.is_held());
    assert!(!lost.renew().await, "it is another's");
    assert!(!lost.release().await);
    assert!(taken.is_held());
    assert!(integer(&server, &["PTTL", &lies_at()]).await > 30_000);
    assert!(taken.release().await);
}

#[tokio::test]
async fn a_lock_is_renewed_while_its_work_runs() {
    let server = RedisServer::start().await;
    let (node, renewals) = recorded(&server).await;
    let other = Node::ready(&server.url()).await;
    let lock = node.flow.lock("job", Duration::from_secs(1));
    let mut guard = within(lock.try_acquire()).await.unwrap().unwrap();
    let mut renewed = 0;
    let work = eventually("it was renewed for two lives", BOUND, async || {
        assert!(job(&other).try_acquire().await.unwrap().is_none());
        let calls = renewals.take();
        renewed += calls.iter().filter(|it| **it == "renew /job").count();
        renewed >= 7
    });
    guard.while_held(work).await;
    assert!(guard.is_held());
    assert!(guard.release().await);
}

/// A key's lease and a lock of the same name are two things.
#[tokio::test]
async fn a_lock_is_never_a_keys_lease() {
    let (server, db) = (RedisServer::start().await, Db::at(1));
    let node = Node::ready(&server.url()).await;
    let strategy = Strategy::multi_level().distributed_lock(MINUTE);
    let cache: Cache<u64, u64> = node.flow.cache("job").strategy(strategy).build().unwrap();
    let load = Load::begin(&cache, 7, &db).await;
    for name in ["job:7", "/job:7", "lock:job:7", "../job:7", "job:7\n"] {
        let lock = node.flow.lock(name, MINUTE);
        let guard = within(lock.try_acquire()).await.unwrap();
        assert!(guard.expect(name).release().await, "{name:?}");
    }
    let leases = RedisBackend::open(&server.url()).unwrap();
    let leases: Arc<dyn Leases> = leases.leases(&Namespace::new(PREFIX, "other"));
    let held = leases.acquire("job:7", "other", MINUTE).await.unwrap();
    assert_ne!(held, Acquired::Mine, "this is the load's");
    load.finish().await;
}

fn leased(node: &Node) -> Cache<u64, u64> {
    let strategy = Strategy::multi_level().distributed_lock(MINUTE);
    let cache = node.flow.cache("leased").strategy(strategy);
    cache.follower_timeout(60 * MINUTE).build().unwrap()
}

/// Nobody is told of a return there: who waits looks for itself.
#[tokio::test]
async fn without_a_channel_a_lease_is_waited_for_all_the_same() {
    let (server, db) = (RedisServer::start().await, Db::at(1));
    let recording = || {
        let backend = RedisBackend::open(&server.url()).unwrap();
        Recording::new(backend.stream_only())
    };
    let (here, there) = (recording(), recording());
    let a = Node::ready_as(builder_on(here)).await;
    let b = Node::ready_as(builder_on(there.clone())).await;
    let (leased_a, leased_b) = (leased(&a), leased(&b));
    let load = Load::begin(&leased_a, 7, &db).await;
    let waits = {
        let (cache, db) = (leased_b.clone(), Arc::clone(&db));
        tokio::spawn(async move { get(&cache, 7, &db).await })
    };
    eventually("it has tried", BOUND, async || {
        there.take().iter().any(|it| *it == "acquire leased:7")
    })
    .await;
    assert_eq!(load.finish().await, 1);
    assert_eq!(within(waits).await.unwrap(), 1);
    assert_eq!(db.reads(), 1);

    let guard = within(job(&a).try_acquire()).await.unwrap().unwrap();
    let waits = {
        let lock = job(&b);
        tokio::spawn(async move { lock.acquire_within(60 * MINUTE).await })
    };
    eventually("it has tried", BOUND, async || tries(&there) > 0).await;
    assert!(guard.release().await);
    assert!(within(waits).await.unwrap().unwrap().is_some());
    let news = there.take_news();
    let told = news.iter().filter(|it| it.operation == Operation::Released);
    assert_eq!(told.count(), 0);
}

#[tokio::test]
async fn in_a_cluster_a_key_is_loaded_by_one_and_a_lock_held_by_one() {
    let cluster = RedisServer::cluster(3).start().await;
    let db = Db::at(1);
    let backend = || RedisBackend::cluster(cluster.urls()).unwrap();
    let a = Node::ready_as(builder_on(backend())).await;
    let recording = Recording::new(backend());
    let b = Node::ready_as(builder_on(recording.clone())).await;
    let load = Load::begin(&leased(&a), 7, &db).await;
    let guard = within(job(&a).try_acquire()).await.unwrap().unwrap();
    let (cache, lock, reads) = (leased(&b), job(&b), Arc::clone(&db));
    let value = tokio::spawn(async move { get(&cache, 7, &reads).await });
    let next = tokio::spawn(async move { lock.acquire_within(60 * MINUTE).await });
    let mut seen = Vec::new();
    eventually("both wait", BOUND, async || {
        seen.extend(recording.take());
        ["acquire leased:7", "acquire /job"]
            .iter()
            .all(|call| seen.iter().any(|seen| seen == call))
    })
    .await;
    let clock = StillClock::begin();
    assert_eq!(load.finish().await, 1);
    assert_eq!(value.await.unwrap(), 1);
    assert!(guard.release().await);
    let next = next.await.unwrap().unwrap().expect("it was given back");
    clock.end().await;
    assert!(next.release().await);
    assert_eq!(db.reads(), 1);
    let left = cluster.keys().await;
    assert!(!left.iter().any(|key| key.contains("lock:")), "{left:?}");
}
