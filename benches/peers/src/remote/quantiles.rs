//! Quantiles of times.

/// Those that tables show.
pub const NAMES: [&str; 3] = ["p50", "p99", "p99.9"];

/// The median, and what one in a hundred and one in a thousand reach or exceed.
///
/// # Panics
///
/// If there are no times.
#[must_use]
pub fn of(mut times: Vec<f64>) -> [f64; 3] {
    times.sort_unstable_by(f64::total_cmp);
    let at = |share: f64| times[((times.len() as f64 * share) as usize).min(times.len() - 1)];
    [at(0.5), at(0.99), at(0.999)]
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn quantiles_are_times_that_were_measured() {
        let times = (0..1_000).map(f64::from).rev().collect();
        assert_eq!(of(times), [500.0, 990.0, 999.0]);
        assert_eq!(of(vec![7.0]), [7.0; 3]);
    }
}
