//! The latest change of several values, as a part of keys.

use std::fmt;
use std::time::{SystemTime, UNIX_EPOCH};

use super::HasUpdatedAt;
use crate::key::{CacheKey, KeyBuf};

/// When something was last changed, in whole microseconds: `1767225600500000`, and
/// `-1` for a time before 1970. A later change has a greater version.
///
/// ```
/// use cacheflow::{HasUpdatedAt, Version};
/// # use std::time::{Duration, SystemTime};
/// # #[derive(HasUpdatedAt)] struct Comment { updated_at: SystemTime }
/// # let comments = [1, 3, 2].map(|s| Comment { updated_at: SystemTime::UNIX_EPOCH + Duration::from_secs(s) });
///
/// assert_eq!(Version::of(&comments[0]).to_string(), "1000000");
/// let all = comments.iter().map(|comment| Version::of(comment)).max();
/// assert_eq!(all, Some(Version::latest([&comments[0], &comments[1]])));
/// ```
#[derive(Clone, Copy, Debug, PartialEq, Eq, Hash, PartialOrd, Ord)]
pub struct Version {
    micros: i128,
}

impl Version {
    /// The version of one value.
    #[must_use]
    pub fn of(value: &dyn HasUpdatedAt) -> Self {
        Self::at(value.updated_at())
    }

    /// The latest of several values, of whatever types; at least of one.
    #[must_use]
    pub fn latest<const N: usize>(values: [&dyn HasUpdatedAt; N]) -> Self {
        const { assert!(N > 0, "the latest of no values is none") };
        let latest = values.into_iter().map(Self::of).max();
        latest.unwrap_or(Self { micros: 0 })
    }

    /// The version of what was last changed then.
    #[must_use]
    pub fn at(time: SystemTime) -> Self {
        // Rounded down on both sides of 1970, so that the order stays.
        let micros = match time.duration_since(UNIX_EPOCH) {
            Ok(since) => since.as_micros().cast_signed(),
            Err(before) => -before.duration().as_nanos().div_ceil(1_000).cast_signed(),
        };
        Self { micros }
    }
}

impl CacheKey for Version {
    fn write_key(&self, key: &mut KeyBuf) {
        self.micros.write_key(key);
    }
}

impl fmt::Display for Version {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        fmt::Display::fmt(&self.micros, f)
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use std::time::Duration;

    struct At(SystemTime);

    impl HasUpdatedAt for At {
        fn updated_at(&self) -> SystemTime {
            self.0
        }
    }

    fn after(nanos: u64) -> SystemTime {
        UNIX_EPOCH + Duration::from_nanos(nanos)
    }

    fn before(nanos: u64) -> SystemTime {
        UNIX_EPOCH - Duration::from_nanos(nanos)
    }

    #[test]
    fn times_before_and_after_the_epoch_are_rounded_down() {
        let text = |time| Version::at(time).to_string();
        assert_eq!([text(after(0)), text(after(999))], ["0", "0"]);
        assert_eq!([text(after(1_000)), text(before(1))], ["1", "-1"]);
        assert_eq!([text(before(1_000)), text(before(1_001))], ["-1", "-2"]);
        assert!(Version::at(before(1)) < Version::at(after(0)));
    }

    #[test]
    fn a_version_in_a_key_is_the_number_that_it_shows() {
        for time in [after(1_767_225_600_500_000_000), before(5_000)] {
            let (mut key, version) = (KeyBuf::new(), Version::at(time));
            version.write_key(&mut key);
            assert_eq!(key.to_string(), version.to_string());
        }
    }

    #[test]
    fn the_latest_is_that_of_any_of_them() {
        let (old, new) = (At(after(1_000)), At(after(2_000)));
        assert_eq!(Version::latest([&old, &new]), Version::of(&new));
        assert_eq!(Version::latest([&new, &old]), Version::of(&new));
        assert_eq!(Version::latest([&old]), Version::at(after(1_000)));
    }
}
