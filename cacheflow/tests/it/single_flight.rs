//! One load per key and process, whatever becomes of the one who leads it.

use std::sync::Arc;
use std::sync::atomic::{AtomicU64, Ordering};
use std::time::Duration;

use cacheflow::{Cache, Event};
use cacheflow_testkit::Operation;
use tokio::sync::Barrier;

use crate::support::{
    Fault, HOUR, HeldLoad, alone, cached, caller, joined, load, numbers, patient, soon, two_nodes,
};

#[tokio::test]
async fn a_thousand_callers_share_one_load() {
    let cache = numbers().await;
    let held = HeldLoad::begin(&cache, 1).await;
    let callers: Vec<_> = (0..999).map(|_| caller(&cache, 1, 99)).collect();
    joined(&cache, 999).await;
    assert_eq!(held.end(10).await, 10);
    for caller in callers {
        assert_eq!(caller.await.unwrap(), 10);
    }
    assert_eq!(cached(&cache, 1).await, 10);
    assert_eq!(cache.stats().loads, 1);
    assert_eq!(cache.under_way(), 0);
}

#[tokio::test(flavor = "multi_thread", worker_threads = 4)]
async fn a_thousand_callers_on_many_threads_share_one_load() {
    for key in 0..20 {
        let cache = numbers().await;
        let start = Arc::new(Barrier::new(50));
        let loads = Arc::new(AtomicU64::new(0));
        let callers = (0..50).map(|_| {
            let (cache, start, loads) = (cache.clone(), Arc::clone(&start), Arc::clone(&loads));
            tokio::spawn(async move {
                start.wait().await;
                let load = async || {
                    tokio::task::yield_now().await;
                    Ok::<_, Fault>(loads.fetch_add(1, Ordering::SeqCst))
                };
                cache.get_or_load(&key, load).await.unwrap()
            })
        });
        for caller in callers.collect::<Vec<_>>() {
            assert_eq!(caller.await.unwrap(), 0);
        }
        assert_eq!(cache.stats().loads, 1);
        assert_eq!(cache.under_way(), 0);
    }
}

#[tokio::test]
async fn keys_and_caches_do_not_wait_for_one_another() {
    let flow = alone().await;
    let one: Cache<u64, u64> = flow.cache("one").build().unwrap();
    let two: Cache<u64, u64> = flow.cache("two").build().unwrap();
    let held = HeldLoad::begin(&one, 1).await;
    // The same text in another cache, and many other keys in the same one.
    assert_eq!(load(&two, 1, 20).await, 20);
    for key in 2..1_000 {
        assert_eq!(load(&one, key, key).await, key);
    }
    assert_eq!(held.end(10).await, 10);
}

#[tokio::test(start_paused = true)]
async fn a_cancelled_leader_holds_nobody() {
    let cache = patient().await;
    let held = HeldLoad::begin(&cache, 1).await;
    let callers: Vec<_> = (0..50).map(|_| caller(&cache, 1, 20)).collect();
    joined(&cache, 50).await;
    held.task.abort();
    for caller in callers {
        assert_eq!(soon(caller).await, 20);
    }
    // One of them led the next load, and the others joined it.
    assert_eq!(cache.stats().loads, 2);
    assert_eq!(cache.under_way(), 0);
}

#[tokio::test(start_paused = true)]
async fn a_panicking_leader_holds_nobody_and_its_panic_is_its_own() {
    let cache = patient().await;
    let (begun, mut has_begun) = tokio::sync::mpsc::channel(1);
    let (go, end) = tokio::sync::oneshot::channel::<()>();
    let leader = tokio::spawn({
        let cache = cache.clone();
        async move {
            let load = async move || -> Result<u64, Fault> {
                begun.send(()).await.unwrap();
                let _ = end.await;
                panic!("the loader's own panic")
            };
            cache.get_or_load(&1, load).await.unwrap()
        }
    });
    has_begun.recv().await.unwrap();
    let callers: Vec<_> = (0..50).map(|_| caller(&cache, 1, 20)).collect();
    joined(&cache, 50).await;
    drop(go);
    let panic = leader.await.unwrap_err().into_panic();
    assert_eq!(panic.downcast_ref(), Some(&"the loader's own panic"));
    for caller in callers {
        assert_eq!(soon(caller).await, 20);
    }
    assert_eq!(cached(&cache, 1).await, 20);
    assert_eq!(cache.stats().loads, 2);
    assert_eq!(cache.under_way(), 0);
}

#[tokio::test(start_paused = true)]
async fn a_hanging_leader_holds_nobody_longer_than_the_follower_timeout() {
    let cache = numbers().await;
    let held = HeldLoad::begin(&cache, 1).await;
    let callers: Vec<_> = (0..50).map(|_| caller(&cache, 1, 20)).collect();
    joined(&cache, 50).await;
    for caller in callers {
        assert_eq!(soon(caller).await, 20);
    }
    assert_eq!(cache.stats().loads, 2, "one for all who waited");
    assert!(!held.task.is_finished());

    // Its own caller gets the late value, and nobody else does.
    assert_eq!(held.end(10).await, 10);
    assert_eq!(cached(&cache, 1).await, 20);
    assert_eq!(cache.under_way(), 0);
}

#[tokio::test(start_paused = true)]
async fn an_overdue_load_is_not_kept_even_where_nothing_else_is() {
    let cache = numbers().await;
    let held = HeldLoad::begin(&cache, 1).await;
    let failing = cache.get_or_load(&1, async || Err::<u64, _>("no rows"));
    let failed = tokio::time::timeout(HOUR, failing).await;
    failed.expect("it took the flight over").unwrap_err();
    // Nobody could have told the overdue load that its key was forgotten.
    let _ = cache.invalidate(&1).await.unwrap();
    assert_eq!(held.end(10).await, 10);
    assert_eq!(cache.get(&1).await, None);
    assert_eq!(cache.under_way(), 0);
}

#[tokio::test(start_paused = true)]
async fn who_waits_less_than_the_follower_timeout_gets_the_leaders_value() {
    let cache = numbers().await;
    let held = HeldLoad::begin(&cache, 1).await;
    let caller = caller(&cache, 1, 20);
    tokio::time::sleep(Duration::from_millis(9_999)).await;
    assert_eq!(held.end(10).await, 10);
    assert_eq!(caller.await.unwrap(), 10);
}

#[tokio::test(start_paused = true)]
async fn a_loader_that_asks_for_its_own_key_runs_the_inner_one() {
    let flow = alone().await;
    let cache: Cache<u64, u64> = flow.cache("numbers").build().unwrap();
    let mut events = flow.events();
    let value = cache.get_or_load(&1, async || {
        let inner = cache.get_or_load(&1, async || {
            // Deeper still, through another key.
            let between = cache.get_or_load(&2, async || {
                let innermost = load(&cache, 1, 1).await;
                Ok::<_, Fault>(innermost + 1)
            });
            Ok::<_, Fault>(between.await.unwrap() + 1)
        });
        Ok::<_, Fault>(inner.await.unwrap() + 1)
    });
    assert_eq!(value.await.unwrap(), 4);
    assert_eq!((cached(&cache, 1).await, cached(&cache, 2).await), (4, 2));
    for _ in 0..2 {
        let event = events.try_next().unwrap().unwrap();
        assert!(
            matches!(&event, Event::Recursion { cache, key }
            if cache.as_str() == "numbers" && key.as_bytes() == b"1"),
            "{event:?}"
        );
    }
    assert_eq!(events.try_next(), None);
    assert_eq!(cache.stats().loads, 4);
    assert_eq!(cache.under_way(), 0);
}

#[tokio::test(start_paused = true)]
async fn nested_loads_of_other_keys_join_as_any_other() {
    let cache = numbers().await;
    let inner = HeldLoad::begin(&cache, 2).await;
    let outer = tokio::spawn({
        let cache = cache.clone();
        async move {
            let nested = async || Ok::<_, Fault>(load(&cache, 2, 99).await + 1);
            cache.get_or_load(&1, nested).await.unwrap()
        }
    });
    joined(&cache, 1).await;
    inner.end(20).await;
    assert_eq!(outer.await.unwrap(), 21);
    assert_eq!(cache.stats().loads, 2);
    assert_eq!(cache.under_way(), 0);
}

/// They need not wait for a round trip that is not theirs.
#[tokio::test]
async fn followers_do_not_wait_until_the_value_is_in_the_store() {
    let (_server, one, _two) = two_nodes().await;
    let fill = one.gate.hold_before(Operation::Fill);
    let held = HeldLoad::begin(&one.cache, 1).await;
    let follower = caller(&one.cache, 1, 99);
    joined(&one.cache, 1).await;
    let leader = tokio::spawn(held.end(10));
    fill.reached().await;
    assert_eq!(follower.await.unwrap(), 10);
    assert_eq!(
        load(&one.cache, 1, 99).await,
        10,
        "nor who comes while it is filled"
    );
    assert!(!leader.is_finished());
    fill.release();
    assert_eq!(leader.await.unwrap(), 10);
}

/// Two loads that wait for one another: the timeout ends what nothing else can.
#[tokio::test(start_paused = true)]
async fn loads_that_wait_for_one_another_end() {
    let cache = numbers().await;
    let both = Arc::new(Barrier::new(2));
    let nested = |outer: u64, inner: u64| {
        let (cache, both) = (cache.clone(), Arc::clone(&both));
        tokio::spawn(async move {
            let load = async || {
                both.wait().await;
                Ok::<_, Fault>(load(&cache, inner, inner * 10).await)
            };
            cache.get_or_load(&outer, load).await.unwrap()
        })
    };
    let (one, two) = (nested(1, 2), nested(2, 1));
    let (one, two) = (soon(one).await, soon(two).await);
    assert!(one == 20 || two == 10, "one of them took over: {one} {two}");
    assert_eq!(cache.under_way(), 0);
}
