//! Numbers as people write them.

use std::time::Duration;

/// `1,234,567`
pub(crate) fn count(number: u64) -> String {
    let digits = number.to_string();
    let mut grouped = String::with_capacity(digits.len() + digits.len() / 3);
    for (index, digit) in digits.chars().enumerate() {
        if index > 0 && (digits.len() - index).is_multiple_of(3) {
            grouped.push(',');
        }
        grouped.push(digit);
    }
    grouped
}

/// `812 ns`, `24.1 µs`, `1.87 ms`, `2.00 s`: three digits and a unit.
pub(super) fn duration(duration: Duration) -> String {
    const UNITS: [&str; 4] = ["ns", "µs", "ms", "s"];
    let mut value = duration.as_nanos() as f64;
    let mut unit = 0;
    // 999.5 would be written as 1000 of the smaller unit.
    while value >= 999.5 && unit + 1 < UNITS.len() {
        value /= 1_000.0;
        unit += 1;
    }
    let decimals = match value {
        _ if unit == 0 => 0,
        value if value < 9.995 => 2,
        value if value < 99.95 => 1,
        _ => 0,
    };
    format!("{value:.decimals$} {}", UNITS[unit])
}

/// `98.25 %`. Only all is written as 100 %, and only nothing as 0 %.
pub(super) fn share(part: u64, whole: u64) -> String {
    if whole == 0 {
        return "–".to_owned();
    }
    let percent = part as f64 * 100.0 / whole as f64;
    let shown = match percent {
        _ if part == 0 || part == whole => percent,
        _ => percent.clamp(0.01, 99.99),
    };
    format!("{shown:.2} %")
}

/// Events in a second, to the whole number.
pub(super) fn per_second(events: u64, time: Duration) -> u64 {
    if time.is_zero() {
        return 0;
    }
    (events as f64 / time.as_secs_f64()).round() as u64
}

/// `22.5 times as many`, or nothing where there is nothing to compare.
pub(super) fn ratio(with: u64, without: u64) -> String {
    if with == 0 || without == 0 {
        return String::new();
    }
    let ratio = with as f64 / without as f64;
    let decimals = if ratio < 9.95 { 2 } else { 1 };
    format!("{ratio:.decimals$} times as many")
}

#[cfg(test)]
mod tests {
    use std::time::Duration;

    use super::{count, duration, per_second, ratio, share};

    #[test]
    fn counts_are_grouped_by_thousands() {
        for (number, written) in [
            (0, "0"),
            (999, "999"),
            (1_000, "1,000"),
            (1_234_567, "1,234,567"),
            (u64::MAX, "18,446,744,073,709,551,615"),
        ] {
            assert_eq!(count(number), written);
        }
    }

    #[test]
    fn durations_have_three_digits_and_the_unit_that_fits() {
        for (nanos, written) in [
            (0, "0 ns"),
            (999, "999 ns"),
            (1_000, "1.00 µs"),
            (24_120, "24.1 µs"),
            (999_400, "999 µs"),
            (999_600, "1.00 ms"),
            (9_996_000, "10.0 ms"),
            (2_000_000_000, "2.00 s"),
            (4_000_000_000_000, "4000 s"),
        ] {
            assert_eq!(duration(Duration::from_nanos(nanos)), written);
        }
    }

    #[test]
    fn shares_do_not_round_to_all_or_nothing() {
        assert_eq!(share(0, 10), "0.00 %");
        assert_eq!(share(1, 1_000_000), "0.01 %");
        assert_eq!(share(999_999, 1_000_000), "99.99 %");
        assert_eq!(share(10, 10), "100.00 %");
        assert_eq!(share(1, 8), "12.50 %");
        assert_eq!(share(0, 0), "–");
    }

    #[test]
    fn rates_and_ratios_of_nothing_are_no_numbers_to_be_proud_of() {
        assert_eq!(per_second(10, Duration::ZERO), 0);
        assert_eq!(per_second(10, Duration::from_secs(4)), 3);
        assert_eq!(ratio(5, 0), "");
        assert_eq!(ratio(0, 5), "");
        assert_eq!(ratio(225, 10), "22.5 times as many");
        assert_eq!(ratio(5, 4), "1.25 times as many");
    }
}
