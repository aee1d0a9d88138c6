//! Waiting on servers, with a bound.

use std::time::{Duration, Instant};

use super::BETWEEN_LOOKS;

/// Looks again and again until nothing is wrong any more.
///
/// [`eventually`](crate::eventually) would do but for two things: its future, over
/// a closure that borrows, cannot be spawned; and here the panic tells what the
/// last look found to be wrong.
///
/// # Panics
///
/// When something is still wrong at the bound.
pub(super) async fn until<F>(what: &str, within: Duration, mut look: impl FnMut() -> F)
where
    F: Future<Output = Result<(), String>>,
{
    let started = Instant::now();
    let mut wrong = "no look came to its end".to_owned();
    loop {
        let left = within.saturating_sub(started.elapsed());
        match tokio::time::timeout(left, look()).await {
            Ok(Ok(())) => return,
            Ok(Err(why)) => wrong = why,
            // Under a paused clock a timeout may strike early.
            Err(_) => {}
        }
        assert!(
            started.elapsed() < within,
            "not within {within:?}: {what}; at last: {wrong}"
        );
        tokio::time::sleep(BETWEEN_LOOKS).await;
    }
}
