//! Time as the cache sees it: a monotonic clock that tests can move.

#[cfg(any(target_os = "linux", target_os = "android"))]
mod coarse;
mod last_change;
mod words;

use std::fmt;
use std::sync::Arc;
use std::sync::atomic::{AtomicU64, Ordering};
use std::time::{Duration, SystemTime, UNIX_EPOCH};

pub(crate) use last_change::LastChange;
pub(crate) use words::in_words;

/// A point in time of one [`Clock`], in nanoseconds since that clock's start.
///
/// Ticks of two processes cannot be compared.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq, PartialOrd, Ord, Hash)]
pub struct Tick(u64);

impl Tick {
    /// The first tick of every clock.
    pub const ZERO: Self = Self(0);
    /// A tick that no clock reaches (584 years).
    pub const NEVER: Self = Self(u64::MAX);

    /// The tick `duration` later, at most [`Tick::NEVER`].
    #[must_use]
    pub fn after(self, duration: Duration) -> Self {
        let nanos = u64::try_from(duration.as_nanos()).unwrap_or(u64::MAX);
        Self(self.0.saturating_add(nanos))
    }

    /// How long after `earlier` this tick is; zero if it is not after it.
    #[must_use]
    pub fn since(self, earlier: Self) -> Duration {
        Duration::from_nanos(self.0.saturating_sub(earlier.0))
    }

    pub(crate) const fn from_nanos(nanos: u64) -> Self {
        Self(nanos)
    }

    pub(crate) const fn nanos(self) -> u64 {
        self.0
    }
}

/// The clock of a flow: the system's, or one that a test moves by hand.
///
/// The system clock is the boot-time clock where the platform has one: it goes
/// on while the machine is suspended, so that a laptop or a paused virtual
/// machine does not take an hour-old entry for a fresh one.
#[derive(Clone, Default)]
pub struct Clock(Source);

#[derive(Clone, Default)]
enum Source {
    #[default]
    System,
    Manual(Arc<AtomicU64>),
}

impl Clock {
    /// The system's clock.
    #[must_use]
    pub fn system() -> Self {
        Self(Source::System)
    }

    /// A clock that stands still until [`Clock::advance`] moves it.
    ///
    /// ```
    /// use cacheflow::clock::Clock;
    /// use std::time::Duration;
    ///
    /// let clock = Clock::manual();
    /// let start = clock.now();
    /// clock.advance(Duration::from_secs(60));
    /// assert_eq!(clock.now().since(start), Duration::from_secs(60));
    /// ```
    #[must_use]
    pub fn manual() -> Self {
        // Not zero, so that a test can ask for a time before the start.
        let hour = Duration::from_secs(3600);
        Self(Source::Manual(Arc::new(AtomicU64::new(
            Tick::ZERO.after(hour).nanos(),
        ))))
    }

    /// Moves a manual clock, and every clone of it, forward.
    ///
    /// # Panics
    ///
    /// On the system's clock, which nobody can move.
    pub fn advance(&self, duration: Duration) {
        match &self.0 {
            Source::System => panic!("only a manual clock can be advanced"),
            Source::Manual(nanos) => {
                let step = u64::try_from(duration.as_nanos()).unwrap_or(u64::MAX);
                nanos.fetch_add(step, Ordering::SeqCst);
            }
        }
    }

    /// Whether a test moves this clock.
    pub(crate) fn is_manual(&self) -> bool {
        matches!(self.0, Source::Manual(_))
    }

    /// The present tick.
    #[inline]
    #[must_use]
    pub fn now(&self) -> Tick {
        match &self.0 {
            Source::System => system_now(),
            Source::Manual(nanos) => Tick(nanos.load(Ordering::SeqCst)),
        }
    }

    /// A tick that is not before the present one, and little after it: for whoever
    /// only wants to know that some time has not come yet. It costs a fraction of
    /// [`now`](Self::now), which decides where this one cannot.
    #[inline]
    pub(crate) fn not_before_now(&self) -> Tick {
        match &self.0 {
            #[cfg(any(target_os = "linux", target_os = "android"))]
            Source::System => coarse::not_before_now(),
            _ => self.now(),
        }
    }
}

impl fmt::Debug for Clock {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        match &self.0 {
            Source::System => f.write_str("Clock::System"),
            Source::Manual(_) => write!(f, "Clock::Manual({:?})", self.now()),
        }
    }
}

#[cfg(any(target_os = "linux", target_os = "android"))]
#[inline]
fn system_now() -> Tick {
    let time = rustix::time::clock_gettime(rustix::time::ClockId::Boottime);
    let seconds = u64::try_from(time.tv_sec).unwrap_or(0);
    let nanos = u64::try_from(time.tv_nsec).unwrap_or(0);
    Tick(seconds.wrapping_mul(1_000_000_000).wrapping_add(nanos))
}

#[cfg(not(any(target_os = "linux", target_os = "android")))]
fn system_now() -> Tick {
    use std::sync::OnceLock;
    use std::time::Instant;
    static START: OnceLock<Instant> = OnceLock::new();
    Tick::ZERO.after(START.get_or_init(Instant::now).elapsed())
}

/// Milliseconds since 1970 by the wall clock; for bytes that other machines
/// read. Never used to decide which of two events came first.
pub(crate) fn unix_millis() -> u64 {
    SystemTime::now()
        .duration_since(UNIX_EPOCH)
        .map_or(0, |since| {
            u64::try_from(since.as_millis()).unwrap_or(u64::MAX)
        })
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_tick_far_away_does_not_overflow() {
        assert_eq!(Tick::ZERO.after(Duration::MAX), Tick::NEVER);
        assert_eq!(Tick::NEVER.after(Duration::from_secs(1)), Tick::NEVER);
        assert_eq!(Tick::ZERO.since(Tick::NEVER), Duration::ZERO);
    }

    #[test]
    fn the_system_clock_does_not_go_backwards() {
        let clock = Clock::system();
        let first = clock.now();
        assert!(clock.now() >= first);
        assert!(first > Tick::ZERO);
    }

    #[test]
    #[should_panic(expected = "only a manual clock")]
    fn the_system_clock_cannot_be_advanced() {
        Clock::system().advance(Duration::from_secs(1));
    }
}
