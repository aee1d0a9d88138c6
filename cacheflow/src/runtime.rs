//! Background tasks that end with the flow that started them.

use std::fmt;
use std::future::Future;
use std::sync::atomic::{AtomicBool, AtomicUsize, Ordering};
use std::sync::{Arc, Mutex, PoisonError};
use std::time::Duration;

use tokio::runtime::Handle;
use tokio::sync::{oneshot, watch};
use tokio::task::{JoinHandle, JoinSet};
use tracing::Instrument;

/// The background tasks of one flow; dropping the set aborts them.
pub(crate) struct Tasks {
    runtime: Handle,
    set: Mutex<JoinSet<()>>,
    lost_one: AtomicBool,
}

impl Tasks {
    /// A set whose tasks run on `runtime`.
    pub(crate) fn on(runtime: Handle) -> Self {
        Self {
            runtime,
            set: Mutex::new(JoinSet::new()),
            lost_one: AtomicBool::new(false),
        }
    }

    /// Starts a task that is aborted when the set is dropped.
    pub(crate) fn spawn(&self, task: impl Future<Output = ()> + Send + 'static) {
        let mut set = self.set.lock().unwrap_or_else(PoisonError::into_inner);
        set.spawn_on(task, &self.runtime);
    }

    /// Whether one has ended that was not aborted: none of them comes to an end, so it has
    /// panicked, and nobody does its work any more.
    pub(crate) fn has_lost_one(&self) -> bool {
        let mut set = self.set.lock().unwrap_or_else(PoisonError::into_inner);
        while let Some(ended) = set.try_join_next() {
            if !ended.is_err_and(|error| error.is_cancelled()) {
                self.lost_one.store(true, Ordering::Release);
            }
        }
        self.lost_one.load(Ordering::Acquire)
    }

    /// Aborts every task.
    pub(crate) fn abort_all(&self) {
        let mut set = self.set.lock().unwrap_or_else(PoisonError::into_inner);
        set.abort_all();
    }
}

impl fmt::Debug for Tasks {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.debug_struct("Tasks").finish_non_exhaustive()
    }
}

/// Work that goes on without its caller: loads, refreshes, what is given back. It
/// ends with the flow that it belongs to.
#[derive(Clone)]
pub(crate) struct Background {
    under_way: Arc<UnderWay>,
    ended: watch::Receiver<bool>,
}

/// The end of all [`Background`] work of a flow, when it is told or dropped.
pub(crate) struct End(watch::Sender<bool>);

impl Background {
    pub(crate) fn new() -> (Self, End) {
        let (end, ended) = watch::channel(false);
        let background = Self {
            under_way: Arc::default(),
            ended,
        };
        (background, End(end))
    }

    /// Starts `work` on the runtime of the caller; gives it back if there is none, or
    /// the flow has ended. The task's outcome is `None` if the flow ends before it.
    pub(crate) fn spawn<F>(&self, work: F) -> Result<JoinHandle<Option<F::Output>>, F>
    where
        F: Future<Output: Send + 'static> + Send + 'static,
    {
        let Ok(runtime) = Handle::try_current() else {
            return Err(work);
        };
        let ended = self.ended();
        if ended.is_now() {
            return Err(work);
        }
        Ok(self.start(&runtime, async move { ended.wait().await }, work))
    }

    /// As [`spawn`](Self::spawn), for work that somebody waits for: the end of the flow
    /// does not end it before `gone` tells that nobody does.
    pub(crate) fn spawn_for<F>(
        &self,
        gone: oneshot::Receiver<()>,
        work: F,
    ) -> Result<JoinHandle<Option<F::Output>>, F>
    where
        F: Future<Output: Send + 'static> + Send + 'static,
    {
        let Ok(runtime) = Handle::try_current() else {
            return Err(work);
        };
        let ended = self.ended();
        let nobody_waits = async move {
            ended.wait().await;
            // Nothing is sent: its sender is dropped.
            let _ = gone.await;
        };
        Ok(self.start(&runtime, nobody_waits, work))
    }

    /// Starts what mostly waits: nobody who ends the flow waits for it. Without a
    /// runtime it is not started.
    pub(crate) fn spawn_idle(&self, work: impl Future<Output = ()> + Send + 'static) {
        if let Ok(runtime) = Handle::try_current() {
            let ended = self.ended();
            runtime.spawn(until(async move { ended.wait().await }, work));
        }
    }

    /// Starts `work`, counted, until `end`.
    fn start<F>(
        &self,
        runtime: &Handle,
        end: impl Future<Output = ()> + Send + 'static,
        work: F,
    ) -> JoinHandle<Option<F::Output>>
    where
        F: Future<Output: Send + 'static> + Send + 'static,
    {
        let begun = UnderWay::begin(&self.under_way);
        let work = async move {
            let _begun = begun;
            until(end, work).await
        };
        runtime.spawn(work.in_current_span())
    }

    /// The end of the flow.
    pub(crate) fn ended(&self) -> Ended {
        Ended(self.ended.clone())
    }

    /// How many are under way.
    pub(crate) fn under_way(&self) -> usize {
        self.under_way.count()
    }
}

/// Tells when a flow has ended.
#[derive(Clone)]
pub(crate) struct Ended(watch::Receiver<bool>);

impl Ended {
    pub(crate) fn is_now(&self) -> bool {
        *self.0.borrow()
    }

    pub(crate) async fn wait(&self) {
        // Told, or gone with all that could tell it.
        let _ = self.0.clone().wait_for(|ended| *ended).await;
    }
}

/// Does `work` until `end`.
async fn until<T>(end: impl Future<Output = ()>, work: impl Future<Output = T>) -> Option<T> {
    tokio::select! {
        // Polled once in any case: whoever leads a flight sees to its end.
        biased;
        outcome = work => Some(outcome),
        () = end => None,
    }
}

impl End {
    /// Whatever is still under way is dropped.
    pub(crate) fn tell(&self) {
        self.0.send_replace(true);
    }
}

/// Counts what has begun and not ended.
#[derive(Debug, Default)]
pub(crate) struct UnderWay(AtomicUsize);

/// One of them; ends when it is dropped.
#[derive(Debug)]
pub(crate) struct Begun(Arc<UnderWay>);

impl UnderWay {
    pub(crate) fn begin(under_way: &Arc<Self>) -> Begun {
        under_way.0.fetch_add(1, Ordering::AcqRel);
        Begun(Arc::clone(under_way))
    }

    pub(crate) fn count(&self) -> usize {
        self.0.load(Ordering::Acquire)
    }
}

impl Drop for Begun {
    fn drop(&mut self) {
        self.0.0.fetch_sub(1, Ordering::AcqRel);
    }
}

/// A pause of about `base`: between half of it and one and a half, so that
/// many nodes that lost the same server do not come back in the same instant.
pub(crate) fn jittered(base: Duration) -> Duration {
    base.mul_f64(0.5 + draw())
}

/// A number drawn at random from 0 (inclusive) to 1 (exclusive).
pub(crate) fn draw() -> f64 {
    (random() >> 11) as f64 / (1_u64 << 53) as f64
}

/// Bits drawn at random; no secret.
pub(crate) fn random() -> u64 {
    use std::hash::BuildHasher;
    // The seeds of a random state are drawn afresh for each instance.
    foldhash::fast::RandomState::default().hash_one(0_u8)
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn jitter_stays_within_half_and_one_and_a_half_and_varies() {
        let base = Duration::from_millis(100);
        let draws: Vec<_> = (0..64).map(|_| jittered(base)).collect();
        assert!(
            draws
                .iter()
                .all(|d| *d >= base / 2 && *d <= base.mul_f64(1.5))
        );
        assert!(draws.iter().any(|d| *d != draws[0]));
    }

    #[tokio::test]
    async fn what_is_in_the_background_ends_with_its_flow_and_is_counted() {
        let (background, end) = Background::new();
        let task = background.spawn(std::future::pending::<()>()).ok().unwrap();
        assert_eq!(background.under_way(), 1);
        let other = background.spawn(async { 7 }).ok().unwrap();
        assert_eq!(other.await.unwrap(), Some(7));
        end.tell();
        assert_eq!(task.await.unwrap(), None);
        assert_eq!(background.under_way(), 0);
        assert!(background.spawn(async {}).is_err());
    }

    #[tokio::test]
    async fn what_somebody_waits_for_ends_with_the_flow_and_who_waits() {
        let (background, end) = Background::new();
        let (waits, gone) = oneshot::channel();
        let (done, end_of_work) = oneshot::channel::<u8>();
        let task = background.spawn_for(gone, end_of_work).ok().unwrap();
        end.tell();
        tokio::task::yield_now().await;
        done.send(7).unwrap();
        assert_eq!(task.await.unwrap(), Some(Ok(7)));
        drop(waits);

        let (waits, gone) = oneshot::channel();
        let hung = std::future::pending::<()>();
        let task = background.spawn_for(gone, hung).ok().unwrap();
        drop(waits);
        assert_eq!(task.await.unwrap(), None);
    }

    #[tokio::test]
    async fn what_is_in_the_background_ends_when_its_flow_is_dropped() {
        let (background, end) = Background::new();
        let task = background.spawn(std::future::pending::<()>()).ok().unwrap();
        drop(end);
        assert_eq!(task.await.unwrap(), None);
    }

    #[test]
    fn without_a_runtime_the_work_is_given_back() {
        assert!(Background::new().0.spawn(async {}).is_err());
    }

    #[tokio::test]
    async fn tasks_end_with_the_set() {
        let (held, mut dropped) = tokio::sync::oneshot::channel::<()>();
        let tasks = Tasks::on(Handle::current());
        tasks.spawn(async move {
            let _held = held;
            std::future::pending::<()>().await;
        });
        tokio::task::yield_now().await;
        assert!(dropped.try_recv().is_err());
        drop(tasks);
        assert!(dropped.await.is_err());
    }
}
