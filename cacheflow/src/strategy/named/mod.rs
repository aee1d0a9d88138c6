//! Strategies by their names, for those who have them in configuration.

pub(super) mod nearest;
mod options;
pub(super) mod read;
#[cfg(test)]
mod tests;

use std::time::Duration;

pub use options::StrategyOptions;

use super::bulkhead::Bulkhead;
use super::circuit_breaker::CircuitBreaker;
use super::compose::Strategy;
use super::distributed_lock::DistributedLock;
use super::fail_safe::FailSafe;
use super::refresh_ahead::RefreshAhead;
use super::write_behind::WriteBehind;
use crate::error::{Error, ErrorKind, Result};
use nearest::nearest;

/// The names, sorted.
const NAMES: [&str; 10] = [
    "bulkhead",
    "cache-aside",
    "circuit-breaker",
    "distributed-lock",
    "fail-safe",
    "multi-level",
    "refresh-ahead",
    "timeouts",
    "write-behind",
    "write-through",
];

const DEFAULT_RATIO: f64 = 0.8;

const DEFAULT_WINDOW: Duration = Duration::from_secs(10);
const DEFAULT_MINIMUM: u32 = 20;

impl Strategy {
    /// The strategy of these names, such as stand in a configuration file; in any
    /// order, with `-` or `_`.
    ///
    /// | name | is | needs of the [options](StrategyOptions) |
    /// |---|---|---|
    /// | `cache-aside` | [`cache_aside`](Self::cache_aside) | |
    /// | `multi-level` | [`multi_level`](Self::multi_level), and without a name for the levels as well | |
    /// | `refresh-ahead` | [`refresh_ahead`](Self::refresh_ahead) | |
    /// | `circuit-breaker` | [`circuit_breaker`](Self::circuit_breaker) | |
    /// | `fail-safe` | [`fail_safe`](Self::fail_safe) | `stale_ttl` |
    /// | `timeouts` | [`soft_timeout`](Self::soft_timeout), [`hard_timeout`](Self::hard_timeout) | one of the two |
    /// | `bulkhead` | [`bulkhead`](Self::bulkhead) | `max_loads` |
    /// | `distributed-lock` | [`distributed_lock`](Self::distributed_lock) | |
    /// | `write-through` | nothing: values go to their source first anyway | |
    /// | `write-behind` | [`write_behind`](Self::write_behind); not with `write-through` | |
    ///
    /// `cache-aside` together with `multi-level` is `multi-level`: the former is
    /// then the way of loading, which all have.
    ///
    /// ```
    /// use cacheflow::{Strategy, StrategyOptions};
    /// use std::time::Duration;
    ///
    /// let options = StrategyOptions {
    ///     memory_ttl: Some(Duration::from_secs(60)),
    ///     ..StrategyOptions::default()
    /// };
    /// assert_eq!(
    ///     Strategy::named(&["multi-level", "refresh-ahead"], &options)?,
    ///     Strategy::multi_level().memory_ttl(Duration::from_secs(60)).refresh_ahead(0.8),
    /// );
    /// # Ok::<_, cacheflow::Error>(())
    /// ```
    ///
    /// # Errors
    ///
    /// [`ErrorKind::InvalidConfig`], telling all at once: names that there are
    /// not, options that belong to no strategy that is named, options that are
    /// missing or contradict one another. Whether values are in range is
    /// [`CacheBuilder::build`](crate::CacheBuilder::build)'s to check.
    pub fn named(names: &[impl AsRef<str>], options: &StrategyOptions) -> Result<Self> {
        Self::named_or_faults(names, options)
            .map_err(|faults| Error::new(ErrorKind::InvalidConfig, "strategy", faults.join("; ")))
    }

    /// The same for those who collect faults.
    pub(crate) fn named_or_faults(
        names: &[impl AsRef<str>],
        options: &StrategyOptions,
    ) -> Result<Self, Vec<String>> {
        let mut faults = Vec::new();
        let named = Named::read(names, &mut faults);
        named.check(options, &mut faults);
        if !faults.is_empty() {
            return Err(faults);
        }
        Ok(named.make(options))
    }
}

/// Names that there are.
struct Named {
    names: Vec<&'static str>,
    /// What others were probably meant to be.
    meant: Vec<&'static str>,
}

impl Named {
    fn read(names: &[impl AsRef<str>], faults: &mut Vec<String>) -> Self {
        let mut named = Self {
            names: Vec::new(),
            meant: Vec::new(),
        };
        for name in names {
            let name = name.as_ref();
            let plain = name.replace('_', "-");
            let Some(known) = NAMES.into_iter().find(|known| *known == plain) else {
                let meant = nearest(&plain, &NAMES);
                let suggestion =
                    meant.map_or_else(String::new, |meant| format!("did you mean {meant}? "));
                let all = NAMES.join(", ");
                faults.push(format!("strategy {name:?}: {suggestion}allowed are {all}"));
                named.meant.extend(meant);
                continue;
            };
            if named.has(known) {
                faults.push(format!("strategy {name:?}: it is named twice"));
            } else {
                named.names.push(known);
            }
        }
        named
    }

    fn has(&self, name: &str) -> bool {
        self.names.contains(&name)
    }

    fn check(&self, options: &StrategyOptions, faults: &mut Vec<String>) {
        let given = options.given();
        for option in &given {
            // Whoever mistyped a name has not misplaced its options as well.
            let is_named = |owner: &str| {
                // What has no name for its levels has both.
                let implied = owner == "multi-level" && !self.has("cache-aside");
                implied || self.has(owner) || self.meant.contains(&owner)
            };
            let placed = option.owners.iter().any(|owner| is_named(owner));
            if !placed {
                let owners = option.owners.join(" or ");
                faults.push(format!(
                    "{} = {}: allowed together with {owners}",
                    option.name, option.value
                ));
            }
        }
        let value = |name: &str| {
            let option = given.iter().find(|option| option.name == name);
            option.map(|option| format!("{name} = {}", option.value))
        };
        for one_of in [
            &["refresh_ratio", "refresh_after", "refresh_beta"][..],
            &["failure_threshold", "failure_rate"],
        ] {
            let given: Vec<_> = one_of.iter().filter_map(|name| value(name)).collect();
            if given.len() > 1 {
                let given = given.join(" and ");
                let all = one_of.join(", ");
                faults.push(format!("{given}: allowed is one of {all}"));
            }
        }
        for of_rate in ["failure_window", "failure_minimum"] {
            if let (Some(given), None) = (value(of_rate), options.failure_rate) {
                faults.push(format!("{given}: allowed together with failure_rate"));
            }
        }
        if self.has("fail-safe") && options.stale_ttl.is_none() {
            faults.push("fail-safe: it needs stale_ttl".to_owned());
        }
        if self.has("bulkhead") && options.max_loads.is_none() {
            faults.push("bulkhead: it needs max_loads".to_owned());
        }
        let timeouts = options.soft_timeout.or(options.hard_timeout);
        if self.has("timeouts") && timeouts.is_none() {
            faults.push("timeouts: it needs soft_timeout or hard_timeout".to_owned());
        }
        if self.has("write-behind") && self.has("write-through") {
            faults.push("write-behind and write-through: allowed is one of the two".to_owned());
        }
    }

    /// Of options that were checked.
    fn make(&self, options: &StrategyOptions) -> Strategy {
        let levels = if self.has("cache-aside") && !self.has("multi-level") {
            Strategy::cache_aside()
        } else {
            Strategy::multi_level()
        };
        let mut strategy = levels;
        strategy.levels.memory_ttl = options.memory_ttl;
        strategy.refresh = self.has("refresh-ahead").then(|| refresh(options));
        strategy.breaker = self.has("circuit-breaker").then(|| breaker(options));
        if self.has("fail-safe") {
            strategy.fail_safe = options.stale_ttl.map(|stale| {
                let fail_safe = FailSafe::new(stale);
                set(fail_safe, options.throttle, FailSafe::throttle)
            });
        }
        strategy.timeouts.soft = options.soft_timeout;
        strategy.timeouts.hard = options.hard_timeout;
        strategy.bulkhead = options.max_loads.map(|loads| {
            let bulkhead = Bulkhead::new(loads);
            set(bulkhead, options.max_queued, Bulkhead::queue)
        });
        strategy.lock = self.has("distributed-lock").then(|| {
            let lock = DistributedLock::default();
            set(lock, options.lock_ttl, |_, lease| DistributedLock { lease })
        });
        strategy.write_behind = self.has("write-behind").then(|| {
            let behind = WriteBehind::new();
            let behind = set(behind, options.flush_every, WriteBehind::flush_every);
            let behind = set(behind, options.flush_batch, WriteBehind::batch);
            set(behind, options.max_pending, WriteBehind::max_pending)
        });
        strategy
    }
}

fn refresh(options: &StrategyOptions) -> RefreshAhead {
    match (options.refresh_after, options.refresh_beta) {
        (Some(age), _) => RefreshAhead::after(age),
        (None, Some(beta)) => RefreshAhead::early(beta),
        (None, None) => RefreshAhead::at(options.refresh_ratio.unwrap_or(DEFAULT_RATIO)),
    }
}

fn breaker(options: &StrategyOptions) -> CircuitBreaker {
    let breaker = CircuitBreaker::new();
    let breaker = set(breaker, options.failure_threshold, CircuitBreaker::failures);
    let breaker = set(breaker, options.failure_rate, |breaker, share| {
        let window = options.failure_window.unwrap_or(DEFAULT_WINDOW);
        let minimum = options.failure_minimum.unwrap_or(DEFAULT_MINIMUM);
        breaker.failure_rate(share, window, minimum)
    });
    let breaker = set(breaker, options.reset_after, CircuitBreaker::reset_after);
    let breaker = set(breaker, options.stale_ttl, CircuitBreaker::stale_ttl);
    set(breaker, options.breaker.as_deref(), CircuitBreaker::shared)
}

/// With `value`, if there is one.
fn set<B, T>(builder: B, value: Option<T>, set: impl FnOnce(B, T) -> B) -> B {
    match value {
        Some(value) => set(builder, value),
        None => builder,
    }
}
