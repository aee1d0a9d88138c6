//! Work that is dropped when its time is over.

use std::future::Future;
use std::time::Duration;

use tokio::runtime::Handle;

/// What `work` gives within `limit`; `None` if that is over before. Outside of a
/// tokio runtime there is no timer: there it takes as long as it takes.
pub(crate) async fn within<T>(limit: Option<Duration>, work: impl Future<Output = T>) -> Option<T> {
    match limit {
        Some(limit) if Handle::try_current().is_ok() => {
            tokio::time::timeout(limit, work).await.ok()
        }
        _ => Some(work.await),
    }
}
