//! Attributed functions: what each option of `#[cached]` does, and what stands beside
//! the functions.

mod companions;
mod conditions;
mod fragments;
mod kept;
mod keys;
mod local;
mod manners;
mod now;
mod said;
mod written;

use std::fmt::Debug;
use std::sync::Arc;
use std::sync::atomic::{AtomicU64, Ordering};

use serde::{Deserialize, Serialize};

/// Where attributed functions get their values: it counts how often it is asked.
#[derive(Clone, Debug, Default)]
pub(crate) struct Source(Arc<AtomicU64>);

impl Source {
    /// Asks for a user.
    pub(crate) fn user(&self, id: u64) -> User {
        let asked = self.0.fetch_add(1, Ordering::SeqCst) + 1;
        User {
            id,
            org: id / 10,
            asked,
        }
    }

    /// How often it was asked.
    pub(crate) fn asked(&self) -> u64 {
        self.0.load(Ordering::SeqCst)
    }
}

#[derive(Clone, Debug, Default, PartialEq, Eq, Serialize, Deserialize)]
pub(crate) struct User {
    pub(crate) id: u64,
    pub(crate) org: u64,
    /// The how manyeth answer this is.
    pub(crate) asked: u64,
}
