//! Waiting on a condition, with a bound.

use std::panic::Location;
use std::time::{Duration, Instant};

/// Long enough to leave the processor to what is waited for, short enough not
/// to be felt.
const BETWEEN_LOOKS: Duration = Duration::from_millis(5);

/// Waits until `cond` answers `true`, looking again and again.
///
/// `within` is a bound against hanging, not an expectation: choose it generously
/// (ten seconds, say), for a good test never gets near it. It is measured in
/// real time even under tokio's paused clock, which moves on while this waits.
///
/// A `cond` that is still busy when the bound is reached is dropped at its
/// current `await`, so a condition that hangs fails the test all the same.
///
/// In a task given to `tokio::spawn`, write `async move || …` over values that the
/// closure may own (clones of an `Arc`): rustc cannot yet prove `Send` for an async
/// closure that borrows, and says "`Send` is not general enough".
///
/// # Panics
///
/// When `cond` has not held within the bound; the message has `what` and the
/// caller's place. `what` is a statement, as in "the second node sees version 2".
///
/// # Examples
///
/// ```
/// # #[tokio::main(flavor = "current_thread")]
/// # async fn main() {
/// use cacheflow_testkit::eventually;
/// use std::time::Duration;
///
/// let mut looks = 0;
/// eventually("three looks were taken", Duration::from_secs(10), async || {
///     looks += 1;
///     looks == 3
/// })
/// .await;
/// # }
/// ```
#[track_caller]
pub fn eventually(
    what: &str,
    within: Duration,
    mut cond: impl AsyncFnMut() -> bool,
) -> impl Future<Output = ()> {
    // Not an `async fn`: those lose the caller's place.
    let caller = Location::caller();
    async move {
        let started = Instant::now();
        loop {
            let left = within.saturating_sub(started.elapsed());
            // A timeout under a paused clock can strike early; the next round
            // then looks again, until real time is up.
            if tokio::time::timeout(left, cond()).await == Ok(true) {
                return;
            }
            assert!(
                started.elapsed() < within,
                "not within {within:?}: {what} (waited for at {caller})"
            );
            tokio::time::sleep(BETWEEN_LOOKS).await;
        }
    }
}
