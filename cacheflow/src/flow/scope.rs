//! Forgetting at the commit of a transaction.

use std::fmt;
use std::future::Future;
use std::sync::Arc;

use super::{CacheFlow, Invalidation};
use crate::cache::flow_id;
use crate::error::{Error, Result};
use crate::event::Forgotten;
use crate::invalidation::Applied;
use crate::source::{Collected, collecting};

/// What a transaction makes old: collected while it is open, forgotten when it is
/// committed. Begun by [`CacheFlow::invalidation_scope`].
///
/// What was forgotten before the commit would be loaded again by somebody who cannot
/// see the change yet, and be kept. So nothing is forgotten until
/// [`commit`](Self::commit), to be called after that of the transaction; what is
/// [rolled back](Self::rollback), or dropped, is not forgotten at all.
///
/// ```
/// # #[tokio::main(flavor = "current_thread")] async fn main() -> Result<(), Box<dyn std::error::Error>> {
/// # use cacheflow::{Applied, Cache, CacheFlow};
/// # let flow = CacheFlow::builder().build().await?;
/// # let users: Cache<u64, String> = flow.cache("users").build()?;
/// # async fn rename(_: u64, _: &str) -> Result<(), std::io::Error> { Ok(()) }
/// let scope = flow.invalidation_scope();
/// // By name …
/// let later = scope.invalidate().tags(["org:3"]).send().await?;
/// assert_eq!(later, Applied::Deferred);
/// // … or whatever a piece of code forgets, attributed functions too.
/// scope
///     .run(async {
///         rename(7, "Ada").await?; // Inside of the transaction.
///         let _ = users.invalidate(&7).await?;
///         Ok::<_, Box<dyn std::error::Error>>(())
///     })
///     .await?;
/// // transaction.commit().await?;
/// assert_eq!(scope.commit().await?, Applied::Recorded);
/// # Ok(()) }
/// ```
///
/// With `sqlx`, the crate `cacheflow-sqlx` has a transaction that does this by itself.
///
/// Not promised: that a process that dies between the two commits still forgets. Where
/// that matters, a [write](crate::Cache::begin_write) holds its key from before the
/// transaction on.
#[must_use = "nothing is forgotten until `commit`"]
pub struct InvalidationScope {
    flow: CacheFlow,
    collected: Arc<Collected>,
    is_over: bool,
}

impl CacheFlow {
    /// Begins to collect what a transaction makes old: see [`InvalidationScope`].
    pub fn invalidation_scope(&self) -> InvalidationScope {
        InvalidationScope {
            collected: Arc::new(Collected::new(flow_id(self.standing()))),
            flow: self.clone(),
            is_over: false,
        }
    }
}

impl InvalidationScope {
    /// As [`CacheFlow::invalidate`]: what is [sent](Invalidation::send) is collected
    /// ([`Applied::Deferred`]). What is [local](Invalidation::local_only) is forgotten
    /// at once.
    pub fn invalidate(&self) -> Invalidation {
        self.flow
            .invalidate()
            .into_scope(Arc::clone(&self.collected))
    }

    /// Runs `work`, and collects all that it forgets of this flow: by caches, by
    /// attributes, by [`CacheFlow::invalidate`]. Tasks that it spawns are not a part of
    /// it.
    ///
    /// A value that `work` puts may never be committed: its key is collected in place
    /// of it. What it loads may not either: such a load shares nothing with others, and
    /// is kept nowhere. What the caches have is served all the same, as it was before
    /// the transaction; rows that this one has changed are to be read from the
    /// database.
    pub async fn run<F: Future>(&self, work: F) -> F::Output {
        collecting(Arc::clone(&self.collected), work).await
    }

    /// Forgets what was collected, as one change; to be called after the commit of the
    /// transaction. Inside of another scope's [`run`](Self::run) it goes to that.
    ///
    /// # Errors
    ///
    /// [`ErrorKind::Closed`](crate::ErrorKind) after the flow was shut down.
    ///
    /// # Cancellation
    ///
    /// Once polled, it runs to its end in the background.
    pub async fn commit(mut self) -> Result<Applied> {
        self.is_over = true;
        let forgotten = self.collected.take();
        self.flow.send_later(forgotten).await
    }

    /// The same without waiting for it: for whoever cannot, such as a `Drop`. After a
    /// shutdown nothing is forgotten, which is told in the log.
    pub fn commit_in_background(mut self) {
        self.is_over = true;
        let (flow, forgotten) = (self.flow.clone(), self.collected.take());
        if flow.is_closed() {
            tracing::warn!("the flow was shut down: what was committed is not forgotten");
            return;
        }
        let node = Arc::clone(flow.node());
        flow.in_background(async move {
            node.forget(forgotten).await;
        });
    }

    /// Forgets nothing: the transaction has changed nothing. The same as to drop the
    /// scope.
    pub fn rollback(self) {}
}

impl CacheFlow {
    /// Forgets what was put off.
    pub(super) async fn send_later(&self, forgotten: Forgotten) -> Result<Applied> {
        if self.is_closed() {
            return Err(Error::closed("invalidate"));
        }
        let node = Arc::clone(self.node());
        let outcome = self.to_the_end(async move { node.forget(forgotten).await });
        let outcome = outcome.await.ok_or_else(|| Error::closed("invalidate"))?;
        Ok(outcome.applied)
    }
}

impl Drop for InvalidationScope {
    fn drop(&mut self) {
        let Forgotten {
            keys,
            tags,
            patterns,
            caches,
            everything,
        } = self.collected.take();
        if self.is_over {
            return;
        }
        // How much and not what: keys may be secrets.
        tracing::debug!(
            keys = keys.len(),
            tags = tags.len(),
            patterns = patterns.len(),
            caches = caches.len(),
            everything,
            "a transaction was not committed, and what it collected is not forgotten"
        );
    }
}

impl fmt::Debug for InvalidationScope {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.debug_struct("InvalidationScope")
            .field("flow", &self.flow)
            .finish_non_exhaustive()
    }
}
