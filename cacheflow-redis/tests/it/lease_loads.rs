//! One load a cluster: who has the lease of a key loads it, the others wait.

use std::sync::Arc;
use std::time::Duration;

use cacheflow::{Cache, CircuitBreaker, LoadError, Strategy};
use cacheflow_redis::RedisBackend;
use cacheflow_testkit::{Gate, Operation, Recording, RedisServer, eventually};
use tokio::task::JoinHandle;

use crate::world::{
    BOUND, Db, Load, Node, PREFIX, StillClock, builder, builder_on, bytes_of, get, integer, within,
};

const MINUTE: Duration = Duration::from_secs(60);

/// Where the lease of key 7 lies.
fn lease() -> String {
    format!("{PREFIX}lock:leased:7")
}

fn with_lease(length: Duration) -> Strategy {
    Strategy::multi_level().distributed_lock(length)
}

/// A cache whose callers wait for another's load as long as it takes.
fn leased(node: &Node, strategy: Strategy) -> Cache<u64, u64> {
    let cache = node.flow.cache("leased").strategy(strategy);
    cache.follower_timeout(60 * MINUTE).build().unwrap()
}

fn asks(cache: &Cache<u64, u64>, db: &Arc<Db>) -> JoinHandle<u64> {
    let (cache, db) = (cache.clone(), Arc::clone(db));
    tokio::spawn(async move { get(&cache, 7, &db).await })
}

async fn is_free(server: &RedisServer) -> bool {
    integer(server, &["EXISTS", &lease()]).await == 0
}

/// Waits until this was asked so often, and tells all that was asked.
async fn asked<B: Send + Sync>(recording: &Recording<B>, call: &str, times: usize) -> Vec<String> {
    let mut seen = Vec::new();
    eventually(call, BOUND, async || {
        seen.extend(recording.take().iter().map(ToString::to_string));
        seen.iter().filter(|seen| *seen == call).count() >= times
    })
    .await;
    seen
}

async fn recorded(server: &RedisServer) -> (Node, Recording<RedisBackend>) {
    let recording = Recording::new(RedisBackend::open(&server.url()).unwrap());
    (
        Node::ready_as(builder_on(recording.clone())).await,
        recording,
    )
}

#[tokio::test]
async fn a_key_that_is_loaded_elsewhere_is_waited_for() {
    let (server, db) = (RedisServer::start().await, Db::at(1));
    let a = leased(&Node::ready(&server.url()).await, with_lease(MINUTE));
    let (node, recording) = recorded(&server).await;
    let b = leased(&node, with_lease(MINUTE));
    let load = Load::begin(&a, 7, &db).await;
    let others: Vec<_> = (0..20).map(|_| asks(&b, &db)).collect();
    asked(&recording, "acquire leased:7", 3).await;
    assert_eq!(db.reads(), 1, "one loads");
    assert_eq!(load.finish().await, 1);
    for other in others {
        assert_eq!(within(other).await.unwrap(), 1);
    }
    assert_eq!(db.reads(), 1);
    let stats = b.stats();
    assert_eq!((stats.loads, stats.lookups()), (0, 20), "{stats:?}");
    assert!(is_free(&server).await);
    assert_eq!((a.under_way(), b.under_way()), (0, 0));
}

/// No time passes, so nobody looks for itself.
#[tokio::test]
async fn who_waits_is_woken_by_the_return_of_the_lease() {
    let (server, db) = (RedisServer::start().await, Db::at(1));
    let a = leased(&Node::ready(&server.url()).await, with_lease(MINUTE));
    let (one, one_asks) = recorded(&server).await;
    let (two, two_asks) = recorded(&server).await;
    let load = Load::begin(&a, 7, &db).await;
    let waiting = [&one, &two].map(|node| asks(&leased(node, with_lease(MINUTE)), &db));
    asked(&one_asks, "acquire leased:7", 1).await;
    asked(&two_asks, "acquire leased:7", 1).await;
    let clock = StillClock::begin();
    assert_eq!(load.finish().await, 1);
    for other in waiting {
        assert_eq!(other.await.unwrap(), 1);
    }
    clock.end().await;
    assert_eq!(db.reads(), 1);
    // Told, each took what was filled, without a lease of its own.
    for asked in [one_asks, two_asks] {
        let asked = asked.take();
        let fresh = asked.iter().filter(|call| **call == "release leased:7");
        assert_eq!(fresh.count(), 0, "{asked:?}");
    }
}

/// The same where the load has failed: one of those who wait takes it over.
#[tokio::test]
async fn who_waits_for_a_load_that_fails_is_woken_to_load() {
    let (server, db) = (RedisServer::start().await, Db::at(1));
    let a = leased(&Node::ready(&server.url()).await, with_lease(MINUTE));
    let (node, recording) = recorded(&server).await;
    let b = leased(&node, with_lease(MINUTE));
    let (began, begun) = tokio::sync::oneshot::channel();
    let (fail, failing) = tokio::sync::oneshot::channel::<()>();
    let failed = tokio::spawn(async move {
        let load = async || {
            let _ = began.send(());
            let _ = failing.await;
            Err::<u64, _>("away")
        };
        a.get_or_load(&7, load).await
    });
    within(begun).await.unwrap();
    let other = asks(&b, &db);
    asked(&recording, "acquire leased:7", 1).await;
    let clock = StillClock::begin();
    let _ = fail.send(());
    assert!(matches!(
        failed.await.unwrap(),
        Err(LoadError::Source("away"))
    ));
    assert_eq!(other.await.unwrap(), 1);
    clock.end().await;
    assert_eq!(db.reads(), 1);
    assert!(is_free(&server).await);
}

/// Between its look and its lease another has loaded, filled, and gone.
#[tokio::test]
async fn who_gets_the_lease_looks_once_more() {
    let (server, db) = (RedisServer::start().await, Db::at(1));
    let gate = Gate::new(RedisBackend::open(&server.url()).unwrap());
    let slow = Node::ready_as(builder_on(gate.clone())).await;
    let slow = leased(&slow, with_lease(MINUTE));
    let fast = leased(&Node::ready(&server.url()).await, with_lease(MINUTE));
    let acquire = gate.hold_before(Operation::Acquire);
    let late = asks(&slow, &db);
    acquire.reached().await;
    assert_eq!(get(&fast, 7, &db).await, 1);
    db.set(2);
    acquire.release();
    assert_eq!(within(late).await.unwrap(), 1);
    assert_eq!(db.reads(), 1, "it was there");
    assert_eq!(slow.stats().shared_hits, 1);
    assert!(is_free(&server).await, "it has no use for the lease");
    assert_eq!(slow.peek(&7).map(|found| found.value), Some(1));
}

/// And so it is with the knowledge that there is no value.
#[tokio::test]
async fn who_gets_the_lease_is_content_with_nothing() {
    let server = RedisServer::start().await;
    let gate = Gate::new(RedisBackend::open(&server.url()).unwrap());
    let caches = [
        Node::ready_as(builder_on(gate.clone())).await,
        Node::ready(&server.url()).await,
    ]
    .map(|node| {
        let cache = node.flow.cache::<u64, u64>("leased");
        let cache = cache.strategy(with_lease(MINUTE)).cache_none(MINUTE);
        cache.build().unwrap()
    });
    let [slow, fast] = caches;
    let acquire = gate.hold_before(Operation::Acquire);
    let late = tokio::spawn(async move {
        let load = async || -> Result<Option<u64>, ()> { panic!("it is known") };
        slow.get_or_load_optional(&7, load).await
    });
    acquire.reached().await;
    let none = async || Ok::<_, ()>(None);
    assert_eq!(fast.get_or_load_optional(&7, none).await, Ok(None));
    acquire.release();
    assert_eq!(within(late).await.unwrap(), Ok(None));
    assert!(is_free(&server).await);
}

#[tokio::test]
async fn however_a_load_ends_its_lease_is_given_back() {
    let (server, db) = (RedisServer::start().await, Db::at(1));
    let (node, recording) = recorded(&server).await;
    let breaker = CircuitBreaker::new().failures(3).reset_after(MINUTE);
    let strategy = with_lease(MINUTE).circuit_breaker(breaker);
    let strategy = strategy.hard_timeout(Duration::from_millis(500));
    let cache = leased(&node, strategy);
    // Each has a lease, and afterwards nobody has: not even for a moment, where
    // somebody is there to give it back before the answer.
    let gave_back = async |how: &str| {
        let asked = recording.take();
        let count = |call: &str| asked.iter().filter(|asked| **asked == call).count();
        assert_eq!(count("acquire leased:7"), 1, "{how}: {asked:?}");
        assert_eq!(count("release leased:7"), 1, "{how}: {asked:?}");
        assert!(is_free(&server).await, "{how}");
    };
    let _ = recording.take();

    let skipped = cache.entry(&7).load(async |context| {
        context.skip();
        db.read().await
    });
    assert_eq!(within(skipped).await.unwrap().value, 1);
    gave_back("not to be kept").await;

    let load = Load::begin(&cache, 7, &db).await;
    let _ = cache.invalidate(&7).await.unwrap();
    assert_eq!(load.finish().await, 1);
    assert_eq!(cache.peek(&7), None);
    gave_back("refused").await;

    let none = async || Ok::<_, ()>(None);
    assert_eq!(within(cache.get_or_load_optional(&7, none)).await, Ok(None));
    gave_back("nothing").await;

    let load = Load::begin(&cache, 7, &db).await;
    assert!(!is_free(&server).await);
    load.cancel().await;
    eventually("a caller that is gone gives it back", BOUND, async || {
        is_free(&server).await
    })
    .await;
    let _ = recording.take();

    let panicking = {
        let cache = cache.clone();
        tokio::spawn(async move {
            let load = async || -> Result<u64, ()> { panic!("a bug") };
            cache.get_or_load(&7, load).await
        })
    };
    assert!(within(panicking).await.unwrap_err().is_panic());
    eventually("a panic gives it back", BOUND, async || {
        is_free(&server).await
    })
    .await;
    let _ = recording.take();

    let failed = within(cache.get_or_load(&7, async || Err("away"))).await;
    assert_eq!(failed, Err(LoadError::Source("away")));
    gave_back("failed").await;

    // With the panic this is the third failure.
    let hangs = within(cache.get_or_load(&7, async || {
        std::future::pending::<Result<u64, &str>>().await
    }));
    assert_eq!(hangs.await, Err(LoadError::Timeout));
    gave_back("hard timeout").await;

    let mut refused = within(cache.get_or_load(&7, async || Err("away"))).await;
    if refused == Err(LoadError::Source("away")) {
        gave_back("one more failure").await;
        refused = within(cache.get_or_load(&7, async || Err("away"))).await;
    }
    assert_eq!(refused, Err(LoadError::BreakerOpen));
    // Nothing would be loaded under it.
    let asked = recording.take();
    assert!(!asked.iter().any(|asked| *asked == "acquire leased:7"));
    assert!(is_free(&server).await);
}

/// Its load goes on without it, and so does the lease.
#[tokio::test]
async fn a_caller_that_leaves_its_load_behind_leaves_the_lease_with_it() {
    let (server, db) = (RedisServer::start().await, Db::at(1));
    let cache = leased(&Node::ready(&server.url()).await, with_lease(MINUTE));
    let (finish, finished) = tokio::sync::oneshot::channel::<()>();
    let (began, begun) = tokio::sync::oneshot::channel();
    let caller = {
        let (cache, db) = (cache.clone(), Arc::clone(&db));
        tokio::spawn(async move {
            let load = || async move {
                let value = db.read().await;
                let _ = began.send(());
                let _ = finished.await;
                value
            };
            cache.get_or_refresh(&7, load).await
        })
    };
    within(begun).await.unwrap();
    caller.abort();
    assert!(within(caller).await.unwrap_err().is_cancelled());
    assert!(!is_free(&server).await, "the load goes on");
    let _ = finish.send(());
    eventually("it is kept, and the lease given back", BOUND, async || {
        cache.peek(&7).is_some() && is_free(&server).await
    })
    .await;
    let stored = bytes_of(&server, &format!("{PREFIX}leased:7")).await;
    assert!(stored.is_some());
}

/// The lease is short and the load long.
#[tokio::test]
async fn a_lease_is_renewed_as_long_as_its_load_runs() {
    let (server, db) = (RedisServer::start().await, Db::at(1));
    let short = Duration::from_secs(1);
    let (holder, renewals) = recorded(&server).await;
    let (waiter, tries) = recorded(&server).await;
    let (a, b) = (
        leased(&holder, with_lease(short)),
        leased(&waiter, with_lease(short)),
    );
    let load = Load::begin(&a, 7, &db).await;
    let other = asks(&b, &db);
    let mut renewed = 0;
    eventually("it was renewed for two lives", BOUND, async || {
        let left = integer(&server, &["PTTL", &lease()]).await;
        assert!(left > 0, "after {renewed} renewals the lease is gone");
        let calls = renewals.take();
        renewed += calls.iter().filter(|it| **it == "renew leased:7").count();
        renewed >= 7
    })
    .await;
    asked(&tries, "acquire leased:7", 3).await;
    assert_eq!(db.reads(), 1, "nobody else has loaded");
    assert_eq!(load.finish().await, 1);
    assert_eq!(within(other).await.unwrap(), 1);
    assert_eq!((db.reads(), a.stats().fills_refused), (1, 0));
}

/// A caller's patience ends before a load that hangs elsewhere, and costs a load.
#[tokio::test]
async fn nobody_waits_for_another_longer_than_the_follower_timeout() {
    let (server, db) = (RedisServer::start().await, Db::at(1));
    let impatient = async || {
        let node = Node::ready(&server.url()).await;
        let cache = node.flow.cache::<u64, u64>("leased");
        let cache = cache.strategy(with_lease(MINUTE));
        let cache = cache.follower_timeout(Duration::from_millis(300));
        cache.build().unwrap()
    };
    let (a, b) = (impatient().await, impatient().await);
    let load = Load::begin(&a, 7, &db).await;
    db.set(2);
    assert_eq!(get(&b, 7, &db).await, 2);
    assert_eq!(db.reads(), 2);
    assert!(!is_free(&server).await, "the lease is another's");
    assert_eq!(load.finish().await, 1);
    assert!(is_free(&server).await);
}

/// Where one key is loaded, another is not waited for.
#[tokio::test]
async fn each_key_has_a_lease_of_its_own() {
    let (server, db) = (RedisServer::start().await, Db::at(1));
    let a = leased(&Node::ready(&server.url()).await, with_lease(MINUTE));
    let node = Node::ready_as(builder(&server.url())).await;
    let b = leased(&node, with_lease(MINUTE));
    let load = Load::begin(&a, 7, &db).await;
    let clock = StillClock::begin();
    for key in [0, 8, 77, u64::MAX] {
        assert_eq!(b.get_or_load(&key, async || db.read().await).await, Ok(1));
    }
    clock.end().await;
    assert_eq!(load.finish().await, 1);
    assert_eq!(db.reads(), 5);
}

/// Gone between the lease and the answer that it has it.
#[tokio::test]
async fn a_caller_that_is_gone_before_the_answer_leaves_no_lease_behind() {
    let (server, db) = (RedisServer::start().await, Db::at(1));
    let gate = Gate::new(RedisBackend::open(&server.url()).unwrap());
    let node = Node::ready_as(builder_on(gate.clone())).await;
    let cache = leased(&node, with_lease(MINUTE));
    let acquired = gate.hold_after(Operation::Acquire);
    let caller = asks(&cache, &db);
    acquired.reached().await;
    assert!(!is_free(&server).await);
    caller.abort();
    assert!(within(caller).await.unwrap_err().is_cancelled());
    acquired.release();
    eventually("nobody has it", BOUND, async || is_free(&server).await).await;
    assert_eq!((db.reads(), cache.under_way()), (0, 0));
}

/// It gives up waiting for the answer, and loads; the lease that it has is given back.
#[tokio::test]
async fn an_answer_that_comes_too_late_leaves_no_lease_behind() {
    let (server, db) = (RedisServer::start().await, Db::at(1));
    let gate = Gate::new(RedisBackend::open(&server.url()).unwrap());
    let flow = builder_on(gate.clone()).operation_budget(Duration::from_millis(500));
    let cache = leased(&Node::ready_as(flow).await, with_lease(MINUTE));
    let acquired = gate.hold_after(Operation::Acquire);
    let caller = asks(&cache, &db);
    acquired.reached().await;
    assert!(!is_free(&server).await);
    assert_eq!(within(caller).await.unwrap(), 1);
    assert_eq!(db.reads(), 1);
    eventually("nobody has it", BOUND, async || is_free(&server).await).await;
    acquired.release();
}

#[tokio::test(flavor = "multi_thread", worker_threads = 2)]
async fn many_keys_are_loaded_once_each_by_several_nodes() {
    const KEYS: u64 = 150;
    let (server, db) = (RedisServer::start().await, Db::at(1));
    let mut tasks = tokio::task::JoinSet::new();
    for _ in 0..3 {
        let cache = leased(&Node::ready(&server.url()).await, with_lease(MINUTE));
        for key in 0..KEYS {
            let (cache, db) = (cache.clone(), Arc::clone(&db));
            tasks.spawn(async move {
                let load = async || {
                    tokio::task::yield_now().await;
                    db.read().await.map(|version| version + key)
                };
                let value = within(cache.get_or_load(&key, load)).await;
                assert_eq!(value, Ok(1 + key));
            });
        }
    }
    within(tasks.join_all()).await;
    assert_eq!(db.reads(), KEYS);
    let left = server.keys().await;
    assert!(!left.iter().any(|key| key.contains("lock:")), "{left:?}");
}
