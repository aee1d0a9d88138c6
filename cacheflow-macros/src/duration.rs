//! Durations as people write them: `90s`, `1h30m`, `250ms`.

use std::time::Duration;

/// The longest time to live: a leap year. Longer values are slips (`3600h`
/// for `3600s`) far more often than they are wishes.
const LONGEST_MS: u64 = 366 * 24 * 60 * 60 * 1000;

/// Which durations an option takes.
pub(crate) struct Range {
    least_ms: u64,
    most_ms: u64,
    /// Both as a message has them.
    text: &'static str,
}

/// What an option takes that says nothing else.
pub(crate) const ANY: Range = Range {
    least_ms: 1,
    most_ms: LONGEST_MS,
    text: "`1ms` to `366d`",
};

/// The window of a failure rate.
pub(crate) const WINDOW: Range = Range {
    least_ms: 1000,
    most_ms: 60 * 60 * 1000,
    text: "`1s` to `1h`",
};

/// The lease of a distributed lock.
pub(crate) const LEASE: Range = Range {
    least_ms: 10,
    most_ms: 60 * 60 * 1000,
    text: "`10ms` to `1h`",
};

const UNITS: &str = "; the units are `ms`, `s`, `m` or `min`, `h` and `d`, as in `90s` or `1h30m`";

/// Reads whole numbers with units, added up; blanks between them are free.
///
/// # Errors
///
/// What is wrong with `text`, as the end of a message that begins with it.
pub(crate) fn parse(text: &str, range: &Range) -> Result<Duration, String> {
    let mut rest = text.trim();
    if rest.is_empty() {
        return Err(format!("is empty{UNITS}"));
    }
    // `None` once the sum no longer fits: then it is out of range whatever
    // follows, but what follows can still be unreadable.
    let mut total = Some(0_u64);
    while !rest.is_empty() {
        let (digits, after) = split(rest, |c| c.is_ascii_digit());
        let (unit, after) = split(after, char::is_alphabetic);
        if digits.is_empty() {
            return Err(format!("has no number before `{rest}`{UNITS}"));
        }
        if unit.is_empty() {
            return Err(match after.chars().next() {
                Some(c @ ('.' | ',' | '_')) => {
                    format!("has `{c}` after `{digits}`, but numbers are whole{UNITS}")
                }
                _ => format!("has no unit after `{digits}`{UNITS}"),
            });
        }
        let scale =
            milliseconds(unit).ok_or_else(|| format!("has the unknown unit `{unit}`{UNITS}"))?;
        let part = digits
            .parse::<u64>()
            .ok()
            .and_then(|n| n.checked_mul(scale));
        total = total
            .zip(part)
            .and_then(|(total, part)| total.checked_add(part));
        rest = after.trim_start();
    }
    match total {
        Some(ms) if (range.least_ms..=range.most_ms).contains(&ms) => Ok(Duration::from_millis(ms)),
        _ => Err(format!("is out of range: it can be {}", range.text)),
    }
}

/// Splits where `inside` first fails.
fn split(text: &str, inside: impl Fn(char) -> bool) -> (&str, &str) {
    text.split_at(text.find(|c| !inside(c)).unwrap_or(text.len()))
}

fn milliseconds(unit: &str) -> Option<u64> {
    Some(match unit {
        "ms" => 1,
        "s" => 1000,
        "m" | "min" => 60 * 1000,
        "h" => 60 * 60 * 1000,
        "d" => 24 * 60 * 60 * 1000,
        _ => return None,
    })
}

#[cfg(test)]
mod tests {
    use super::{ANY, LEASE, Range, UNITS, WINDOW, parse};
    use std::time::Duration;

    #[test]
    fn units_and_combinations_add_up() {
        for (text, ms) in [
            ("1ms", 1),
            ("90s", 90_000),
            ("2m", 120_000),
            ("2min", 120_000),
            ("1h30m", 5_400_000),
            ("1d 1h 1ms", 90_000_001),
            (" 1500ms ", 1_500),
            ("366d", 31_622_400_000),
        ] {
            assert_eq!(parse(text, &ANY), Ok(Duration::from_millis(ms)), "{text}");
        }
    }

    #[test]
    fn out_of_range_in_every_way() {
        for text in [
            "0s",
            "0ms0d",
            "367d",
            "366d1ms",
            "18446744073709551615d",
            "18446744073709551615ms18446744073709551615ms",
            "99999999999999999999999999s",
        ] {
            assert_eq!(
                parse(text, &ANY),
                Err("is out of range: it can be `1ms` to `366d`".to_owned()),
                "{text}"
            );
        }
    }

    #[test]
    fn unreadable_text_says_where() {
        for (text, message) in [
            ("", "is empty".to_owned()),
            ("  ", "is empty".to_owned()),
            ("h", "has no number before `h`".to_owned()),
            ("-5s", "has no number before `-5s`".to_owned()),
            ("5", "has no unit after `5`".to_owned()),
            ("1h30", "has no unit after `30`".to_owned()),
            ("5 s", "has no unit after `5`".to_owned()),
            (
                "1.5h",
                "has `.` after `1`, but numbers are whole".to_owned(),
            ),
            ("5x", "has the unknown unit `x`".to_owned()),
            ("5µs", "has the unknown unit `µs`".to_owned()),
            ("5S", "has the unknown unit `S`".to_owned()),
            ("1h, 5m", "has no number before `, 5m`".to_owned()),
            // Unreadable wins over out of range, wherever it stands.
            (
                "99999999999999999999h5y",
                "has the unknown unit `y`".to_owned(),
            ),
        ] {
            assert_eq!(
                parse(text, &ANY),
                Err(format!("{message}{UNITS}")),
                "{text}"
            );
        }
    }

    #[test]
    fn ranges_hold_their_ends_and_are_told_as_they_are() {
        for (range, least, most) in [
            (&ANY, "1ms", "366d"),
            (&WINDOW, "1s", "1h"),
            (&LEASE, "10ms", "1h"),
        ] {
            let Range {
                least_ms, most_ms, ..
            } = *range;
            assert_eq!(parse(least, range), Ok(Duration::from_millis(least_ms)));
            assert_eq!(parse(most, range), Ok(Duration::from_millis(most_ms)));
            let message = format!("is out of range: it can be `{least}` to `{most}`");
            for beyond in [least_ms - 1, most_ms + 1] {
                assert_eq!(parse(&format!("{beyond}ms"), range), Err(message.clone()));
            }
        }
    }
}
