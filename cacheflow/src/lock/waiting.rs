//! Who waits for which lease, to be woken when it is given back.

use std::collections::HashMap;
use std::sync::{Arc, Mutex, MutexGuard, PoisonError};

use tokio::sync::watch;

/// Those on this node who wait for leases.
#[derive(Debug, Default)]
pub(crate) struct Waiting(Mutex<HashMap<String, watch::Sender<()>>>);

impl Waiting {
    /// Waits for `name` from here on: to be called before the lease is tried, so
    /// that its return in between is not missed.
    pub(crate) fn wait(self: &Arc<Self>, name: &str) -> Waiter {
        let told = self.names().entry(name.to_owned()).or_default().subscribe();
        Waiter {
            waiting: Arc::clone(self),
            name: name.to_owned(),
            told,
        }
    }

    /// Wakes all that wait for `name`, each once: they have to see for themselves, and
    /// who asks in vain is told of the next return.
    pub(crate) fn released(&self, name: &str) {
        if let Some(told) = self.names().get(name) {
            told.send_replace(());
        }
    }

    fn names(&self) -> MutexGuard<'_, HashMap<String, watch::Sender<()>>> {
        self.0.lock().unwrap_or_else(PoisonError::into_inner)
    }
}

/// One that waits; see [`Waiting::wait`].
#[derive(Debug)]
pub(crate) struct Waiter {
    waiting: Arc<Waiting>,
    name: String,
    told: watch::Receiver<()>,
}

impl Waiter {
    /// Until the lease was given back, since this was called last.
    pub(crate) async fn released(&mut self) {
        // An error would say that nobody can tell it any more: the table forgets a
        // name with its last waiter, and not before.
        let _ = self.told.changed().await;
    }
}

impl Drop for Waiter {
    fn drop(&mut self) {
        let mut names = self.waiting.names();
        let is_last = |told: &watch::Sender<()>| told.receiver_count() <= 1;
        if names.get(&self.name).is_some_and(is_last) {
            names.remove(&self.name);
        }
    }
}

#[cfg(test)]
mod tests {
    use std::time::Duration;

    use super::*;

    #[tokio::test]
    async fn a_return_between_the_begin_and_the_wait_is_not_missed() {
        let waiting = Arc::new(Waiting::default());
        let mut waiter = waiting.wait("a");
        waiting.released("a");
        waiting.released("b");
        waiter.released().await;
    }

    #[tokio::test]
    async fn all_are_woken_once_and_the_last_leaves_nothing_behind() {
        let waiting = Arc::new(Waiting::default());
        let (one, mut two) = (waiting.wait("a"), waiting.wait("a"));
        waiting.released("a");
        drop(one);
        two.released().await;
        drop(waiting.wait("a"));
        let told = tokio::time::timeout(Duration::from_millis(1), two.released());
        assert!(told.await.is_err(), "who leaves tells nobody");
        drop(two);
        assert!(waiting.names().is_empty());
    }
}
