//! Who waits for which lease, to be woken when it is given back.

use std::collections::HashMap;
use std::sync::{Arc, Mutex, MutexGuard, PoisonError};

use tokio::sync::Notify;

/// Those on this node who wait for leases.
#[derive(Debug, Default)]
pub(crate) struct Waiting(Mutex<HashMap<String, Arc<Notify>>>);

impl Waiting {
    /// Waits for `name` from here on: to be called before the lease is tried, so
    /// that its return in between is not missed.
    pub(crate) fn wait(self: &Arc<Self>, name: &str) -> Waiter {
        let mut names = self.names();
        let notify = Arc::clone(names.entry(name.to_owned()).or_default());
        Waiter {
            waiting: Arc::clone(self),
            name: name.to_owned(),
            notify,
        }
    }

    /// Wakes one that waits for `name`; it has to see for itself, and wakes the
    /// next by giving the lease back.
    pub(crate) fn released(&self, name: &str) {
        if let Some(notify) = self.names().get(name) {
            notify.notify_one();
        }
    }

    fn names(&self) -> MutexGuard<'_, HashMap<String, Arc<Notify>>> {
        self.0.lock().unwrap_or_else(PoisonError::into_inner)
    }
}

/// One that waits; see [`Waiting::wait`].
#[derive(Debug)]
pub(crate) struct Waiter {
    waiting: Arc<Waiting>,
    name: String,
    notify: Arc<Notify>,
}

impl Waiter {
    /// Until the lease was given back, or others gave up waiting for it.
    ///
    /// # Cancellation
    ///
    /// A wake-up that was not waited for goes to the next.
    pub(crate) async fn released(&self) {
        self.notify.notified().await;
    }
}

impl Drop for Waiter {
    fn drop(&mut self) {
        let mut names = self.waiting.names();
        // This one and the table's own.
        if Arc::strong_count(&self.notify) <= 2 {
            names.remove(&self.name);
        } else {
            // It may have been woken and not have looked: whoever else waits looks.
            self.notify.notify_one();
        }
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[tokio::test]
    async fn a_return_between_the_begin_and_the_wait_is_not_missed() {
        let waiting = Arc::new(Waiting::default());
        let waiter = waiting.wait("a");
        waiting.released("a");
        waiting.released("b");
        waiter.released().await;
    }

    #[tokio::test]
    async fn who_leaves_wakes_the_next_and_the_last_leaves_nothing_behind() {
        let waiting = Arc::new(Waiting::default());
        let (one, two) = (waiting.wait("a"), waiting.wait("a"));
        waiting.released("a");
        drop(one);
        two.released().await;
        drop(two);
        assert!(waiting.names().is_empty());
    }
}
