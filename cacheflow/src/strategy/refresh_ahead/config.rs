//! Options of refresh-ahead.

use std::time::Duration;

use crate::strategy::range::Range;

const LARGEST_BETA: f64 = 1_000.0;

/// When a value is loaded anew before it expires; given to
/// [`Strategy::refresh_ahead`](crate::Strategy::refresh_ahead).
///
/// A number is a [ratio](Self::at).
#[derive(Clone, Copy, Debug, PartialEq)]
pub struct RefreshAhead {
    pub(crate) when: When,
    /// Whether values that somebody asks for are loaded anew without waiting for
    /// the next reader.
    pub(crate) by_itself: bool,
}

/// See [`RefreshAhead`].
#[derive(Clone, Copy, Debug, PartialEq)]
pub(crate) enum When {
    /// After this share of the lifetime.
    Ratio(f64),
    /// This long after the value was kept.
    After(Duration),
    /// By chance, the likelier the nearer the end: XFetch with this β.
    Early(f64),
}

impl RefreshAhead {
    /// After `ratio` of the lifetime the first reader starts a load in the
    /// background. Above 0 and below 1.
    #[must_use]
    pub const fn at(ratio: f64) -> Self {
        Self::new(When::Ratio(ratio))
    }

    /// As [`at`](Self::at), `age` after the value was kept. A value whose lifetime
    /// is not longer than `age` is not refreshed.
    #[must_use]
    pub const fn after(age: Duration) -> Self {
        Self::new(When::After(age))
    }

    /// Each reader starts a load with the probability `exp(−T / (β·δ))`, where `T`
    /// is what is left of the lifetime and `δ` what the last load took: costly
    /// values earlier than cheap ones, and readers do not start in step. `beta` of
    /// 1.0 is what is optimal for loads that all take the same time; more is
    /// earlier. Above 0, at most 1,000.
    ///
    /// XFetch, of A. Vattani, F. Chierichetti, K. Lowenstein, *Optimal
    /// Probabilistic Cache Stampede Prevention*, VLDB 2015.
    #[must_use]
    pub const fn early(beta: f64) -> Self {
        Self::new(When::Early(beta))
    }

    /// Values are also loaded anew when nobody reads them at that moment, as long
    /// as somebody has read them since the last load. For caches that are
    /// [built with a loader](crate::CacheBuilder::build_with_loader); not together with
    /// [`early`](Self::early), which goes by readers alone.
    #[must_use]
    pub const fn by_itself(mut self) -> Self {
        self.by_itself = true;
        self
    }

    const fn new(when: When) -> Self {
        Self {
            when,
            by_itself: false,
        }
    }

    /// What is wrong with these options.
    pub(crate) fn faults(&self) -> Vec<String> {
        let mut range = Range::default();
        match self.when {
            // In this form a NaN is a fault, too.
            When::Ratio(ratio) if !(ratio > 0.0 && ratio < 1.0) => {
                range.add(format!(
                    "refresh_ahead = {ratio}: allowed is above 0 to below 1"
                ));
            }
            When::Early(beta) if !(beta > 0.0 && beta <= LARGEST_BETA) => {
                range.add(format!(
                    "refresh_ahead.early = {beta}: allowed is above 0 to {LARGEST_BETA}"
                ));
            }
            When::After(age) => range.duration("refresh_ahead.after", age),
            When::Ratio(_) | When::Early(_) => {}
        }
        if self.by_itself && matches!(self.when, When::Early(_)) {
            range.add(
                "refresh_ahead.by_itself = true: allowed with a ratio or an age, not with early, which goes by readers alone"
                    .to_owned(),
            );
        }
        range.into_faults()
    }
}

impl From<f64> for RefreshAhead {
    fn from(ratio: f64) -> Self {
        Self::at(ratio)
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn every_fault_is_told() {
        let ms = Duration::from_millis(1);
        let longest = Duration::from_secs(366 * 24 * 60 * 60);
        let allowed = [
            RefreshAhead::from(0.8).by_itself(),
            RefreshAhead::at(f64::MIN_POSITIVE),
            RefreshAhead::after(ms).by_itself(),
            RefreshAhead::after(longest),
            RefreshAhead::early(f64::MIN_POSITIVE),
            RefreshAhead::early(LARGEST_BETA),
        ];
        for config in allowed {
            assert_eq!(config.faults(), [""; 0], "{config:?}");
        }
        for ratio in [0.0, -0.5, 1.0, 80.0, f64::INFINITY, f64::NAN] {
            let fault = format!("refresh_ahead = {ratio}: allowed is above 0 to below 1");
            assert_eq!(RefreshAhead::at(ratio).faults(), [fault]);
        }
        for beta in [0.0, -1.0, 1000.1, f64::INFINITY, f64::NAN] {
            let fault = format!("refresh_ahead.early = {beta}: allowed is above 0 to 1000");
            assert_eq!(RefreshAhead::early(beta).faults(), [fault]);
        }
        assert_eq!(
            RefreshAhead::after(Duration::ZERO).faults(),
            ["refresh_ahead.after = 0ns: allowed is 1ms to 31622400s"]
        );
        assert_eq!(RefreshAhead::after(longest + ms).faults().len(), 1);
        assert_eq!(
            RefreshAhead::early(1.0).by_itself().faults(),
            [
                "refresh_ahead.by_itself = true: allowed with a ratio or an age, not with early, which goes by readers alone"
            ]
        );
    }
}
