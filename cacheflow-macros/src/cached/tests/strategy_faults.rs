//! What is said of a `strategy` that is none.

use super::{FIND, LOAD, assert_fault, expanded, faults};

const THERE_ARE: &str = "there are `bulkhead`, `cache_aside`, `circuit_breaker`, \
    `distributed_lock`, `fail_safe`, `hard_timeout`, `multi_level`, `refresh_ahead`, \
    `soft_timeout`";

/// That the only fault of this strategy is on `on` and begins with `message`.
#[track_caller]
fn assert_refuses(strategy: &str, on: &str, message: &str) {
    assert_fault(&format!("strategy = {strategy}"), LOAD, on, message);
}

#[test]
fn unknown_names() {
    let own = "one of your own is written with its path, like `self::refresh_ahed`";
    assert_refuses(
        "refresh_ahed(0.8)",
        "refresh_ahed",
        &format!(
            "unknown strategy `refresh_ahed`; did you mean `refresh_ahead`? {THERE_ARE}; {own}"
        ),
    );
    let own = "one of your own stands alone, without `+`";
    assert_refuses(
        "multi_level + my_strategy()",
        "my_strategy",
        &format!("unknown strategy `my_strategy`; {THERE_ARE}; {own}"),
    );
    assert_refuses(
        "multi_level + failsafe(\"1h\")",
        "failsafe",
        &format!("unknown strategy `failsafe`; did you mean `fail_safe`? {THERE_ARE}; {own}"),
    );
}

#[test]
fn no_terms() {
    let there_are = THERE_ARE.trim_start_matches("there are ");
    let message = format!(
        "expected a strategy: {there_are}; a strategy of your own stands alone, without `+`"
    );
    for (strategy, on) in [
        ("\"multi_level\"", "\"multi_level\""),
        ("multi_level + 5", "5"),
        ("multi_level + self::mine()", "self::mine()"),
        ("mine.clone() + multi_level", "mine.clone()"),
    ] {
        assert_refuses(strategy, on, &message);
    }
}

#[test]
fn strategies_of_writes() {
    for name in ["write_behind", "write_through"] {
        let message = format!(
            "`{name}` belongs to writes, and an attributed function only reads: \
             it is had from a `Cache` of the same name"
        );
        assert_refuses(name, name, &message);
        assert_refuses(&format!("multi_level + {name}(5)"), name, &message);
    }
}

#[test]
fn options_that_there_are_not() {
    assert_refuses(
        "circuit_breaker(failurs = 3)",
        "failurs",
        "unknown option `failurs` in `circuit_breaker`; did you mean `failures`? it takes \
         `failures`, `failure_rate`, `reset_after`, `stale_ttl`, `shared`",
    );
    assert_refuses(
        "multi_level(tags = 3)",
        "tags",
        "unknown option `tags` in `multi_level`; it takes `memory_ttl`",
    );
    for strategy in ["cache_aside(\"60s\")", "cache_aside(ttl = \"60s\")"] {
        let on = if strategy.contains("ttl") {
            "ttl"
        } else {
            "\"60s\""
        };
        assert_refuses(strategy, on, "`cache_aside` takes no options");
    }
}

#[test]
fn an_option_that_is_only_mistyped_is_not_missed_as_well() {
    assert_refuses(
        "fail_safe(stall = \"1h\")",
        "stall",
        "unknown option `stall` in `fail_safe`; did you mean `stale`? it takes `stale`, `throttle`",
    );
}

#[test]
fn options_without_their_form() {
    for (strategy, on, term, example) in [
        (
            "refresh_ahead",
            "refresh_ahead",
            "refresh_ahead",
            "refresh_ahead(0.8)",
        ),
        (
            "multi_level(\"60s\")",
            "\"60s\"",
            "multi_level",
            "multi_level(memory_ttl = \"60s\")",
        ),
        (
            "circuit_breaker(3)",
            "3",
            "circuit_breaker",
            "circuit_breaker(failures = 3, reset_after = \"30s\")",
        ),
        (
            "circuit_breaker(failure_rate = 0.5)",
            "0.5",
            "failure_rate",
            "failure_rate(0.5, \"10s\", 20)",
        ),
        (
            "circuit_breaker(failure_rate(0.5, \"10s\"))",
            "failure_rate",
            "failure_rate",
            "failure_rate(0.5, \"10s\", 20)",
        ),
        (
            "fail_safe",
            "fail_safe",
            "fail_safe",
            "fail_safe(stale = \"1h\", throttle = \"30s\")",
        ),
        (
            "fail_safe(throttle = \"1s\")",
            "fail_safe",
            "fail_safe",
            "fail_safe(stale = \"1h\", throttle = \"30s\")",
        ),
        (
            "hard_timeout()",
            "hard_timeout",
            "hard_timeout",
            "hard_timeout(\"2s\")",
        ),
        (
            "bulkhead",
            "bulkhead",
            "bulkhead",
            "bulkhead(8, queue = 100)",
        ),
        (
            "bulkhead(8, 100)",
            "100",
            "bulkhead",
            "bulkhead(8, queue = 100)",
        ),
    ] {
        assert_refuses(
            strategy,
            on,
            &format!("`{term}` is written like `{example}`"),
        );
    }
}

#[test]
fn options_given_twice() {
    for (strategy, on, term, option) in [
        ("bulkhead(8, loads = 9)", "loads", "bulkhead", "loads"),
        (
            "circuit_breaker(reset = A, reset_after = B)",
            "reset_after",
            "circuit_breaker",
            "reset_after",
        ),
        (
            "circuit_breaker(failure_rate(A, B, C), failure_rate(D, E, F))",
            "failure_rate",
            "circuit_breaker",
            "failure_rate",
        ),
    ] {
        assert_refuses(
            strategy,
            on,
            &format!("`{option}` is given twice in `{term}`"),
        );
    }
}

#[test]
fn values_out_of_range() {
    for (strategy, on, message) in [
        (
            "multi_level(memory_ttl = \"0s\")",
            "\"0s\"",
            "`memory_ttl = \"0s\"` of `multi_level` is out of range: it can be `1ms` to `366d`",
        ),
        (
            "refresh_ahead(1.0)",
            "1.0",
            "`ratio = 1.0` of `refresh_ahead` is out of range: it can be above 0 and below 1",
        ),
        (
            "refresh_ahead(0)",
            "0",
            "`ratio = 0` of `refresh_ahead` is out of range: it can be above 0 and below 1",
        ),
        (
            "refresh_ahead(early = 1000.5)",
            "1000.5",
            "`early = 1000.5` of `refresh_ahead` is out of range: it can be above 0 and at most 1000",
        ),
        (
            "refresh_ahead(after = \"367d\")",
            "\"367d\"",
            "`after = \"367d\"` of `refresh_ahead` is out of range: it can be `1ms` to `366d`",
        ),
        (
            "circuit_breaker(failures = 0)",
            "0",
            "`failures = 0` of `circuit_breaker` is out of range: it can be 1 to 1000000",
        ),
        (
            "circuit_breaker(failures = 99999999999999999999)",
            "99999999999999999999",
            "`failures = 99999999999999999999` of `circuit_breaker` is out of range: it can be 1 to 1000000",
        ),
        (
            "circuit_breaker(failure_rate(1.1, \"10s\", 20))",
            "1.1",
            "`share = 1.1` of `failure_rate` is out of range: it can be above 0 and at most 1",
        ),
        (
            "circuit_breaker(failure_rate(0.5, \"999ms\", 20))",
            "\"999ms\"",
            "`window = \"999ms\"` of `failure_rate` is out of range: it can be `1s` to `1h`",
        ),
        (
            "circuit_breaker(failure_rate(0.5, \"10s\", 1000001))",
            "1000001",
            "`minimum = 1000001` of `failure_rate` is out of range: it can be 1 to 1000000",
        ),
        (
            "circuit_breaker(reset_after = \"0ms\")",
            "\"0ms\"",
            "`reset_after = \"0ms\"` of `circuit_breaker` is out of range: it can be `1ms` to `366d`",
        ),
        (
            "circuit_breaker(stale = \"0ms\")",
            "\"0ms\"",
            "`stale_ttl = \"0ms\"` of `circuit_breaker` is out of range: it can be `1ms` to `366d`",
        ),
        (
            "fail_safe(\"1h\", throttle = \"0s\")",
            "\"0s\"",
            "`throttle = \"0s\"` of `fail_safe` is out of range: it can be `1ms` to `366d`",
        ),
        (
            "hard_timeout(\"0s\")",
            "\"0s\"",
            "`after = \"0s\"` of `hard_timeout` is out of range: it can be `1ms` to `366d`",
        ),
        (
            "bulkhead(0)",
            "0",
            "`loads = 0` of `bulkhead` is out of range: it can be 1 to 1000000",
        ),
        (
            "bulkhead(1, queue = 1000001)",
            "1000001",
            "`queue = 1000001` of `bulkhead` is out of range: it can be 0 to 1000000",
        ),
        (
            "distributed_lock(\"9ms\")",
            "\"9ms\"",
            "`lease = \"9ms\"` of `distributed_lock` is out of range: it can be `10ms` to `1h`",
        ),
    ] {
        assert_refuses(strategy, on, message);
    }
}

#[test]
fn numbers_below_zero() {
    let message =
        "`ratio = -0.5` of `refresh_ahead` is out of range: it can be above 0 and below 1";
    assert_refuses("refresh_ahead(-0.5)", "-0.5", message);
    let message = "`queue = -1` of `bulkhead` is out of range: it can be 0 to 1000000";
    assert_refuses("bulkhead(1, queue = -1)", "-1", message);
}

#[test]
fn values_at_the_ends_of_their_ranges() {
    for strategy in [
        "refresh_ahead(0.000001)",
        "refresh_ahead(0.999999)",
        "refresh_ahead(early = 1000)",
        "circuit_breaker(failures = 1)",
        "circuit_breaker(failures = 1_000_000)",
        "circuit_breaker(failure_rate(1.0, \"1s\", 1))",
        "circuit_breaker(failure_rate(1, \"1h\", 1_000_000))",
        "bulkhead(1_000_000, queue = 1_000_000)",
        "distributed_lock(\"1h\")",
        "hard_timeout(\"366d\")",
    ] {
        expanded(&format!("strategy = {strategy}"), LOAD);
    }
}

#[test]
fn values_of_another_kind() {
    let duration = "takes a text with a unit, like `\"90s\"`, or an expression of type `Duration`";
    for (strategy, on, message) in [
        (
            "hard_timeout(2)",
            "2",
            format!("`after` of `hard_timeout` {duration}"),
        ),
        (
            "fail_safe(1.5)",
            "1.5",
            format!("`stale` of `fail_safe` {duration}"),
        ),
        (
            "circuit_breaker(failures = 1.5)",
            "1.5",
            "`failures` of `circuit_breaker` takes a whole number".to_owned(),
        ),
        (
            "bulkhead(\"8\")",
            "\"8\"",
            "`loads` of `bulkhead` takes a whole number".to_owned(),
        ),
        (
            "refresh_ahead(\"80%\")",
            "\"80%\"",
            "`ratio` of `refresh_ahead` takes a number".to_owned(),
        ),
        (
            "circuit_breaker(shared = 5)",
            "5",
            "`shared` of `circuit_breaker` takes a text, like `\"database\"`".to_owned(),
        ),
    ] {
        assert_refuses(strategy, on, &message);
    }
    let found = faults("strategy = hard_timeout(\"2\")", LOAD);
    assert!(
        found[0]
            .1
            .starts_with("`after = \"2\"` of `hard_timeout` has no unit")
    );
}

#[test]
fn contradictions() {
    assert_refuses(
        "refresh_ahead(0.5) + refresh_ahead(0.8)",
        "refresh_ahead",
        "`refresh_ahead` is given twice",
    );
    // Of the second nothing else is said.
    assert_refuses(
        "bulkhead(8) + bulkhead(0)",
        "bulkhead",
        "`bulkhead` is given twice",
    );
    assert_refuses(
        "multi_level + cache_aside",
        "cache_aside",
        "`cache_aside` and `multi_level` contradict: a cache has one level, or memory before it",
    );
    assert_refuses(
        "refresh_ahead(0.5, early = 1.0)",
        "1.0",
        "`ratio` and `early` contradict: `refresh_ahead` goes by one of `ratio`, `after`, `early`",
    );
    for strategy in [
        "circuit_breaker(failures = 3, failure_rate(A, B, C))",
        "circuit_breaker(failure_rate(A, B, C), failures = 3)",
    ] {
        assert_refuses(
            strategy,
            "failure_rate",
            "`failures` and `failure_rate` contradict: a circuit breaker goes by one of them",
        );
    }
}

#[test]
fn timeouts_that_do_not_go_together() {
    let message = "`soft_timeout` needs old values to give: add `fail_safe(\"1h\")`, \
        or `stale_ttl` to `circuit_breaker`";
    assert_refuses("soft_timeout(\"1s\")", "soft_timeout", message);
    assert_refuses(
        "soft_timeout(\"1s\") + circuit_breaker",
        "soft_timeout",
        message,
    );
    // A name that is only mistyped is not missed as well.
    assert_eq!(
        faults("strategy = soft_timeout(\"1s\") + failsafe(\"1h\")", LOAD).len(),
        1
    );
    for soft in ["\"2s\"", "\"3s\""] {
        let shown = soft.trim_matches('"');
        assert_refuses(
            &format!("fail_safe(\"1h\") + soft_timeout({soft}) + hard_timeout(\"2s\")"),
            soft,
            &format!(
                "`soft_timeout` is {shown} and `hard_timeout` 2s: the soft one must be the shorter"
            ),
        );
    }
    for strategy in [
        "fail_safe(\"1h\") + soft_timeout(SOFT) + hard_timeout(\"1ms\")",
        "soft_timeout(\"1s\") + circuit_breaker(failures = 3, stale_ttl = \"1h\")",
        "soft_timeout(\"1s\") + circuit_breaker(stale = STALE)",
    ] {
        expanded(&format!("strategy = {strategy}"), LOAD);
    }
}

#[test]
fn all_faults_of_a_strategy_at_once() {
    let strategy = "strategy = refresh_ahed(0.8) + bulkhead(0, queu = 5) + circuit_breaker(failures = 0, \
        reset = \"5\") + write_behind, ttl = \"0s\", skip(pool)";
    let on: Vec<_> = faults(strategy, FIND)
        .into_iter()
        .map(|(on, _)| on)
        .collect();
    let expected = [
        "\"0s\"",
        "refresh_ahed",
        "write_behind",
        "queu",
        "0",
        "0",
        "\"5\"",
    ];
    assert_eq!(on, expected);
}
