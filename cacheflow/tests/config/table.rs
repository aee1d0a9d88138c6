//! Every option, and the test that fails if it is ignored.

use std::collections::BTreeMap;

use cacheflow::CacheFlowConfig;

/// Where the test of an option is.
#[derive(Clone, Copy, Debug)]
enum Tested {
    /// Here: what a file says is seen in what a cache does.
    #[expect(
        dead_code,
        reason = "that there is such a function is all that is wanted"
    )]
    Here(fn()),
    /// Among the tests of the log, which have the process to themselves.
    InLogs,
    /// On a real server, beside the backend.
    OnRedis,
}

use crate::{
    bounds, bytes, flow, lifetimes, loading, strategies, switching, warming, writing_behind,
};
use Tested::{Here, InLogs, OnRedis};

const TESTS: &[(&str, Tested)] = &[
    ("enabled", Here(flow::enabled)),
    ("namespace", Here(flow::namespace)),
    ("prefix", Here(flow::prefix)),
    ("instance", Here(flow::instance)),
    ("max_staleness", Here(flow::max_staleness)),
    ("operation_budget", Here(flow::operation_budget)),
    (
        "serve_young_without_bus",
        Here(flow::serve_young_without_bus),
    ),
    ("codec", Here(bytes::codec)),
    ("compression", Here(bytes::compression)),
    ("compression_level", Here(bytes::compression_level)),
    ("compression_threshold", Here(bytes::compression_threshold)),
    ("redis.urls", OnRedis),
    ("redis.topology", OnRedis),
    ("redis.primary", OnRedis),
    ("redis.username", OnRedis),
    ("redis.password", OnRedis),
    ("redis.database", OnRedis),
    ("bus.kind", OnRedis),
    ("log_keys", InLogs),
    ("advisor", Here(flow::advisor)),
    ("warming.enabled", Here(warming::enabled)),
    ("warming.parallelism", Here(warming::parallelism)),
    ("warming.snapshot", Here(warming::snapshot)),
    ("warming.required_timeout", Here(warming::required_timeout)),
    (
        "warming.start_without_required",
        Here(warming::start_without_required),
    ),
    (
        "caches.*.enabled",
        Here(switching::a_cache_that_is_off_runs_every_body_and_keeps_nothing),
    ),
    ("caches.*.ttl", Here(lifetimes::ttl)),
    ("caches.*.ttl_jitter", Here(lifetimes::ttl_jitter)),
    ("caches.*.idle", Here(lifetimes::idle)),
    ("caches.*.cache_none", Here(lifetimes::cache_none)),
    ("caches.*.cache_err", Here(lifetimes::cache_err)),
    ("caches.*.max_nothings", Here(lifetimes::max_nothings)),
    ("caches.*.max_ttl", Here(lifetimes::max_ttl)),
    ("caches.*.max_entries", Here(bounds::max_entries)),
    ("caches.*.max_memory", Here(bounds::max_memory)),
    ("caches.*.eviction", Here(bounds::eviction)),
    ("caches.*.max_value_bytes", Here(bounds::max_value_bytes)),
    ("caches.*.follower_timeout", Here(loading::follower_timeout)),
    ("caches.*.hold_off", Here(lifetimes::hold_off)),
    ("caches.*.write_timeout", Here(lifetimes::write_timeout)),
    (
        "caches.*.outlive_dependencies",
        Here(lifetimes::outlive_dependencies),
    ),
    ("caches.*.local", Here(lifetimes::local)),
    ("caches.*.codec", Here(bytes::codec)),
    ("caches.*.compression", Here(bytes::compression)),
    ("caches.*.compression_level", Here(bytes::compression_level)),
    (
        "caches.*.compression_threshold",
        Here(bytes::compression_threshold),
    ),
    ("caches.*.schema_version", Here(bytes::schema_version)),
    ("caches.*.strategy", Here(lifetimes::strategy)),
    ("caches.*.memory_ttl", Here(lifetimes::memory_ttl)),
    ("caches.*.refresh_ratio", Here(strategies::refresh_ratio)),
    ("caches.*.refresh_after", Here(strategies::refresh_after)),
    ("caches.*.refresh_beta", Here(strategies::refresh_beta)),
    (
        "caches.*.failure_threshold",
        Here(strategies::failure_threshold),
    ),
    (
        "caches.*.failure_rate",
        Here(strategies::failure_rate_and_failure_minimum),
    ),
    ("caches.*.failure_window", Here(strategies::failure_window)),
    (
        "caches.*.failure_minimum",
        Here(strategies::failure_rate_and_failure_minimum),
    ),
    ("caches.*.reset_after", Here(strategies::reset_after)),
    ("caches.*.stale_ttl", Here(strategies::stale_ttl)),
    ("caches.*.breaker", Here(strategies::breaker)),
    ("caches.*.throttle", Here(strategies::throttle)),
    ("caches.*.soft_timeout", Here(loading::soft_timeout)),
    ("caches.*.hard_timeout", Here(loading::hard_timeout)),
    (
        "caches.*.max_loads",
        Here(loading::max_loads_and_max_queued),
    ),
    (
        "caches.*.max_queued",
        Here(loading::max_loads_and_max_queued),
    ),
    ("caches.*.lock_ttl", Here(strategies::lock_ttl)),
    ("caches.*.flush_every", Here(writing_behind::flush_every)),
    (
        "caches.*.flush_batch",
        Here(writing_behind::flush_every_and_flush_batch),
    ),
    ("caches.*.max_pending", Here(writing_behind::max_pending)),
    (
        "caches.*.invalidation_patterns",
        Here(lifetimes::invalidation_patterns),
    ),
    ("caches.*.warm_on_startup", Here(warming::warm_on_startup)),
    ("caches.*.warming_interval", Here(warming::warming_interval)),
    ("caches.*.warming_cron", Here(warming::warming_cron)),
    ("caches.*.warm_per_node", Here(warming::warm_per_node)),
    ("caches.*.warming_timeout", Here(warming::warming_timeout)),
    ("caches.*.rewarm", Here(warming::rewarm)),
];

/// Where those are tested that are not tested here.
const IN_LOGS: &str = include_str!("../observation/logs.rs");
const ON_REDIS: &str = include_str!("../../../cacheflow-redis/tests/config/main.rs");

#[test]
fn every_option_has_a_test_that_fails_if_it_is_ignored() {
    let options = CacheFlowConfig::option_names();
    let tests: BTreeMap<&str, Tested> = TESTS.iter().copied().collect();
    assert_eq!(tests.len(), TESTS.len(), "an option stands there twice");
    for option in &options {
        let tested = tests.get(option.as_str());
        let test = tested.unwrap_or_else(|| panic!("{option} has no test"));
        let named = format!("\"{option}\"");
        let is_there = match test {
            Here(_) => true,
            InLogs => IN_LOGS.contains(&named),
            OnRedis => ON_REDIS.contains(&named),
        };
        assert!(
            is_there,
            "{option} has no test where it is said to have one"
        );
    }
    for name in tests.keys() {
        assert!(
            options.iter().any(|option| option == name),
            "{name} is no option"
        );
    }
}
