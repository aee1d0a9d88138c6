//! Since when something is as it is.

use std::sync::{Mutex, PoisonError};
use std::time::Duration;

use tokio::time::Instant;

/// When something changed for the last time, by the clock that budgets of the network
/// keep to.
#[derive(Debug)]
pub(crate) struct LastChange(Mutex<Instant>);

impl LastChange {
    /// It was just now.
    pub(crate) fn now() -> Self {
        Self(Mutex::new(Instant::now()))
    }

    /// It has changed just now.
    pub(crate) fn set(&self) {
        *self.0.lock().unwrap_or_else(PoisonError::into_inner) = Instant::now();
    }

    /// How long ago that was.
    pub(crate) fn elapsed(&self) -> Duration {
        self.0
            .lock()
            .unwrap_or_else(PoisonError::into_inner)
            .elapsed()
    }
}
