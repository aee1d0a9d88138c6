//! The cache of an attributed function, whatever its values are.

use std::fmt;
use std::sync::Arc;

use super::{CacheValue, Core};
use crate::error::Result;
use crate::event::CacheStats;
use crate::flow::CacheFlow;
use crate::invalidation::Applied;

/// The cache in which an attributed function's results are kept: what
/// `find_user::cache()` gives.
///
/// ```
/// # #[cfg(feature = "macros")] mod example {
/// use cacheflow::cached;
///
/// #[cached(cache = "squares")]
/// async fn square(n: u64) -> u64 {
///     n * n
/// }
///
/// pub async fn run() -> cacheflow::Result<()> {
///     assert_eq!(square(7).await, 49);
///     let cache = square::cache()?;
///     assert_eq!(cache.name(), "squares");
///     assert_eq!(cache.stats().entries, 1);
///     let _ = cache.clear().await?;
///     assert!(square::peek(7).is_none());
///     Ok(())
/// }
/// # }
/// # #[cfg(feature = "macros")] #[tokio::main(flavor = "current_thread")] async fn main() { example::run().await.unwrap() }
/// # #[cfg(not(feature = "macros"))] fn main() {}
/// ```
///
/// Functions that share a name share the cache.
#[derive(Clone)]
pub struct FunctionCache {
    flow: CacheFlow,
    core: Arc<dyn AnyCore>,
}

trait AnyCore: Send + Sync {
    fn name(&self) -> &str;
    fn stats(&self) -> CacheStats;
    fn under_way(&self) -> usize;
}

impl<V: CacheValue> AnyCore for Core<V> {
    fn name(&self) -> &str {
        self.name.as_str()
    }

    fn stats(&self) -> CacheStats {
        self.stats()
    }

    fn under_way(&self) -> usize {
        self.under_way()
    }
}

impl FunctionCache {
    pub(crate) fn new<V: CacheValue>(core: Arc<Core<V>>, flow: CacheFlow) -> Self {
        Self { flow, core }
    }

    /// The cache's name: the one that the attribute gives, or the function's path.
    #[must_use]
    pub fn name(&self) -> &str {
        self.core.name()
    }

    /// What the cache has done on this node.
    #[must_use]
    pub fn stats(&self) -> CacheStats {
        self.core.stats()
    }

    /// How many keys are being loaded, read or put at this moment.
    #[must_use]
    pub fn under_way(&self) -> usize {
        self.core.under_way()
    }

    /// Forgets everything of this cache on every node: as
    /// [`Cache::clear`](crate::Cache::clear).
    ///
    /// # Errors
    ///
    /// [`ErrorKind::Closed`](crate::ErrorKind::Closed) after a shutdown.
    ///
    /// # Cancellation
    ///
    /// Once polled, it runs to its end in the background.
    pub async fn clear(&self) -> Result<Applied> {
        self.flow.invalidate().cache(self.name()).send().await
    }
}

impl fmt::Debug for FunctionCache {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.debug_struct("FunctionCache")
            .field("name", &self.name())
            .finish_non_exhaustive()
    }
}
