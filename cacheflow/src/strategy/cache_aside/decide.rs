//! What to do when a load or another's flight has ended.

use std::time::Duration;

use super::CacheAside;

/// The shortest time for which anything is kept, and the longest.
pub(crate) const SHORTEST: Duration = Duration::from_millis(1);
pub(crate) const LONGEST: Duration = Duration::from_secs(366 * 24 * 60 * 60);

/// What the loader came back with.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(crate) enum LoadEnd {
    Value,
    Absent,
    /// It failed, with an error that can be kept.
    FailedShared,
    /// It failed, with one that cannot be copied.
    FailedAlone,
}

/// What lifetimes are asked for: the nearest to the value goes first.
#[derive(Clone, Copy, Debug, Default)]
pub(crate) struct Wanted {
    /// By the loader, of this value.
    pub(crate) by_loader: Option<Duration>,
    /// By the call.
    pub(crate) by_call: Option<Duration>,
    /// By the cache's `ttl_from`, of this value.
    pub(crate) by_value: Option<Duration>,
}

/// For how long to keep it; `None` if it is not kept. Not for longer than
/// `max_ttl`, by whatever is asked for or drawn. `draw` is drawn at random from 0
/// (inclusive) to 1 (exclusive).
pub(crate) fn after_load(
    config: &CacheAside,
    max_ttl: Option<Duration>,
    end: LoadEnd,
    wanted: Wanted,
    draw: f64,
) -> Option<Duration> {
    let ttl = match end {
        LoadEnd::Value => wanted
            .by_loader
            .or(wanted.by_call)
            .or(wanted.by_value)
            .unwrap_or(config.ttl),
        LoadEnd::Absent => config.none_ttl?,
        LoadEnd::FailedShared => config.err_ttl?,
        LoadEnd::FailedAlone => return None,
    };
    (ttl >= SHORTEST).then(|| {
        let jitter = config.ttl_jitter;
        let Some(max_ttl) = max_ttl else {
            return jittered(ttl, jitter, draw);
        };
        // Below the bound by its jitter: what is loaded together does not end together
        // at the bound either.
        let below = max_ttl.div_f64(1.0 + jitter);
        jittered(ttl.min(below), jitter, draw).min(max_ttl)
    })
}

/// For how long beyond `ttl` a value may stand in, which is not kept for longer than
/// `max_ttl`.
pub(crate) fn stale_within(max_ttl: Option<Duration>, ttl: Duration, stale: Duration) -> Duration {
    max_ttl.map_or(stale, |max_ttl| stale.min(max_ttl.saturating_sub(ttl)))
}

/// `ttl`, a little shorter or longer: what was loaded in one second shall not
/// expire in one. What shall last as long as can be does.
pub(crate) fn jittered(ttl: Duration, jitter: f64, draw: f64) -> Duration {
    if ttl >= LONGEST {
        return LONGEST;
    }
    ttl.mul_f64(1.0 + jitter * (2.0 * draw - 1.0))
        .clamp(SHORTEST, LONGEST)
}

/// How a flight that the caller followed has ended.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(crate) enum FlightEnd {
    Value,
    Absent,
    /// The loader failed, with an error that this caller can be given.
    FailedShared,
    /// The loader failed, with an error that cannot be copied.
    FailedAlone,
    /// The leader was cancelled or panicked.
    Abandoned,
    /// The flight takes longer than a follower waits.
    Overdue,
    /// What it brought was forgotten before this caller came.
    Outdated,
}

/// What a follower does then.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(crate) enum Follow {
    /// It takes what the leader got.
    Take,
    /// It runs its own loader, beside all others in the same case: one after
    /// the other, the last of a thousand would wait for a thousand failures.
    LoadAlone,
    /// It begins again: one of the followers will lead.
    BoardAgain,
    /// It takes the overdue or outdated flight off the key and begins again. What
    /// that flight still brings is given to those who wait for it and kept
    /// nowhere.
    TakeOver,
}

/// After the flight that the caller followed has ended.
pub(crate) fn after_flight(end: FlightEnd) -> Follow {
    match end {
        FlightEnd::Value | FlightEnd::Absent | FlightEnd::FailedShared => Follow::Take,
        FlightEnd::FailedAlone => Follow::LoadAlone,
        FlightEnd::Abandoned => Follow::BoardAgain,
        FlightEnd::Overdue | FlightEnd::Outdated => Follow::TakeOver,
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    const DRAWS: [f64; 3] = [0.0, 0.5, 0.999_999_999];

    #[test]
    fn what_is_kept_and_for_how_long() {
        let second = Duration::from_secs(1);
        let plain = CacheAside {
            ttl_jitter: 0.0,
            ..CacheAside::default()
        };
        let nothings = CacheAside {
            none_ttl: Some(3 * second),
            err_ttl: Some(2 * second),
            ..plain.clone()
        };
        let wanted = |by_loader, by_call, by_value| Wanted {
            by_loader,
            by_call,
            by_value,
        };
        let (one, two, three) = (Some(second), Some(2 * second), Some(3 * second));
        let zero = Some(Duration::ZERO);
        let cases = [
            (
                &plain,
                LoadEnd::Value,
                wanted(None, None, None),
                Some(plain.ttl),
            ),
            (&plain, LoadEnd::Value, wanted(None, None, three), three),
            (&plain, LoadEnd::Value, wanted(None, two, three), two),
            (&plain, LoadEnd::Value, wanted(one, two, three), one),
            (&plain, LoadEnd::Value, wanted(zero, two, three), None),
            (&plain, LoadEnd::Value, wanted(None, zero, None), None),
            (&plain, LoadEnd::Value, wanted(None, None, zero), None),
            (&plain, LoadEnd::Absent, wanted(one, two, three), None),
            (&plain, LoadEnd::FailedShared, wanted(one, two, three), None),
            (&plain, LoadEnd::FailedAlone, wanted(one, two, three), None),
            (&nothings, LoadEnd::Absent, wanted(one, two, None), three),
            (
                &nothings,
                LoadEnd::FailedShared,
                wanted(one, None, None),
                two,
            ),
            (
                &nothings,
                LoadEnd::FailedAlone,
                wanted(one, None, None),
                None,
            ),
            (&nothings, LoadEnd::Value, wanted(one, None, None), one),
        ];
        for (config, end, wanted, kept) in cases {
            for draw in DRAWS {
                assert_eq!(
                    after_load(config, None, end, wanted, draw),
                    kept,
                    "{end:?} {wanted:?}"
                );
            }
        }
    }

    #[test]
    fn a_lifetime_varies_by_its_share_within_bounds() {
        let ttl = Duration::from_secs(100);
        let ends = DRAWS.map(|draw| jittered(ttl, 0.1, draw).as_secs_f64());
        assert_eq!(ends.map(f64::round), [90.0, 100.0, 110.0]);
        assert_eq!(jittered(SHORTEST, 0.9, 0.0), SHORTEST);
        for draw in DRAWS {
            assert_eq!(jittered(LONGEST, 0.1, draw), LONGEST);
            assert_eq!(jittered(Duration::MAX, 0.1, draw), LONGEST);
            assert!(jittered(LONGEST - SHORTEST, 0.5, draw) <= LONGEST);
            assert_eq!(jittered(ttl, 0.0, draw), ttl);
        }
    }

    #[test]
    fn nothing_is_kept_for_longer_than_the_bound_and_not_all_for_just_that_long() {
        let bound = Duration::from_secs(60);
        let minute = |by_loader| Wanted {
            by_loader,
            ..Wanted::default()
        };
        let config = CacheAside {
            ttl: LONGEST,
            none_ttl: Some(LONGEST),
            err_ttl: Some(LONGEST),
            ..CacheAside::default()
        };
        for end in [LoadEnd::Value, LoadEnd::Absent, LoadEnd::FailedShared] {
            for wanted in [
                minute(None),
                minute(Some(bound)),
                minute(Some(Duration::MAX)),
            ] {
                let kept = DRAWS.map(|draw| after_load(&config, Some(bound), end, wanted, draw));
                assert!(
                    kept.iter()
                        .all(|kept| kept.is_some_and(|kept| kept <= bound))
                );
                assert!(kept[0] < kept[1] && kept[1] < kept[2], "{kept:?}");
            }
        }
        let short = minute(Some(SHORTEST));
        let kept = after_load(&config, Some(bound), LoadEnd::Value, short, 0.5);
        assert_eq!(kept, Some(SHORTEST));
    }

    #[test]
    fn standing_in_is_within_the_bound_as_well() {
        let seconds = Duration::from_secs;
        let within = |max_ttl, stale| stale_within(max_ttl, seconds(40), stale);
        assert_eq!(within(None, seconds(90)), seconds(90));
        assert_eq!(within(Some(seconds(60)), seconds(90)), seconds(20));
        assert_eq!(within(Some(seconds(60)), seconds(5)), seconds(5));
        assert_eq!(within(Some(seconds(30)), seconds(5)), Duration::ZERO);
    }

    #[test]
    fn a_follower_is_held_by_no_end_of_its_flight() {
        let cases = [
            (FlightEnd::Value, Follow::Take),
            (FlightEnd::Absent, Follow::Take),
            (FlightEnd::FailedShared, Follow::Take),
            (FlightEnd::FailedAlone, Follow::LoadAlone),
            (FlightEnd::Abandoned, Follow::BoardAgain),
            (FlightEnd::Overdue, Follow::TakeOver),
        ];
        for (end, follow) in cases {
            assert_eq!(after_flight(end), follow);
        }
    }
}
