//! Several futures in one task.

use std::future::{Future, poll_fn};
use std::pin::Pin;
use std::sync::{Arc, Mutex, MutexGuard, PoisonError};
use std::task::{Context, Poll, Wake, Waker};

/// Runs all of `work` in the present task, at most so many at once; what they give
/// is in their order.
///
/// One that is woken is polled alone: a thousand that wait for a thousand things
/// are not a million polls.
///
/// # Cancellation
///
/// Dropping the future drops all of them.
pub(crate) async fn together<F: Future>(work: Vec<F>, at_once: usize) -> Vec<F::Output> {
    let woken = Arc::new(Woken::default());
    let mut done: Vec<Option<F::Output>> = work.iter().map(|_| None).collect();
    let mut running: Vec<Option<Running<F>>> = work.iter().map(|_| None).collect();
    let mut waiting = work.into_iter().enumerate();
    let (mut begun, mut ended) = (0, 0);
    poll_fn(|context| {
        // Before the list is taken: who is woken between the two would wake nobody.
        woken.set_parent(context.waker());
        // Taken once. One that wakes itself, as those do that have used up the
        // task's budget, has its turn at the next poll.
        let mut turns = woken.take();
        loop {
            while begun - ended < at_once.max(1)
                && let Some((place, future)) = waiting.next()
            {
                running[place] = Some(Running::new(future, place, &woken));
                turns.push(place);
                begun += 1;
            }
            if turns.is_empty() {
                break;
            }
            for place in turns.drain(..) {
                // Woken once more after its end, it is not there.
                let Some(future) = &mut running[place] else {
                    continue;
                };
                if let Poll::Ready(output) = future.poll() {
                    done[place] = Some(output);
                    running[place] = None;
                    ended += 1;
                }
            }
        }
        match ended == done.len() {
            true => Poll::Ready(()),
            false => Poll::Pending,
        }
    })
    .await;
    done.into_iter().flatten().collect()
}

/// One of them, and what wakes it.
struct Running<F> {
    future: Pin<Box<F>>,
    waker: Waker,
}

impl<F: Future> Running<F> {
    fn new(future: F, place: usize, woken: &Arc<Woken>) -> Self {
        let woken = Arc::clone(woken);
        Self {
            future: Box::pin(future),
            waker: Waker::from(Arc::new(Turn { place, woken })),
        }
    }

    fn poll(&mut self) -> Poll<F::Output> {
        let mut context = Context::from_waker(&self.waker);
        self.future.as_mut().poll(&mut context)
    }
}

/// Whose turn it is.
#[derive(Default)]
struct Woken(Mutex<Turns>);

#[derive(Default)]
struct Turns {
    places: Vec<usize>,
    /// The task of all.
    parent: Option<Waker>,
}

impl Woken {
    fn set_parent(&self, waker: &Waker) {
        let parent = &mut self.turns().parent;
        match parent {
            Some(parent) => parent.clone_from(waker),
            None => *parent = Some(waker.clone()),
        }
    }

    fn take(&self) -> Vec<usize> {
        std::mem::take(&mut self.turns().places)
    }

    fn turns(&self) -> MutexGuard<'_, Turns> {
        self.0.lock().unwrap_or_else(PoisonError::into_inner)
    }
}

/// Wakes one of them.
struct Turn {
    place: usize,
    woken: Arc<Woken>,
}

impl Wake for Turn {
    fn wake(self: Arc<Self>) {
        self.wake_by_ref();
    }

    fn wake_by_ref(self: &Arc<Self>) {
        let parent = {
            let mut turns = self.woken.turns();
            turns.places.push(self.place);
            turns.parent.clone()
        };
        // Beside the lock: a waker may do anything.
        if let Some(parent) = parent {
            parent.wake();
        }
    }
}

#[cfg(test)]
mod tests {
    use std::cell::Cell;
    use std::time::Duration;

    use super::*;

    #[tokio::test(start_paused = true)]
    async fn they_run_at_once_up_to_the_bound_and_their_order_is_kept() {
        for (at_once, seconds) in [(1, 10), (3, 4), (10, 1), (usize::MAX, 1)] {
            let (running, most) = (Cell::new(0), Cell::new(0));
            let one = async |place: u64| {
                running.set(running.get() + 1);
                most.set(most.get().max(running.get()));
                // They end in another order than that in which they began.
                tokio::time::sleep(Duration::from_millis(1_000 - place)).await;
                running.set(running.get() - 1);
                place
            };
            let began = tokio::time::Instant::now();
            let all = together((0..10).map(one).collect(), at_once).await;
            assert_eq!(all, (0..10).collect::<Vec<_>>());
            assert_eq!(most.get(), at_once.min(10));
            assert_eq!(began.elapsed().as_secs_f64().round() as u64, seconds);
        }
    }

    #[tokio::test]
    async fn none_and_those_that_need_not_wait_are_ready_at_once() {
        assert!(
            together(Vec::<std::future::Ready<u8>>::new(), 4)
                .await
                .is_empty()
        );
        let all = together((0..10).map(std::future::ready).collect(), 4).await;
        assert_eq!(all, (0..10).collect::<Vec<_>>());
    }

    /// One that yields for ever, as those do that have used up their task's budget,
    /// keeps neither the others nor the task from going on.
    #[tokio::test]
    async fn one_that_wakes_itself_lets_others_run() {
        let yielding = async |turns: usize| {
            for _ in 0..turns {
                tokio::task::yield_now().await;
            }
            turns
        };
        let all = together(vec![yielding(10_000), yielding(1), yielding(0)], 8);
        let other = async {
            tokio::task::yield_now().await;
            "ran"
        };
        let mut all = std::pin::pin!(all);
        let first = tokio::select! {
            biased;
            _ = &mut all => "all at once",
            ran = other => ran,
        };
        assert_eq!(first, "ran");
        assert_eq!(all.await, [10_000, 1, 0]);
    }

    #[tokio::test(start_paused = true)]
    async fn only_those_are_polled_that_were_woken() {
        let polls = Cell::new(0);
        let one = |place: u64| {
            let mut sleep = Box::pin(tokio::time::sleep(Duration::from_secs(place)));
            let polls = &polls;
            poll_fn(move |context| {
                polls.set(polls.get() + 1);
                sleep.as_mut().poll(context)
            })
        };
        together((1..=100).map(one).collect(), usize::MAX).await;
        assert_eq!(polls.get(), 200);
    }
}
