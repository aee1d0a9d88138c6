//! Strict writes: a key that nothing is kept of while it is changed.

use std::fmt;
use std::sync::Arc;
use std::time::Duration;

use crate::error::{Error, Result};
use crate::event::Position;
use crate::flow::CacheFlow;
use crate::invalidation::{Applied, Node};
use crate::key::FullKey;

/// A write under way: made by [`Cache::begin_write`](crate::Cache::begin_write).
///
/// Dropped without [`Write::finish`], because the transaction failed or its
/// caller was cancelled, it ends in the background in the same way.
#[must_use = "a write ends when it is dropped"]
pub struct Write(Option<Held>);

struct Held {
    flow: CacheFlow,
    node: Arc<Node>,
    key: FullKey,
    begun: Applied,
    position: Option<Position>,
}

impl Write {
    pub(super) async fn begin(
        flow: CacheFlow,
        node: Arc<Node>,
        key: FullKey,
        timeout: Duration,
    ) -> Result<Self> {
        let task = {
            let (flow, node) = (flow.clone(), Arc::clone(&node));
            async move {
                let outcome = node.hold(&key, timeout).await;
                // Given back whole: a caller that was cancelled drops it here.
                Self(Some(Held {
                    flow,
                    node,
                    key,
                    begun: outcome.applied,
                    position: outcome.position,
                }))
            }
        };
        let write = flow.to_the_end(task).await;
        write.ok_or_else(|| Error::closed("begin_write"))
    }

    /// How far it is known. [`Applied::Local`]: the shared store could not be told,
    /// so a node may keep a value that it loads meanwhile, for as long as its
    /// memory is not behind a closed gate; the end of the write forgets it.
    #[must_use = "a write that is only local holds nobody else"]
    pub fn begun(&self) -> Applied {
        self.0.as_ref().map_or(Applied::Local, |held| held.begun)
    }

    /// Ends the write: everything older is forgotten, and from here on the key
    /// can be kept again. To be called after the commit.
    ///
    /// # Errors
    ///
    /// [`ErrorKind::Closed`](crate::ErrorKind) if the flow was shut down before
    /// it could be told.
    ///
    /// # Cancellation
    ///
    /// It goes on to its end.
    pub async fn finish(mut self) -> Result<Applied> {
        let held = self.0.take();
        let Some(held) = held else {
            return Err(Error::closed("finish"));
        };
        let flow = held.flow.clone();
        let applied = flow.to_the_end(held.end()).await;
        applied.ok_or_else(|| Error::closed("finish"))
    }
}

impl Held {
    async fn end(self) -> Applied {
        self.node.release(&self.key, self.position).await.applied
    }
}

impl Drop for Write {
    fn drop(&mut self) {
        if let Some(held) = self.0.take() {
            let flow = held.flow.clone();
            flow.in_background(async move {
                let _ = held.end().await;
            });
        }
    }
}

impl fmt::Debug for Write {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        let key = self.0.as_ref().map(|held| &held.key);
        f.debug_struct("Write")
            .field("key", &key)
            .finish_non_exhaustive()
    }
}
