//! The service.

use std::fmt::Display;
use std::mem;
use std::sync::{Mutex, PoisonError};

use crate::db::Db;

/// The database, and which fragments were made of it.
pub(crate) struct Blog {
    pub(crate) db: Db,
    built: Mutex<Vec<String>>,
}

impl Blog {
    pub(crate) fn new(db: Db) -> Self {
        Self {
            db,
            built: Mutex::default(),
        }
    }

    /// A fragment is being made.
    pub(crate) fn builds(&self, what: &str, id: impl Display) {
        let mut built = self.built.lock().unwrap_or_else(PoisonError::into_inner);
        built.push(format!("{what} {id}"));
    }

    /// Which fragments were made since this was last asked, sorted; one that was made twice is
    /// told twice.
    pub(crate) fn built(&self) -> Vec<String> {
        let mut built = mem::take(&mut *self.built.lock().unwrap_or_else(PoisonError::into_inner));
        built.sort();
        built
    }
}
