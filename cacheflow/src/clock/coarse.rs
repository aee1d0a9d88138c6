//! The present time from above, for a fraction of what it costs exactly.
//!
//! Linux has a coarse wall clock, which is read without asking the processor for its
//! cycles, but no coarse boot-time clock; and the wall clock is set now and then. So the
//! boot-time clock is read every [`FOR`], and the wall clock only tells what has gone by
//! since. Where the two have come apart meanwhile, the boot-time clock is read again:
//!
//! - after the machine was suspended the wall clock is far ahead of the last reading;
//! - after it was set back it is before the last reading, or within [`FOR`] of it, and
//!   then [`AHEAD`] covers what it was set back by.
//!
//! Not noticed is only a clock that is set back by exactly as long as nobody has read
//! it, to within [`FOR`].

use std::sync::Mutex;
use std::sync::atomic::{AtomicU64, Ordering};
use std::time::Duration;

use rustix::time::{ClockId, clock_gettime};

use super::{Tick, system_now};

/// For so long the last reading of the boot-time clock is good.
const FOR: u64 = Duration::from_millis(20).as_nanos() as u64;

/// So far ahead of what the wall clock says is said: [`FOR`] once more, in case that it
/// was set back, and what a coarse clock may be late.
const AHEAD: u64 = Duration::from_millis(60).as_nanos() as u64;

/// What the wall clock showed at the last reading of the boot-time clock.
static WALL: AtomicU64 = AtomicU64::new(0);

/// What the boot-time clock was ahead of the wall clock then, modulo 2⁶⁴.
static OFFSET: AtomicU64 = AtomicU64::new(0);

#[inline]
pub(super) fn not_before_now() -> Tick {
    // In this order: the offset is as young as the reading or younger, and the wall clock
    // is read last. Were it read before, and the machine then suspended, and another
    // thread had noted the new offset, the sum would be early by as long as that.
    let wall = WALL.load(Ordering::Acquire);
    let offset = OFFSET.load(Ordering::Acquire);
    let now = wall_now();
    if now.wrapping_sub(wall) < FOR {
        Tick(now.wrapping_add(offset).saturating_add(AHEAD))
    } else {
        read_anew()
    }
}

#[cold]
fn read_anew() -> Tick {
    // One at a time: the offset of one reading with the wall clock of another would be
    // wrong by what the machine slept between the two.
    static READING: Mutex<()> = Mutex::new(());
    let Ok(_reading) = READING.try_lock() else {
        return system_now();
    };
    let wall = wall_now();
    let boot = system_now();
    // The wall clock before the boot-time clock, so that what lies between the two makes
    // the offset greater, never smaller; and the offset before the reading it belongs
    // to: see above.
    OFFSET.store(boot.nanos().wrapping_sub(wall), Ordering::Release);
    WALL.store(wall, Ordering::Release);
    boot
}

#[inline]
fn wall_now() -> u64 {
    let time = clock_gettime(ClockId::RealtimeCoarse);
    let nanos = time
        .tv_sec
        .wrapping_mul(1_000_000_000)
        .wrapping_add(time.tv_nsec);
    nanos as u64
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn it_is_never_before_the_exact_time_and_not_far_after() {
        let end = system_now().after(Duration::from_millis(200));
        let mut compared = 0;
        loop {
            let exact = system_now();
            let above = not_before_now();
            let after = system_now();
            assert!(exact <= above, "late by {:?}", exact.since(above));
            let ahead = above.since(after);
            assert!(
                ahead <= Duration::from_nanos(AHEAD + FOR),
                "{ahead:?} ahead"
            );
            compared += 1;
            if after > end {
                break;
            }
        }
        assert!(compared > 100);
    }

    #[test]
    fn a_wall_clock_that_was_set_or_a_machine_that_slept_is_noticed() {
        for wrong in [Duration::from_secs(3600), Duration::from_millis(200)] {
            let wrong = wrong.as_nanos() as u64;
            for wall in [
                wall_now().wrapping_add(wrong),
                wall_now().wrapping_sub(wrong),
            ] {
                // As if the last reading was of a wall clock that showed something else.
                OFFSET.store(0, Ordering::Release);
                WALL.store(wall, Ordering::Release);
                let exact = system_now();
                assert!(not_before_now() >= exact);
            }
        }
    }
}
