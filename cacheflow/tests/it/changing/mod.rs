//! Functions that change their source, and what is kept of it.

mod evicting;
mod leaving;
mod names;
mod putting;
mod races;
mod stacked;
mod updating;

use cacheflow::{Cache, CacheFlow, cached};
use tokio::sync::oneshot;

use crate::support::Fault;

/// What most of the tests change: of `id` it is kept that it is 10 times that.
#[cached(cache = "numbers", key = "{id}", flow = flow)]
pub(crate) async fn number(flow: &CacheFlow, id: u64) -> Result<u64, Fault> {
    Ok(id * 10)
}

/// Another function with a cache of its own.
#[cached(cache = "squares", key = "{id}", flow = flow)]
pub(crate) async fn square(flow: &CacheFlow, id: u64) -> u64 {
    id * id
}

/// What is kept of `number` for these: loaded before.
pub(crate) async fn filled(flow: &CacheFlow, ids: impl IntoIterator<Item = u64>) {
    for id in ids {
        number(flow, id).await.unwrap();
        square(flow, id).await;
    }
}

/// Which of these `number` has in memory.
pub(crate) fn kept(flow: &CacheFlow, ids: impl IntoIterator<Item = u64>) -> Vec<u64> {
    let ids = ids.into_iter();
    ids.filter(|id| number::peek(flow, *id).is_some()).collect()
}

pub(crate) fn numbers(flow: &CacheFlow) -> Cache<u64, u64> {
    flow.cache("numbers").build().unwrap()
}

/// What a body waits for: it has committed, and its caller decides what becomes of it.
pub(crate) struct Held {
    pub(crate) committed: oneshot::Sender<()>,
    pub(crate) go: oneshot::Receiver<()>,
}

impl Held {
    pub(crate) fn new() -> (Self, oneshot::Receiver<()>, oneshot::Sender<()>) {
        let ((committed, has_committed), (go, gone)) = (oneshot::channel(), oneshot::channel());
        let held = Self {
            committed,
            go: gone,
        };
        (held, has_committed, go)
    }

    /// Tells that the change is committed, and waits.
    pub(crate) async fn here(self) {
        self.committed.send(()).unwrap();
        self.go.await.unwrap();
    }
}
