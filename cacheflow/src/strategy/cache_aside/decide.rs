//! What to do when a load or another's flight has ended.

use std::time::Duration;

use super::CacheAside;

/// What the loader came back with.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(crate) enum LoadEnd {
    Value,
    Absent,
    Failed,
}

/// What to do with it.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(crate) enum Keep {
    For(Duration),
    Nothing,
}

/// After the loader has ended.
pub(crate) fn after_load(config: &CacheAside, end: LoadEnd, own_ttl: Option<Duration>) -> Keep {
    match end {
        LoadEnd::Value => Keep::For(own_ttl.unwrap_or(config.ttl)),
        LoadEnd::Absent | LoadEnd::Failed => Keep::Nothing,
    }
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

    #[test]
    fn only_values_are_kept_and_their_own_ttl_goes_first() {
        let config = CacheAside::default();
        let own = Duration::from_secs(1);
        let cases = [
            (LoadEnd::Value, None, Keep::For(config.ttl)),
            (LoadEnd::Value, Some(own), Keep::For(own)),
            (LoadEnd::Absent, None, Keep::Nothing),
            (LoadEnd::Absent, Some(own), Keep::Nothing),
            (LoadEnd::Failed, None, Keep::Nothing),
            (LoadEnd::Failed, Some(own), Keep::Nothing),
        ];
        for (end, ttl, keep) in cases {
            assert_eq!(after_load(&config, end, ttl), keep);
        }
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
