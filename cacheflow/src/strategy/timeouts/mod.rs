//! Timeouts: how long a load may take, and what is given then.

mod config;
mod decide;
mod layer;

pub(crate) use config::Timeouts;
pub(crate) use decide::waits;
pub(crate) use layer::within;
