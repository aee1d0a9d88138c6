//! Fail-safe: an old value stands in for one that cannot be loaded.

mod config;
mod decide;
mod layer;

pub use config::FailSafe;
