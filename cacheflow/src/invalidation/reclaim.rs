//! Removing from the shared store what open records have forgotten.

use std::collections::VecDeque;
use std::convert::Infallible;
use std::sync::{Arc, Mutex, MutexGuard, PoisonError};
use std::time::Duration;

use tokio::sync::Notify;

use super::Node;
use crate::error::Result;
use crate::event::{Change, Event, Forgotten, Record};
use crate::key::FullKey;
use crate::runtime::jittered;
use crate::store::{Guarded, Reclaimed};

/// How often a node looks for records that their own node has left open.
const LOOK: Duration = Duration::from_secs(1);

/// A record that is open for so long has been left: its node is away. Several
/// nodes may take it over, which does no harm.
const LEFT: Duration = Duration::from_secs(30);

/// The pause after a failure.
const PAUSE: Duration = Duration::from_millis(200);

/// Open records whose values this node is to remove.
#[derive(Debug, Default)]
pub(crate) struct Reclaiming {
    queue: Mutex<VecDeque<Record>>,
    added: Notify,
}

impl Reclaiming {
    pub(super) fn add(&self, record: Record) {
        self.queue().push_back(record);
        self.added.notify_one();
    }

    /// The next record; it stays in the queue until it is [taken
    /// out](Self::remove).
    fn next(&self) -> Option<Record> {
        self.queue().front().cloned()
    }

    fn remove(&self, record: &Record) {
        self.queue()
            .retain(|other| other.position != record.position);
    }

    fn queue(&self) -> MutexGuard<'_, VecDeque<Record>> {
        self.queue.lock().unwrap_or_else(PoisonError::into_inner)
    }
}

impl Node {
    /// Runs as long as the flow: removes what open records have left behind.
    pub(crate) async fn reclaim_forever(&self, shared: &Guarded) -> Infallible {
        loop {
            while let Some(record) = self.reclaiming.next() {
                // Done by somebody else, or lost with a journal.
                let open = self.standing.is_open_record(record.position.number);
                if open && let Err(error) = self.reclaim(shared, &record).await {
                    tracing::debug!(%error, "what was forgotten is removed later");
                    tokio::time::sleep(jittered(PAUSE)).await;
                    continue;
                }
                self.reclaiming.remove(&record);
            }
            let added = self.reclaiming.added.notified();
            if tokio::time::timeout(jittered(LOOK), added).await.is_err() {
                self.take_over_what_was_left();
            }
        }
    }

    /// A writer that died between a record and its removals leaves values behind
    /// that nobody takes for hits, and a window that cannot let go of the record.
    fn take_over_what_was_left(&self) {
        for (record, age) in self.standing.open_records() {
            let left = match &record.change {
                // Its writer has time until the hold ends by itself.
                Change::Held { ttl, .. } => age > *ttl + LEFT,
                _ => age > LEFT,
            };
            if left {
                self.reclaiming.add(record);
            }
        }
    }

    async fn reclaim(&self, shared: &Guarded, record: &Record) -> Result<()> {
        let mut removed = 0;
        let mut cursor = Some(String::new());
        while let Some(from) = cursor {
            let step: Reclaimed = shared.reclaim(record, &from).await?;
            removed += step.removed;
            cursor = step.next;
            if !step.dependents.is_empty() {
                self.forget_more(shared, step.dependents).await?;
            }
            // Between two steps others have their turn, here and in the store.
            tokio::task::yield_now().await;
        }
        self.done(shared, record.position.number).await?;
        if let Change::Forgotten(forgotten) = &record.change {
            let forgotten = Arc::new(forgotten.clone());
            self.events.tell(|| Event::Reclaimed { forgotten, removed });
        }
        Ok(())
    }

    /// What was removed takes along what was declared to depend on it.
    async fn forget_more(&self, shared: &Guarded, dependents: Vec<FullKey>) -> Result<()> {
        let change = Change::Forgotten(Forgotten::keys(dependents));
        let recorded = shared.record(&change, self.standing.position()).await?;
        self.recorded(recorded, || ());
        Ok(())
    }
}
