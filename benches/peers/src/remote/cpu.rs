//! Processor time.

use std::time::Duration;

use rustix::time::{ClockId, clock_gettime};

/// What this process has used so far, in all its threads.
#[must_use]
pub fn of_process() -> Duration {
    read(ClockId::ProcessCPUTime)
}

/// What this thread has used so far.
#[must_use]
pub fn of_thread() -> Duration {
    read(ClockId::ThreadCPUTime)
}

fn read(clock: ClockId) -> Duration {
    let time = clock_gettime(clock);
    Duration::new(time.tv_sec.unsigned_abs(), time.tv_nsec as u32)
}
