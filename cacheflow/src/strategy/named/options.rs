//! [`StrategyOptions`]: the options of all strategies, as configuration has them.

use std::time::Duration;

use serde::{Deserialize, Serialize};

use super::read::{Wire, write};

/// The options of [`Strategy::named`](crate::Strategy::named): plain data, read
/// from a file, from JSON or from wherever `serde` reads.
///
/// All of them can be left out. Durations are texts as people write them
/// (`"90s"`, `"1h 30m"`) or numbers of seconds, and are written as texts. Names
/// that there are not are refused.
///
/// ```
/// use cacheflow::StrategyOptions;
/// use std::time::Duration;
///
/// let read: StrategyOptions = serde_json::from_str(r#"{ "stale_ttl": "1h", "max_loads": 8 }"#)?;
/// let options = StrategyOptions {
///     stale_ttl: Some(Duration::from_secs(3600)),
///     max_loads: Some(8),
///     ..StrategyOptions::default()
/// };
/// assert_eq!(read, options);
/// # Ok::<_, serde_json::Error>(())
/// ```
///
/// | option | with | also read as | without it |
/// |---|---|---|---|
/// | `memory_ttl` | `multi-level` | `memoryTTL` | as long as the shared store |
/// | `refresh_ratio` | `refresh-ahead` | `refreshRatio` | 0.8 |
/// | `refresh_after`, or `refresh_beta` | `refresh-ahead` | | by `refresh_ratio` |
/// | `failure_threshold` | `circuit-breaker` | `failureThreshold` | 3 |
/// | `failure_rate` | `circuit-breaker` | | by `failure_threshold` |
/// | `failure_window`, `failure_minimum` | `circuit-breaker` and `failure_rate` | | 10 s, 20 |
/// | `reset_after` | `circuit-breaker` | `reset_time`; `resetTimeMs` in milliseconds | 30 s |
/// | `stale_ttl` | `circuit-breaker`, `fail-safe`: each of them that is named | `staleTTL` | `fail-safe` needs it |
/// | `breaker` | `circuit-breaker` | | one for each cache |
/// | `throttle` | `fail-safe` | | 30 s |
/// | `soft_timeout`, `hard_timeout` | `timeouts`, which needs one of them | | none |
/// | `max_loads` | `bulkhead`, which needs it | | |
/// | `max_queued` | `bulkhead` | | 1,000 |
/// | `lock_ttl` | `distributed-lock` | `lockTTL` | 5 s |
/// | `flush_every`, `flush_batch`, `max_pending` | `write-behind` | | 1 s, 100, 10,000 |
#[derive(Clone, Debug, Default, PartialEq, Serialize, Deserialize)]
#[serde(try_from = "Wire")]
pub struct StrategyOptions {
    /// The longest time in memory: [`Strategy::memory_ttl`](crate::Strategy::memory_ttl).
    #[serde(serialize_with = "write", skip_serializing_if = "Option::is_none")]
    pub memory_ttl: Option<Duration>,
    /// The share of the lifetime after which a value is loaded anew:
    /// [`RefreshAhead::at`](crate::RefreshAhead::at).
    #[serde(skip_serializing_if = "Option::is_none")]
    pub refresh_ratio: Option<f64>,
    /// The same as an age: [`RefreshAhead::after`](crate::RefreshAhead::after).
    #[serde(serialize_with = "write", skip_serializing_if = "Option::is_none")]
    pub refresh_after: Option<Duration>,
    /// The same by chance: [`RefreshAhead::early`](crate::RefreshAhead::early).
    #[serde(skip_serializing_if = "Option::is_none")]
    pub refresh_beta: Option<f64>,
    /// So many failures in a row open the breaker:
    /// [`CircuitBreaker::failures`](crate::CircuitBreaker::failures).
    #[serde(skip_serializing_if = "Option::is_none")]
    pub failure_threshold: Option<u32>,
    /// This share of failures opens it instead:
    /// [`CircuitBreaker::failure_rate`](crate::CircuitBreaker::failure_rate).
    #[serde(skip_serializing_if = "Option::is_none")]
    pub failure_rate: Option<f64>,
    /// Over which time the share is counted.
    #[serde(serialize_with = "write", skip_serializing_if = "Option::is_none")]
    pub failure_window: Option<Duration>,
    /// From how many loads on the share counts.
    #[serde(skip_serializing_if = "Option::is_none")]
    pub failure_minimum: Option<u32>,
    /// How long it stays open:
    /// [`CircuitBreaker::reset_after`](crate::CircuitBreaker::reset_after).
    #[serde(serialize_with = "write", skip_serializing_if = "Option::is_none")]
    pub reset_after: Option<Duration>,
    /// For how long old values are kept:
    /// [`CircuitBreaker::stale_ttl`](crate::CircuitBreaker::stale_ttl),
    /// [`FailSafe::new`](crate::FailSafe::new).
    #[serde(serialize_with = "write", skip_serializing_if = "Option::is_none")]
    pub stale_ttl: Option<Duration>,
    /// The name of a breaker that caches share:
    /// [`CircuitBreaker::shared`](crate::CircuitBreaker::shared).
    #[serde(skip_serializing_if = "Option::is_none")]
    pub breaker: Option<String>,
    /// The pause after a failed load:
    /// [`FailSafe::throttle`](crate::FailSafe::throttle).
    #[serde(serialize_with = "write", skip_serializing_if = "Option::is_none")]
    pub throttle: Option<Duration>,
    /// [`Strategy::soft_timeout`](crate::Strategy::soft_timeout).
    #[serde(serialize_with = "write", skip_serializing_if = "Option::is_none")]
    pub soft_timeout: Option<Duration>,
    /// [`Strategy::hard_timeout`](crate::Strategy::hard_timeout).
    #[serde(serialize_with = "write", skip_serializing_if = "Option::is_none")]
    pub hard_timeout: Option<Duration>,
    /// How many loads run at once: [`Bulkhead::new`](crate::Bulkhead::new).
    #[serde(skip_serializing_if = "Option::is_none")]
    pub max_loads: Option<usize>,
    /// How many more wait: [`Bulkhead::queue`](crate::Bulkhead::queue).
    #[serde(skip_serializing_if = "Option::is_none")]
    pub max_queued: Option<usize>,
    /// The lease: [`Strategy::distributed_lock`](crate::Strategy::distributed_lock).
    #[serde(serialize_with = "write", skip_serializing_if = "Option::is_none")]
    pub lock_ttl: Option<Duration>,
    /// [`WriteBehind::flush_every`](crate::WriteBehind::flush_every).
    #[serde(serialize_with = "write", skip_serializing_if = "Option::is_none")]
    pub flush_every: Option<Duration>,
    /// [`WriteBehind::batch`](crate::WriteBehind::batch).
    #[serde(skip_serializing_if = "Option::is_none")]
    pub flush_batch: Option<usize>,
    /// [`WriteBehind::max_pending`](crate::WriteBehind::max_pending).
    #[serde(skip_serializing_if = "Option::is_none")]
    pub max_pending: Option<usize>,
}

/// An option that was given.
pub(super) struct GivenOption {
    pub(super) name: &'static str,
    pub(super) value: String,
    /// The strategies that it belongs to.
    pub(super) owners: &'static [&'static str],
}

impl StrategyOptions {
    /// All that were given.
    pub(super) fn given(&self) -> Vec<GivenOption> {
        let Self {
            memory_ttl,
            refresh_ratio,
            refresh_after,
            refresh_beta,
            failure_threshold,
            failure_rate,
            failure_window,
            failure_minimum,
            reset_after,
            stale_ttl,
            breaker,
            throttle,
            soft_timeout,
            hard_timeout,
            max_loads,
            max_queued,
            lock_ttl,
            flush_every,
            flush_batch,
            max_pending,
        } = self;
        fn shown<T: std::fmt::Debug>(value: &Option<T>) -> Option<String> {
            value.as_ref().map(|value| format!("{value:?}"))
        }
        let breaks: &[&str] = &["circuit-breaker"];
        let stale: &[&str] = &["circuit-breaker", "fail-safe"];
        let refreshes: &[&str] = &["refresh-ahead"];
        let behind: &[&str] = &["write-behind"];
        let all = [
            ("memory_ttl", shown(memory_ttl), &["multi-level"][..]),
            ("refresh_ratio", shown(refresh_ratio), refreshes),
            ("refresh_after", shown(refresh_after), refreshes),
            ("refresh_beta", shown(refresh_beta), refreshes),
            ("failure_threshold", shown(failure_threshold), breaks),
            ("failure_rate", shown(failure_rate), breaks),
            ("failure_window", shown(failure_window), breaks),
            ("failure_minimum", shown(failure_minimum), breaks),
            ("reset_after", shown(reset_after), breaks),
            ("stale_ttl", shown(stale_ttl), stale),
            ("breaker", shown(breaker), breaks),
            ("throttle", shown(throttle), &["fail-safe"]),
            ("soft_timeout", shown(soft_timeout), &["timeouts"]),
            ("hard_timeout", shown(hard_timeout), &["timeouts"]),
            ("max_loads", shown(max_loads), &["bulkhead"]),
            ("max_queued", shown(max_queued), &["bulkhead"]),
            ("lock_ttl", shown(lock_ttl), &["distributed-lock"]),
            ("flush_every", shown(flush_every), behind),
            ("flush_batch", shown(flush_batch), behind),
            ("max_pending", shown(max_pending), behind),
        ];
        let given = all.into_iter().filter_map(|(name, value, owners)| {
            Some(GivenOption {
                name,
                value: value?,
                owners,
            })
        });
        given.collect()
    }
}
