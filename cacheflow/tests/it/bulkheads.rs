//! The bulkhead: so many loads at once, so many that wait, and no more.

use std::sync::Arc;

use cacheflow::{Bulkhead, Cache, CircuitBreaker, FailSafe, LoadError, Strategy};
use cacheflow_testkit::eventually;
use tokio::sync::Semaphore;
use tokio::task::JoinHandle;

use crate::strategic::{
    Count, Got, Loading, SECOND, TTL, by_hand, cache, caller_of, ends, found, tried, untried,
};
use crate::support::{Fault, HOUR, WITHIN, joined, soon};

fn with(bulkhead: impl Into<Bulkhead>) -> Strategy {
    Strategy::multi_level().bulkhead(bulkhead)
}

async fn inside(cache: &Cache<u64, u64>, running: u64, queued: u64) {
    let what = format!("{running} run and {queued} wait");
    let there = async || {
        let stats = cache.stats();
        (stats.running, stats.queued) == (running, queued)
    };
    eventually(&what, WITHIN, there).await;
}

#[tokio::test(flavor = "multi_thread", worker_threads = 4)]
async fn never_more_than_so_many_run_at_once_over_all_keys_and_ways_to_load() {
    let (flow, _clock) = by_hand().await;
    let cache = cache(&flow, "a", with(3));
    let (running, most) = (Count::default(), Count::default());
    let tasks: Vec<JoinHandle<Got>> = (0..200_u64)
        .map(|key| {
            let (cache, running, most) = (cache.clone(), running.clone(), most.clone());
            tokio::spawn(async move {
                let loader = || async move {
                    let now = running.add();
                    assert!(now <= 3, "{now} at once");
                    while most.get() < now {
                        most.add();
                    }
                    for _ in 0..5 {
                        tokio::task::yield_now().await;
                    }
                    running.sub();
                    Ok::<_, Fault>(key)
                };
                match key % 3 {
                    0 => cache.get_or_refresh(&key, loader).await,
                    1 => cache.entry(&key).load(|_| loader()).await.map(|f| f.value),
                    _ => cache.get_or_load(&key, loader).await,
                }
            })
        })
        .collect();
    for (key, task) in (0..).zip(tasks) {
        assert_eq!(task.await.unwrap(), Ok(key));
    }
    assert!(most.get() >= 2, "they run at once");
    let stats = cache.stats();
    assert_eq!((stats.loads, stats.bulkhead_refusals), (200, 0));
    assert_eq!((stats.running, stats.queued), (0, 0));
}

#[tokio::test]
async fn who_finds_the_queue_full_is_refused_at_once_and_keeps_no_key() {
    let (flow, _clock) = by_hand().await;
    let cache = cache(&flow, "a", with(Bulkhead::new(1).queue(1)));
    let first = Loading::begin(&cache, 1).await;
    let second = caller_of(&cache, 2, Ok(20));
    inside(&cache, 1, 1).await;
    assert_eq!(untried(&cache, 3).await, Err(LoadError::Overloaded));
    assert_eq!(untried(&cache, 4).await, Err(LoadError::Overloaded));
    assert_eq!(cache.stats().bulkhead_refusals, 2);
    assert_eq!(first.end(Ok(10)).await, Ok(10));
    assert_eq!(second.await.unwrap(), Ok(20));
    assert_eq!(tried(&cache, 3, Ok(30)).await, Ok(30));
    inside(&cache, 0, 0).await;
    let none = self::cache(&flow, "none", with(Bulkhead::new(1).queue(0)));
    let first = Loading::begin(&none, 1).await;
    assert_eq!(untried(&none, 2).await, Err(LoadError::Overloaded));
    assert_eq!(first.end(Ok(10)).await, Ok(10));
}

#[tokio::test]
async fn hits_and_followers_are_never_held_up() {
    let (flow, _clock) = by_hand().await;
    let cache = cache(&flow, "a", with(Bulkhead::new(1).queue(0)));
    tried(&cache, 1, Ok(10)).await.unwrap();
    let loading = Loading::begin(&cache, 2).await;
    assert_eq!(untried(&cache, 1).await, Ok(10));
    assert_eq!(cache.get(&1).await, Some(10));
    let _ = cache.put(&3, 30).await.unwrap();
    assert_eq!(untried(&cache, 3).await, Ok(30));
    let followers: Vec<_> = (0..5).map(|_| caller_of(&cache, 2, Err("ran"))).collect();
    joined(&cache, 5).await;
    assert_eq!(cache.stats().bulkhead_refusals, 0);
    assert_eq!(loading.end(Ok(20)).await, Ok(20));
    for follower in followers {
        assert_eq!(follower.await.unwrap(), Ok(20));
    }
}

#[tokio::test]
async fn who_is_cancelled_while_it_waits_or_runs_frees_its_place() {
    let (flow, _clock) = by_hand().await;
    let cache = cache(&flow, "a", with(Bulkhead::new(1).queue(1)));
    let first = Loading::begin(&cache, 1).await;
    let second = caller_of(&cache, 2, Err("the cancelled one's loader ran"));
    inside(&cache, 1, 1).await;
    second.abort();
    let _ = second.await;
    inside(&cache, 1, 0).await;
    let third = caller_of(&cache, 3, Ok(30));
    inside(&cache, 1, 1).await;
    first.task.abort();
    assert_eq!(third.await.unwrap(), Ok(30));
    inside(&cache, 0, 0).await;
    assert_eq!(cache.under_way(), 0);
}

#[tokio::test]
async fn a_loader_that_panics_frees_its_place() {
    let (flow, _clock) = by_hand().await;
    let cache = cache(&flow, "a", with(Bulkhead::new(1).queue(0)));
    let panicking = cache.clone();
    let task = tokio::spawn(async move { untried(&panicking, 1).await });
    assert!(task.await.unwrap_err().is_panic());
    assert_eq!(tried(&cache, 1, Ok(10)).await, Ok(10));
}

#[tokio::test]
async fn what_is_loaded_within_a_load_needs_no_place_of_its_own() {
    let (flow, _clock) = by_hand().await;
    for apart in [false, true] {
        let cache = cache(
            &flow,
            &format!("a-{apart}"),
            with(Bulkhead::new(1).queue(0)),
        );
        let inner = cache.clone();
        let loader = || async move {
            let mut sum = 0;
            for key in [2, 3] {
                let loaded = inner.get_or_load(&key, async || Ok::<_, Fault>(key)).await;
                sum += loaded.map_err(|error| error.to_string())?;
            }
            Ok::<_, Fault>(sum)
        };
        let loaded = match apart {
            true => ends("a nested load", cache.get_or_refresh(&1, loader)).await,
            false => ends("a nested load", cache.get_or_load(&1, loader)).await,
        };
        assert_eq!(loaded, Ok(5));
        assert_eq!(cache.stats().running, 0);
    }
}

/// Beside the flights, because the leader's error is the leader's.
#[tokio::test]
async fn what_is_loaded_within_the_load_of_a_follower_needs_no_place_of_its_own() {
    let (flow, _clock) = by_hand().await;
    let cache = cache(&flow, "a", with(Bulkhead::new(1)));
    let leader = Loading::begin(&cache, 1).await;
    let (inner, follower) = (cache.clone(), cache.clone());
    let follower = tokio::spawn(async move {
        let loader = async || {
            let loaded = inner.get_or_load(&2, async || Ok::<_, Fault>(20)).await;
            loaded.map_err(|error| error.to_string())
        };
        follower.get_or_load(&1, loader).await
    });
    joined(&cache, 1).await;
    let _ = leader.end(Err("down")).await;
    assert_eq!(ends("the follower", follower).await.unwrap(), Ok(20));
}

/// One that has the place asks for what one is about to load that waits for it.
#[tokio::test(start_paused = true)]
async fn a_load_does_not_wait_for_one_that_waits_for_its_place() {
    let (flow, _clock) = by_hand().await;
    let builder = flow.cache("a").follower_timeout(100 * HOUR);
    let cache: Cache<u64, u64> = builder.strategy(with(1)).build().unwrap();
    let (go, may) = tokio::sync::oneshot::channel::<()>();
    let (begun, has_begun) = tokio::sync::oneshot::channel();
    let outer = cache.clone();
    let first = tokio::spawn(async move {
        let inner = outer.clone();
        let loader = async || {
            begun.send(()).unwrap();
            may.await.unwrap();
            let loaded = inner.get_or_load(&2, async || Ok::<_, Fault>(20)).await;
            loaded.map_err(|error| error.to_string())
        };
        outer.get_or_load(&1, loader).await
    });
    has_begun.await.unwrap();
    let second = caller_of(&cache, 2, Ok(20));
    inside(&cache, 1, 1).await;
    go.send(()).unwrap();
    assert_eq!(soon(first).await, Ok(20));
    assert_eq!(soon(second).await, Ok(20));
}

#[tokio::test]
async fn an_old_value_is_given_to_whom_is_refused() {
    let (flow, clock) = by_hand().await;
    let safe = FailSafe::new(HOUR).throttle(SECOND);
    let cache = cache(&flow, "a", with(Bulkhead::new(1).queue(0)).fail_safe(safe));
    tried(&cache, 1, Ok(10)).await.unwrap();
    clock.advance(TTL);
    let loading = Loading::begin(&cache, 2).await;
    let given = found(&cache, 1, Err("the loader ran")).await.unwrap();
    assert_eq!((given.value, given.stale), (10, true));
    assert_eq!(untried(&cache, 3).await, Err(LoadError::Overloaded));
    assert_eq!(cache.stats().bulkhead_refusals, 2);
    assert_eq!(loading.end(Ok(20)).await, Ok(20));
    clock.advance(SECOND);
    assert_eq!(tried(&cache, 1, Ok(11)).await, Ok(11));
}

#[tokio::test(start_paused = true)]
async fn who_waits_for_a_place_waits_no_longer_than_a_load_may_take() {
    let (flow, _clock) = by_hand().await;
    let strategy = with(1).hard_timeout(SECOND);
    let breaker = CircuitBreaker::new().failures(1);
    let cache = cache(&flow, "a", strategy.circuit_breaker(breaker));
    // It never ends by itself, and holds the place as if it were of no limit.
    let semaphore = Arc::new(Semaphore::new(0));
    let holder = caller_of(&cache, 1, Ok(1));
    assert_eq!(holder.await.unwrap(), Ok(1));
    let first = Loading::begin(&cache, 2).await;
    let second = caller_of(&cache, 3, Err("the second's loader ran"));
    inside(&cache, 1, 1).await;
    assert_eq!(soon(first.task).await, Err(LoadError::Timeout));
    // Begun at the same time: its time is over as well, or it ran as the place was
    // free.
    let second = soon(second).await;
    assert!(second.is_err(), "{second:?}");
    drop(semaphore);
    inside(&cache, 0, 0).await;
}
