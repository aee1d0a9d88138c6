//! Options that are replaced while they are read.

use std::sync::{Arc, PoisonError, RwLock};

/// A value that is read where a load begins and replaced when configuration changes.
///
/// Not for what a hit needs: to read it takes a lock.
pub(crate) struct Live<T>(RwLock<Arc<T>>);

impl<T> Live<T> {
    pub(crate) fn new(value: T) -> Self {
        Self(RwLock::new(Arc::new(value)))
    }

    /// The value at present; whoever has it keeps it.
    pub(crate) fn get(&self) -> Arc<T> {
        Arc::clone(&self.0.read().unwrap_or_else(PoisonError::into_inner))
    }

    pub(crate) fn set(&self, value: T) {
        *self.0.write().unwrap_or_else(PoisonError::into_inner) = Arc::new(value);
    }
}
