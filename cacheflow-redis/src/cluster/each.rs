//! Many small things at once.

use std::future::Future;

use cacheflow::{Error, ErrorKind, Result};
use tokio::task::JoinSet;

/// So many are under way at once.
const AT_ONCE: usize = 64;

/// Runs all of these, some at a time, and returns what they returned, in order;
/// or the first error, and the rest is dropped.
pub(super) async fn each<F, T>(futures: Vec<F>) -> Result<Vec<T>>
where
    F: Future<Output = Result<T>> + Send + 'static,
    T: Send + 'static,
{
    let mut futures = futures.into_iter().enumerate();
    let (mut running, mut returned) = (JoinSet::new(), Vec::new());
    loop {
        while running.len() < AT_ONCE {
            let Some((place, future)) = futures.next() else {
                break;
            };
            running.spawn(async move { (place, future.await) });
        }
        let Some(ended) = running.join_next().await else {
            break;
        };
        let (place, outcome) = ended.map_err(|error| {
            Error::new(ErrorKind::Backend, "join", "a task ended early").because(error)
        })?;
        returned.push((place, outcome?));
    }
    returned.sort_unstable_by_key(|(place, _)| *place);
    Ok(returned.into_iter().map(|(_, value)| value).collect())
}
