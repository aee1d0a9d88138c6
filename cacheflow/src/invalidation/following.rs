//! Caches that were touched by what others forgot, until the shared store forgets
//! them as well.
//!
//! On every node that goes by a cache's patterns nobody believes its old values any
//! more when the record that touched it is applied (`standing/watches.rs`). The
//! record that follows is for the rest: it has the old values removed, and tells
//! nodes that know of the cache, but not of its patterns.

use std::collections::BTreeMap;
use std::convert::Infallible;
use std::sync::{Mutex, MutexGuard, PoisonError};
use std::time::Duration;

use tokio::sync::Notify;

use super::Node;
use crate::event::Forgotten;
use crate::key::CacheName;
use crate::runtime::jittered;

/// Every node that has the cache is about to make the same record: each waits about
/// so long, and the first to wake spares the others.
const STAGGER: Duration = Duration::from_millis(10);

/// The pause between two such records of one node: to remove a cache costs a look at
/// every name in the store.
const PAUSE: Duration = Duration::from_secs(1);

/// Touched caches with the last record that touched them.
#[derive(Debug, Default)]
pub(crate) struct Following {
    touched: Mutex<BTreeMap<CacheName, u64>>,
    added: Notify,
}

impl Following {
    pub(super) fn add(&self, caches: Vec<CacheName>, number: u64) {
        let mut touched = self.touched();
        for cache in caches {
            let last = touched.entry(cache).or_default();
            *last = number.max(*last);
        }
        drop(touched);
        self.added.notify_one();
    }

    fn take(&self) -> BTreeMap<CacheName, u64> {
        std::mem::take(&mut *self.touched())
    }

    fn touched(&self) -> MutexGuard<'_, BTreeMap<CacheName, u64>> {
        self.touched.lock().unwrap_or_else(PoisonError::into_inner)
    }
}

impl Node {
    /// Runs as long as the flow: has the shared store forget what was touched.
    pub(crate) async fn follow_forever(&self) -> Infallible {
        loop {
            self.following.added.notified().await;
            tokio::time::sleep(jittered(STAGGER)).await;
            let touched = self.following.take().into_iter();
            let left = touched.filter(|(cache, by)| !self.standing.has_named(cache, *by));
            let caches: Vec<_> = left.map(|(cache, _)| cache).collect();
            if caches.is_empty() {
                continue;
            }
            let forgotten = Forgotten {
                caches,
                ..Forgotten::default()
            };
            // If the store is away, it waits in the outbox like any other.
            let outcome = self.forget(forgotten).await;
            let number = outcome.position.map(|position| position.number);
            loop {
                tokio::time::sleep(jittered(PAUSE)).await;
                // A removal that takes longer is not to be overtaken by the next.
                if !number.is_some_and(|number| self.standing.is_open_record(number)) {
                    break;
                }
            }
        }
    }
}
