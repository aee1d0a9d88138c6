//! When values that wait are written, and again when that failed.

use std::time::Duration;

use super::WriteBehind;

const FIRST_PAUSE: Duration = Duration::from_millis(50);
const LONGEST_PAUSE: Duration = Duration::from_secs(30);

/// In how long values are to be written of which `waiting` wait, the first for
/// `waited`; zero if they are ready, `None` if there is none.
pub(super) fn next_flush(
    config: &WriteBehind,
    waiting: usize,
    waited: Duration,
) -> Option<Duration> {
    match waiting {
        0 => None,
        waiting if waiting >= config.batch => Some(Duration::ZERO),
        _ => Some(config.flush_every.saturating_sub(waited)),
    }
}

/// The pause after so many failures in a row.
pub(crate) fn retry_after(failures: u32) -> Duration {
    let doubled = 1_u32.checked_shl(failures.saturating_sub(1));
    FIRST_PAUSE
        .saturating_mul(doubled.unwrap_or(u32::MAX))
        .min(LONGEST_PAUSE)
}

#[cfg(test)]
mod tests {
    use super::*;

    const fn ms(ms: u64) -> Duration {
        Duration::from_millis(ms)
    }

    #[test]
    fn values_are_ready_when_they_are_many_or_old() {
        let config = WriteBehind::new().batch(3).flush_every(ms(10));
        let cases = [
            (0, ms(0), None),
            (0, ms(99), None),
            (1, ms(0), Some(ms(10))),
            (1, ms(9), Some(ms(1))),
            (1, ms(10), Some(ms(0))),
            (2, ms(99), Some(ms(0))),
            (2, ms(4), Some(ms(6))),
            (3, ms(0), Some(ms(0))),
            (4, ms(0), Some(ms(0))),
        ];
        for (waiting, waited, expected) in cases {
            let next = next_flush(&config, waiting, waited);
            assert_eq!(next, expected, "{waiting} {waited:?}");
        }
    }

    #[test]
    fn the_pause_doubles_up_to_half_a_minute() {
        let pauses: Vec<_> = (1..=12).map(|n| retry_after(n).as_millis()).collect();
        let expected = [
            50, 100, 200, 400, 800, 1_600, 3_200, 6_400, 12_800, 25_600, 30_000, 30_000,
        ];
        assert_eq!(pauses, expected);
        for failures in [32, 33, u32::MAX] {
            assert_eq!(retry_after(failures), LONGEST_PAUSE);
        }
        assert_eq!(retry_after(0), FIRST_PAUSE);
    }
}
