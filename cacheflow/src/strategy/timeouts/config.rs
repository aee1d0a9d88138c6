//! How long a load may take.

use std::time::Duration;

use crate::strategy::range::Range;

/// See [`Strategy::soft_timeout`](crate::Strategy::soft_timeout) and
/// [`Strategy::hard_timeout`](crate::Strategy::hard_timeout).
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq)]
pub(crate) struct Timeouts {
    /// After this an old value is given, if there is one, while the load goes on.
    pub(crate) soft: Option<Duration>,
    /// After this the load is given up.
    pub(crate) hard: Option<Duration>,
}

impl Timeouts {
    /// What is wrong with these options.
    pub(crate) fn faults(&self) -> Vec<String> {
        let mut range = Range::default();
        for (name, timeout) in [("soft_timeout", self.soft), ("hard_timeout", self.hard)] {
            if let Some(timeout) = timeout {
                range.duration(name, timeout);
            }
        }
        range.into_faults()
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn every_fault_is_told() {
        let both = |soft, hard| Timeouts {
            soft: Some(soft),
            hard: Some(hard),
        };
        let ms = Duration::from_millis(1);
        let longest = Duration::from_secs(366 * 24 * 60 * 60);
        for allowed in [Timeouts::default(), both(ms, longest), both(longest, ms)] {
            assert_eq!(allowed.faults(), [""; 0]);
        }
        assert_eq!(
            both(Duration::ZERO, longest + ms).faults(),
            [
                "soft_timeout = 0ns: allowed is 1ms to 31622400s",
                "hard_timeout = 31622400.001s: allowed is 1ms to 31622400s",
            ]
        );
    }
}
