//! Futures that need not wait.

use std::future::Future;
use std::pin::pin;
use std::task::{Context, Poll, Waker};

/// What `future` gives when it is polled once: what an `await` of a future
/// that is ready costs, without a runtime's own work.
///
/// # Panics
///
/// If the future is not ready.
#[inline]
pub fn now<F: Future>(future: F) -> F::Output {
    let mut context = Context::from_waker(Waker::noop());
    match pin!(future).poll(&mut context) {
        Poll::Ready(output) => output,
        Poll::Pending => panic!("the future waits for something"),
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_ready_future_gives_its_output() {
        assert_eq!(now(async { 7 }), 7);
    }

    #[test]
    #[should_panic(expected = "waits")]
    fn a_future_that_waits_is_an_error() {
        now(std::future::pending::<()>());
    }
}
