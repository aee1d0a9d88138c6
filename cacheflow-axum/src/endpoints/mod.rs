//! What each route answers.

pub(crate) mod caches;
pub(crate) mod health;
pub(crate) mod invalidate;
pub(crate) mod keys;
pub(crate) mod stats;
pub(crate) mod warm;

use axum::http::StatusCode;

use crate::answer::Problem;

/// Runs what looks at every entry where it holds nobody up.
async fn blocking<T: Send + 'static>(
    work: impl FnOnce() -> T + Send + 'static,
) -> Result<T, Problem> {
    let done = tokio::task::spawn_blocking(work).await;
    done.map_err(|_| Problem::new(StatusCode::INTERNAL_SERVER_ERROR, "the question has failed"))
}
