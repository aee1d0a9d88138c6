//! Warming by hand: what warmers do.

use std::future::Future;
use std::sync::Arc;
use std::time::Duration;

use super::pour::Sink;
use super::ready::ready;
use super::run::Run;
use super::{Pairs, WarmReport, Warming};
use crate::cache::{Cache, CacheValue};
use crate::error::{BoxError, Error, ErrorKind};

/// Outside of a warmer, which has a time of its own, a shared store is waited for so long.
const PATIENCE: Duration = Duration::from_secs(10);

impl<K, V: CacheValue> Cache<K, V> {
    /// Keeps all pairs that `source` sends, in batches and without holding all of them; what
    /// was kept before under their keys is replaced. With the tags and dependencies of this handle.
    /// Waits for a shared store that is not there yet: a warmer for as long as it may take,
    /// anybody else 10 s.
    ///
    /// ```
    /// # use cacheflow::{BoxError, Cache, CacheFlow};
    /// # #[tokio::main(flavor = "current_thread")] async fn main() -> Result<(), BoxError> {
    /// # let flow = CacheFlow::builder().build().await?;
    /// let squares: Cache<u64, u64> = flow.cache("squares").build()?;
    /// let report = squares
    ///     .warm(async |mut pairs| {
    ///         for n in 0..1000 {
    ///             pairs.send(&n, n * n).await;
    ///         }
    ///         Ok::<_, std::io::Error>(())
    ///     })
    ///     .await?;
    /// assert_eq!(report.items_warmed, 1000);
    /// assert_eq!(squares.get(&12).await, Some(144));
    /// # Ok(()) }
    /// ```
    ///
    /// # Errors
    ///
    /// The source's own; the shared store's, if it did not take three batches in a row, or is not
    /// there; and if the cache is [written behind](crate::WriteBehindCache), whose source is older than
    /// the cache. What was kept until then stays.
    ///
    /// # Cancellation
    ///
    /// What was kept until then stays.
    pub async fn warm<F, Fut, E>(&self, source: F) -> Result<WarmReport, BoxError>
    where
        F: FnOnce(Pairs<K, V>) -> Fut,
        Fut: Future<Output = Result<(), E>>,
        E: Into<BoxError>,
    {
        let run = match Run::present() {
            Some(run) => run,
            None => {
                let there = tokio::time::timeout(PATIENCE, ready(&self.flow)).await;
                there.map_err(|_| {
                    let message = "the shared store is not there: nothing would be kept";
                    Error::new(ErrorKind::Unavailable, "warm", message)
                })?;
                let progress = self.flow.storeys().of::<Warming>().progress();
                Run::new(self.core.name.as_str(), progress)
            }
        };
        let sink = Sink {
            core: Arc::clone(&self.core),
            policy: Arc::clone(&self.policy),
            given: self.given.clone(),
        };
        sink.pour(&run, source).await
    }
}
