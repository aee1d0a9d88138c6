//! Values are loaded anew before they expire, while their readers are served.

use std::sync::Arc;
use std::sync::atomic::{AtomicU64, Ordering};
use std::time::Duration;

use cacheflow::{Cache, RefreshAhead, Strategy};
use cacheflow_testkit::eventually;
use tokio::sync::Barrier;

use crate::support::{HOUR, WITHIN, caller, joined, load, soon};
use crate::timed::{
    MINUTE, MS, NANO, Numbers, SECOND, Source, World, one_cache, refreshes_ended, settle,
};

fn refreshing(when: impl Into<RefreshAhead>) -> impl Fn(Numbers) -> Numbers {
    let strategy = Strategy::multi_level().refresh_ahead(when);
    move |it| it.ttl(10 * MINUTE).strategy(strategy.clone())
}

#[tokio::test]
async fn before_it_is_due_nobody_loads_and_then_the_first_reader_does() {
    let cases = [
        (RefreshAhead::from(0.8), 8 * MINUTE),
        (RefreshAhead::at(0.25), 150 * SECOND),
        (RefreshAhead::after(MINUTE), MINUTE),
        (RefreshAhead::after(9 * MINUTE), 9 * MINUTE),
    ];
    for (when, due) in cases {
        for waits in [false, true] {
            let (clock, _flow, cache) = one_cache(refreshing(when)).await;
            let source = Source::new();
            let read = async || match waits {
                true => source.read_waiting(&cache, 1).await,
                false => source.read(&cache, 1).await,
            };
            assert_eq!(read().await, 1);
            for part in [due / 2, due - due / 2 - NANO] {
                clock.advance(part);
                assert_eq!(read().await, 1);
            }
            settle().await;
            assert_eq!(source.begun(), 1, "{when:?}: too early");
            clock.advance(NANO);
            // Who waits for the load gets what it gave.
            assert_eq!(read().await, 1 + u64::from(waits), "{when:?}");
            refreshes_ended(&cache, 1, 0).await;
            assert_eq!((read().await, source.begun()), (2, 2), "{when:?}");
            assert_eq!(cache.peek(&1).unwrap().remaining, 10 * MINUTE);
            // And so on, from when it was loaded anew.
            clock.advance(due - NANO);
            assert_eq!((read().await, source.begun()), (2, 2), "{when:?}");
            clock.advance(NANO);
            read().await;
            refreshes_ended(&cache, 2, 0).await;
            assert_eq!((read().await, cache.stats().loads), (3, 3), "{when:?}");
        }
    }
}

#[tokio::test]
async fn who_does_not_load_starts_no_refresh_and_is_served_to_the_end() {
    let (clock, _flow, cache) = one_cache(refreshing(0.5)).await;
    load(&cache, 1, 10).await;
    clock.advance(10 * MINUTE - NANO);
    assert_eq!(
        (cache.get(&1).await, cache.peek(&1).map(|it| it.value)),
        (Some(10), Some(10))
    );
    assert!(cache.lookup(&1).await.found().is_some());
    clock.advance(NANO);
    assert_eq!(cache.get(&1).await, None);
    assert_eq!((cache.stats().loads, cache.stats().refreshed), (1, 0));
}

#[tokio::test]
async fn what_does_not_live_as_long_as_it_would_take_is_not_refreshed() {
    for ttl in [MINUTE, MINUTE - SECOND] {
        let strategy = Strategy::multi_level().refresh_ahead(RefreshAhead::after(MINUTE));
        let (clock, _flow, cache) = one_cache(|it| it.ttl(ttl).strategy(strategy)).await;
        let source = Source::new();
        source.read(&cache, 1).await;
        clock.advance(ttl - NANO);
        source.read(&cache, 1).await;
        settle().await;
        assert_eq!(source.begun(), 1);
        clock.advance(NANO);
        assert_eq!(source.read(&cache, 1).await, 2);
        assert_eq!(cache.stats().refreshed, 0);
    }
}

#[tokio::test]
async fn what_is_put_or_lives_shorter_by_the_call_is_refreshed_by_its_own_lifetime() {
    let (clock, _flow, cache) = one_cache(refreshing(0.5)).await;
    let source = Source::new();
    let _ = cache.put(&1, 100).await.unwrap();
    let short = cache
        .entry(&2)
        .ttl(MINUTE)
        .load(async |_| Ok::<_, String>(200));
    short.await.unwrap();
    clock.advance(30 * SECOND);
    assert_eq!(
        (source.read(&cache, 1).await, source.read(&cache, 2).await),
        (100, 200)
    );
    refreshes_ended(&cache, 1, 0).await;
    assert_eq!(
        (source.read(&cache, 1).await, source.read(&cache, 2).await),
        (100, 1)
    );
    clock.advance(5 * MINUTE - 30 * SECOND);
    assert_eq!(source.read(&cache, 1).await, 100);
    refreshes_ended(&cache, 2, 0).await;
    assert_eq!(source.read(&cache, 1).await, 2);
}

#[tokio::test(flavor = "multi_thread", worker_threads = 2)]
async fn a_thousand_readers_start_one_load_and_are_served_meanwhile() {
    let (clock, _flow, cache) = one_cache(refreshing(0.8)).await;
    let source = Source::new();
    assert_eq!(source.read(&cache, 1).await, 1);
    clock.advance(8 * MINUTE);
    source.shut();
    let start = Arc::new(Barrier::new(1_000));
    let readers = (0..1_000).map(|_| {
        let (cache, source, start) = (cache.clone(), source.clone(), Arc::clone(&start));
        tokio::spawn(async move {
            start.wait().await;
            source.read(&cache, 1).await
        })
    });
    // The source is shut: whoever waited for it would wait for ever.
    for reader in readers.collect::<Vec<_>>() {
        let read = tokio::time::timeout(WITHIN, reader).await;
        assert_eq!(read.expect("a reader waits").unwrap(), 1);
    }
    source.has_begun(2).await;
    for _ in 0..100 {
        assert_eq!(source.read(&cache, 1).await, 1);
    }
    assert_eq!(source.begun(), 2);
    source.open();
    refreshes_ended(&cache, 1, 0).await;
    assert_eq!((source.read(&cache, 1).await, source.begun()), (2, 2));
    assert_eq!(
        cache.stats().misses,
        1,
        "a value that is refreshed is a hit"
    );
    assert_eq!(cache.under_way(), 0);
}

#[tokio::test(flavor = "multi_thread", worker_threads = 2)]
async fn of_a_thousand_readers_whose_loads_cannot_leave_them_one_waits() {
    let (clock, _flow, cache) = one_cache(refreshing(0.8)).await;
    let source = Source::new();
    assert_eq!(source.read_waiting(&cache, 1).await, 1);
    clock.advance(8 * MINUTE);
    source.shut();
    let start = Arc::new(Barrier::new(1_000));
    let served = Arc::new(AtomicU64::new(0));
    let readers = (0..1_000).map(|_| {
        let (cache, source) = (cache.clone(), source.clone());
        let (start, served) = (Arc::clone(&start), Arc::clone(&served));
        tokio::spawn(async move {
            start.wait().await;
            let value = source.read_waiting(&cache, 1).await;
            served.fetch_add(1, Ordering::SeqCst);
            value
        })
    });
    let readers: Vec<_> = readers.collect();
    eventually("all but one are served", WITHIN, async || {
        served.load(Ordering::SeqCst) == 999
    })
    .await;
    assert_eq!(source.begun(), 2);
    source.open();
    let mut values = Vec::new();
    for reader in readers {
        values.push(reader.await.unwrap());
    }
    values.sort_unstable();
    assert_eq!((values[998], values[999]), (1, 2));
    assert_eq!(source.read_waiting(&cache, 1).await, 2);
    refreshes_ended(&cache, 1, 0).await;
}

#[tokio::test]
async fn readers_without_a_loader_and_of_the_other_kind_are_served_while_it_is_loaded() {
    let (clock, _flow, cache) = one_cache(refreshing(0.5)).await;
    let source = Source::new();
    source.read(&cache, 1).await;
    clock.advance(5 * MINUTE);
    source.shut();
    assert_eq!(source.read(&cache, 1).await, 1);
    source.has_begun(2).await;
    assert_eq!(cache.get(&1).await, Some(1));
    assert_eq!(source.read_waiting(&cache, 1).await, 1);
    assert_eq!(load(&cache, 1, 99).await, 1);
    let entry = cache.entry(&1).load(async |_| Ok::<_, String>(99));
    assert_eq!(entry.await.unwrap().value, 1);
    source.open();
    refreshes_ended(&cache, 1, 0).await;
    assert_eq!(cache.get(&1).await, Some(2));
}

#[tokio::test]
async fn who_comes_after_the_end_of_a_value_waits_for_the_refresh_that_is_under_way() {
    let (clock, _flow, cache) = one_cache(refreshing(0.5)).await;
    let source = Source::new();
    source.read(&cache, 1).await;
    clock.advance(5 * MINUTE);
    source.shut();
    source.read(&cache, 1).await;
    source.has_begun(2).await;
    clock.advance(5 * MINUTE);
    let late = caller(&cache, 1, 99);
    joined(&cache, 1).await;
    source.open();
    assert_eq!(late.await.unwrap(), 2);
    assert_eq!((source.begun(), cache.stats().loads), (2, 2));
}

#[tokio::test]
async fn without_a_runtime_values_are_served_and_loaded_by_who_waits() {
    std::thread::spawn(|| {
        // Here is no runtime to be found.
        let clock = cacheflow::clock::Clock::manual();
        let flow = poll_once(cacheflow::CacheFlow::builder().clock(clock.clone()).build());
        let options = refreshing(0.5);
        let cache: Cache<u64, u64> = options(flow.unwrap().cache("lives").ttl_jitter(0.0))
            .build()
            .unwrap();
        let read = |value: u64| {
            let loader = || async move { Ok::<_, String>(value) };
            poll_once(cache.get_or_refresh(&1, loader)).unwrap()
        };
        assert_eq!((read(1), read(2)), (1, 1));
        clock.advance(5 * MINUTE);
        // Nobody could run it beside its caller.
        assert_eq!((read(2), read(3)), (1, 1));
        let waits = poll_once(cache.get_or_load(&2, async || Ok::<_, String>(7)));
        assert_eq!(waits.unwrap(), 7);
        clock.advance(5 * MINUTE);
        assert_eq!((read(4), read(5)), (4, 4));
        let waits = poll_once(cache.get_or_load(&2, async || Ok::<_, String>(8)));
        assert_eq!(waits.unwrap(), 8);
    })
    .join()
    .unwrap();
}

fn poll_once<T>(future: impl Future<Output = T>) -> T {
    let mut context = std::task::Context::from_waker(std::task::Waker::noop());
    match std::pin::pin!(future).poll(&mut context) {
        std::task::Poll::Ready(value) => value,
        std::task::Poll::Pending => panic!("it waits for something"),
    }
}

#[tokio::test]
async fn the_end_of_a_flow_waits_for_a_refresh_under_way() {
    let (clock, flow, cache) = one_cache(refreshing(0.5)).await;
    let source = Source::new();
    source.read(&cache, 1).await;
    clock.advance(5 * MINUTE);
    source.shut();
    source.read(&cache, 1).await;
    source.has_begun(2).await;
    let ending = tokio::spawn(async move { flow.shutdown(WITHIN).await });
    settle().await;
    assert!(!ending.is_finished());
    source.open();
    ending.await.unwrap().unwrap();
    assert_eq!(cache.stats().refreshed, 1);
}

#[tokio::test(start_paused = true)]
async fn the_end_of_a_flow_drops_a_refresh_that_hangs_when_its_time_is_up() {
    let (clock, flow, cache) = one_cache(refreshing(0.5)).await;
    let source = Source::new();
    source.read(&cache, 1).await;
    clock.advance(5 * MINUTE);
    source.shut();
    source.read(&cache, 1).await;
    source.has_begun(2).await;
    let ending = tokio::spawn({
        let flow = flow.clone();
        async move { flow.shutdown(5 * SECOND).await }
    });
    let error = soon(ending).await.unwrap_err();
    crate::support::assert_parts(&error, &["shutdown", "loads=1"]);
    // Now, and not when it would have been given up.
    settle().await;
    assert_eq!(cache.under_way(), 0);
    source.open();
    settle().await;
    assert_eq!(cache.stats().refreshed, 0, "it was dropped");
}

const KEYS: u64 = 20_000;

/// Loads so many keys at a cost of one second each, goes to `left` before their end,
/// reads each once, and tells how many of them were loaded anew.
async fn drawn(clock: &cacheflow::clock::Clock, cache: &Cache<u64, u64>, left: Duration) -> u64 {
    for key in 0..KEYS {
        let costly = async || {
            clock.advance(SECOND);
            Ok::<_, String>(1)
        };
        // Each at its own time: only what is left of it counts.
        cache.get_or_load(&key, costly).await.unwrap();
        let lives = cache.lookup(&key).await.found().unwrap().remaining;
        clock.advance(lives - left);
        let loads = cache.stats().loads;
        let again = cache
            .get_or_load(&key, async || Ok::<_, String>(2))
            .await
            .unwrap();
        let stats = cache.stats();
        assert_eq!(again, 1 + stats.loads - loads);
    }
    cache.stats().loads - KEYS
}

#[track_caller]
fn assert_fraction(drawn: u64, probability: f64, what: &str) {
    let all = KEYS as f64;
    let sigma = (all * probability * (1.0 - probability)).sqrt();
    let off = (drawn as f64 - all * probability) / sigma.max(1.0);
    assert!(
        off.abs() <= 5.0,
        "{what}: {drawn} of {KEYS}, {off:.1} sigma off {probability:.4}"
    );
}

#[tokio::test]
async fn by_chance_as_many_readers_load_early_as_the_formula_says() {
    // (β, T in seconds), at δ = 1 s.
    for (beta, left) in [(1.0, 1), (4.0, 2), (0.5, 1)] {
        let strategy = Strategy::multi_level().refresh_ahead(RefreshAhead::early(beta));
        let options = |it: Numbers| it.ttl(HOUR).max_entries(10 * KEYS).strategy(strategy);
        let (clock, _flow, cache) = one_cache(options).await;
        let drawn = drawn(&clock, &cache, left * SECOND).await;
        let probability = (-f64::from(left) / beta).exp();
        assert_fraction(drawn, probability, &format!("β = {beta}, T = {left}"));
    }
}

/// The same where the value lies in the shared store as well, or there alone.
#[tokio::test]
async fn by_chance_it_is_as_likely_where_the_value_is_shared() {
    let mut off = Vec::new();
    for levels in [Strategy::multi_level(), Strategy::cache_aside()] {
        let strategy = levels.refresh_ahead(RefreshAhead::early(1.0));
        // So short that all of it takes less time than the gate stays open without news.
        let part = 10 * MS;
        let options = |it: Numbers| {
            it.ttl(2 * part)
                .max_entries(10 * KEYS)
                .strategy(strategy.clone())
        };
        let world = World::new(options).await;
        let (clock, cache) = (&world.clock, &world.caches[0]);
        let mut anew = 0;
        for key in 0..KEYS {
            let costly = async || {
                clock.advance(part);
                Ok::<_, String>(1)
            };
            cache.get_or_load(&key, costly).await.unwrap();
            clock.advance(part);
            let again = cache
                .get_or_load(&key, async || Ok::<_, String>(2))
                .await
                .unwrap();
            anew += again - 1;
        }
        let (all, probability) = (KEYS as f64, (-1_f64).exp());
        let sigma = (all * probability * (1.0 - probability)).sqrt();
        let by = (anew as f64 - all * probability) / sigma;
        if by.abs() > 5.0 {
            off.push(format!("{strategy:?}: {anew} of {KEYS}, {by:.1} sigma"));
        }
    }
    assert_eq!(off, [""; 0]);
}
