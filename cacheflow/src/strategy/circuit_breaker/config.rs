//! Options of the circuit breaker.

use std::any::Any;
use std::fmt;
use std::sync::Arc;
use std::time::Duration;

use crate::strategy::range::Range;

const MOST_LOADS: u32 = 1_000_000;
const SHORTEST_WINDOW: Duration = Duration::from_secs(1);
const LONGEST_WINDOW: Duration = Duration::from_secs(60 * 60);

/// Of a breaker's name, in characters.
const LONGEST_NAME: usize = 128;

/// When loads are no longer tried, and for how long; given to
/// [`Strategy::circuit_breaker`](crate::Strategy::circuit_breaker).
///
/// | option | what | default | range |
/// |---|---|---|---|
/// | [`failures`](Self::failures) | so many failures in a row open it | 3 | 1 to 1,000,000 |
/// | [`failure_rate`](Self::failure_rate) | a share of the loads of a time opens it | not used | |
/// | [`reset_after`](Self::reset_after) | how long it stays open before one load probes | 30 s | 1 ms to 366 days |
/// | [`stale_ttl`](Self::stale_ttl) | for how long beyond its lifetime a value is kept for the time when it is open | none | 1 ms to 366 days |
/// | [`is_failure`](Self::is_failure) | which errors count | all | |
/// | [`shared`](Self::shared) | one breaker for all caches that name it | one for each cache | 1 to 128 characters |
#[derive(Clone, Debug, PartialEq)]
pub struct CircuitBreaker {
    pub(crate) trip: Trip,
    pub(crate) reset_after: Duration,
    pub(crate) stale_ttl: Option<Duration>,
    pub(crate) is_failure: Option<IsFailure>,
    pub(crate) shared: Option<String>,
}

/// What opens it.
#[derive(Clone, Copy, Debug, PartialEq)]
pub(crate) enum Trip {
    /// So many failures in a row.
    InARow(u32),
    /// A share of the loads of the last `window`, once there are `minimum`.
    Rate {
        share: f64,
        window: Duration,
        minimum: u32,
    },
}

/// Tells whether an error counts.
#[derive(Clone)]
pub(crate) struct IsFailure(Arc<Predicate>);

type Predicate = dyn Fn(&dyn Any) -> bool + Send + Sync;

impl CircuitBreaker {
    /// Opens after three failures in a row, for 30 seconds.
    #[must_use]
    pub fn new() -> Self {
        Self {
            trip: Trip::InARow(3),
            reset_after: Duration::from_secs(30),
            stale_ttl: None,
            is_failure: None,
            shared: None,
        }
    }

    /// So many failures in a row open it: errors, timeouts and panics of loaders.
    #[must_use]
    pub fn failures(mut self, failures: u32) -> Self {
        self.trip = Trip::InARow(failures);
        self
    }

    /// It opens when at least `share` (above 0, at most 1) of the loads that ended
    /// within the last `window` (1 s to 1 h) have failed, once there were `minimum`
    /// (1 to 1,000,000) of them. In place of [`failures`](Self::failures).
    #[must_use]
    pub fn failure_rate(mut self, share: f64, window: Duration, minimum: u32) -> Self {
        self.trip = Trip::Rate {
            share,
            window,
            minimum,
        };
        self
    }

    /// How long it stays open. Then one load is tried: if it succeeds the breaker
    /// closes, else it stays open for as long again.
    #[must_use]
    pub fn reset_after(mut self, reset_after: Duration) -> Self {
        self.reset_after = reset_after;
        self
    }

    /// For how long beyond its lifetime a value is kept, in memory and in the
    /// shared store, to be given when its load fails or is not tried.
    #[must_use]
    pub fn stale_ttl(mut self, stale_ttl: Duration) -> Self {
        self.stale_ttl = Some(stale_ttl);
        self
    }

    /// Which errors of type `E` count as failures: "no such row" is an answer, not
    /// an outage, and no old value stands in for it. Errors of other types, timeouts
    /// and panics always count.
    ///
    /// ```
    /// use cacheflow::{CircuitBreaker, Strategy};
    ///
    /// let breaker = CircuitBreaker::new()
    ///     .is_failure(|error: &std::io::Error| error.kind() != std::io::ErrorKind::NotFound);
    /// let strategy = Strategy::multi_level().circuit_breaker(breaker);
    /// ```
    #[must_use]
    pub fn is_failure<E: 'static>(
        mut self,
        is_failure: impl Fn(&E) -> bool + Send + Sync + 'static,
    ) -> Self {
        let any = move |error: &dyn Any| error.downcast_ref().is_none_or(&is_failure);
        self.is_failure = Some(IsFailure(Arc::new(any)));
        self
    }

    /// One breaker for all caches of the flow that name it: they load from the same
    /// source. All of them give it the same options.
    #[must_use]
    pub fn shared(mut self, name: impl Into<String>) -> Self {
        self.shared = Some(name.into());
        self
    }

    /// What is wrong with these options.
    pub(crate) fn faults(&self) -> Vec<String> {
        let mut range = Range::default();
        match self.trip {
            Trip::InARow(failures) => {
                range.number("circuit_breaker.failures", failures, 1, MOST_LOADS);
            }
            Trip::Rate {
                share,
                window,
                minimum,
            } => {
                // In this form a NaN is a fault, too.
                if !(share > 0.0 && share <= 1.0) {
                    range.add(format!(
                        "circuit_breaker.failure_rate.share = {share}: allowed is above 0 to 1"
                    ));
                }
                let name = "circuit_breaker.failure_rate.window";
                range.within(name, window, SHORTEST_WINDOW, LONGEST_WINDOW);
                let name = "circuit_breaker.failure_rate.minimum";
                range.number(name, minimum, 1, MOST_LOADS);
            }
        }
        range.duration("circuit_breaker.reset_after", self.reset_after);
        if let Some(stale_ttl) = self.stale_ttl {
            range.duration("circuit_breaker.stale_ttl", stale_ttl);
        }
        if let Some(name) = &self.shared
            && !(1..=LONGEST_NAME).contains(&name.chars().count())
        {
            range.add(format!(
                "circuit_breaker.shared = {name:?}: allowed are 1 to {LONGEST_NAME} characters"
            ));
        }
        range.into_faults()
    }
}

impl Default for CircuitBreaker {
    fn default() -> Self {
        Self::new()
    }
}

impl IsFailure {
    pub(crate) fn counts(&self, error: &dyn Any) -> bool {
        (self.0)(error)
    }
}

impl PartialEq for IsFailure {
    /// Closures cannot be compared; the same one is.
    fn eq(&self, other: &Self) -> bool {
        Arc::ptr_eq(&self.0, &other.0)
    }
}

impl fmt::Debug for IsFailure {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_str("IsFailure")
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    const YEARS: Duration = Duration::from_secs(367 * 24 * 60 * 60);

    #[test]
    fn the_defaults_and_both_ends_of_every_range_are_allowed() {
        let day = Duration::from_secs(24 * 60 * 60);
        let ms = Duration::from_millis(1);
        let rate = |share, window, minimum| {
            CircuitBreaker::new().failure_rate(share, Duration::from_secs(window), minimum)
        };
        let allowed = [
            CircuitBreaker::new(),
            CircuitBreaker::new().failures(1).reset_after(ms),
            CircuitBreaker::new().failures(1_000_000).stale_ttl(ms),
            CircuitBreaker::new()
                .reset_after(366 * day)
                .stale_ttl(366 * day),
            rate(f64::MIN_POSITIVE, 1, 1).shared("a"),
            rate(1.0, 3600, 1_000_000).shared("ä".repeat(128)),
        ];
        for config in allowed {
            assert_eq!(config.faults(), [""; 0], "{config:?}");
        }
    }

    #[test]
    fn every_fault_is_told() {
        let config = CircuitBreaker::new()
            .failures(0)
            .reset_after(Duration::ZERO)
            .stale_ttl(YEARS)
            .shared("");
        assert_eq!(
            config.faults(),
            [
                "circuit_breaker.failures = 0: allowed is 1 to 1000000",
                "circuit_breaker.reset_after = 0ns: allowed is 1ms to 31622400s",
                "circuit_breaker.stale_ttl = 31708800s: allowed is 1ms to 31622400s",
                "circuit_breaker.shared = \"\": allowed are 1 to 128 characters",
            ]
        );
        let config = CircuitBreaker::new()
            .failures(1_000_001)
            .shared("x".repeat(129));
        assert_eq!(config.faults().len(), 2, "{config:?}");
        let config = CircuitBreaker::new().failure_rate(f64::NAN, Duration::from_millis(999), 0);
        assert_eq!(
            config.faults(),
            [
                "circuit_breaker.failure_rate.share = NaN: allowed is above 0 to 1",
                "circuit_breaker.failure_rate.window = 999ms: allowed is 1s to 3600s",
                "circuit_breaker.failure_rate.minimum = 0: allowed is 1 to 1000000",
            ]
        );
        for share in [0.0, -0.0, -1.0, 1.000_001, f64::INFINITY, f64::NEG_INFINITY] {
            let config = CircuitBreaker::new().failure_rate(share, YEARS, 1_000_001);
            assert_eq!(config.faults().len(), 3, "{share}");
        }
    }
}
