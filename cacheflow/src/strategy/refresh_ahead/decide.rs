//! Whether a reader starts a load, and when one that failed is tried again.

use std::time::Duration;

use super::{RefreshAhead, When};

/// Beyond so many times β·δ before its end, nobody starts a load by chance: once
/// in e²⁰, that is, in half a thousand million readers.
const NEGLIGIBLE: f64 = 20.0;

/// The pause after the first failure is this part of the window.
const FIRST_PAUSE: u32 = 16;
const SHORTEST_PAUSE: Duration = Duration::from_millis(1);
const LONGEST_PAUSE: Duration = Duration::from_secs(60);

/// The age from which on a reader has to ask [`wants`], for a value with this
/// `lifetime` whose load took `cost`; `None` if there is none.
///
/// Kept with the value, so that all others see at a glance that they need not.
pub(crate) fn due(config: &RefreshAhead, lifetime: Duration, cost: Duration) -> Option<Duration> {
    match config.when {
        When::Ratio(ratio) => Some(share(lifetime, ratio)),
        When::After(age) => (age < lifetime).then_some(age),
        When::Early(beta) => {
            let early = NEGLIGIBLE * beta * cost.as_secs_f64();
            Some(if early < lifetime.as_secs_f64() {
                lifetime.saturating_sub(Duration::from_secs_f64(early))
            } else {
                Duration::ZERO
            })
        }
    }
}

/// Whether a reader starts a load of a value of this `age`. `draw` is a number
/// drawn at random from 0 (inclusive) to 1 (exclusive).
pub(crate) fn wants(
    config: &RefreshAhead,
    age: Duration,
    lifetime: Duration,
    cost: Duration,
    draw: f64,
) -> bool {
    match config.when {
        When::Ratio(_) | When::After(_) => {
            due(config, lifetime, cost).is_some_and(|due| age >= due)
        }
        When::Early(beta) => {
            let left = lifetime.saturating_sub(age).as_secs_f64();
            // Not of the draw itself: that may be zero, and one less it never is.
            let early = beta * cost.as_secs_f64() * -(1.0 - draw).ln();
            early >= left
        }
    }
}

/// The pause after so many failures of a refresh that had `window` from when it
/// was due to the end of the lifetime: a part of the window, and twice as much
/// after each, but never so much that it is not tried again within the window.
pub(crate) fn retry_after(window: Duration, failures: u32) -> Duration {
    let doubled = 1_u32.checked_shl(failures.saturating_sub(1));
    let pause = (window / FIRST_PAUSE).saturating_mul(doubled.unwrap_or(u32::MAX));
    pause.min(window / 2).min(LONGEST_PAUSE).max(SHORTEST_PAUSE)
}

fn share(whole: Duration, ratio: f64) -> Duration {
    Duration::try_from_secs_f64(whole.as_secs_f64() * ratio).map_or(whole, |part| part.min(whole))
}

#[cfg(test)]
mod tests {
    use super::*;

    const MS: Duration = Duration::from_millis(1);
    const SECOND: Duration = Duration::from_secs(1);
    const MINUTE: Duration = Duration::from_secs(60);
    const YEAR: Duration = Duration::from_secs(366 * 24 * 60 * 60);

    #[test]
    fn due_in_every_way() {
        let (at, after, early) = (RefreshAhead::at, RefreshAhead::after, RefreshAhead::early);
        // (when, lifetime, cost) → due
        let cases = [
            (at(0.8), 10 * SECOND, SECOND, Some(8 * SECOND)),
            (at(0.5), 4 * MS, SECOND, Some(2 * MS)),
            (at(0.25), YEAR, YEAR, Some(YEAR / 4)),
            (after(SECOND), 10 * SECOND, MINUTE, Some(SECOND)),
            (after(SECOND), SECOND + MS, MINUTE, Some(SECOND)),
            (after(SECOND), SECOND, SECOND, None),
            (after(MINUTE), SECOND, SECOND, None),
            (early(1.0), MINUTE, SECOND, Some(40 * SECOND)),
            (early(0.5), MINUTE, SECOND, Some(50 * SECOND)),
            (early(1.0), MINUTE, Duration::ZERO, Some(MINUTE)),
            (early(1.0), MINUTE, 3 * SECOND, Some(Duration::ZERO)),
            (early(1000.0), MINUTE, 3 * MS, Some(Duration::ZERO)),
            (early(1000.0), YEAR, Duration::MAX, Some(Duration::ZERO)),
        ];
        for (config, lifetime, cost, expected) in cases {
            let due = due(&config, lifetime, cost);
            assert_eq!(due, expected, "{config:?} {lifetime:?} {cost:?}");
        }
    }

    /// Everything in reach of the options, and beyond it.
    fn all() -> impl Iterator<Item = (RefreshAhead, Duration, Duration)> {
        let configs = [
            RefreshAhead::at(f64::MIN_POSITIVE),
            RefreshAhead::at(0.3),
            RefreshAhead::at(1.0 - f64::EPSILON),
            RefreshAhead::after(MS),
            RefreshAhead::after(SECOND),
            RefreshAhead::after(YEAR),
            RefreshAhead::early(f64::MIN_POSITIVE),
            RefreshAhead::early(1.0),
            RefreshAhead::early(1_000.0),
            RefreshAhead::at(f64::NAN),
            RefreshAhead::early(f64::NAN),
            RefreshAhead::early(f64::INFINITY),
        ];
        let times = [Duration::ZERO, MS, SECOND, MINUTE, YEAR, Duration::MAX];
        configs.into_iter().flat_map(move |config| {
            times
                .into_iter()
                .flat_map(move |a| times.into_iter().map(move |b| (config, a, b)))
        })
    }

    #[test]
    fn nothing_is_due_after_its_lifetime_and_nothing_panics() {
        for (config, lifetime, cost) in all() {
            let due = due(&config, lifetime, cost);
            assert!(due.is_none_or(|due| due <= lifetime), "{config:?}");
            for age in [Duration::ZERO, MS, MINUTE, Duration::MAX] {
                let wants = wants(&config, age, lifetime, cost, 0.5);
                if !matches!(config.when, When::Early(_)) {
                    assert_eq!(wants, due.is_some_and(|due| age >= due));
                }
            }
        }
    }

    #[test]
    fn by_chance_the_older_the_costlier_and_the_higher_the_draw_the_sooner() {
        let draws: Vec<f64> = (0..64).map(|n| f64::from(n) / 64.0).collect();
        for beta in [0.1, 1.0, 10.0] {
            let config = RefreshAhead::early(beta);
            let wants = |age: u32, cost: u32, draw| {
                wants(&config, age * SECOND, MINUTE, cost * SECOND, draw)
            };
            for (age, cost) in (0..60).flat_map(|age| (0..20).map(move |cost| (age, cost))) {
                assert!(!wants(age, cost, 0.0), "never at a draw of zero");
                for pair in draws.windows(2) {
                    assert!(wants(age, cost, pair[0]) <= wants(age, cost, pair[1]));
                }
                for draw in &draws {
                    assert!(wants(age, cost, *draw) <= wants(age + 1, cost, *draw));
                    assert!(wants(age, cost, *draw) <= wants(age, cost + 1, *draw));
                }
            }
            assert!(wants(60, 0, 0.0), "at its end everybody starts one");
        }
    }

    /// Before it is due a load is wanted by no draw below 1 − e⁻²⁰.
    #[test]
    fn before_it_is_due_it_is_wanted_by_nobody() {
        let draw = 1.0 - (-19.99_f64).exp();
        for beta in [0.5, 1.0, 3.0] {
            let config = RefreshAhead::early(beta);
            let due = due(&config, MINUTE, 10 * MS).unwrap();
            assert!(!wants(&config, due, MINUTE, 10 * MS, draw));
        }
    }

    /// Deterministic: the same draws in every run.
    fn draws() -> impl Iterator<Item = f64> {
        let mut state = 0x5EED_u64;
        std::iter::repeat_with(move || {
            state = state.wrapping_add(0x9E37_79B9_7F4A_7C15);
            let mut z = state;
            z = (z ^ (z >> 30)).wrapping_mul(0xBF58_476D_1CE4_E5B9);
            z = (z ^ (z >> 27)).wrapping_mul(0x94D0_49BB_1331_11EB);
            ((z ^ (z >> 31)) >> 11) as f64 / (1_u64 << 53) as f64
        })
    }

    #[test]
    fn by_chance_as_often_as_xfetch_says() {
        const DRAWS: u32 = 200_000;
        let mut draws = draws();
        for beta in [0.5, 1.0, 2.0] {
            let config = RefreshAhead::early(beta);
            for left in [0, 1, 100, 500, 1_000, 2_000, 4_000] {
                let (left, cost) = (left * MS, 500 * MS);
                let age = MINUTE - left;
                let started = draws
                    .by_ref()
                    .take(DRAWS as usize)
                    .filter(|draw| wants(&config, age, MINUTE, cost, *draw))
                    .count() as f64;
                let expected = (-left.as_secs_f64() / (beta * cost.as_secs_f64())).exp();
                let mean = expected * f64::from(DRAWS);
                let sigma = (mean * (1.0 - expected)).sqrt();
                assert!(
                    (started - mean).abs() <= 5.0 * sigma,
                    "β {beta}, {left:?} left: {started} of {DRAWS}, not {mean} ± {sigma}"
                );
            }
        }
    }

    #[test]
    fn the_pause_doubles_within_its_bounds() {
        // (window, failures) → pause
        let cases = [
            (16 * SECOND, 1, SECOND),
            (16 * SECOND, 2, 2 * SECOND),
            (16 * SECOND, 3, 4 * SECOND),
            (16 * SECOND, 4, 8 * SECOND),
            (16 * SECOND, 5, 8 * SECOND),
            (16 * SECOND, 33, 8 * SECOND),
            (16 * SECOND, u32::MAX, 8 * SECOND),
            (16 * SECOND, 0, SECOND),
            (YEAR, 1, MINUTE),
            (Duration::MAX, u32::MAX, MINUTE),
            (8 * MS, 1, MS),
            (8 * MS, 2, MS),
            (8 * MS, 3, 2 * MS),
            (8 * MS, 4, 4 * MS),
            (8 * MS, 5, 4 * MS),
            (MS, 7, MS),
            (Duration::ZERO, 1, MS),
        ];
        for (window, failures, pause) in cases {
            let after = retry_after(window, failures);
            assert_eq!(after, pause, "{window:?}, {failures} failures");
        }
    }

    #[test]
    fn a_failed_refresh_is_tried_again_within_its_window() {
        for window in (2..5_000).map(|ms| ms * MS) {
            let mut spent = Duration::ZERO;
            let mut tries = 0;
            while spent < window {
                tries += 1;
                spent += retry_after(window, tries);
            }
            assert!(tries >= 2, "{window:?}");
            assert!(
                window < 16 * MS || (4..=8).contains(&tries),
                "{window:?}: {tries}"
            );
        }
    }
}
