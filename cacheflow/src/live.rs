//! Options that are replaced while they are read.

use std::sync::Arc;

use arc_swap::{ArcSwap, Guard};

/// A value that is read where a load begins and replaced when configuration changes.
pub(crate) struct Live<T>(ArcSwap<T>);

impl<T> Live<T> {
    pub(crate) fn new(value: T) -> Self {
        Self(ArcSwap::from_pointee(value))
    }

    /// The value at present, lent: to count one more holder of it, processors would have
    /// to wait for one another. For a look, not to be kept.
    pub(crate) fn get(&self) -> Guard<Arc<T>> {
        self.0.load()
    }

    /// The same; whoever has it keeps it.
    pub(crate) fn kept(&self) -> Arc<T> {
        self.0.load_full()
    }

    pub(crate) fn set(&self, value: T) {
        self.0.store(Arc::new(value));
    }
}
