//! Asking somebody's own code that may fail, panic or hang.

use std::any::Any;
use std::future::{Future, poll_fn};
use std::panic::{AssertUnwindSafe, catch_unwind};
use std::pin::pin;
use std::sync::Arc;
use std::time::Duration;

use crate::error::BoxError;
use crate::strategy::timeouts::within;

/// Why there is no answer.
#[derive(Debug, PartialEq, Eq)]
pub(super) enum NoAnswer {
    /// An error, or a panic.
    Failed(Arc<str>),
    /// It took too long.
    Hung(Arc<str>),
}

/// The answer of `question`, which has `limit` for it.
pub(super) async fn ask<T>(
    limit: Duration,
    question: impl Future<Output = Result<T, BoxError>>,
) -> Result<T, NoAnswer> {
    match within(Some(limit), caught(question)).await {
        Some(Ok(Ok(answer))) => Ok(answer),
        Some(Ok(Err(error))) => Err(NoAnswer::Failed(error.to_string().into())),
        Some(Err(panic)) => Err(NoAnswer::Failed(panic)),
        None => Err(NoAnswer::Hung(
            format!("it took longer than {limit:?}").into(),
        )),
    }
}

/// What `work` gives at once, or with what it panics.
pub(super) fn caught_now<T>(work: impl FnOnce() -> T) -> Result<T, Arc<str>> {
    // What may be half changed is the toucher's own: it is as after a panic of any
    // other of its callers.
    catch_unwind(AssertUnwindSafe(work)).map_err(|panic| message(&*panic))
}

/// What `work` gives, or with what it panics.
async fn caught<T>(work: impl Future<Output = T>) -> Result<T, Arc<str>> {
    let mut work = pin!(work);
    poll_fn(|context| match caught_now(|| work.as_mut().poll(context)) {
        Ok(poll) => poll.map(Ok),
        Err(panic) => std::task::Poll::Ready(Err(panic)),
    })
    .await
}

fn message(panic: &(dyn Any + Send)) -> Arc<str> {
    let text = panic
        .downcast_ref::<&str>()
        .copied()
        .or_else(|| panic.downcast_ref::<String>().map(String::as_str));
    format!("it panicked: {}", text.unwrap_or("with no text")).into()
}

#[cfg(test)]
mod tests {
    use super::*;

    const LIMIT: Duration = Duration::from_secs(5);

    #[tokio::test(start_paused = true)]
    async fn whatever_becomes_of_a_question_is_told() {
        assert_eq!(ask(LIMIT, async { Ok(7) }).await, Ok(7));
        let failed = |text: &str| Err::<(), _>(NoAnswer::Failed(text.into()));
        assert_eq!(ask(LIMIT, async { Err("no".into()) }).await, failed("no"));
        let panicked = ask(LIMIT, async { panic!("at {}", 7) }).await;
        assert_eq!(panicked, failed("it panicked: at 7"));
        let hung = NoAnswer::Hung("it took longer than 5s".into());
        assert_eq!(ask::<()>(LIMIT, std::future::pending()).await, Err(hung));
    }
}
