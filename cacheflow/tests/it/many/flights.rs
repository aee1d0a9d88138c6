//! Flights shared between calls of many keys and others, whatever becomes of them.

use std::sync::atomic::{AtomicU64, Ordering};
use std::sync::{Arc, Barrier};
use std::time::Duration;

use cacheflow::{Cache, LoadedMany};
use tokio::sync::oneshot;
use tokio::task::JoinHandle;

use super::{Source, all};
use crate::support::{Fault, HOUR, HeldLoad, WITHIN, cached, caller, load, numbers, patient, soon};

/// Until everybody waits: the clock of these tests moves on when nobody can run.
async fn all_wait() {
    tokio::time::sleep(Duration::from_millis(1)).await;
}

/// A call of many keys whose loader has begun and waits for its end.
struct HeldMany {
    task: JoinHandle<LoadedMany<u64, Fault>>,
    asked: Vec<u64>,
    go: oneshot::Sender<Result<(), Fault>>,
}

impl HeldMany {
    async fn begin(cache: &Cache<u64, u64>, keys: &'static [u64]) -> Self {
        let (begun, has_begun) = oneshot::channel();
        let (go, end) = oneshot::channel();
        let mut ends = Some((begun, end));
        let cache = cache.clone();
        let task = tokio::spawn(async move {
            let load = |keys: Vec<&u64>| {
                let (begun, end) = ends.take().expect("called once");
                let keys: Vec<u64> = keys.into_iter().copied().collect();
                async move {
                    begun.send(keys.clone()).unwrap();
                    end.await.expect("told to end")?;
                    Ok(keys.into_iter().map(|key| (key, key * 10)))
                }
            };
            cache.get_or_load_many(keys, load).await
        });
        let asked = has_begun.await.expect("the loader ran");
        Self { task, asked, go }
    }

    async fn end(self) -> LoadedMany<u64, Fault> {
        self.go.send(Ok(())).unwrap();
        self.task.await.unwrap()
    }
}

/// A call of many keys in a task of its own.
fn many(
    cache: &Cache<u64, u64>,
    source: &Arc<Source>,
    keys: &'static [u64],
) -> JoinHandle<Vec<Option<u64>>> {
    let (cache, source) = (cache.clone(), Arc::clone(source));
    tokio::spawn(async move { all(&cache, &source, keys).await })
}

#[tokio::test(start_paused = true)]
async fn a_key_that_a_single_load_is_under_way_with_is_waited_for() {
    let (cache, source) = (patient().await, Arc::new(Source::default()));
    let held = HeldLoad::begin(&cache, 2).await;
    let batch = many(&cache, &source, &[1, 2, 3]);
    all_wait().await;
    // Its own have landed already: nobody waits for them any more.
    assert_eq!(source.asked(), [[1, 3]]);
    assert_eq!((cached(&cache, 1).await, cache.under_way()), (10, 1));
    assert!(!batch.is_finished());
    held.end(22).await;
    assert_eq!(soon(batch).await, [10, 22, 30].map(Some));
    let stats = cache.stats();
    assert_eq!((stats.loads, stats.misses, stats.joined), (2, 4, 1));
    assert_eq!(cache.under_way(), 0);
}

#[tokio::test(start_paused = true)]
async fn who_asks_for_one_key_joins_a_load_of_many() {
    let cache = patient().await;
    let held = HeldMany::begin(&cache, &[1, 2, 3]).await;
    let callers = [1, 2, 3].map(|key| caller(&cache, key, 99));
    let source = Arc::new(Source::default());
    let batch = many(&cache, &source, &[3, 4]);
    all_wait().await;
    assert_eq!(source.asked(), [[4]]);
    assert_eq!(held.end().await.values, [10, 20, 30].map(Some));
    for (caller, value) in callers.into_iter().zip([10, 20, 30]) {
        assert_eq!(soon(caller).await, value);
    }
    assert_eq!(soon(batch).await, [30, 40].map(Some));
    assert_eq!(cache.stats().loads, 2);
    assert_eq!(cache.under_way(), 0);
}

/// Each leads some of the keys and follows the other for the rest.
#[tokio::test(flavor = "multi_thread", worker_threads = 4)]
async fn calls_that_want_the_same_keys_in_opposite_orders_do_not_wait_for_one_another() {
    const KEYS: u64 = 4_000;
    let rising: Arc<[u64]> = (0..KEYS).collect();
    let falling: Arc<[u64]> = (0..KEYS).rev().collect();
    for round in 0.. {
        let cache = patient().await;
        let (start, loaded) = (Arc::new(Barrier::new(2)), Arc::new(AtomicU64::new(0)));
        let calls = [&rising, &falling].map(|keys| {
            let (cache, keys) = (cache.clone(), Arc::clone(keys));
            let (start, loaded) = (Arc::clone(&start), Arc::clone(&loaded));
            tokio::spawn(async move {
                // Not that of tokio, which would run one after the other.
                start.wait();
                let load = async |asked: Vec<&u64>| {
                    loaded.fetch_add(asked.len() as u64, Ordering::SeqCst);
                    tokio::task::yield_now().await;
                    let asked = asked.into_iter().copied();
                    Ok::<_, Fault>(asked.map(|key| (key, key * 10)).collect::<Vec<_>>())
                };
                let values = cache.get_or_load_many(&*keys, load).await;
                let expected = keys.iter().map(|key| Some(key * 10));
                assert_eq!(values.into_result().unwrap(), expected.collect::<Vec<_>>());
            })
        });
        for call in calls {
            let ended = tokio::time::timeout(WITHIN, call).await;
            ended.expect("it ends").unwrap();
        }
        assert_eq!(loaded.load(Ordering::SeqCst), KEYS, "each key once");
        assert_eq!(cache.under_way(), 0);
        if cache.stats().loads == 2 {
            return;
        }
        assert!(
            round < 100,
            "each led some of the keys in none of the rounds"
        );
    }
}

#[tokio::test(start_paused = true)]
async fn those_who_wait_for_a_load_of_many_that_fails_load_for_themselves() {
    let cache = patient().await;
    let held = HeldMany::begin(&cache, &[1, 2]).await;
    let callers = [1, 2].map(|key| caller(&cache, key, 99));
    all_wait().await;
    held.go.send(Err("no rows".to_owned())).unwrap();
    assert_eq!(held.task.await.unwrap().failed, [0, 1]);
    for caller in callers {
        assert_eq!(soon(caller).await, 99);
    }
    assert_eq!(cache.under_way(), 0);
}

#[tokio::test(start_paused = true)]
async fn what_another_could_not_load_is_loaded_and_not_kept() {
    let (cache, source) = (patient().await, Arc::new(Source::default()));
    let held = [
        HeldLoad::begin(&cache, 1).await,
        HeldLoad::begin(&cache, 2).await,
    ];
    let batch = many(&cache, &source, &[1, 2, 3]);
    all_wait().await;
    for held in held {
        held.end_with(Err("no rows".to_owned())).await.unwrap_err();
    }
    assert_eq!(soon(batch).await, [10, 20, 30].map(Some));
    assert_eq!(source.asked(), [vec![3], vec![1, 2]], "both in one call");
    let there = [1, 2, 3].map(|key| cache.peek(&key).is_some());
    assert_eq!(there, [false, false, true]);
    assert_eq!(cache.under_way(), 0);
}

#[tokio::test(start_paused = true)]
async fn what_another_gave_up_is_led_and_kept() {
    let (cache, source) = (patient().await, Arc::new(Source::default()));
    let held = HeldLoad::begin(&cache, 1).await;
    let batch = many(&cache, &source, &[1, 2]);
    all_wait().await;
    held.task.abort();
    assert_eq!(soon(batch).await, [10, 20].map(Some));
    assert_eq!(source.asked(), [[2], [1]]);
    assert_eq!(cached(&cache, 1).await, 10);
    assert_eq!(cache.stats().misses, 3, "a lookup counts once");
}

#[tokio::test(start_paused = true)]
async fn a_loader_that_has_failed_is_not_called_again() {
    let cache = patient().await;
    let one = HeldLoad::begin(&cache, 1).await;
    let two = HeldLoad::begin(&cache, 2).await;
    let calls = Arc::new(AtomicU64::new(0));
    let batch = tokio::spawn({
        let (cache, calls) = (cache.clone(), Arc::clone(&calls));
        async move {
            let load = async |_| {
                calls.fetch_add(1, Ordering::SeqCst);
                Err::<Vec<(u64, u64)>, _>("no rows".to_owned())
            };
            cache.get_or_load_many(&[1, 2, 3], load).await
        }
    });
    all_wait().await;
    // What others load is still waited for.
    assert_eq!(one.end(11).await, 11);
    two.task.abort();
    let loaded = soon(batch).await;
    assert_eq!(loaded.values, [Some(11), None, None]);
    assert_eq!(loaded.failed, [1, 2]);
    assert_eq!(calls.load(Ordering::SeqCst), 1);
    assert_eq!(cache.under_way(), 0);
}

#[tokio::test(start_paused = true)]
async fn loads_that_hang_are_waited_for_together() {
    let (cache, source) = (numbers().await, Source::default());
    let held = [
        HeldLoad::begin(&cache, 1).await,
        HeldLoad::begin(&cache, 2).await,
    ];
    let began = tokio::time::Instant::now();
    assert_eq!(all(&cache, &source, &[1, 2]).await, [10, 20].map(Some));
    // Its follower timeout is ten seconds.
    assert_eq!(began.elapsed().as_secs(), 10);
    assert_eq!(source.asked(), [[1, 2]]);
    for held in held {
        held.end(99).await;
    }
    assert_eq!(cached(&cache, 1).await, 10);
    assert_eq!(cache.under_way(), 0);
}

#[tokio::test(start_paused = true)]
async fn a_cancelled_call_holds_nobody() {
    let cache = patient().await;
    let held = HeldMany::begin(&cache, &[1, 2, 3]).await;
    assert_eq!(held.asked, [1, 2, 3]);
    let callers = [1, 2].map(|key| caller(&cache, key, 99));
    all_wait().await;
    assert_eq!(cache.under_way(), 3);
    held.task.abort();
    for caller in callers {
        assert_eq!(soon(caller).await, 99);
    }
    assert_eq!(cache.under_way(), 0);
    assert_eq!(cached(&cache, 2).await, 99);
}

#[tokio::test(start_paused = true)]
async fn a_panicking_loader_holds_nobody_and_its_panic_is_its_callers() {
    let cache = patient().await;
    let (go, end) = oneshot::channel::<()>();
    let mut end = Some(end);
    let batch = tokio::spawn({
        let cache = cache.clone();
        async move {
            let load = |_: Vec<&u64>| {
                let end = end.take().expect("called once");
                async move {
                    let _ = end.await;
                    panic!("the loader's own panic");
                    #[allow(unreachable_code, reason = "its type")]
                    Ok::<Vec<(u64, u64)>, Fault>(Vec::new())
                }
            };
            cache.get_or_load_many(&[1, 2], load).await
        }
    });
    all_wait().await;
    let callers = [1, 2].map(|key| caller(&cache, key, 99));
    all_wait().await;
    drop(go);
    let panic = batch.await.unwrap_err().into_panic();
    assert_eq!(panic.downcast_ref(), Some(&"the loader's own panic"));
    for caller in callers {
        assert_eq!(soon(caller).await, 99);
    }
    assert_eq!(cache.under_way(), 0);
}

#[tokio::test(start_paused = true)]
async fn a_loader_that_asks_for_its_own_keys_does_not_wait_for_itself() {
    let cache = patient().await;
    let outer = async |keys: Vec<&u64>| {
        let one = load(&cache, 1, 11).await;
        let source = Source::default();
        let inner = all(&cache, &source, &[2, 4]).await;
        assert_eq!(source.asked(), [[4], [2]]);
        assert_eq!((one, inner), (11, vec![Some(20), Some(40)]));
        let keys = keys.into_iter().copied();
        Ok::<_, Fault>(keys.map(|key| (key, key)).collect::<Vec<_>>())
    };
    let loaded = cache.get_or_load_many(&[1, 2, 3], outer);
    let loaded = tokio::time::timeout(HOUR, loaded).await;
    let loaded = loaded.expect("it waits for nothing");
    assert_eq!(loaded.into_result().unwrap(), [1, 2, 3].map(Some));
    assert_eq!((cached(&cache, 1).await, cached(&cache, 4).await), (1, 40));
    assert_eq!(cache.under_way(), 0);
}
