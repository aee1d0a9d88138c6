//! Loads in traces and in the log, at the level `DEBUG`.

use std::time::Duration;

use tracing::Span;

use super::layer::Layer;
use crate::key::Address;

impl<V, L> Layer<V, L> {
    /// Around a load, from before breaker and bulkhead let it through.
    pub(super) fn load_span(&self, address: &Address) -> Span {
        tracing::debug_span!(
            "cacheflow.load",
            cache = %self.cache,
            cache_key = self.events.named(&address.key),
        )
    }

    /// The same for one load of many keys.
    pub(super) fn load_many_span(&self, batch_size: usize) -> Span {
        tracing::debug_span!("cacheflow.load", cache = %self.cache, batch_size)
    }

    /// A loader has ended; within the span of its load.
    pub(super) fn log_load(&self, has_failed: bool, duration: Duration) {
        let outcome = if has_failed { "failed" } else { "loaded" };
        tracing::debug!(cache = %self.cache, outcome, ?duration, "a loader has ended");
    }
}
