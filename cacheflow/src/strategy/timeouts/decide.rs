//! How long a caller waits for a load, and how long a load may take.

use std::time::Duration;

use super::Timeouts;

/// The waits of one load.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(crate) struct Waits {
    /// After this the caller gets the old value and the load goes on.
    pub(crate) soft: Option<Duration>,
    /// After this the load has failed.
    pub(crate) hard: Option<Duration>,
}

/// The waits of a load for a caller who has an old value to fall back on, or not.
pub(crate) fn waits(config: &Timeouts, has_stale: bool) -> Waits {
    let Timeouts { soft, hard } = *config;
    let comes_first = |soft: &Duration| hard.is_none_or(|hard| *soft < hard);
    Waits {
        soft: soft.filter(|soft| has_stale && comes_first(soft)),
        hard,
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn every_combination() {
        let ms = |ms| Some(Duration::from_millis(ms));
        // (soft, hard, has an old value) → soft
        let cases = [
            (None, None, false, None),
            (None, None, true, None),
            (None, ms(2), false, None),
            (None, ms(2), true, None),
            (ms(1), None, false, None),
            (ms(1), None, true, ms(1)),
            (ms(1), ms(2), false, None),
            (ms(1), ms(2), true, ms(1)),
            (ms(2), ms(2), false, None),
            (ms(2), ms(2), true, None),
            (ms(3), ms(2), false, None),
            (ms(3), ms(2), true, None),
        ];
        for (soft, hard, has_stale, expected) in cases {
            let waits = waits(&Timeouts { soft, hard }, has_stale);
            let expected = Waits {
                soft: expected,
                hard,
            };
            assert_eq!(waits, expected, "{soft:?} {hard:?} {has_stale}");
        }
    }
}
