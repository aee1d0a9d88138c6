//! Every name and every option, and what is said of those that do not fit.

use super::*;

const SECOND: Duration = Duration::from_secs(1);

fn none() -> StrategyOptions {
    StrategyOptions::default()
}

#[track_caller]
fn made(names: &[&str], options: StrategyOptions) -> Strategy {
    Strategy::named(names, &options).unwrap()
}

#[track_caller]
fn faults(names: &[&str], options: &StrategyOptions) -> Vec<String> {
    let error = Strategy::named(names, options).unwrap_err();
    assert_eq!(error.kind(), ErrorKind::InvalidConfig);
    let text = error.to_string();
    let faults = text.strip_prefix("strategy: invalid configuration: ");
    faults.unwrap().split("; ").map(str::to_owned).collect()
}

#[test]
fn levels() {
    for (names, expected) in [
        (&[][..], Strategy::multi_level()),
        (&["multi-level"], Strategy::multi_level()),
        (&["multi_level"], Strategy::multi_level()),
        (&["cache-aside"], Strategy::cache_aside()),
        (&["cache_aside", "write-through"], Strategy::cache_aside()),
        (&["cache-aside", "multi-level"], Strategy::multi_level()),
        (&["write-through"], Strategy::multi_level()),
    ] {
        assert_eq!(made(names, none()), expected, "{names:?}");
    }
    // Names of any type that is a text.
    let owned = vec!["cache-aside".to_owned()];
    assert_eq!(
        Strategy::named(&owned, &none()).unwrap(),
        Strategy::cache_aside()
    );
}

#[test]
fn defaults() {
    let strategy = Strategy::multi_level;
    for (name, expected) in [
        ("refresh-ahead", strategy().refresh_ahead(0.8)),
        (
            "circuit-breaker",
            strategy().circuit_breaker(
                CircuitBreaker::new()
                    .failures(3)
                    .reset_after(Duration::from_secs(30)),
            ),
        ),
        (
            "distributed-lock",
            strategy().distributed_lock(Duration::from_secs(5)),
        ),
        ("write-behind", strategy().write_behind(WriteBehind::new())),
    ] {
        assert_eq!(made(&[name], none()), expected, "{name}");
        let underscored = name.replace('-', "_");
        assert_eq!(made(&[&underscored], none()), expected, "{underscored}");
    }
}

#[test]
fn every_option_has_its_effect() {
    let breaker = CircuitBreaker::new;
    let behind = WriteBehind::new;
    let cases: [(&str, StrategyOptions, Strategy); 20] = [
        (
            "multi-level",
            StrategyOptions {
                memory_ttl: Some(SECOND),
                ..none()
            },
            Strategy::multi_level().memory_ttl(SECOND),
        ),
        (
            "refresh-ahead",
            StrategyOptions {
                refresh_ratio: Some(0.5),
                ..none()
            },
            Strategy::multi_level().refresh_ahead(0.5),
        ),
        (
            "refresh-ahead",
            StrategyOptions {
                refresh_after: Some(SECOND),
                ..none()
            },
            Strategy::multi_level().refresh_ahead(RefreshAhead::after(SECOND)),
        ),
        (
            "refresh-ahead",
            StrategyOptions {
                refresh_beta: Some(2.0),
                ..none()
            },
            Strategy::multi_level().refresh_ahead(RefreshAhead::early(2.0)),
        ),
        (
            "circuit-breaker",
            StrategyOptions {
                failure_threshold: Some(7),
                ..none()
            },
            Strategy::multi_level().circuit_breaker(breaker().failures(7)),
        ),
        (
            "circuit-breaker",
            StrategyOptions {
                failure_rate: Some(0.5),
                ..none()
            },
            Strategy::multi_level().circuit_breaker(breaker().failure_rate(0.5, SECOND * 10, 20)),
        ),
        (
            "circuit-breaker",
            StrategyOptions {
                failure_rate: Some(0.5),
                failure_window: Some(SECOND),
                ..none()
            },
            Strategy::multi_level().circuit_breaker(breaker().failure_rate(0.5, SECOND, 20)),
        ),
        (
            "circuit-breaker",
            StrategyOptions {
                failure_rate: Some(0.5),
                failure_minimum: Some(7),
                ..none()
            },
            Strategy::multi_level().circuit_breaker(breaker().failure_rate(0.5, SECOND * 10, 7)),
        ),
        (
            "circuit-breaker",
            StrategyOptions {
                reset_after: Some(SECOND),
                ..none()
            },
            Strategy::multi_level().circuit_breaker(breaker().reset_after(SECOND)),
        ),
        (
            "circuit-breaker",
            StrategyOptions {
                stale_ttl: Some(SECOND),
                ..none()
            },
            Strategy::multi_level().circuit_breaker(breaker().stale_ttl(SECOND)),
        ),
        (
            "circuit-breaker",
            StrategyOptions {
                breaker: Some("db".to_owned()),
                ..none()
            },
            Strategy::multi_level().circuit_breaker(breaker().shared("db")),
        ),
        (
            "fail-safe",
            StrategyOptions {
                stale_ttl: Some(SECOND),
                ..none()
            },
            Strategy::multi_level().fail_safe(FailSafe::new(SECOND)),
        ),
        (
            "fail-safe",
            StrategyOptions {
                stale_ttl: Some(SECOND),
                throttle: Some(SECOND * 2),
                ..none()
            },
            Strategy::multi_level().fail_safe(FailSafe::new(SECOND).throttle(SECOND * 2)),
        ),
        (
            "timeouts",
            StrategyOptions {
                soft_timeout: Some(SECOND),
                hard_timeout: Some(SECOND * 2),
                ..none()
            },
            Strategy::multi_level()
                .soft_timeout(SECOND)
                .hard_timeout(SECOND * 2),
        ),
        (
            "bulkhead",
            StrategyOptions {
                max_loads: Some(7),
                ..none()
            },
            Strategy::multi_level().bulkhead(7),
        ),
        (
            "bulkhead",
            StrategyOptions {
                max_loads: Some(7),
                max_queued: Some(0),
                ..none()
            },
            Strategy::multi_level().bulkhead(Bulkhead::new(7).queue(0)),
        ),
        (
            "distributed-lock",
            StrategyOptions {
                lock_ttl: Some(SECOND),
                ..none()
            },
            Strategy::multi_level().distributed_lock(SECOND),
        ),
        (
            "write-behind",
            StrategyOptions {
                flush_every: Some(SECOND * 2),
                ..none()
            },
            Strategy::multi_level().write_behind(behind().flush_every(SECOND * 2)),
        ),
        (
            "write-behind",
            StrategyOptions {
                flush_batch: Some(7),
                ..none()
            },
            Strategy::multi_level().write_behind(behind().batch(7)),
        ),
        (
            "write-behind",
            StrategyOptions {
                max_pending: Some(7),
                ..none()
            },
            Strategy::multi_level().write_behind(behind().max_pending(7)),
        ),
    ];
    for (name, options, expected) in cases {
        assert_eq!(made(&[name], options.clone()), expected, "{options:?}");
    }
}

#[test]
fn old_values_are_of_breaker_and_fail_safe_alike() {
    let options = StrategyOptions {
        stale_ttl: Some(SECOND),
        ..none()
    };
    assert_eq!(
        made(&["fail-safe", "circuit-breaker"], options),
        Strategy::multi_level()
            .circuit_breaker(CircuitBreaker::new().stale_ttl(SECOND))
            .fail_safe(FailSafe::new(SECOND))
    );
}

#[test]
fn all_together_from_json() {
    let options = r#"{
        "memoryTTL": 60, "refreshRatio": 0.8, "failureThreshold": 3, "resetTimeMs": 30000,
        "staleTTL": 86400, "lockTTL": 5
    }"#;
    let names = [
        "multi-level",
        "refresh-ahead",
        "circuit-breaker",
        "distributed-lock",
    ];
    let options: StrategyOptions = serde_json::from_str(options).unwrap();
    assert_eq!(
        made(&names, options),
        Strategy::multi_level()
            .memory_ttl(SECOND * 60)
            .refresh_ahead(0.8)
            .circuit_breaker(
                CircuitBreaker::new()
                    .failures(3)
                    .reset_after(SECOND * 30)
                    .stale_ttl(SECOND * 86_400)
            )
            .distributed_lock(SECOND * 5)
    );
}

#[test]
fn names_that_there_are_not() {
    let allowed = "allowed are bulkhead, cache-aside, circuit-breaker, distributed-lock, fail-safe, \
        multi-level, refresh-ahead, timeouts, write-behind, write-through";
    assert_eq!(
        faults(&["refresh_ahed", "lru", "Multi-Level"], &none()),
        [
            format!("strategy \"refresh_ahed\": did you mean refresh-ahead? {allowed}"),
            format!("strategy \"lru\": {allowed}"),
            format!("strategy \"Multi-Level\": did you mean multi-level? {allowed}"),
        ]
    );
}

#[test]
fn the_options_of_a_mistyped_name_are_not_misplaced() {
    let options = StrategyOptions {
        refresh_ratio: Some(0.5),
        throttle: Some(SECOND),
        ..none()
    };
    let found = faults(&["refresh-ahed"], &options);
    assert_eq!(found.len(), 2, "{found:?}");
    assert_eq!(found[1], "throttle = 1s: allowed together with fail-safe");
}

#[test]
fn names_twice() {
    assert_eq!(
        faults(&["cache-aside", "cache_aside"], &none()),
        ["strategy \"cache_aside\": it is named twice"]
    );
}

#[test]
fn options_of_strategies_that_are_not_named() {
    let options = StrategyOptions {
        memory_ttl: Some(SECOND * 60),
        refresh_ratio: Some(0.5),
        failure_threshold: Some(7),
        reset_after: Some(SECOND),
        stale_ttl: Some(SECOND),
        breaker: Some("db".to_owned()),
        throttle: Some(SECOND),
        soft_timeout: Some(SECOND),
        hard_timeout: Some(SECOND),
        max_loads: Some(7),
        max_queued: Some(7),
        lock_ttl: Some(SECOND),
        flush_every: Some(SECOND),
        flush_batch: Some(7),
        max_pending: Some(7),
        ..none()
    };
    assert_eq!(
        faults(&["cache-aside"], &options),
        [
            "memory_ttl = 60s: allowed together with multi-level",
            "refresh_ratio = 0.5: allowed together with refresh-ahead",
            "failure_threshold = 7: allowed together with circuit-breaker",
            "reset_after = 1s: allowed together with circuit-breaker",
            "stale_ttl = 1s: allowed together with circuit-breaker or fail-safe",
            "breaker = \"db\": allowed together with circuit-breaker",
            "throttle = 1s: allowed together with fail-safe",
            "soft_timeout = 1s: allowed together with timeouts",
            "hard_timeout = 1s: allowed together with timeouts",
            "max_loads = 7: allowed together with bulkhead",
            "max_queued = 7: allowed together with bulkhead",
            "lock_ttl = 1s: allowed together with distributed-lock",
            "flush_every = 1s: allowed together with write-behind",
            "flush_batch = 7: allowed together with write-behind",
            "max_pending = 7: allowed together with write-behind",
        ]
    );
    let others = StrategyOptions {
        refresh_after: Some(SECOND),
        failure_rate: Some(0.5),
        failure_window: Some(SECOND),
        failure_minimum: Some(7),
        ..none()
    };
    assert_eq!(
        faults(&[], &others),
        [
            "refresh_after = 1s: allowed together with refresh-ahead",
            "failure_rate = 0.5: allowed together with circuit-breaker",
            "failure_window = 1s: allowed together with circuit-breaker",
            "failure_minimum = 7: allowed together with circuit-breaker",
        ]
    );
    let beta = StrategyOptions {
        refresh_beta: Some(1.0),
        ..none()
    };
    assert_eq!(
        faults(&["multi-level"], &beta),
        ["refresh_beta = 1.0: allowed together with refresh-ahead"]
    );
}

#[test]
fn options_that_contradict_one_another() {
    let options = StrategyOptions {
        refresh_ratio: Some(0.5),
        refresh_beta: Some(1.0),
        failure_threshold: Some(7),
        failure_rate: Some(0.5),
        ..none()
    };
    assert_eq!(
        faults(&["refresh-ahead", "circuit-breaker"], &options),
        [
            "refresh_ratio = 0.5 and refresh_beta = 1.0: allowed is one of refresh_ratio, refresh_after, refresh_beta",
            "failure_threshold = 7 and failure_rate = 0.5: allowed is one of failure_threshold, failure_rate",
        ]
    );
    let options = StrategyOptions {
        failure_window: Some(SECOND),
        failure_minimum: Some(7),
        ..none()
    };
    assert_eq!(
        faults(&["circuit-breaker"], &options),
        [
            "failure_window = 1s: allowed together with failure_rate",
            "failure_minimum = 7: allowed together with failure_rate",
        ]
    );
    assert_eq!(
        faults(&["write-behind", "write-through"], &none()),
        ["write-behind and write-through: allowed is one of the two"]
    );
}

#[test]
fn options_that_are_missing() {
    assert_eq!(
        faults(&["fail-safe", "bulkhead", "timeouts"], &none()),
        [
            "fail-safe: it needs stale_ttl",
            "bulkhead: it needs max_loads",
            "timeouts: it needs soft_timeout or hard_timeout",
        ]
    );
}
