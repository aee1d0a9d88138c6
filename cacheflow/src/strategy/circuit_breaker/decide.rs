//! Whether a load is tried, and what its end means for the next.
//!
//! Every time of being closed and every probe has a number of its own, its
//! *period*, and a permit is the number of the period in which it was given. So
//! the end of a load tells by itself whether it still counts: loads that were
//! begun before the breaker opened say nothing about the source as it is now.

use std::time::Duration;

use super::{CircuitBreaker, Trip};
use crate::clock::Tick;

/// How it stands.
#[derive(Clone, Debug, PartialEq, Eq, Hash)]
pub(crate) enum State {
    /// Loads are tried.
    Closed {
        period: u64,
        /// The failures since the last success.
        run: u32,
        /// The loads that ended lately; counted if a rate trips.
        recent: Recent,
    },
    /// None is tried.
    Open { period: u64, until: Tick },
    /// One is tried, to see whether the source answers again.
    HalfOpen {
        /// The first probe since it was open.
        first: u64,
        /// The last.
        probe: u64,
        /// Since when that runs; `None` if its caller was cancelled.
        since: Option<Tick>,
    },
}

/// How a load that was admitted has ended.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Hash)]
pub(crate) enum Outcome {
    /// The source has answered, be it with an error that is no failure.
    Succeeded,
    /// An error that counts, a timeout, a panic.
    Failed,
    /// Nobody knows: the caller was cancelled.
    Unknown,
}

/// Whether a load may be tried.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(crate) enum Admission {
    /// With this permit, for [`ended`].
    Go {
        permit: u64,
        /// [`Transition::HalfOpened`], for the first probe.
        transition: Option<Transition>,
    },
    /// It is of no use to ask again before `until`. That is now while a probe
    /// runs: it can end at any moment.
    Refused { until: Tick },
}

/// What is worth telling.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Hash)]
pub(crate) enum Transition {
    /// From closed, or again because the probe failed.
    Opened,
    HalfOpened,
    Closed,
}

impl State {
    /// Closed, without any counts.
    pub(crate) fn new() -> Self {
        Self::closed(0)
    }

    pub(crate) fn is_closed(&self) -> bool {
        matches!(self, Self::Closed { .. })
    }

    fn closed(period: u64) -> Self {
        Self::Closed {
            period,
            run: 0,
            recent: Recent::default(),
        }
    }
}

/// Whether a load may be tried `now`.
///
/// A probe that runs for longer than `reset_after` gives up its place, so that
/// one that hangs does not keep the source from being tried for ever.
pub(crate) fn admit(config: &CircuitBreaker, state: &mut State, now: Tick) -> Admission {
    let go = |permit, transition| Admission::Go { permit, transition };
    match *state {
        State::Closed { period, .. } => go(period, None),
        State::Open { until, .. } if now < until => Admission::Refused { until },
        State::Open { period, .. } => {
            let probe = period + 1;
            *state = State::HalfOpen {
                first: probe,
                probe,
                since: Some(now),
            };
            go(probe, Some(Transition::HalfOpened))
        }
        State::HalfOpen {
            since: Some(since), ..
        } if now < since.after(config.reset_after) => Admission::Refused { until: now },
        State::HalfOpen { first, probe, .. } => {
            let probe = probe + 1;
            *state = State::HalfOpen {
                first,
                probe,
                since: Some(now),
            };
            go(probe, None)
        }
    }
}

/// After the load of `permit` has ended.
///
/// A probe that has lost its place to the next still closes the breaker if it
/// succeeds: where loads take longer than `reset_after`, every probe loses its
/// place before it ends, and none would ever close it. If such a probe fails
/// that is ignored, the one that runs decides.
pub(crate) fn ended(
    config: &CircuitBreaker,
    state: &mut State,
    permit: u64,
    outcome: Outcome,
    now: Tick,
) -> Option<Transition> {
    let open = |period| State::Open {
        period,
        until: now.after(config.reset_after),
    };
    match state {
        State::Closed {
            period,
            run,
            recent,
        } if *period == permit => {
            let failed = match outcome {
                Outcome::Succeeded => false,
                Outcome::Failed => true,
                Outcome::Unknown => return None,
            };
            if !count(config.trip, run, recent, failed, now) {
                return None;
            }
            *state = open(permit);
            Some(Transition::Opened)
        }
        State::HalfOpen {
            first,
            probe,
            since,
        } if (*first..=*probe).contains(&permit) => match outcome {
            Outcome::Succeeded => {
                *state = State::closed(*probe + 1);
                Some(Transition::Closed)
            }
            // Of a probe that has lost its place.
            Outcome::Failed | Outcome::Unknown if permit < *probe => None,
            Outcome::Failed => {
                *state = open(permit);
                Some(Transition::Opened)
            }
            Outcome::Unknown => {
                *since = None;
                None
            }
        },
        // Begun before the breaker opened, or before it closed.
        State::Closed { .. } | State::Open { .. } | State::HalfOpen { .. } => None,
    }
}

/// Counts a load that ended; returns whether it trips the breaker.
fn count(trip: Trip, run: &mut u32, recent: &mut Recent, failed: bool, now: Tick) -> bool {
    match trip {
        Trip::InARow(failures) => {
            *run = if failed { run.saturating_add(1) } else { 0 };
            // A success trips nothing, whatever the options are.
            failed && *run >= failures
        }
        Trip::Rate {
            share,
            window,
            minimum,
        } => {
            recent.count(window, failed, now);
            let (ended, failures) = recent.totals();
            // Divided, not multiplied: the quotient of 7 and 100 is the very number
            // that 0.07 is, but 0.07 times 100 is more than 7.
            ended >= minimum && f64::from(failures) / f64::from(ended) >= share
        }
    }
}

/// The loads that ended within the last window, in ten buckets of it: that is,
/// within its last nine tenths for sure, and not before it.
#[derive(Clone, Debug, Default, PartialEq, Eq, Hash)]
pub(crate) struct Recent {
    /// By the bucket's number modulo ten.
    buckets: [Bucket; Self::BUCKETS],
    /// The number of the bucket that was counted in last.
    last: u64,
}

#[derive(Clone, Copy, Debug, Default, PartialEq, Eq, Hash)]
struct Bucket {
    ended: u32,
    failures: u32,
}

impl Recent {
    const BUCKETS: usize = 10;

    fn count(&mut self, window: Duration, failed: bool, now: Tick) {
        let width = window.as_nanos() / Self::BUCKETS as u128;
        let width = u64::try_from(width).unwrap_or(u64::MAX).max(1);
        // No bucket comes before the last, not even if the clock was read before
        // another load was counted.
        let number = (now.nanos() / width).max(self.last);
        // All that were passed over are of a window before.
        let passed = (number - self.last).min(Self::BUCKETS as u64);
        for number in number + 1 - passed..=number {
            self.buckets[Self::index(number)] = Bucket::default();
        }
        self.last = number;
        let bucket = &mut self.buckets[Self::index(number)];
        bucket.ended = bucket.ended.saturating_add(1);
        bucket.failures = bucket.failures.saturating_add(u32::from(failed));
    }

    /// How many ended, and how many of them failed.
    fn totals(&self) -> (u32, u32) {
        self.buckets
            .iter()
            .fold((0_u32, 0_u32), |(ended, failures), bucket| {
                (
                    ended.saturating_add(bucket.ended),
                    failures.saturating_add(bucket.failures),
                )
            })
    }

    fn index(number: u64) -> usize {
        (number % Self::BUCKETS as u64) as usize
    }
}

#[cfg(test)]
mod tests;
