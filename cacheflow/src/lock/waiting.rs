//! Who waits for which lease, to be woken when it is given back.

use std::collections::HashMap;
use std::sync::atomic::{AtomicBool, Ordering};
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
            is_woken: AtomicBool::new(false),
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
    /// It was woken, and has not been told what came of that.
    is_woken: AtomicBool,
}

impl Waiter {
    /// Until the lease was given back.
    pub(crate) async fn released(&self) {
        self.notify.notified().await;
        self.is_woken.store(true, Ordering::Release);
    }

    /// The lease was tried in vain after all: another has it, whose return will wake
    /// somebody again.
    pub(crate) fn in_vain(&self) {
        self.is_woken.store(false, Ordering::Release);
    }
}

impl Drop for Waiter {
    fn drop(&mut self) {
        let mut names = self.waiting.names();
        // This one and the table's own.
        if Arc::strong_count(&self.notify) <= 2 {
            names.remove(&self.name);
        } else if self.is_woken.load(Ordering::Acquire) {
            // It was woken and does not look any more: the next one does. (A wake-up
            // that nobody waited for yet stays with the name.)
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
        one.released().await;
        drop(one);
        two.released().await;
        drop(two);
        assert!(waiting.names().is_empty());
    }

    #[tokio::test]
    async fn who_has_tried_in_vain_wakes_nobody() {
        let waiting = Arc::new(Waiting::default());
        let (one, two) = (waiting.wait("a"), waiting.wait("a"));
        waiting.released("a");
        one.released().await;
        one.in_vain();
        drop(one);
        let woken = tokio::time::timeout(std::time::Duration::ZERO, two.released());
        assert!(woken.await.is_err());
    }
}
