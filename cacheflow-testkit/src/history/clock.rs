//! Time that several processes agree on.

use std::fmt;
use std::ops::Add;
use std::time::Duration;

/// A point in time: nanoseconds of a clock that all who tell events share.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq, PartialOrd, Ord, Hash)]
pub struct At(pub u64);

impl At {
    /// Before everything.
    pub const ZERO: At = At(0);
    /// After everything.
    pub const END: At = At(u64::MAX);

    /// How long after `earlier` this is; zero if it is not after it.
    #[must_use]
    pub fn since(self, earlier: At) -> Duration {
        Duration::from_nanos(self.0.saturating_sub(earlier.0))
    }
}

impl Add<Duration> for At {
    type Output = At;

    fn add(self, later: Duration) -> At {
        let nanos = u64::try_from(later.as_nanos()).unwrap_or(u64::MAX);
        At(self.0.saturating_add(nanos))
    }
}

impl fmt::Display for At {
    /// Seconds.
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        write!(
            f,
            "{}.{:09}",
            self.0 / 1_000_000_000,
            self.0 % 1_000_000_000
        )
    }
}

/// The present, by the machine's boot-time clock where there is one: the same in
/// all its processes, and never set back.
#[cfg(unix)]
#[must_use]
pub fn now() -> At {
    #[cfg(any(target_os = "linux", target_os = "android"))]
    const CLOCK: rustix::time::ClockId = rustix::time::ClockId::Boottime;
    #[cfg(not(any(target_os = "linux", target_os = "android")))]
    const CLOCK: rustix::time::ClockId = rustix::time::ClockId::Monotonic;
    let time = rustix::time::clock_gettime(CLOCK);
    let seconds = u64::try_from(time.tv_sec).unwrap_or(0);
    let nanos = u64::try_from(time.tv_nsec).unwrap_or(0);
    At(seconds * 1_000_000_000 + nanos)
}
