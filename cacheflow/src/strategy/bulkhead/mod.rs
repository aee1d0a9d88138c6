//! Bulkhead: so many loads of a cache at once, and so many that wait.

mod config;
mod decide;
mod layer;

pub use config::Bulkhead;
pub(crate) use layer::{Compartment, Permit};
