//! Soft and hard timeouts. The clock of tokio is paused: it moves on when nobody can
//! run, so that nothing depends on speed.

use std::time::Duration;

use cacheflow::{CacheFlow, CircuitBreaker, ErrorKind, Event, FailSafe, LoadError, Strategy};

use crate::strategic::{
    Count, Loading, SECOND, TTL, by_hand, cache, caller_of, found, tried, untried,
};
use crate::support::{Fault, HOUR, assert_parts, joined, soon, waiting};

const SOFT: Duration = SECOND;

fn safe() -> Strategy {
    let fail_safe = FailSafe::new(60 * SECOND).throttle(5 * SECOND);
    Strategy::multi_level().fail_safe(fail_safe)
}

/// What is longer than all limits, and shorter than a follower's patience.
async fn all_limits() {
    tokio::time::sleep(5 * SECOND).await;
}

#[tokio::test(start_paused = true)]
async fn after_the_soft_timeout_the_old_value_is_given_and_the_load_is_kept_when_it_ends() {
    let (flow, clock) = by_hand().await;
    let cache = cache(&flow, "a", safe().soft_timeout(SOFT));
    tried(&cache, 1, Ok(10)).await.unwrap();
    clock.advance(TTL);
    let mut events = flow.events();
    let loads = Count::default();
    let (go, end) = tokio::sync::oneshot::channel();
    let count = loads.clone();
    let call = cache.entry(&1).load_or_refresh(|_| async move {
        count.add();
        Ok::<_, Fault>(end.await.unwrap())
    });
    let given = call.await.unwrap();
    assert_eq!((given.value, given.stale), (10, true));
    let stale = |e: &&Event| matches!(e, Event::Stale { .. });
    assert_eq!(waiting(&mut events).iter().filter(stale).count(), 1);
    assert_eq!((cache.stats().stale, cache.stats().timeouts), (1, 0));
    // It goes on: who comes joins it, and gets the old value in its time.
    assert_eq!(cache.under_way(), 1);
    let follower = caller_of(&cache, 1, Err("the follower's loader ran"));
    assert_eq!(soon(follower).await, Ok(10));
    go.send(11).unwrap();
    while cache.under_way() > 0 {
        tokio::task::yield_now().await;
    }
    let kept = found(&cache, 1, Err("loaded twice")).await.unwrap();
    assert_eq!((kept.value, kept.stale), (11, false));
    assert_eq!((loads.get(), cache.stats().loads), (1, 2));
}

#[tokio::test(start_paused = true)]
async fn a_load_that_is_a_part_of_its_caller_is_dropped_for_the_old_value() {
    let (flow, clock) = by_hand().await;
    let cache = cache(&flow, "a", safe().soft_timeout(SOFT).hard_timeout(2 * SOFT));
    tried(&cache, 1, Ok(10)).await.unwrap();
    clock.advance(TTL);
    let loading = Loading::begin(&cache, 1).await;
    let follower = caller_of(&cache, 1, Err("the follower's loader ran"));
    joined(&cache, 1).await;
    assert_eq!(soon(follower).await, Ok(10));
    assert_eq!(soon(loading.task).await, Ok(10));
    assert_eq!(cache.under_way(), 0);
    // Its source is left alone for a while.
    assert_eq!(untried(&cache, 1).await, Ok(10));
    clock.advance(5 * SECOND);
    assert_eq!(tried(&cache, 1, Ok(11)).await, Ok(11));
}

#[tokio::test(start_paused = true)]
async fn without_an_old_value_nobody_gives_up_before_the_hard_timeout() {
    let (flow, _clock) = by_hand().await;
    let soft = cache(&flow, "soft", safe().soft_timeout(SOFT));
    let here = Loading::begin(&soft, 1).await;
    let apart = Loading::begin_apart(&soft, 2).await;
    all_limits().await;
    assert!(!here.task.is_finished() && !apart.task.is_finished());
    assert_eq!(here.end(Ok(10)).await, Ok(10));
    assert_eq!(apart.end(Ok(20)).await, Ok(20));
    assert_eq!(soft.stats().stale, 0);
    let hard = cache(
        &flow,
        "hard",
        safe().soft_timeout(SOFT).hard_timeout(2 * SOFT),
    );
    for key in [1, 2] {
        let loading = match key {
            1 => Loading::begin(&hard, key).await,
            _ => Loading::begin_apart(&hard, key).await,
        };
        tokio::time::sleep(SOFT + SOFT / 2).await;
        assert!(!loading.task.is_finished());
        assert_eq!(soon(loading.task).await, Err(LoadError::Timeout));
    }
}

#[tokio::test(start_paused = true)]
async fn after_the_hard_timeout_the_key_is_free_and_followers_are_told() {
    for apart in [false, true] {
        let (flow, _clock) = by_hand().await;
        let cache = cache(&flow, "a", Strategy::multi_level().hard_timeout(SECOND));
        let loading = match apart {
            false => Loading::begin(&cache, 1).await,
            true => Loading::begin_apart(&cache, 1).await,
        };
        let follower = caller_of(&cache, 1, Err("the follower's loader ran"));
        joined(&cache, 1).await;
        assert_eq!(soon(follower).await, Err(LoadError::Timeout));
        let stats = cache.stats();
        assert_eq!((stats.timeouts, stats.loads), (1, 1));
        assert_eq!(tried(&cache, 1, Ok(11)).await, Ok(11), "the key is free");
        // What it would have brought is dropped with it.
        assert_eq!(loading.end(Ok(10)).await, Err(LoadError::Timeout));
        assert_eq!(untried(&cache, 1).await, Ok(11));
        assert_eq!(cache.under_way(), 0);
    }
}

#[tokio::test(start_paused = true)]
async fn a_load_in_time_is_as_any_other() {
    let (flow, clock) = by_hand().await;
    let cache = cache(&flow, "a", safe().soft_timeout(SOFT).hard_timeout(2 * SOFT));
    for apart in [false, true] {
        clock.advance(TTL);
        let loading = match apart {
            false => Loading::begin(&cache, 1).await,
            true => Loading::begin_apart(&cache, 1).await,
        };
        tokio::time::sleep(SOFT / 2).await;
        assert_eq!(loading.end(Ok(10)).await, Ok(10));
        clock.advance(TTL);
        let failing = Loading::begin_apart(&cache, 1).await;
        assert_eq!(failing.end(Err("down")).await, Ok(10));
    }
    assert_eq!(cache.stats().timeouts, 0);
}

/// With no limit but a soft one there is nothing that could be an error.
#[tokio::test(start_paused = true)]
async fn the_soft_timeout_of_a_value_that_was_forgotten_meanwhile_is_no_error() {
    let (flow, clock) = by_hand().await;
    for apart in [true, false] {
        let cache = cache(&flow, &format!("a-{apart}"), safe().soft_timeout(SOFT));
        tried(&cache, 1, Ok(10)).await.unwrap();
        clock.advance(TTL);
        let loading = match apart {
            false => Loading::begin(&cache, 1).await,
            true => Loading::begin_apart(&cache, 1).await,
        };
        let _ = cache.invalidate(&1).await.unwrap();
        all_limits().await;
        // Not the old value; and the load has all the time that it wants.
        assert_eq!(loading.end(Ok(11)).await, Ok(11), "apart: {apart}");
    }
}

#[tokio::test(start_paused = true)]
async fn after_the_soft_timeout_nothing_is_given_whose_time_is_over() {
    let (flow, clock) = by_hand().await;
    let cache = cache(&flow, "a", safe().soft_timeout(SOFT));
    tried(&cache, 1, Ok(10)).await.unwrap();
    clock.advance(TTL + 59 * SECOND);
    let loading = Loading::begin_apart(&cache, 1).await;
    let follower = caller_of(&cache, 1, Err("the follower's loader ran"));
    joined(&cache, 1).await;
    clock.advance(SECOND);
    all_limits().await;
    assert_eq!(loading.end(Ok(11)).await, Ok(11));
    assert_eq!(follower.await.unwrap(), Ok(11));
}

#[tokio::test(start_paused = true)]
async fn a_load_that_fails_after_its_soft_timeout_leaves_the_old_value() {
    let (flow, clock) = by_hand().await;
    let cache = cache(&flow, "a", safe().soft_timeout(SOFT));
    tried(&cache, 1, Ok(10)).await.unwrap();
    clock.advance(TTL);
    let (go, end) = tokio::sync::oneshot::channel::<u64>();
    let call = cache.get_or_refresh(&1, || async move { end.await.map_err(|e| e.to_string()) });
    assert_eq!(call.await, Ok(10));
    drop(go);
    while cache.under_way() > 0 {
        tokio::task::yield_now().await;
    }
    let given = found(&cache, 1, Err("throttled")).await.unwrap();
    assert_eq!((given.value, given.stale), (10, true));
    assert_eq!(cache.stats().loads, 2);
}

/// The breaker is told of what became of a load after its caller had left with the
/// old value.
#[tokio::test(start_paused = true)]
async fn a_breaker_counts_loads_that_go_on_and_none_that_was_given_up() {
    let (flow, clock) = by_hand().await;
    let breaker = CircuitBreaker::new().failures(1).stale_ttl(HOUR);
    let strategy = Strategy::multi_level().circuit_breaker(breaker);
    let cache = cache(&flow, "a", strategy.soft_timeout(SOFT));
    for key in [1, 2] {
        tried(&cache, key, Ok(10)).await.unwrap();
    }
    clock.advance(TTL);
    let given_up = Loading::begin(&cache, 1).await;
    assert_eq!(soon(given_up.task).await, Ok(10));
    assert!(!cache.stats().breaker_open, "nobody knows");
    let (go, end) = tokio::sync::oneshot::channel::<u64>();
    let call = cache.get_or_refresh(&2, || async move { end.await.map_err(|e| e.to_string()) });
    assert_eq!(call.await, Ok(10));
    assert!(!cache.stats().breaker_open);
    drop(go);
    while cache.under_way() > 0 {
        tokio::task::yield_now().await;
    }
    assert!(cache.stats().breaker_open);
}

#[tokio::test]
async fn limits_that_contradict_one_another_are_refused() {
    let (flow, _clock) = by_hand().await;
    let refused = |strategy: Strategy, parts: &[&str]| {
        let builder = flow.cache::<u64, u64>("a").strategy(strategy);
        let error = builder.build().unwrap_err();
        assert_eq!(error.kind(), ErrorKind::InvalidConfig);
        assert_parts(&error, parts);
    };
    let plain = Strategy::multi_level;
    refused(
        plain().soft_timeout(SOFT),
        &["soft_timeout = 1s", "fail_safe"],
    );
    let no_stale = plain().circuit_breaker(CircuitBreaker::new());
    refused(
        no_stale.soft_timeout(SOFT),
        &["soft_timeout = 1s", "stale_ttl"],
    );
    for hard in [SOFT, SOFT / 2] {
        let both = safe().soft_timeout(SOFT).hard_timeout(hard);
        refused(both, &["soft_timeout = 1s", "hard_timeout"]);
    }
    refused(
        plain().hard_timeout(Duration::ZERO),
        &["hard_timeout = 0ns"],
    );
    let stale = CircuitBreaker::new().stale_ttl(HOUR);
    let good = plain()
        .circuit_breaker(stale)
        .soft_timeout(SOFT)
        .hard_timeout(2 * SOFT);
    cache(&flow, "a", good);
}

/// Reads go on after a shutdown, and so do those whose load it has dropped.
#[tokio::test(start_paused = true)]
async fn who_waits_for_a_load_that_a_shutdown_drops_is_not_left_waiting() {
    let flow = CacheFlow::builder().build().await.unwrap();
    let cache = cache(&flow, "a", Strategy::multi_level());
    let loading = Loading::begin_apart(&cache, 1).await;
    let follower = caller_of(&cache, 1, Ok(12));
    joined(&cache, 1).await;
    flow.shutdown(SECOND).await.unwrap_err();
    assert_eq!(soon(follower).await, Ok(12));
    let ended = tokio::time::timeout(HOUR, loading.end(Ok(11))).await;
    assert!(ended.is_ok(), "it hangs");
}
