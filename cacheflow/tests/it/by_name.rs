//! Strategies by name, at work.

use std::time::Duration;

use cacheflow::{
    Cache, CacheFlow, CircuitBreaker, ErrorKind, Event, ExecuteOptions, LoadError, NamedStrategy,
    Strategy, StrategyOptions,
};
use cacheflow_testkit::eventually;

use crate::strategic::{Count, SECOND, by_hand, ends, nodes};
use crate::support::{Fault, HOUR, WITHIN, alone, assert_parts, soon, waiting};

fn options() -> StrategyOptions {
    StrategyOptions::default()
}

type Named = NamedStrategy<u64>;

fn named(flow: &CacheFlow, names: &str, cache: &str, options: &StrategyOptions) -> Named {
    let strategy = flow.strategy(names, cache, options);
    strategy.unwrap_or_else(|error| panic!("{names}: {error}"))
}

async fn run(
    strategy: &Named,
    key: &str,
    gives: Result<u64, &'static str>,
) -> Result<u64, LoadError<Fault>> {
    let work = || async move { gives.map_err(str::to_owned) };
    strategy.execute(key, work).await
}

fn down() -> Result<u64, LoadError<Fault>> {
    Err(LoadError::Source("down".to_owned()))
}

#[tokio::test]
async fn every_name_and_combination_runs_its_work_once_and_keeps_what_it_gives() {
    let stale = StrategyOptions {
        stale_ttl: Some(HOUR),
        ..options()
    };
    let hard = StrategyOptions {
        hard_timeout: Some(HOUR),
        ..options()
    };
    let loads = StrategyOptions {
        max_loads: Some(2),
        ..options()
    };
    let all = StrategyOptions {
        memory_ttl: Some(HOUR),
        refresh_ratio: Some(0.8),
        failure_threshold: Some(3),
        soft_timeout: Some(SECOND),
        throttle: Some(SECOND),
        lock_ttl: Some(SECOND),
        ..stale.clone()
    };
    let all = StrategyOptions {
        hard_timeout: Some(HOUR),
        max_loads: Some(2),
        ..all
    };
    let cases = [
        ("cache-aside", options()),
        ("multi-level", options()),
        ("multi_level", options()),
        ("refresh-ahead", options()),
        ("circuit-breaker", options()),
        ("circuit-breaker", stale.clone()),
        ("fail-safe", stale.clone()),
        ("timeouts", hard),
        ("bulkhead", loads),
        ("distributed-lock", options()),
        ("cache-aside + multi-level", options()),
        ("refresh-ahead+circuit-breaker + fail_safe", stale),
        (
            "multi-level+refresh-ahead+circuit-breaker+fail-safe+timeouts+bulkhead+distributed-lock",
            all,
        ),
    ];
    for shared in [false, true] {
        let (server, _clock, [node]) = nodes().await;
        let flow = match shared {
            true => node.flow.clone(),
            false => alone().await,
        };
        for (at, (names, options)) in cases.iter().enumerate() {
            let strategy = named(&flow, names, &format!("c{at}"), options);
            let done = ends(names, run(&strategy, "k", Ok(7)));
            assert_eq!(done.await, Ok(7), "{names}");
            assert_eq!(run(&strategy, "k", Err("ran")).await, Ok(7), "{names}");
            assert_eq!(strategy.cache().stats().loads, 1, "{names}");
            assert_eq!(strategy.clone().cache().name(), format!("c{at}"));
            let _ = strategy.cache().invalidate("k").await.unwrap();
            assert_eq!(run(&strategy, "k", Err("down")).await, down(), "{names}");
        }
        drop(server);
    }
}

#[tokio::test]
async fn with_write_through_work_runs_each_time_and_its_value_is_kept() {
    let flow = alone().await;
    let strategy = named(&flow, "write-through", "a", &options());
    for value in 1..4 {
        assert_eq!(run(&strategy, "k", Ok(value)).await, Ok(value));
        assert_eq!(strategy.cache().get("k").await, Some(value));
    }
    assert_eq!(run(&strategy, "k", Err("down")).await, down());
    assert_eq!(
        strategy.cache().get("k").await,
        None,
        "nobody knows what is there"
    );
    let with = ExecuteOptions {
        ttl: Some(HOUR),
        tags: vec!["t".to_owned()],
        ..ExecuteOptions::default()
    };
    let work = || async { Ok::<_, Fault>(9) };
    assert_eq!(strategy.execute_with("k", &with, work).await, Ok(9));
    let kept = strategy.cache().peek("k").unwrap();
    assert!(kept.remaining > HOUR / 2);
    assert_eq!(kept.tags()[0].as_str(), "t");
    let _ = flow.invalidate().tags(["t"]).send().await.unwrap();
    assert_eq!(strategy.cache().get("k").await, None);
}

#[tokio::test]
async fn wrong_names_and_options_are_refused_all_at_once() {
    let flow = alone().await;
    let refused = |names: &str, cache: &str, options: &StrategyOptions, parts: &[&str]| {
        let error = flow.strategy::<u64>(names, cache, options).unwrap_err();
        assert_eq!(error.kind(), ErrorKind::InvalidConfig, "{names}");
        assert_parts(&error, parts);
    };
    refused(
        "circuit-braker",
        "a",
        &options(),
        &["did you mean circuit-breaker"],
    );
    refused("", "a", &options(), &["allowed are"]);
    refused("multi-level+", "a", &options(), &["allowed are"]);
    refused("fail-safe", "a", &options(), &["stale_ttl"]);
    refused("bulkhead", "a", &options(), &["max_loads"]);
    refused(
        "timeouts",
        "a",
        &options(),
        &["soft_timeout or hard_timeout"],
    );
    refused("bulkhead+bulkhead", "a", &options(), &["named twice"]);
    let both = &["named twice", "did you mean fail-safe"];
    refused("multi-level+multi_level+fail-saf", "a", &options(), both);
    let wrong = StrategyOptions {
        max_loads: Some(0),
        ..options()
    };
    refused("bulkhead", "a", &wrong, &["bulkhead.loads = 0"]);
    refused("multi-level", "a", &wrong, &["max_loads", "bulkhead"]);
    let soft = StrategyOptions {
        soft_timeout: Some(SECOND),
        ..options()
    };
    refused("timeouts", "a", &soft, &["soft_timeout = 1s", "fail_safe"]);
    refused("write-behind", "a", &options(), &["build_with_writer"]);
    refused(
        "write-behind+write-through",
        "a",
        &options(),
        &["one of the two"],
    );
    refused("multi-level", "", &options(), &["cache"]);
    refused(
        "write-behind",
        "no:name",
        &options(),
        &["build_with_writer", "no:name"],
    );
    // None of them has left a cache behind.
    let other: Cache<u8, String> = flow.cache("a").build().unwrap();
    drop(other);
    let error = flow
        .strategy::<u64>("multi-level", "a", &options())
        .unwrap_err();
    assert_eq!(error.kind(), ErrorKind::TypeMismatch);
}

#[tokio::test]
async fn a_cache_that_was_built_keeps_its_levels_lifetime_and_entries() {
    let (server, _clock, [node]) = nodes().await;
    let builder = node.flow.cache("aside").ttl(24 * HOUR).ttl_jitter(0.0);
    let aside: Cache<String, u64> = builder.strategy(Strategy::cache_aside()).build().unwrap();
    let strategy = named(&node.flow, "circuit-breaker", "aside", &options());
    assert_eq!(run(&strategy, "k", Ok(7)).await, Ok(7));
    assert_eq!(aside.peek("k"), None, "it has no memory");
    assert_eq!(aside.get("k").await, Some(7));
    let stored = server.value("cacheflow:aside:k").unwrap();
    assert_eq!(stored.remaining, 24 * HOUR);
    let error = node
        .flow
        .strategy::<u64>("multi-level", "aside", &options());
    assert_parts(error.unwrap_err(), &["aside", "cache-aside"]);
    // The other way round it has more than it is asked for.
    let both: Cache<String, u64> = node.flow.cache("both").build().unwrap();
    let strategy = named(&node.flow, "cache-aside", "both", &options());
    assert_eq!(run(&strategy, "k", Ok(7)).await, Ok(7));
    assert!(both.peek("k").is_some());
    assert_eq!(both.stats().loads, 1);
}

#[tokio::test]
async fn handles_of_equal_options_share_a_breaker_and_others_do_not() {
    let (flow, clock) = by_hand().await;
    let two = StrategyOptions {
        failure_threshold: Some(2),
        reset_after: Some(30 * SECOND),
        ..options()
    };
    let one = named(&flow, "circuit-breaker", "a", &two);
    let same = named(&flow, "circuit_breaker", "a", &two);
    let three = StrategyOptions {
        failure_threshold: Some(3),
        ..two.clone()
    };
    let other = named(&flow, "circuit-breaker", "a", &three);
    let elsewhere = named(&flow, "circuit-breaker", "b", &two);
    assert_eq!(run(&one, "k", Err("down")).await, down());
    assert_eq!(run(&same, "k", Err("down")).await, down());
    for open in [&one, &same] {
        assert_eq!(run(open, "k", Ok(7)).await, Err(LoadError::BreakerOpen));
        assert!(open.cache().stats().breaker_open);
    }
    assert_eq!(run(&elsewhere, "k", Ok(7)).await, Ok(7));
    assert_eq!(run(&other, "k", Err("down")).await, down());
    clock.advance(30 * SECOND);
    assert_eq!(run(&same, "k", Ok(7)).await, Ok(7));
    assert_eq!(run(&one, "k2", Ok(8)).await, Ok(8));
    // As with one that was built with it.
    let breaker = CircuitBreaker::new().failures(2).reset_after(30 * SECOND);
    let builder = flow
        .cache("c")
        .strategy(Strategy::multi_level().circuit_breaker(breaker));
    let built: Cache<String, u64> = builder.build().unwrap();
    let strategy = named(&flow, "circuit-breaker", "c", &two);
    for _ in 0..2 {
        let _ = run(&strategy, "k", Err("down")).await;
    }
    let load = built.get_or_load("k", async || Ok::<_, Fault>(7));
    assert_eq!(load.await, Err(LoadError::BreakerOpen));
    // By a name of its own over several caches.
    let shared = StrategyOptions {
        breaker: Some("db".to_owned()),
        ..two
    };
    let one = named(&flow, "circuit-breaker", "d", &shared);
    let two = named(&flow, "circuit-breaker", "e", &shared);
    let _ = (
        run(&one, "k", Err("down")).await,
        run(&two, "k", Err("down")).await,
    );
    assert_eq!(run(&one, "k", Ok(7)).await, Err(LoadError::BreakerOpen));
}

#[tokio::test(start_paused = true)]
async fn a_call_has_lifetimes_and_tags_of_its_own() {
    let (flow, clock) = by_hand().await;
    let safe = StrategyOptions {
        stale_ttl: Some(10 * SECOND),
        throttle: Some(SECOND),
        ..options()
    };
    let builder = flow.cache("a").ttl(10 * SECOND).ttl_jitter(0.0);
    let cache: Cache<String, u64> = builder.build().unwrap();
    let strategy = named(&flow, "fail-safe", "a", &safe);
    let with = ExecuteOptions {
        ttl: Some(20 * SECOND),
        stale_ttl: Some(HOUR),
        tags: vec!["t".to_owned()],
    };
    let work =
        |gives: Result<u64, &'static str>| move || async move { gives.map_err(str::to_owned) };
    for key in ["a", "b"] {
        let done = strategy.execute_with(key, &with, work(Ok(7))).await;
        assert_eq!(done, Ok(7));
    }
    assert_eq!(run(&strategy, "plain", Ok(7)).await, Ok(7));
    assert_eq!(cache.peek("a").unwrap().tags()[0].as_str(), "t");
    clock.advance(19 * SECOND);
    assert_eq!(strategy.cache().peek("a").unwrap().remaining, SECOND);
    clock.advance(2 * SECOND);
    assert_eq!(run(&strategy, "plain", Err("down")).await, down());
    clock.advance(HOUR / 2);
    assert_eq!(run(&strategy, "a", Err("down")).await, Ok(7), "stale");
    let _ = flow.invalidate().tags(["t"]).send().await.unwrap();
    for key in ["a", "b"] {
        assert_eq!(run(&strategy, key, Err("down")).await, down());
    }
    let bad = ExecuteOptions {
        tags: vec![String::new()],
        ..with
    };
    let mut events = flow.events();
    assert_eq!(strategy.execute_with("c", &bad, work(Ok(7))).await, Ok(7));
    assert_eq!(cache.peek("c"), None);
    let refused = |e: &Event| matches!(e, Event::MarksRefused { .. });
    assert!(waiting(&mut events).iter().any(refused));
}

/// What is put by one handle of a strategy that keeps old values can stand in.
#[tokio::test]
async fn what_is_written_through_is_kept_as_its_strategy_says() {
    let (flow, clock) = by_hand().await;
    let safe = StrategyOptions {
        stale_ttl: Some(HOUR),
        ..options()
    };
    for built in [false, true] {
        let name = format!("a-{built}");
        if built {
            let _: Cache<String, u64> = flow.cache(&name).build().unwrap();
        }
        let writes = named(&flow, "write-through+fail-safe", &name, &safe);
        let reads = named(&flow, "fail-safe", &name, &safe);
        assert_eq!(run(&writes, "k", Ok(7)).await, Ok(7));
        clock.advance(Duration::from_secs(400));
        assert_eq!(run(&reads, "k", Err("down")).await, Ok(7), "built: {built}");
    }
}

#[tokio::test(start_paused = true)]
async fn work_goes_on_without_its_caller_and_many_share_it() {
    let flow = alone().await;
    let strategy = named(&flow, "multi-level", "a", &options());
    let (go, end) = tokio::sync::watch::channel(false);
    let runs = Count::default();
    let call = |key: &'static str| {
        let (strategy, mut end, runs) = (strategy.clone(), end.clone(), runs.clone());
        tokio::spawn(async move {
            let work = || async move {
                runs.add();
                end.wait_for(|end| *end).await.unwrap();
                Ok::<_, Fault>(7)
            };
            strategy.execute(key, work).await
        })
    };
    let first = call("k");
    runs.reaches(1).await;
    let others: Vec<_> = (0..20).map(|_| call("k")).collect();
    first.abort();
    let _ = first.await;
    go.send_replace(true);
    for other in others {
        assert_eq!(soon(other).await, Ok(7));
    }
    assert_eq!(runs.get(), 1);
    let kept = async || strategy.cache().get("k").await == Some(7);
    eventually("it is kept", WITHIN, kept).await;
}
