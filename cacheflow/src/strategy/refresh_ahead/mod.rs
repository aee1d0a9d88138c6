//! Refresh-ahead: load anew before the value expires, while readers are served.

mod config;
mod decide;
mod layer;

pub use config::RefreshAhead;
pub(crate) use config::When;
pub(crate) use decide::{due, retry_after, wants};
pub(crate) use layer::Due;
