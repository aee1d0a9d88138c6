//! Which loads the present task is inside of.
//!
//! A loader that asks for the key that it is loading would wait for itself. It
//! is recognised by the flights that the task leads. A loader that asks from a
//! task that it spawned is not: such a caller waits as any other does, until it
//! takes the flight over.

use std::future::Future;
use std::sync::Arc;

use super::Ticket;

tokio::task_local! {
    static LOADING: Arc<Loading>;
}

struct Loading {
    ticket: Arc<Ticket>,
    around: Option<Arc<Loading>>,
}

/// Runs `load` as a load under `ticket`.
pub(crate) fn while_loading<F: Future>(
    ticket: &Arc<Ticket>,
    load: F,
) -> impl Future<Output = F::Output> {
    let loading = Loading {
        ticket: Arc::clone(ticket),
        around: LOADING.try_with(Arc::clone).ok(),
    };
    LOADING.scope(Arc::new(loading), load)
}

/// Whether the present task is inside of the load under `ticket`.
pub(crate) fn is_loading(ticket: &Arc<Ticket>) -> bool {
    LOADING
        .try_with(|innermost| {
            std::iter::successors(Some(innermost), |loading| loading.around.as_ref())
                .any(|loading| Arc::ptr_eq(&loading.ticket, ticket))
        })
        .unwrap_or(false)
}
