//! The circuit breaker: a source that fails is left alone, and asked again by one.

use std::time::Duration;

use cacheflow::{Cache, CircuitBreaker, ErrorKind, Event, LoadError, Strategy, StrategyOptions};

use crate::strategic::{
    Loading, SECOND, TTL, by_hand, cache, caller_of, ends, found, source, tried, untried,
};
use crate::support::{Fault, HOUR, assert_parts, joined, soon, waiting};

const RESET: Duration = Duration::from_secs(30);

fn breaker(failures: u32) -> CircuitBreaker {
    CircuitBreaker::new().failures(failures).reset_after(RESET)
}

fn with(breaker: CircuitBreaker) -> Strategy {
    Strategy::multi_level().circuit_breaker(breaker)
}

/// Opens a breaker of so many failures by keys of their own.
async fn opened(cache: &Cache<u64, u64>, failures: u64) {
    for key in 1000..1000 + failures {
        assert_eq!(tried(cache, key, Err("down")).await, source("down"));
    }
    assert!(cache.stats().breaker_open);
}

fn told(name: &str) -> [Event; 3] {
    [
        Event::BreakerOpened { name: name.into() },
        Event::BreakerHalfOpened { name: name.into() },
        Event::BreakerClosed { name: name.into() },
    ]
}

#[tokio::test]
async fn it_opens_after_so_many_failures_in_a_row_and_no_loader_runs() {
    let (flow, _clock) = by_hand().await;
    let cache = cache(&flow, "a", with(breaker(3)));
    for loaded in [Err("no"), Err("no"), Ok(1), Err("no"), Err("no")] {
        let _ = cache.invalidate(&1).await.unwrap();
        let _ = tried(&cache, 1, loaded).await;
        assert!(!cache.stats().breaker_open, "a success begins the row anew");
    }
    assert_eq!(tried(&cache, 1, Err("no")).await, source("no"));
    let stats = cache.stats();
    assert_eq!((stats.breaker_open, stats.breaker_refusals), (true, 0));
    for _ in 0..3 {
        assert_eq!(untried(&cache, 1).await, Err(LoadError::BreakerOpen));
    }
    let stats = cache.stats();
    assert_eq!((stats.loads, stats.load_failures), (6, 5));
    assert_eq!((stats.breaker_open, stats.breaker_refusals), (true, 3));
}

#[tokio::test]
async fn by_rate_it_opens_from_a_minimum_on_and_counts_a_window() {
    let rate = CircuitBreaker::new().failure_rate(0.5, 10 * SECOND, 4);
    let (flow, clock) = by_hand().await;
    let open = async |name: &str, loads: &[Result<u64, &'static str>]| {
        let cache = cache(&flow, name, with(rate.clone()));
        for (key, loaded) in (0..).zip(loads) {
            if key == 3 {
                clock.advance(5 * SECOND);
            }
            let _ = tried(&cache, key, *loaded).await;
        }
        cache.stats().breaker_open
    };
    let (good, bad) = (Ok(1), Err("no"));
    assert!(
        !open("few", &[bad, bad, bad]).await,
        "less than the minimum"
    );
    assert!(open("all", &[bad, bad, bad, bad]).await);
    assert!(
        open("half", &[good, bad, good, bad]).await,
        "half is enough"
    );
    assert!(!open("less", &[good, bad, good, good, bad]).await);
    // What is longer ago than the window is not counted.
    let cache = cache(&flow, "old", with(rate));
    for key in 0..3 {
        let _ = tried(&cache, key, bad).await;
    }
    clock.advance(11 * SECOND);
    for key in 0..3 {
        let _ = tried(&cache, key, bad).await;
    }
    assert!(!cache.stats().breaker_open);
    let _ = tried(&cache, 9, bad).await;
    assert!(cache.stats().breaker_open);
}

#[tokio::test(start_paused = true)]
async fn a_hard_timeout_and_a_panic_are_failures_and_a_cancelled_caller_is_none() {
    let (flow, _clock) = by_hand().await;
    for apart in [false, true] {
        let begin = async |name: &str| {
            let strategy = with(breaker(1)).hard_timeout(SECOND);
            let cache = cache(&flow, &format!("{name}-{apart}"), strategy);
            let loading = match apart {
                true => Loading::begin_apart(&cache, 1).await,
                false => Loading::begin(&cache, 1).await,
            };
            (cache, loading)
        };
        let (cache, loading) = begin("timeout").await;
        assert_eq!(soon(loading.task).await, Err(LoadError::Timeout));
        assert!(cache.stats().breaker_open);

        let (cache, loading) = begin("cancelled").await;
        loading.task.abort();
        let _ = loading.task.await;
        assert!(!cache.stats().breaker_open);
    }
    let strategy = || with(breaker(1));
    let panicking = cache(&flow, "panic", strategy());
    let here = panicking.clone();
    let task = tokio::spawn(async move {
        let loader = async || -> Result<u64, Fault> { panic!("as the test says") };
        here.get_or_load(&1, loader).await
    });
    assert!(task.await.unwrap_err().is_panic());
    assert!(panicking.stats().breaker_open);

    let panicking = cache(&flow, "panic-apart", strategy());
    let (outer, here) = (panicking.clone(), panicking.clone());
    let task = tokio::spawn(async move {
        let loader = || async move {
            assert!(here.key(&1).is_empty(), "as the test says");
            Ok::<_, Fault>(10)
        };
        outer.get_or_refresh(&1, loader).await
    });
    assert!(task.await.unwrap_err().is_panic());
    assert!(panicking.stats().breaker_open);
}

#[tokio::test]
async fn errors_that_are_no_failures_do_not_count() {
    let (flow, _clock) = by_hand().await;
    let picky = breaker(2).is_failure(|error: &Fault| error == "down");
    let cache = cache(&flow, "a", with(picky));
    for _ in 0..5 {
        assert_eq!(tried(&cache, 1, Err("no rows")).await, source("no rows"));
    }
    let _ = tried(&cache, 1, Err("down")).await;
    // It shows that the source answers.
    let _ = tried(&cache, 1, Err("no rows")).await;
    let _ = tried(&cache, 1, Err("down")).await;
    assert!(!cache.stats().breaker_open);
    let _ = tried(&cache, 1, Err("down")).await;
    assert!(cache.stats().breaker_open);
    // An error of another type is one.
    let other = self::cache(&flow, "b", with(breaker(1).is_failure(|_: &u8| false)));
    let _ = tried(&other, 1, Err("down")).await;
    assert!(other.stats().breaker_open);
}

#[tokio::test]
async fn an_old_value_is_given_while_it_is_open_marked_counted_and_told() {
    let (flow, clock) = by_hand().await;
    let cache = cache(&flow, "a", with(breaker(1).stale_ttl(HOUR)));
    tried(&cache, 1, Ok(10)).await.unwrap();
    clock.advance(TTL);
    assert_eq!(cache.peek(&1), None);
    opened(&cache, 1).await;
    let mut events = flow.events();
    let given = found(&cache, 1, Ok(11)).await.unwrap();
    assert_eq!((given.value, given.stale), (10, true));
    assert_eq!(given.age, TTL);
    assert_eq!(cache.stats().stale, 1);
    let stale = |event: &Event| matches!(event, Event::Stale { key, .. } if key.as_bytes() == b"1");
    assert_eq!(waiting(&mut events).iter().filter(|e| stale(e)).count(), 1);
    // Until the next probe nobody tries, and all get it.
    clock.advance(RESET - SECOND);
    assert_eq!(untried(&cache, 1).await, Ok(10));
    assert_eq!(
        untried(&cache, 2).await,
        Err(LoadError::BreakerOpen),
        "no old value"
    );
    clock.advance(SECOND);
    let fresh = found(&cache, 1, Ok(11)).await.unwrap();
    assert_eq!((fresh.value, fresh.stale), (11, false));
    assert!(!cache.stats().breaker_open);
    assert_eq!(untried(&cache, 1).await, Ok(11));
}

#[tokio::test]
async fn an_old_value_is_not_given_beyond_its_stale_ttl() {
    let (flow, clock) = by_hand().await;
    let cache = cache(&flow, "a", with(breaker(1).stale_ttl(20 * SECOND)));
    tried(&cache, 1, Ok(10)).await.unwrap();
    clock.advance(TTL + 19 * SECOND);
    opened(&cache, 1).await;
    assert_eq!(untried(&cache, 1).await, Ok(10));
    clock.advance(SECOND);
    assert_eq!(untried(&cache, 1).await, Err(LoadError::BreakerOpen));
}

#[tokio::test]
async fn of_all_callers_after_the_pause_one_probes_and_each_transition_is_told_once() {
    let (flow, clock) = by_hand().await;
    let cache = cache(&flow, "a", with(breaker(2).stale_ttl(HOUR)));
    let [open, half, closed] = told("a");
    tried(&cache, 7, Ok(70)).await.unwrap();
    clock.advance(TTL);
    let mut events = flow.events();
    opened(&cache, 2).await;
    assert_eq!(waiting(&mut events), std::slice::from_ref(&open));
    clock.advance(RESET);
    let probe = Loading::begin(&cache, 1).await;
    for key in 2..6 {
        assert_eq!(untried(&cache, key).await, Err(LoadError::BreakerOpen));
    }
    assert_eq!(untried(&cache, 7).await, Ok(70));
    assert!(cache.stats().breaker_open);
    assert_eq!(probe.end(Err("down")).await, source("down"));
    let heard = |events: &mut _| -> Vec<_> {
        let all = waiting(events).into_iter();
        all.filter(|e| !matches!(e, Event::Stale { .. })).collect()
    };
    assert_eq!(heard(&mut events), [half.clone(), open]);
    // One failure is enough: it waits for the whole pause again.
    clock.advance(RESET - SECOND);
    assert_eq!(untried(&cache, 1).await, Err(LoadError::BreakerOpen));
    clock.advance(SECOND);
    assert_eq!(tried(&cache, 1, Ok(10)).await, Ok(10));
    assert_eq!(heard(&mut events), [half, closed]);
    assert!(!cache.stats().breaker_open);
    // The row begins anew.
    let _ = tried(&cache, 2, Err("down")).await;
    assert!(!cache.stats().breaker_open);
}

#[tokio::test]
async fn a_probe_that_is_cancelled_frees_its_place() {
    let (flow, clock) = by_hand().await;
    let cache = cache(&flow, "a", with(breaker(1)));
    opened(&cache, 1).await;
    clock.advance(RESET);
    let mut events = flow.events();
    let probe = Loading::begin(&cache, 1).await;
    probe.task.abort();
    let _ = probe.task.await;
    assert!(cache.stats().breaker_open);
    assert_eq!(tried(&cache, 1, Ok(10)).await, Ok(10));
    let [_, half, closed] = told("a");
    assert_eq!(waiting(&mut events), [half, closed]);
}

#[tokio::test]
async fn a_load_that_began_before_it_opened_says_nothing_about_the_source_now() {
    let (flow, clock) = by_hand().await;
    let cache = cache(&flow, "a", with(breaker(1)));
    let early = Loading::begin(&cache, 1).await;
    let late = Loading::begin(&cache, 2).await;
    opened(&cache, 1).await;
    assert_eq!(early.end(Ok(10)).await, Ok(10));
    assert!(cache.stats().breaker_open);
    assert_eq!(untried(&cache, 1).await, Ok(10), "it is kept all the same");
    clock.advance(RESET);
    let probe = Loading::begin(&cache, 3).await;
    assert_eq!(late.end(Err("down")).await, source("down"));
    assert_eq!(probe.end(Ok(30)).await, Ok(30));
    assert!(!cache.stats().breaker_open);
}

#[tokio::test]
async fn what_a_probe_loads_within_itself_is_let_through() {
    let (flow, clock) = by_hand().await;
    for apart in [false, true] {
        let cache = cache(&flow, &format!("a-{apart}"), with(breaker(1)));
        opened(&cache, 1).await;
        clock.advance(RESET);
        let inner = cache.clone();
        let loader = || async move {
            let inner = inner.get_or_load(&2, async || Ok::<_, Fault>(20)).await;
            inner
                .map(|inner| inner + 1)
                .map_err(|error| error.to_string())
        };
        let loaded = match apart {
            true => cache.get_or_refresh(&1, loader).await,
            false => cache.get_or_load(&1, loader).await,
        };
        assert_eq!(loaded, Ok(21));
        assert!(!cache.stats().breaker_open);
    }
}

/// Who waited for a load that failed loads for itself; that is a load as any other.
#[tokio::test]
async fn what_is_loaded_within_a_probe_beside_the_flights_is_let_through() {
    let (flow, clock) = by_hand().await;
    let cache = cache(&flow, "a", with(breaker(2)));
    let leader = Loading::begin(&cache, 1).await;
    let inner = cache.clone();
    let follower = cache.clone();
    let follower = tokio::spawn(async move {
        let loader = async || {
            let inner = inner.get_or_load(&2, async || Ok::<_, Fault>(20)).await;
            inner
                .map(|inner| inner + 1)
                .map_err(|error| error.to_string())
        };
        follower.get_or_load(&1, loader).await
    });
    joined(&cache, 1).await;
    opened(&cache, 2).await;
    clock.advance(RESET);
    assert_eq!(leader.end(Err("down")).await, source("down"));
    assert_eq!(ends("the follower", follower).await.unwrap(), Ok(21));
}

#[tokio::test]
async fn followers_of_a_load_that_fails_are_given_the_old_value_as_well() {
    let (flow, clock) = by_hand().await;
    let cache = cache(&flow, "a", with(breaker(5).stale_ttl(HOUR)));
    tried(&cache, 1, Ok(10)).await.unwrap();
    clock.advance(TTL);
    let leader = Loading::begin(&cache, 1).await;
    let follower = caller_of(&cache, 1, Err("the follower's loader ran"));
    joined(&cache, 1).await;
    assert_eq!(leader.end(Err("down")).await, Ok(10));
    assert_eq!(follower.await.unwrap(), Ok(10));
    assert_eq!(cache.stats().loads, 2);
}

#[tokio::test]
async fn a_shared_breaker_is_one_for_all_its_caches() {
    let (flow, clock) = by_hand().await;
    let shared = || breaker(2).shared("db");
    let one = cache(&flow, "one", with(shared()));
    let two = cache(&flow, "two", with(shared().stale_ttl(HOUR)));
    let mut events = flow.events();
    let _ = tried(&one, 1, Err("down")).await;
    let _ = tried(&two, 1, Err("down")).await;
    assert_eq!(untried(&one, 1).await, Err(LoadError::BreakerOpen));
    assert_eq!(untried(&two, 1).await, Err(LoadError::BreakerOpen));
    assert!(one.stats().breaker_open && two.stats().breaker_open);
    clock.advance(RESET);
    tried(&two, 1, Ok(10)).await.unwrap();
    tried(&one, 1, Ok(10)).await.unwrap();
    assert_eq!(waiting(&mut events), told("db"));
    // One of another flow is another.
    let (other, _clock) = by_hand().await;
    cache(&other, "one", with(shared()));

    let differing = [
        shared().failures(3),
        shared().reset_after(RESET * 2),
        shared().failure_rate(0.5, SECOND, 2),
    ];
    for differs in differing {
        let builder = flow.cache::<u64, u64>("three").strategy(with(differs));
        let refused = builder.build().unwrap_err();
        assert_eq!(refused.kind(), ErrorKind::InvalidConfig);
        assert_parts(&refused, &["circuit_breaker.shared", "\"db\""]);
    }
    cache(&flow, "three", with(shared()));
}

/// It was never built.
#[tokio::test]
async fn a_build_that_is_refused_leaves_no_breaker_behind() {
    let (flow, _clock) = by_hand().await;
    cache(&flow, "a", Strategy::multi_level());
    let refused = flow.cache::<u64, u64>("a");
    let refused = refused.strategy(with(breaker(5).shared("db")));
    assert_eq!(
        refused.build().unwrap_err().kind(),
        ErrorKind::InvalidConfig
    );
    let built = flow
        .cache::<u64, u64>("b")
        .strategy(with(breaker(3).shared("db")));
    assert!(built.build().is_ok());
}

#[tokio::test]
async fn a_call_says_for_how_long_its_old_value_may_stand_in() {
    let (flow, clock) = by_hand().await;
    let plain = cache(&flow, "plain", with(breaker(1)));
    let keeping = cache(&flow, "keeping", with(breaker(1).stale_ttl(HOUR)));
    for cache in [&plain, &keeping] {
        for key in [1, 2] {
            let call = cache.entry(&key).stale_ttl(20 * SECOND);
            let loaded = call.load(async |_| Ok::<_, Fault>(10)).await;
            loaded.unwrap();
        }
    }
    clock.advance(TTL + 19 * SECOND);
    let again = async |cache: &Cache<u64, u64>, key: u64| {
        let call = cache.entry(&key).stale_ttl(20 * SECOND);
        let loaded = call.load(async |_| Err::<u64, _>("down".to_owned())).await;
        loaded.map(|found| (found.value, found.stale))
    };
    for cache in [&plain, &keeping] {
        assert_eq!(again(cache, 1).await, Ok((10, true)));
    }
    clock.advance(SECOND);
    for cache in [&plain, &keeping] {
        assert_eq!(again(cache, 2).await, Err(LoadError::BreakerOpen));
    }
    let options = StrategyOptions::default();
    assert!(
        flow.strategy::<u64>("circuit-breaker", "plain", &options)
            .is_ok()
    );
}
