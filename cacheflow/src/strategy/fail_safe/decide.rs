//! Whether an old value stands in for one that could not be loaded.

use std::time::Duration;

use super::FailSafe;

/// An old value that is there.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(crate) struct Stale {
    /// For how much longer it may be given.
    pub(crate) left: Duration,
}

/// What the caller gets.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(crate) enum Failing {
    /// The failure.
    Fail,
    /// The old value, which is given without a new attempt for `keep_for`; at zero
    /// the next caller tries again.
    Give { keep_for: Duration },
}

/// After a load that failed, or was refused by the breaker which lets one be tried
/// after `breaker_wait`.
///
/// `kept_by_breaker` says whether the breaker's own options keep old values.
pub(crate) fn after_failure(
    stale: Option<Stale>,
    fail_safe: Option<&FailSafe>,
    kept_by_breaker: bool,
    breaker_wait: Option<Duration>,
) -> Failing {
    let Some(Stale { left }) = stale.filter(|stale| !stale.left.is_zero()) else {
        return Failing::Fail;
    };
    if fail_safe.is_none() && !kept_by_breaker {
        return Failing::Fail;
    }
    // A refusal holds until the breaker lets one through, and not beyond: the
    // throttle spares a source that was tried, and this one was not.
    let throttle = fail_safe.map_or(Duration::ZERO, |fail_safe| fail_safe.throttle);
    let keep_for = breaker_wait.unwrap_or(throttle).min(left);
    Failing::Give { keep_for }
}

#[cfg(test)]
mod tests {
    use super::*;

    const fn seconds(seconds: u64) -> Duration {
        Duration::from_secs(seconds)
    }

    #[test]
    fn every_failure() {
        let throttled = FailSafe::new(seconds(1_000)).throttle(seconds(30));
        let safe = Some(&throttled);
        let some = |left| {
            Some(Stale {
                left: seconds(left),
            })
        };
        let wait = |wait| Some(seconds(wait));
        let give = |keep_for| Failing::Give {
            keep_for: seconds(keep_for),
        };
        // (stale, fail-safe, breaker keeps, breaker's wait)
        let cases = [
            ((some(100), None, false, None), Failing::Fail),
            ((some(100), None, false, wait(10)), Failing::Fail),
            ((some(100), None, true, None), give(0)),
            ((some(100), None, true, wait(10)), give(10)),
            ((some(100), None, true, wait(0)), give(0)),
            ((some(100), safe, false, None), give(30)),
            ((some(100), safe, false, wait(10)), give(10)),
            ((some(100), safe, false, wait(60)), give(60)),
            ((some(100), safe, false, wait(0)), give(0)),
            ((some(100), safe, true, None), give(30)),
            ((some(100), safe, true, wait(60)), give(60)),
            ((some(5), None, true, None), give(0)),
            ((some(5), None, true, wait(10)), give(5)),
            ((some(5), safe, false, None), give(5)),
            ((some(5), safe, false, wait(10)), give(5)),
            ((some(5), safe, true, None), give(5)),
            ((some(5), safe, true, wait(3)), give(3)),
        ];
        for ((stale, fail_safe, kept, wait), expected) in cases {
            let failing = after_failure(stale, fail_safe, kept, wait);
            assert_eq!(failing, expected, "{stale:?} {fail_safe:?} {kept} {wait:?}");
        }
        // Without a copy, or with one whose time is over, nothing helps.
        for stale in [None, some(0)] {
            for fail_safe in [None, safe] {
                for (kept, wait) in [
                    (false, None),
                    (true, None),
                    (false, wait(1)),
                    (true, wait(1)),
                ] {
                    let failing = after_failure(stale, fail_safe, kept, wait);
                    assert_eq!(failing, Failing::Fail);
                }
            }
        }
    }
}
