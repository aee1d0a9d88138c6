//! What warms.

use super::{WarmPlan, WarmReport};
use crate::error::BoxError;
use crate::flow::CacheFlow;

/// Knows what will be asked for, and keeps it before.
///
/// ```
/// use cacheflow::{BoxError, Cache, CacheFlow, CacheWarmer, WarmReport, async_trait};
///
/// struct ActiveUsers { db: Db }
///
/// #[async_trait]
/// impl CacheWarmer for ActiveUsers {
///     fn name(&self) -> &str {
///         "active-users"
///     }
///
///     fn caches(&self) -> Vec<String> {
///         vec!["users".to_owned()]
///     }
///
///     async fn warm(&self, flow: &CacheFlow) -> Result<WarmReport, BoxError> {
///         let users: Cache<u64, String> = flow.cache("users").build()?;
///         users
///             .warm(async |mut pairs| {
///                 for (id, name) in self.db.active_users().await? {
///                     pairs.send(&id, name).await;
///                 }
///                 Ok::<_, DbError>(())
///             })
///             .await
///     }
/// }
///
/// # #[derive(Debug, Clone)] struct DbError;
/// # impl std::fmt::Display for DbError { fn fmt(&self, _: &mut std::fmt::Formatter<'_>) -> std::fmt::Result { Ok(()) } }
/// # impl std::error::Error for DbError {}
/// # struct Db;
/// # impl Db { async fn active_users(&self) -> Result<Vec<(u64, String)>, DbError> { Ok(vec![(7, "Ada".into())]) } }
/// # #[tokio::main(flavor = "current_thread")] async fn main() -> Result<(), Box<dyn std::error::Error>> {
/// let flow = CacheFlow::builder()
///     .required_warmer(ActiveUsers { db: Db })
///     .build()
///     .await?;
/// let users: Cache<u64, String> = flow.cache("users").build()?;
/// assert_eq!(users.get(&7).await.as_deref(), Some("Ada"));
/// # Ok(()) }
/// ```
#[async_trait::async_trait]
pub trait CacheWarmer: Send + Sync + 'static {
    /// Tells it from every other of the flow, and of the other nodes: by this name one of them
    /// warms for all. 1 to 128 bytes.
    fn name(&self) -> &str;

    /// The caches that it fills, so that [`CacheFlow::warm`] finds it by their names.
    fn caches(&self) -> Vec<String> {
        Vec::new()
    }

    /// When it runs and how: by default once, when the flow starts.
    fn plan(&self) -> WarmPlan {
        WarmPlan::default()
    }

    /// Fills caches, best with [`Cache::warm`](crate::Cache::warm), and tells how much it has kept.
    ///
    /// # Errors
    ///
    /// Whatever keeps it from doing so: it is told ([`Event::WarmingFailed`](crate::Event)) and
    /// hinders nobody. What was kept until then stays.
    ///
    /// # Cancellation
    ///
    /// It is dropped where it is when its time is over, and when the flow ends.
    async fn warm(&self, flow: &CacheFlow) -> Result<WarmReport, BoxError>;
}
