//! Contexts that are made once and used again.

use std::io;
use std::sync::{Mutex, PoisonError};

/// So many are kept; each takes up to a few megabytes.
const KEPT: usize = 8;

/// Contexts of one kind: as many as are in use at the same time.
pub(super) struct Pool<T>(Mutex<Vec<T>>);

impl<T> Pool<T> {
    pub(super) fn new() -> Self {
        Self(Mutex::new(Vec::new()))
    }

    /// Lends one to `work`; `make` makes it if none is free.
    pub(super) fn with<R>(
        &self,
        make: impl FnOnce() -> io::Result<T>,
        work: impl FnOnce(&mut T) -> io::Result<R>,
    ) -> io::Result<R> {
        let free = self.0.lock().unwrap_or_else(PoisonError::into_inner).pop();
        let mut context = match free {
            Some(context) => context,
            None => make()?,
        };
        let done = work(&mut context)?;
        let mut free = self.0.lock().unwrap_or_else(PoisonError::into_inner);
        // One that has failed is not used again.
        if free.len() < KEPT {
            free.push(context);
        }
        Ok(done)
    }
}
