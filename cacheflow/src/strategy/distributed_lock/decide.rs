//! What somebody does who wants to load a key that others may load, too.
//!
//! ```text
//! try ──mine──▶ look once more ──hit──▶ take it, give the lease back
//!  ▲ │                  └──────miss──▶ load, renew the lease meanwhile
//!  │ ├──held──▶ wait, until it is given back or for a while ─┐
//!  │ │            └──has waited long enough──▶ load anyway   │
//!  │ └──lock server fails──▶ load anyway                     │
//!  └─────────────────────────────────────────────────────────┘
//! ```

use std::time::Duration;

use crate::clock::Tick;

/// Between two tries while nobody tells that the lease was given back: from the
/// first, twice as much each time, to the longest.
const FIRST_POLL: Duration = Duration::from_millis(50);
const LONGEST_POLL: Duration = Duration::from_secs(1);

/// The lock server keeps whole milliseconds: a lease may last so much longer than
/// it said.
const ROUNDING: Duration = Duration::from_millis(1);

/// What a try to get the lease brought.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(crate) enum Tried {
    Mine,
    /// Another has it, for so much longer if that does not renew it.
    Held {
        remaining: Duration,
    },
    /// The lock server did not answer.
    Failed,
}

/// What to do next.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(crate) enum Next {
    /// The lease is there: look into the shared store once more, since whoever had the
    /// lease before has filled it, most likely; else load, and keep the lease until
    /// the value is filled.
    Look,
    /// Load without the lease.
    LoadAnyway,
    /// Until the lease is given back, but not for longer than this; then try again.
    Wait { at_most: Duration },
}

/// After a try to get the lease, by somebody who has waited for `waited` in `waits`
/// waits before and waits for `patience` at most.
///
/// A lease saves loads and nothing else, so nobody waits for a lock server that
/// fails, nor beyond its patience for a holder that may be stuck.
pub(crate) fn after_try(tried: Tried, waits: u32, waited: Duration, patience: Duration) -> Next {
    match tried {
        Tried::Mine => Next::Look,
        Tried::Failed => Next::LoadAnyway,
        Tried::Held { .. } if waited >= patience => Next::LoadAnyway,
        Tried::Held { remaining } => {
            let at_most = remaining
                .saturating_add(ROUNDING)
                .min(poll(waits))
                .min(patience - waited);
            Next::Wait { at_most }
        }
    }
}

/// How often a lease is renewed: twice may fail before it is lost.
pub(crate) fn renew_every(lease: Duration) -> Duration {
    lease / 3
}

/// Whether a lease that was taken or renewed at `renewed_at` (read before the lock
/// server was asked) is still held for sure.
pub(crate) fn still_held(renewed_at: Tick, lease: Duration, now: Tick) -> bool {
    now < renewed_at.after(lease)
}

/// The longest wait after so many waits.
fn poll(waits: u32) -> Duration {
    let doubled = 1_u32.checked_shl(waits).unwrap_or(u32::MAX);
    FIRST_POLL.saturating_mul(doubled).min(LONGEST_POLL)
}

#[cfg(test)]
mod tests {
    use super::*;

    const fn ms(ms: u64) -> Duration {
        Duration::from_millis(ms)
    }

    #[test]
    fn every_end_of_a_try() {
        let times = [Duration::ZERO, ms(1), ms(49), ms(50), ms(700), ms(10_000)];
        for (waited, patience) in times
            .iter()
            .flat_map(|a| times.iter().map(move |b| (*a, *b)))
        {
            for waits in [0, 1, 2, 3, 4, 5, 31, 32, u32::MAX] {
                let next = |tried| after_try(tried, waits, waited, patience);
                assert_eq!(next(Tried::Mine), Next::Look);
                assert_eq!(next(Tried::Failed), Next::LoadAnyway);
                for remaining in times.into_iter().chain([Duration::MAX]) {
                    let next = next(Tried::Held { remaining });
                    let Next::Wait { at_most } = next else {
                        assert_eq!(next, Next::LoadAnyway);
                        assert!(waited >= patience);
                        continue;
                    };
                    assert!(waited < patience && !at_most.is_zero());
                    assert!(waited + at_most <= patience);
                    assert!(at_most <= LONGEST_POLL && at_most <= poll(waits));
                    let bounds = [
                        Some(poll(waits)),
                        remaining.checked_add(ms(1)),
                        Some(patience - waited),
                    ];
                    assert_eq!(Some(at_most), bounds.into_iter().flatten().min());
                }
            }
        }
    }

    #[test]
    fn the_waits_of_somebody_whom_nobody_wakes() {
        let mut waited = Duration::ZERO;
        let mut waits = Vec::new();
        let held = Tried::Held {
            remaining: ms(60_000),
        };
        while let Next::Wait { at_most } = after_try(held, waits.len() as u32, waited, ms(5_000)) {
            waits.push(at_most.as_millis());
            waited += at_most;
        }
        assert_eq!(waits, [50, 100, 200, 400, 800, 1_000, 1_000, 1_000, 450]);
        assert_eq!(waited, ms(5_000));
        // The end of a lease is not slept through.
        let held = Tried::Held { remaining: ms(7) };
        let next = after_try(held, 9, Duration::ZERO, ms(5_000));
        assert_eq!(next, Next::Wait { at_most: ms(8) });
    }

    #[test]
    fn a_lease_is_held_until_just_before_its_end_and_renewed_well_before() {
        for lease in [ms(10), ms(5_000), ms(3_600_000)] {
            let renewed = Tick::ZERO.after(ms(77));
            let almost = lease - Duration::from_nanos(1);
            assert!(still_held(renewed, lease, renewed));
            assert!(still_held(renewed, lease, renewed.after(almost)));
            assert!(!still_held(renewed, lease, renewed.after(lease)));
            let every = renew_every(lease);
            assert!(still_held(renewed, lease, renewed.after(2 * every)));
            assert!(every >= ms(3));
        }
    }
}
