//! Write-behind: values wait in a buffer before their source is told.

mod buffer;
mod config;
mod decide;

pub(crate) use buffer::{Buffer, Put};
pub use config::WriteBehind;
pub(crate) use decide::retry_after;
