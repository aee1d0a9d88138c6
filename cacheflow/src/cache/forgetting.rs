//! What else forgets a cache: options of its builder.

use super::{CacheBuilder, CacheValue};
use crate::config::CacheConfig;
use crate::error::{Error, ErrorKind, Result};
use crate::key::{CacheName, Pattern};

impl<K, V: CacheValue> CacheBuilder<K, V> {
    /// Forgets the whole cache whenever something is forgotten, put or about to be
    /// written that one of these [patterns](Pattern) matches: a key `{cache}:{key}`, a
    /// tag, a pattern that can match the same as one of these, a cache. At most 64, of
    /// 1 to 512 bytes each.
    ///
    /// For what depends on so much that nobody could name it key by key, such as
    /// permissions that go by users and roles. What is forgotten of the cache itself
    /// does not count. Caches that go by this one are forgotten too.
    ///
    /// The same on every node that has the cache: on this one when the invalidation
    /// returns, on others when they hear of it. A node that builds it only later reads
    /// of what lies in the shared store from before what the last thousand records of
    /// the journal have not touched. What that holds is removed
    /// in the background, for which one node at a time sweeps it, at most about once a
    /// second; the cache is dropped once more then.
    ///
    /// ```
    /// # #[tokio::main(flavor = "current_thread")] async fn main() -> Result<(), Box<dyn std::error::Error>> {
    /// # use cacheflow::{Cache, CacheFlow};
    /// let flow = CacheFlow::builder().build().await?;
    /// let permissions: Cache<u64, Vec<String>> = flow
    ///     .cache("permissions")
    ///     .invalidation_patterns(["user:*", "role:*"])
    ///     .build()?;
    /// let _ = permissions.put(&7, vec!["read".into()]).await?;
    ///
    /// let _ = flow.invalidate().tags(["role:admin"]).send().await?;
    /// assert!(permissions.get(&7).await.is_none());
    /// # Ok(()) }
    /// ```
    pub fn invalidation_patterns<T: Into<String>>(
        self,
        patterns: impl IntoIterator<Item = T>,
    ) -> Self {
        let patterns: Vec<String> = patterns.into_iter().map(Into::into).collect();
        self.set(move |config| config.invalidation_patterns.clone_from(&patterns))
    }

    /// Has this node look out for what the cache is forgotten with.
    pub(super) fn watch(&self, name: &CacheName, config: &CacheConfig) -> Result<()> {
        let patterns = config.invalidation_patterns.iter();
        let patterns: Result<Vec<_>, _> = patterns.map(|pattern| Pattern::new(pattern)).collect();
        let patterns =
            patterns.map_err(|fault| Error::new(ErrorKind::InvalidConfig, "build", fault))?;
        if !patterns.is_empty() {
            self.flow.node().watch(name.clone(), patterns);
        }
        Ok(())
    }
}
