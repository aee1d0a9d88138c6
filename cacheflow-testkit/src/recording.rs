//! A wrapper that writes down what a backend is asked.

use std::sync::{Mutex, MutexGuard, PoisonError};

use cacheflow::Result;

use crate::around::{Around, Call, Wrapped, wrapper};

/// A backend that writes down which operations it was asked for, in the order
/// in which they began. Clones are the same one.
///
/// ```
/// # #[tokio::main(flavor = "current_thread")] async fn main() -> Result<(), Box<dyn std::error::Error>> {
/// use cacheflow::{Cache, CacheFlow};
/// use cacheflow_testkit::{MemoryBackend, Recording, eventually};
///
/// let recording = Recording::new(MemoryBackend::new());
/// let flow = CacheFlow::builder().backend(recording.clone()).build().await?;
/// let users: Cache<u64, String> = flow.cache("users").build()?;
/// # eventually("subscribed", std::time::Duration::from_secs(10), async || flow.health().is_good()).await;
///
/// users.get_or_load(&7, async || Ok::<_, String>("Ada".to_owned())).await?;
/// let _ = users.invalidate(&7).await?;
/// assert_eq!(recording.take(), ["get users:7", "fill users:7", "record users:7"]);
/// # Ok(()) }
/// ```
pub struct Recording<B>(Wrapped<B, Log>);

wrapper!(Recording around Log);

impl<B> Recording<B> {
    /// Around `backend`, with nothing written down yet.
    #[must_use]
    pub fn new(backend: B) -> Self {
        Self(Wrapped::new(backend, Log::default()))
    }

    /// What the stores and leases were asked since the last `take`.
    #[must_use]
    pub fn take(&self) -> Vec<Call> {
        self.drain(|call| !call.operation.is_of_bus())
    }

    /// What the buses were asked and have told since the last `take_news`,
    /// heartbeats among it.
    #[must_use]
    pub fn take_news(&self) -> Vec<Call> {
        self.drain(|call| call.operation.is_of_bus())
    }

    fn drain(&self, which: impl Fn(&Call) -> bool) -> Vec<Call> {
        let mut calls = self.0.around().calls();
        let (taken, left) = std::mem::take(&mut *calls).into_iter().partition(which);
        *calls = left;
        taken
    }
}

#[derive(Default)]
struct Log(Mutex<Vec<Call>>);

impl Log {
    fn calls(&self) -> MutexGuard<'_, Vec<Call>> {
        self.0.lock().unwrap_or_else(PoisonError::into_inner)
    }
}

#[async_trait::async_trait]
impl Around for Log {
    async fn before(&self, call: &Call) -> Result<()> {
        self.calls().push(call.clone());
        Ok(())
    }

    async fn after(&self, _: &Call) -> Result<()> {
        Ok(())
    }
}
