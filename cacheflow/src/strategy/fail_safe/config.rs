//! Options of fail-safe.

use std::time::Duration;

use crate::strategy::range::Range;

/// How long an old value stands in for one that cannot be loaded; given to
/// [`Strategy::fail_safe`](crate::Strategy::fail_safe).
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub struct FailSafe {
    pub(crate) stale: Duration,
    pub(crate) throttle: Duration,
}

impl FailSafe {
    /// For how long beyond its lifetime a value is kept, in memory and in the
    /// shared store, to be given when its load fails. 1 ms to 366 days.
    #[must_use]
    pub const fn new(stale: Duration) -> Self {
        Self {
            stale,
            throttle: Duration::from_secs(30),
        }
    }

    /// After a failed load the old value is given without a new attempt for this
    /// long. 1 ms to 366 days, by default 30 s.
    #[must_use]
    pub const fn throttle(mut self, throttle: Duration) -> Self {
        self.throttle = throttle;
        self
    }

    /// What is wrong with these options.
    pub(crate) fn faults(&self) -> Vec<String> {
        let mut range = Range::default();
        range.duration("fail_safe", self.stale);
        range.duration("fail_safe.throttle", self.throttle);
        range.into_faults()
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn every_fault_is_told() {
        let ms = Duration::from_millis(1);
        let longest = Duration::from_secs(366 * 24 * 60 * 60);
        for allowed in [ms, longest] {
            assert_eq!(FailSafe::new(allowed).throttle(allowed).faults(), [""; 0]);
        }
        assert_eq!(
            FailSafe::new(Duration::ZERO)
                .throttle(longest + ms)
                .faults(),
            [
                "fail_safe = 0ns: allowed is 1ms to 31622400s",
                "fail_safe.throttle = 31622400.001s: allowed is 1ms to 31622400s",
            ]
        );
    }
}
