//! The places of one cache's loads, and those who wait for one.

use std::sync::Arc;
use std::sync::atomic::{AtomicUsize, Ordering};

use tokio::sync::{OwnedSemaphorePermit, Semaphore};

use super::Bulkhead;
use super::decide::{self, Enter};

/// So many loads run; those that wait run in the order in which they came.
#[derive(Debug)]
pub(crate) struct Compartment {
    config: Bulkhead,
    places: Arc<Semaphore>,
    /// How many run or wait.
    ///
    /// The semaphore lets nobody wait while a place is free, so this one number
    /// tells both, and a load that comes is counted in one step: between two
    /// numbers another could slip in.
    inside: Arc<AtomicUsize>,
}

/// So many run and so many wait that no more may wait.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(crate) struct Full;

/// A load that runs, until this is dropped.
#[derive(Debug)]
#[must_use]
pub(crate) struct Permit {
    // The order of the two is the order in which they are dropped: a place is free
    // before it is counted as free, so that who is told to run need not wait.
    _place: OwnedSemaphorePermit,
    _counted: Counted,
}

/// One of those inside, until this is dropped.
#[derive(Debug)]
struct Counted(Arc<AtomicUsize>);

impl Compartment {
    pub(crate) fn new(config: Bulkhead) -> Self {
        Self {
            config,
            places: Arc::new(Semaphore::new(config.loads)),
            inside: Arc::default(),
        }
    }

    /// Takes a place, or waits for one; [`Full`] at once if that is too much.
    ///
    /// # Cancellation
    ///
    /// Who is dropped while it waits has never been there.
    pub(crate) async fn enter(&self) -> Result<Permit, Full> {
        let counted = self.count().ok_or(Full)?;
        // Dropped before `counted` if the caller is cancelled here.
        match Arc::clone(&self.places).acquire_owned().await {
            Ok(place) => Ok(Permit {
                _place: place,
                _counted: counted,
            }),
            // Nobody closes it.
            Err(_) => Err(Full),
        }
    }

    /// How many run, or have a place and are about to.
    pub(crate) fn running(&self) -> usize {
        self.split(self.inside.load(Ordering::Acquire)).0
    }

    /// How many wait.
    pub(crate) fn queued(&self) -> usize {
        self.split(self.inside.load(Ordering::Acquire)).1
    }

    /// One more inside, if there is room.
    fn count(&self) -> Option<Counted> {
        let more = |inside| {
            let (running, queued) = self.split(inside);
            match decide::enter(&self.config, running, queued) {
                Enter::Run | Enter::Queue => Some(inside + 1),
                Enter::Refuse => None,
            }
        };
        self.inside
            .fetch_update(Ordering::AcqRel, Ordering::Acquire, more)
            .ok()?;
        Some(Counted(Arc::clone(&self.inside)))
    }

    /// How many of those inside run, and how many wait.
    fn split(&self, inside: usize) -> (usize, usize) {
        let running = inside.min(self.config.loads);
        (running, inside - running)
    }
}

impl Drop for Counted {
    fn drop(&mut self) {
        self.0.fetch_sub(1, Ordering::AcqRel);
    }
}

#[cfg(test)]
mod tests {
    use std::future::Future;
    use std::pin::{Pin, pin};
    use std::sync::Mutex;
    use std::task::{Context, Poll, Waker};
    use std::time::Duration;

    use super::*;

    const LOADS: usize = 3;
    const QUEUE: usize = 4;

    fn polled<F: Future>(future: &mut Pin<&mut F>) -> Poll<F::Output> {
        future
            .as_mut()
            .poll(&mut Context::from_waker(Waker::noop()))
    }

    fn now(compartment: &Compartment) -> Option<Result<Permit, Full>> {
        match polled(&mut pin!(compartment.enter())) {
            Poll::Ready(entered) => Some(entered),
            Poll::Pending => None,
        }
    }

    fn counts(compartment: &Compartment) -> (usize, usize) {
        (compartment.running(), compartment.queued())
    }

    #[tokio::test]
    async fn who_finds_no_room_is_refused_at_once() {
        let compartment = Compartment::new(Bulkhead::new(2).queue(1));
        let one = now(&compartment).unwrap().unwrap();
        let two = now(&compartment).unwrap().unwrap();
        let mut three = pin!(compartment.enter());
        assert!(polled(&mut three).is_pending());
        assert_eq!(counts(&compartment), (2, 1));
        assert_eq!(now(&compartment).unwrap().unwrap_err(), Full);
        drop(one);
        // Three has the place, although it does not know yet.
        assert_eq!(counts(&compartment), (2, 0));
        let mut four = pin!(compartment.enter());
        assert!(polled(&mut four).is_pending(), "the place is three's");
        let three = three.await.unwrap();
        drop(two);
        let four = four.await.unwrap();
        drop((three, four));
        assert_eq!(counts(&compartment), (0, 0));
    }

    #[tokio::test]
    async fn without_a_queue_there_is_a_place_or_none() {
        let compartment = Compartment::new(Bulkhead::new(1).queue(0));
        for _ in 0..3 {
            let one = now(&compartment).unwrap().unwrap();
            assert_eq!(now(&compartment).unwrap().unwrap_err(), Full);
            drop(one);
        }
        assert_eq!(counts(&compartment), (0, 0));
    }

    #[tokio::test]
    async fn who_gives_up_leaves_its_place_in_the_queue_or_hands_its_turn_on() {
        let compartment = Compartment::new(Bulkhead::new(1).queue(2));
        let one = now(&compartment).unwrap().unwrap();
        {
            let mut two = pin!(compartment.enter());
            assert!(polled(&mut two).is_pending());
            assert_eq!(counts(&compartment), (1, 1));
        }
        assert_eq!(counts(&compartment), (1, 0), "gave up while it waited");
        let mut four = Box::pin(compartment.enter());
        {
            let mut three = pin!(compartment.enter());
            assert!(polled(&mut three).is_pending());
            assert!(polled(&mut four.as_mut()).is_pending());
            assert_eq!(now(&compartment).unwrap().unwrap_err(), Full);
            drop(one);
            assert_eq!(counts(&compartment), (1, 1));
        }
        // Three gave up with the place in its hand.
        assert_eq!(counts(&compartment), (1, 0));
        assert!(polled(&mut four.as_mut()).is_ready());
        assert_eq!(counts(&compartment), (0, 0));
        assert!(now(&compartment).unwrap().is_ok());
    }

    #[tokio::test]
    async fn they_run_in_the_order_in_which_they_came() {
        let compartment = Compartment::new(Bulkhead::new(1).queue(10));
        let first = now(&compartment).unwrap().unwrap();
        let order = Mutex::new(Vec::new());
        let run = async |number: usize| {
            let _permit = compartment.enter().await.unwrap();
            order.lock().unwrap().push(number);
            tokio::task::yield_now().await;
        };
        let release = async { drop(first) };
        tokio::join!(biased; run(0), run(1), run(2), run(3), release);
        assert_eq!(*order.lock().unwrap(), [0, 1, 2, 3]);
    }

    /// As many tasks enter, run, give up and leave at random; returns how many
    /// entered and how many were refused.
    async fn churn(tasks: usize) -> (usize, usize) {
        let compartment = Arc::new(Compartment::new(Bulkhead::new(LOADS).queue(QUEUE)));
        let running = Arc::new(AtomicUsize::new(0));
        let mut set = tokio::task::JoinSet::new();
        for task in 0..tasks as u64 {
            let (compartment, running) = (Arc::clone(&compartment), Arc::clone(&running));
            set.spawn(async move {
                let (mut entered, mut refused) = (0, 0);
                for round in 0..400_u64 {
                    let patience = Duration::from_micros((task * 7 + round) % 60);
                    let permit = tokio::time::timeout(patience, compartment.enter()).await;
                    assert!(compartment.queued() <= QUEUE && compartment.running() <= LOADS);
                    match permit {
                        Ok(Ok(_permit)) => {
                            assert!(running.fetch_add(1, Ordering::SeqCst) < LOADS, "too many");
                            entered += 1;
                            tokio::task::yield_now().await;
                            running.fetch_sub(1, Ordering::SeqCst);
                        }
                        Ok(Err(Full)) => refused += 1,
                        Err(_) => {}
                    }
                    tokio::task::yield_now().await;
                }
                (entered, refused)
            });
        }
        let ends = set.join_all().await;
        assert_eq!(counts(&compartment), (0, 0));
        // Every place is free again.
        let all: Vec<_> = (0..LOADS).map(|_| now(&compartment)).collect();
        assert!(all.iter().all(|entered| matches!(entered, Some(Ok(_)))));
        ends.iter()
            .fold((0, 0), |sum, end| (sum.0 + end.0, sum.1 + end.1))
    }

    #[tokio::test(flavor = "multi_thread", worker_threads = 4)]
    async fn the_bounds_hold_under_concurrency_and_nobody_is_refused_without_need() {
        let (entered, refused) = churn(4 * (LOADS + QUEUE)).await;
        assert!(entered > 0 && refused > 0, "{entered} {refused}");
        let (entered, refused) = churn(LOADS + QUEUE).await;
        assert!(entered > 0 && refused == 0, "{entered} {refused}");
    }

    /// Sees the counts when it is told that it has a place.
    struct Seeing {
        compartment: Arc<Compartment>,
        seen: Mutex<Vec<(usize, usize)>>,
    }

    impl std::task::Wake for Seeing {
        fn wake(self: Arc<Self>) {
            let counts = counts(&self.compartment);
            self.seen.lock().unwrap().push(counts);
        }
    }

    /// The other way round, somebody who comes in between would be let in and find
    /// no place.
    #[test]
    fn a_place_is_free_before_it_is_counted_as_free() {
        let compartment = Arc::new(Compartment::new(Bulkhead::new(1).queue(1)));
        let seeing = Arc::new(Seeing {
            compartment: Arc::clone(&compartment),
            seen: Mutex::default(),
        });
        let waker = Waker::from(Arc::clone(&seeing));
        let mut context = Context::from_waker(&waker);
        let one = now(&compartment).unwrap().unwrap();
        let mut two = Box::pin(compartment.enter());
        assert!(two.as_mut().poll(&mut context).is_pending());
        let mut three = pin!(compartment.enter());
        assert!(matches!(polled(&mut three), Poll::Ready(Err(Full))));
        drop(one);
        assert_eq!(*seeing.seen.lock().unwrap(), [(1, 1)], "it ends");
        // The same of one that gives up with the place in its hand.
        let mut four = Box::pin(compartment.enter());
        assert!(four.as_mut().poll(&mut context).is_pending());
        drop(two);
        assert_eq!(
            *seeing.seen.lock().unwrap(),
            [(1, 1), (1, 1)],
            "it gives up"
        );
        assert_eq!(counts(&compartment), (1, 0));
    }
}
