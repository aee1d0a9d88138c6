//! Which levels keep a value, and for how long.

use std::time::Duration;

use super::MultiLevel;

/// How long a value may be served, and for how long beyond that it may stand in
/// for one that cannot be loaded.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(crate) struct Term {
    pub(crate) ttl: Duration,
    pub(crate) stale: Duration,
    /// How long it lives if nobody reads it.
    pub(crate) idle: Option<Duration>,
}

/// For how long the shared store keeps a value.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(crate) struct Stay {
    /// From now on, if nobody reads it.
    pub(crate) now: Duration,
    /// In all, however often it is read.
    pub(crate) longest: Duration,
}

/// Until when memory serves a value, and until when it holds it.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(crate) struct Span {
    pub(crate) served: Duration,
    /// At most, however often it is read.
    pub(crate) longest: Duration,
    pub(crate) fresh: Duration,
    pub(crate) held: Duration,
}

/// What idle entries live beyond their time at most: readers tell that they read
/// only so often.
const IDLE_STEPS: u32 = 8;

/// The clocks of two machines differ by no more than this.
const CLOCKS_DIFFER: Duration = Duration::from_secs(60);

/// For how long the shared store keeps a value of this term.
pub(crate) fn shared(term: Term) -> Stay {
    let whole = term.ttl.saturating_add(term.stale);
    match term.idle {
        None => Stay {
            now: whole,
            longest: whole,
        },
        // How much of its life is left, readers tell by their wall clocks.
        Some(idle) => Stay {
            now: idle_life(idle).min(whole),
            longest: whole.saturating_add(CLOCKS_DIFFER),
        },
    }
}

/// For how long memory keeps it, which the shared store keeps for `remaining` if
/// nobody reads it; `None` if it does not.
pub(crate) fn memory(
    config: &MultiLevel,
    has_shared: bool,
    term: Term,
    remaining: Duration,
) -> Option<Span> {
    let (keeps, bound) = match (has_shared, config.memory_ttl) {
        (false, _) => (true, Duration::MAX),
        (true, bound) => (config.memory_before_shared, bound.unwrap_or(Duration::MAX)),
    };
    (keeps && !term.ttl.is_zero()).then(|| Span {
        served: term.ttl.min(bound).min(remaining),
        longest: term.ttl.min(bound),
        fresh: term.ttl,
        held: term.ttl.saturating_add(term.stale),
    })
}

/// How long an entry lives from its last read on, of which it is told only once
/// in a [`step`](idle_step): never less than `idle`.
pub(crate) fn idle_life(idle: Duration) -> Duration {
    idle.saturating_add(idle_step(idle))
}

/// How often it is told that an entry is read.
pub(crate) fn idle_step(idle: Duration) -> Duration {
    idle / IDLE_STEPS
}

/// What is left of a value that the shared store will still keep for
/// `remaining`: of its lifetime, and beyond it. `ttl` and `stale` are what it was
/// kept with, `age` is how long ago that was.
pub(crate) fn left(term: Term, remaining: Duration, age: Duration) -> Term {
    if term.idle.is_some() {
        // The store keeps it for less than it may live, and for longer when it is
        // told that it is read: its age tells how much is left of its life.
        return Term {
            stale: Duration::ZERO,
            ttl: term.ttl.saturating_sub(age),
            ..term
        };
    }
    // No clock but the store's own decides: what is left of the whole, less what
    // is only for standing in. A store that tells lifetime and value one after the other
    // may tell the lifetime of a value that this one has just replaced: more than the
    // whole of this one it cannot be.
    let remaining = remaining.min(term.ttl.saturating_add(term.stale));
    let ttl = remaining.saturating_sub(term.stale);
    Term {
        ttl,
        stale: remaining - ttl,
        ..term
    }
}

/// How much of its life a value has had, told by the same clock as what is
/// [left](left).
pub(crate) fn lived(term: Term, remaining: Duration, age: Duration) -> Duration {
    match term.idle {
        Some(_) => age,
        None => term
            .ttl
            .saturating_add(term.stale)
            .saturating_sub(remaining),
    }
}

/// What is `left` of a value that has `lived` for so long, here, where none is kept
/// for longer than `max_ttl`.
pub(crate) fn within(left: Term, max_ttl: Option<Duration>, lived: Duration) -> Term {
    let Some(max_ttl) = max_ttl else { return left };
    let most = max_ttl.saturating_sub(lived);
    let ttl = left.ttl.min(most);
    Term {
        ttl,
        stale: left.stale.min(most - ttl),
        ..left
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    const SECOND: Duration = Duration::from_secs(1);
    const MINUTE: Duration = Duration::from_secs(60);
    const HOUR: Duration = Duration::from_secs(3600);

    #[test]
    fn what_another_keeps_for_longer_ends_here_at_the_bound() {
        let kept = |idle| Term {
            ttl: HOUR,
            stale: HOUR,
            idle,
        };
        let left = |lived: Duration, max_ttl| {
            let remaining = 2 * HOUR - lived;
            let of = decide_left(kept(None), remaining);
            let left = within(of, Some(max_ttl), super::lived(kept(None), remaining, HOUR));
            (left.ttl, left.stale)
        };
        assert_eq!(left(MINUTE, 3 * HOUR), (HOUR - MINUTE, HOUR));
        assert_eq!(left(MINUTE, HOUR), (HOUR - MINUTE, Duration::ZERO));
        assert_eq!(left(MINUTE, 2 * MINUTE), (MINUTE, Duration::ZERO));
        assert_eq!(left(MINUTE, MINUTE), (Duration::ZERO, Duration::ZERO));
        assert_eq!(
            left(HOUR + MINUTE, HOUR + 2 * MINUTE),
            (Duration::ZERO, MINUTE)
        );
        // One that lives on by being read tells its age.
        assert_eq!(super::lived(kept(Some(MINUTE)), SECOND, HOUR), HOUR);
    }

    fn decide_left(term: Term, remaining: Duration) -> Term {
        super::left(term, remaining, Duration::ZERO)
    }

    fn config(memory_before_shared: bool, memory_ttl: Option<Duration>) -> MultiLevel {
        MultiLevel {
            memory_before_shared,
            memory_ttl,
        }
    }

    fn term(ttl: Duration, stale: Duration, idle: Option<Duration>) -> Term {
        Term { ttl, stale, idle }
    }

    #[test]
    fn every_configuration_of_memory() {
        // (memory before shared, memory_ttl, shared store) → served from memory
        let cases = [
            ((true, None, false), Some(HOUR)),
            ((true, Some(MINUTE), false), Some(HOUR)),
            ((false, None, false), Some(HOUR)),
            ((true, None, true), Some(HOUR)),
            ((true, Some(MINUTE), true), Some(MINUTE)),
            ((true, Some(2 * HOUR), true), Some(HOUR)),
            ((false, None, true), None),
        ];
        for ((before, memory_ttl, has_shared), served) in cases {
            let config = config(before, memory_ttl);
            for stale in [Duration::ZERO, MINUTE] {
                let term = term(HOUR, stale, None);
                let span = memory(&config, has_shared, term, shared(term).now);
                let expected = served.map(|served| Span {
                    served,
                    longest: served,
                    fresh: HOUR,
                    held: HOUR + stale,
                });
                assert_eq!(span, expected, "{config:?} {has_shared} {stale:?}");
            }
            assert_eq!(config.uses_memory(has_shared), served.is_some());
        }
    }

    #[test]
    fn an_idle_entry_lives_for_its_time_and_an_eighth_in_both_levels() {
        let term = term(HOUR, Duration::ZERO, Some(8 * SECOND));
        let stay = shared(term);
        assert_eq!((stay.now, stay.longest), (9 * SECOND, HOUR + MINUTE));
        let span = memory(&config(true, None), true, term, stay.now).unwrap();
        assert_eq!((span.served, span.fresh), (9 * SECOND, HOUR));
    }

    #[test]
    fn the_shared_store_keeps_a_value_for_its_lifetime_and_for_standing_in() {
        let stay = shared(term(MINUTE, HOUR, None));
        assert_eq!((stay.now, stay.longest), (MINUTE + HOUR, MINUTE + HOUR));
    }

    #[test]
    fn memory_never_outlives_the_shared_store() {
        for memory_ttl in [None, Some(MINUTE), Some(2 * HOUR)] {
            for remaining in [Duration::from_millis(1), MINUTE, HOUR] {
                let left = left(term(HOUR, MINUTE, None), remaining, Duration::ZERO);
                assert_eq!(left.ttl + left.stale, remaining);
                let Some(span) = memory(&config(true, memory_ttl), true, left, remaining) else {
                    assert!(left.ttl.is_zero());
                    continue;
                };
                assert!(span.served <= span.fresh && span.held <= remaining);
            }
        }
    }

    #[test]
    fn what_is_left_is_told_by_the_store_and_of_an_idle_entry_by_its_age_too() {
        let plain = left(term(MINUTE, HOUR, None), HOUR + 10 * SECOND, 99 * HOUR);
        assert_eq!((plain.ttl, plain.stale), (10 * SECOND, HOUR));
        let stale = left(term(MINUTE, HOUR, None), 10 * SECOND, Duration::ZERO);
        assert_eq!((stale.ttl, stale.stale), (Duration::ZERO, 10 * SECOND));
        let idle = term(MINUTE, Duration::ZERO, Some(8 * SECOND));
        let left = |age| left(idle, 5 * SECOND, age);
        assert_eq!(left(10 * SECOND).ttl, 50 * SECOND);
        assert_eq!(left(58 * SECOND).ttl, 2 * SECOND);
        let span = memory(&config(true, None), true, left(10 * SECOND), 5 * SECOND);
        assert_eq!(span.map(|span| span.served), Some(5 * SECOND));
        assert_eq!(left(HOUR).ttl, Duration::ZERO);
    }

    #[test]
    fn the_lifetime_of_a_value_that_was_replaced_is_not_taken_for_that_of_its_successor() {
        let left = left(term(MINUTE, SECOND, None), HOUR, Duration::ZERO);
        assert_eq!((left.ttl, left.stale), (MINUTE, SECOND));
    }

    #[test]
    fn what_has_no_lifetime_left_is_not_kept_in_memory() {
        let over = term(Duration::ZERO, MINUTE, None);
        assert_eq!(memory(&config(true, None), true, over, MINUTE), None);
    }
}
