//! Futures that need not wait.

use std::future::Future;
use std::pin::{Pin, pin};
use std::sync::Arc;
use std::task::{Context, Poll, Wake, Waker};
use std::thread::{self, Thread};

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

/// What `future` gives: as [`now`] if it is ready, else this thread sleeps until
/// it is.
#[inline]
pub fn wait<F: Future>(future: F) -> F::Output {
    let mut future = pin!(future);
    let mut context = Context::from_waker(Waker::noop());
    match future.as_mut().poll(&mut context) {
        Poll::Ready(output) => output,
        Poll::Pending => sleep_until(future),
    }
}

/// Wakes the thread that waits.
struct Unpark(Thread);

impl Wake for Unpark {
    fn wake(self: Arc<Self>) {
        self.0.unpark();
    }
}

#[cold]
fn sleep_until<F: Future>(mut future: Pin<&mut F>) -> F::Output {
    let waker = Arc::new(Unpark(thread::current())).into();
    let mut context = Context::from_waker(&waker);
    loop {
        // Polled before it sleeps: the first waker was none.
        if let Poll::Ready(output) = future.as_mut().poll(&mut context) {
            return output;
        }
        thread::park();
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use std::future::poll_fn;

    #[test]
    fn a_ready_future_gives_its_output() {
        assert_eq!(now(async { 7 }), 7);
    }

    #[test]
    #[should_panic(expected = "waits")]
    fn a_future_that_waits_is_an_error() {
        now(std::future::pending::<()>());
    }

    #[test]
    fn a_future_that_waits_is_slept_for() {
        assert_eq!(wait(async { 7 }), 7);
        let mut polled = 0;
        let third = poll_fn(|context| {
            polled += 1;
            let waker = context.waker().clone();
            thread::spawn(move || waker.wake());
            if polled == 3 {
                Poll::Ready(7)
            } else {
                Poll::Pending
            }
        });
        assert_eq!(wait(third), 7);
    }
}
