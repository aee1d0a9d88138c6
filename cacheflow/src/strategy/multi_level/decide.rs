//! Which levels keep a value, and for how long.

use std::time::Duration;

use super::MultiLevel;

/// For how long each level keeps a value; `None` where it does not.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(crate) struct Lifetimes {
    pub(crate) memory: Option<Duration>,
    pub(crate) shared: Option<Duration>,
}

/// A loaded or put value with this `ttl`.
pub(crate) fn fill(config: &MultiLevel, has_shared: bool, ttl: Duration) -> Lifetimes {
    if !has_shared {
        return Lifetimes {
            memory: Some(ttl),
            shared: None,
        };
    }
    Lifetimes {
        memory: promote(config, ttl),
        shared: Some(ttl),
    }
}

/// A value that the shared store will still keep for `remaining`.
pub(crate) fn promote(config: &MultiLevel, remaining: Duration) -> Option<Duration> {
    let bound = config.memory_ttl.unwrap_or(Duration::MAX);
    (config.memory_before_shared && !remaining.is_zero()).then(|| remaining.min(bound))
}

#[cfg(test)]
mod tests {
    use super::*;

    const MINUTE: Duration = Duration::from_secs(60);
    const HOUR: Duration = Duration::from_secs(3600);

    fn config(memory_before_shared: bool, memory_ttl: Option<Duration>) -> MultiLevel {
        MultiLevel {
            memory_before_shared,
            memory_ttl,
        }
    }

    #[test]
    fn every_configuration_of_a_fill() {
        // (memory before shared, memory_ttl, shared store) → (memory, shared)
        let cases = [
            ((true, None, false), (Some(HOUR), None)),
            ((true, Some(MINUTE), false), (Some(HOUR), None)),
            ((false, None, false), (Some(HOUR), None)),
            ((true, None, true), (Some(HOUR), Some(HOUR))),
            ((true, Some(MINUTE), true), (Some(MINUTE), Some(HOUR))),
            ((true, Some(2 * HOUR), true), (Some(HOUR), Some(HOUR))),
            ((false, None, true), (None, Some(HOUR))),
        ];
        for ((before, memory_ttl, has_shared), (memory, shared)) in cases {
            let config = config(before, memory_ttl);
            assert_eq!(
                fill(&config, has_shared, HOUR),
                Lifetimes { memory, shared },
                "{config:?} {has_shared}"
            );
            assert_eq!(config.uses_memory(has_shared), memory.is_some());
        }
    }

    #[test]
    fn memory_never_outlives_the_shared_store() {
        for memory_ttl in [None, Some(MINUTE), Some(2 * HOUR)] {
            let config = config(true, memory_ttl);
            for remaining in [Duration::from_millis(1), MINUTE, HOUR] {
                let kept = promote(&config, remaining).unwrap();
                assert!(kept <= remaining && kept <= memory_ttl.unwrap_or(HOUR));
            }
        }
    }

    #[test]
    fn what_has_no_lifetime_left_is_not_promoted() {
        assert_eq!(promote(&config(true, None), Duration::ZERO), None);
    }
}
