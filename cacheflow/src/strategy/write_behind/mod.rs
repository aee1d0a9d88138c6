//! Write-behind: values wait in a buffer before their source is told.

mod buffer;
mod config;
mod decide;
mod layer;

pub use config::WriteBehind;
pub(crate) use layer::{Behind, Pending, Writer};
