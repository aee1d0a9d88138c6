//! What `strategy` becomes.

use super::{LOAD, assert_expands};

#[track_caller]
fn assert_makes(strategy: &str, made: &str) {
    let made = format!("Site::named(\"a\").with(|it| it.strategy({made})); __CACHEFLOW_SITE.at");
    assert_expands(
        &format!("cache = \"a\", strategy = {strategy}"),
        LOAD,
        &[&made],
    );
}

#[test]
fn levels() {
    assert_makes("cache_aside", "::cacheflow::Strategy::cache_aside()");
    assert_makes("cache_aside()", "::cacheflow::Strategy::cache_aside()");
    assert_makes("multi_level", "::cacheflow::Strategy::multi_level()");
    assert_makes(
        "multi_level(memory_ttl = \"60s\")",
        "::cacheflow::Strategy::multi_level()
            .memory_ttl(::core::time::Duration::new(60u64, 0u32))",
    );
}

#[test]
fn refresh_ahead() {
    let made = |refresh| {
        format!(
            "::cacheflow::Strategy::multi_level().refresh_ahead(::cacheflow::RefreshAhead::{refresh})"
        )
    };
    for (written, refresh) in [
        ("refresh_ahead(0.8)", "at(0.8f64)"),
        ("refresh_ahead(ratio = RATIO)", "at(RATIO)"),
        (
            "refresh_ahead(after = \"30s\")",
            "after(::core::time::Duration::new(30u64, 0u32))",
        ),
        ("refresh_ahead(after = AGE)", "after(AGE)"),
        ("refresh_ahead(early = 1)", "early(1f64)"),
    ] {
        assert_makes(written, &made(refresh));
    }
}

#[test]
fn circuit_breaker() {
    let made = |breaker| {
        format!(
            "::cacheflow::Strategy::multi_level()
                .circuit_breaker(::cacheflow::CircuitBreaker::new(){breaker})"
        )
    };
    for (written, breaker) in [
        ("circuit_breaker", ""),
        (
            "circuit_breaker(failures = 3, reset = HALF, stale = DAY)",
            ".failures(3u32).reset_after(HALF).stale_ttl(DAY)",
        ),
        (
            "circuit_breaker(reset_after = HALF, stale_ttl = DAY, shared = \"db\")",
            ".reset_after(HALF).stale_ttl(DAY).shared(\"db\")",
        ),
        (
            "circuit_breaker(failure_rate(0.5, \"10s\", 20))",
            ".failure_rate(0.5f64, ::core::time::Duration::new(10u64, 0u32), 20u32)",
        ),
        (
            "circuit_breaker(shared = name(), failure_rate(minimum = M, share = S, window = W))",
            ".failure_rate(S, W, M).shared(name())",
        ),
    ] {
        assert_makes(written, &made(breaker));
    }
}

#[test]
fn the_others() {
    for (written, made) in [
        (
            "fail_safe(STALE)",
            "fail_safe(::cacheflow::FailSafe::new(STALE))",
        ),
        (
            "fail_safe(throttle = PAUSE, stale = STALE)",
            "fail_safe(::cacheflow::FailSafe::new(STALE).throttle(PAUSE))",
        ),
        ("hard_timeout(LONG)", "hard_timeout(LONG)"),
        (
            "bulkhead(8)",
            "bulkhead(::cacheflow::Bulkhead::new(8usize))",
        ),
        (
            "bulkhead(LOADS, queue = 0)",
            "bulkhead(::cacheflow::Bulkhead::new(LOADS).queue(0usize))",
        ),
        (
            "distributed_lock",
            "distributed_lock(::core::time::Duration::new(5u64, 0u32))",
        ),
        ("distributed_lock(LEASE)", "distributed_lock(LEASE)"),
        ("distributed_lock(lease = LEASE)", "distributed_lock(LEASE)"),
    ] {
        assert_makes(
            written,
            &format!("::cacheflow::Strategy::multi_level().{made}"),
        );
    }
}

#[test]
fn terms_stand_in_any_order() {
    assert_makes(
        "soft_timeout(SOFT) + (fail_safe(STALE) + hard_timeout(HARD)) + cache_aside",
        "::cacheflow::Strategy::cache_aside()
            .fail_safe(::cacheflow::FailSafe::new(STALE)).soft_timeout(SOFT).hard_timeout(HARD)",
    );
}

#[test]
fn an_expression_that_stands_alone_is_the_users_own() {
    for expression in [
        "my_strategy()",
        "self::bulkheads(8)",
        "Strategy::multi_level()",
        "SOME_CONST",
        "BULKHEAD",
        "SOME_CONST.clone()",
        "{ bulkhead(8) }",
        "strategy!()",
    ] {
        assert_makes(expression, expression);
    }
}

#[test]
fn what_a_strategy_needs_of_the_call() {
    let calls = [
        ("cached", "", vec!["multi_level", "distributed_lock + fail_safe(\"1h\")"]),
        (
            "cached_with",
            ", ::core::option::Option::Some(
                |error| <Result<u64, Error> as ::cacheflow::private::FromTrouble>::from_trouble(error)
            )",
            vec!["circuit_breaker", "hard_timeout(\"1s\")", "bulkhead(8)"],
        ),
        (
            "cached_in_background",
            ", ::core::option::Option::None",
            vec!["refresh_ahead(0.8)", "soft_timeout(\"1s\") + fail_safe(\"1h\")"],
        ),
        (
            "cached_in_background",
            ", ::core::option::Option::Some(
                |error| <Result<u64, Error> as ::cacheflow::private::FromTrouble>::from_trouble(error)
            )",
            vec!["refresh_ahead(0.8) + bulkhead(8)", "my_strategy()"],
        ),
    ];
    for (function, trouble, strategies) in calls {
        for strategy in strategies {
            let call = format!("::cacheflow::private::{function}(__cacheflow_missed,");
            let end = format!("move |_| load::original(id) {trouble}).await");
            assert_expands(&format!("strategy = {strategy}"), LOAD, &[&call, &end]);
        }
    }
}
