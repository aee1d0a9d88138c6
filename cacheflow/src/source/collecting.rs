//! What is to be forgotten when a transaction is committed.

use std::future::Future;
use std::sync::{Arc, Mutex, MutexGuard, PoisonError};

use crate::event::Forgotten;

tokio::task_local! {
    static COLLECTING: Arc<Collected>;
}

/// What a scope has collected, of one flow.
#[derive(Debug)]
pub(crate) struct Collected {
    /// Tells one flow from another.
    flow: usize,
    forgotten: Mutex<Forgotten>,
}

impl Collected {
    pub(crate) fn new(flow: usize) -> Self {
        Self {
            flow,
            forgotten: Mutex::default(),
        }
    }

    pub(crate) fn add(&self, forgotten: Forgotten) {
        self.forgotten().add(forgotten);
    }

    /// Takes all of it out.
    pub(crate) fn take(&self) -> Forgotten {
        std::mem::take(&mut *self.forgotten())
    }

    fn forgotten(&self) -> MutexGuard<'_, Forgotten> {
        self.forgotten
            .lock()
            .unwrap_or_else(PoisonError::into_inner)
    }
}

/// Runs `work` so that what it forgets is collected.
pub(crate) fn collecting<F: Future>(
    into: Arc<Collected>,
    work: F,
) -> impl Future<Output = F::Output> {
    COLLECTING.scope(into, work)
}

/// Where the present task collects what it forgets in this flow; nowhere, usually.
pub(crate) fn collected(flow: usize) -> Option<Arc<Collected>> {
    let collected = COLLECTING.try_with(Arc::clone).ok()?;
    (collected.flow == flow).then_some(collected)
}

/// Whether it does so.
pub(crate) fn is_collecting(flow: usize) -> bool {
    COLLECTING.try_with(|it| it.flow == flow).unwrap_or(false)
}

/// `work` for another task, in which it collects as it would in this one.
pub(crate) fn carried<F: Future>(work: F) -> impl Future<Output = F::Output> {
    let into = COLLECTING.try_with(Arc::clone).ok();
    async move {
        match into {
            Some(into) => collecting(into, work).await,
            None => work.await,
        }
    }
}
