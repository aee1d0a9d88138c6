//! Background tasks that end with the flow that started them.

use std::fmt;
use std::future::Future;
use std::sync::{Mutex, PoisonError};
use tokio::runtime::Handle;
use tokio::task::JoinSet;

/// The background tasks of one flow; dropping the set aborts them.
pub(crate) struct Tasks {
    runtime: Handle,
    set: Mutex<JoinSet<()>>,
}

impl Tasks {
    /// A set whose tasks run on `runtime`.
    pub(crate) fn on(runtime: Handle) -> Self {
        Self {
            runtime,
            set: Mutex::new(JoinSet::new()),
        }
    }

    /// Starts a task that is aborted when the set is dropped.
    pub(crate) fn spawn(&self, task: impl Future<Output = ()> + Send + 'static) {
        let mut set = self.set.lock().unwrap_or_else(PoisonError::into_inner);
        set.spawn_on(task, &self.runtime);
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

/// A pause of about `base`: between half of it and one and a half, so that
/// many nodes that lost the same server do not come back in the same instant.
pub(crate) fn jittered(base: std::time::Duration) -> std::time::Duration {
    use std::hash::BuildHasher;
    // The seeds of a random state are drawn afresh for each instance.
    let draw = foldhash::fast::RandomState::default().hash_one(0_u8);
    let share = 0.5 + (draw >> 11) as f64 / (1_u64 << 53) as f64;
    base.mul_f64(share)
}

#[cfg(test)]
mod tests {
    use super::*;
    use std::time::Duration;

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
