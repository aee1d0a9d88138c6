//! Tables of times, as cron has them.

use std::time::Duration;

/// When something happens again and again, in UTC: `30 4 * * mon`, minute first.
#[derive(Clone, Debug)]
pub(crate) struct Cron(#[cfg(feature = "cron")] croner::Cron);

impl Cron {
    /// # Errors
    ///
    /// The text and what is wrong with it.
    #[cfg(feature = "cron")]
    pub(crate) fn parse(text: &str) -> Result<Self, String> {
        use std::str::FromStr;
        let cron = croner::Cron::from_str(text);
        cron.map(Self).map_err(|error| {
            format!("{text:?}: {error}; allowed are five fields, minute hour day month weekday, or six with seconds before them")
        })
    }

    #[cfg(not(feature = "cron"))]
    pub(crate) fn parse(text: &str) -> Result<Self, String> {
        Err(format!(
            "{text:?}: allowed with the feature `cron` of cacheflow"
        ))
    }

    /// How long it is from `unix` (since 1970) until it happens next; `None` if it never
    /// does.
    #[cfg(feature = "cron")]
    pub(crate) fn next(&self, unix: Duration) -> Option<Duration> {
        let seconds = i64::try_from(unix.as_secs()).ok()?;
        let now = chrono::DateTime::from_timestamp(seconds, unix.subsec_nanos())?;
        let next = self.0.find_next_occurrence(&now, false).ok()?;
        (next - now).to_std().ok()
    }

    #[cfg(not(feature = "cron"))]
    pub(crate) fn next(&self, _: Duration) -> Option<Duration> {
        None
    }
}

#[cfg(all(test, feature = "cron"))]
mod tests {
    use super::*;

    #[test]
    fn the_next_time_is_told_in_utc() {
        let hour = 3600;
        // 1970-01-01 was a thursday.
        let at = |text: &str, seconds: u64| {
            let next = Cron::parse(text)
                .unwrap()
                .next(Duration::from_secs(seconds));
            next.unwrap().as_secs()
        };
        assert_eq!(at("30 4 * * *", 0), 4 * hour + 1800);
        assert_eq!(at("30 4 * * *", 4 * hour + 1800), 24 * hour);
        assert_eq!(at("0 0 * * fri", 0), 24 * hour);
        assert_eq!(at("*/10 * * * * *", 7), 3);
    }

    #[test]
    fn what_is_no_table_is_told_with_what_is_allowed() {
        let fault = Cron::parse("every day").unwrap_err();
        assert!(fault.starts_with("\"every day\": "), "{fault}");
        assert!(fault.contains("minute hour day month weekday"), "{fault}");
    }
}
