//! [`Cache`]: a handle to one named cache.

mod builder;
mod core;
mod handle;
#[cfg(all(test, cacheflow_shuttle))]
mod interleaved;
mod value;
mod write;

pub use builder::CacheBuilder;
pub(crate) use core::{Core, Load, ShareError};
pub use handle::Cache;
pub use value::CacheValue;
pub use write::Write;
