//! What a request has read already.

use std::any::Any;
use std::collections::HashMap;
use std::future::Future;
use std::sync::{Arc, Mutex, MutexGuard, PoisonError};

use crate::key::FullKey;
use crate::standing::AsOf;

tokio::task_local! {
    static REQUEST: Arc<Request>;
}

/// The values that one request has read, of all caches of one flow.
pub(crate) struct Request {
    /// Tells the caches of one flow from those of another.
    flow: usize,
    read: Mutex<HashMap<FullKey, Read>>,
}

/// A value with where this node stood before it was read.
#[derive(Clone)]
pub(crate) struct Read {
    pub(crate) as_of: Arc<AsOf>,
    pub(crate) value: Arc<dyn Any + Send + Sync>,
}

/// Runs `work` as one request.
pub(crate) fn request<F: Future>(flow: usize, work: F) -> impl Future<Output = F::Output> {
    let request = Request {
        flow,
        read: Mutex::default(),
    };
    REQUEST.scope(Arc::new(request), work)
}

/// The present task's request, if it is one in this flow.
pub(crate) fn present_request(flow: usize) -> Option<Arc<Request>> {
    let request = REQUEST.try_with(Arc::clone).ok()?;
    (request.flow == flow).then_some(request)
}

impl Request {
    pub(crate) fn get(&self, key: &FullKey) -> Option<Read> {
        self.read().get(key).cloned()
    }

    pub(crate) fn keep(&self, key: FullKey, read: Read) {
        self.read().insert(key, read);
    }

    pub(crate) fn forget(&self, key: &FullKey) {
        self.read().remove(key);
    }

    fn read(&self) -> MutexGuard<'_, HashMap<FullKey, Read>> {
        self.read.lock().unwrap_or_else(PoisonError::into_inner)
    }
}
