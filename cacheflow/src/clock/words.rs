//! Durations as people say them.

use std::time::Duration;

/// `duration` as a person says it: `3h 12m`, `2m 5s`, `480ms`; no finer than tells
/// something.
pub(crate) fn in_words(duration: Duration) -> String {
    let seconds = duration.as_secs();
    let told = match seconds {
        0 => Duration::from_millis(u64::from(duration.subsec_millis())),
        1..60 => Duration::from_millis(duration.as_millis() as u64 / 100 * 100),
        60..3600 => Duration::from_secs(seconds),
        3600..86_400 => Duration::from_secs(seconds / 60 * 60),
        _ => Duration::from_secs(seconds / 3600 * 3600),
    };
    if told.is_zero() && !duration.is_zero() {
        return format!("{duration:?}");
    }
    humantime::format_duration(told).to_string()
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_duration_is_told_no_finer_than_a_person_cares_for() {
        let said = |millis| in_words(Duration::from_millis(millis));
        assert_eq!(said(0), "0s");
        assert_eq!(said(480), "480ms");
        assert_eq!(said(2_540), "2s 500ms");
        assert_eq!(said(125_700), "2m 5s");
        assert_eq!(said(3 * 3_600_000 + 12 * 60_000 + 5_000), "3h 12m");
        assert_eq!(said(2 * 86_400_000 + 3_600_000 + 60_000), "2days 1h");
        assert_eq!(in_words(Duration::from_micros(20)), "20µs");
    }
}
