//! [`Cache`]: a handle to one named cache.

mod builder;
mod bytes;
mod change;
mod configured;
mod core;
#[cfg(feature = "zstd")]
mod dictionary;
mod entry_call;
mod forgetting;
mod function;
mod handle;
mod in_request;
mod inspected;
#[cfg(all(test, cacheflow_shuttle))]
mod interleaved;
mod lifetimes;
mod loading;
mod loading_cache;
mod logged;
mod look;
mod many;
mod page;
mod security;
mod statistics;
mod value;
mod write;
mod write_behind;
mod writing;

pub use builder::CacheBuilder;
pub(crate) use change::{How, Putting};
pub(crate) use configured::Configured;
pub(crate) use core::{Core, Hit, Load, Reply, ShareError, Terms, flow_id};
pub use entry_call::EntryCall;
pub use function::FunctionCache;
pub use handle::Cache;
pub(crate) use handle::encoded;
pub(crate) use inspected::Inspected;
pub use inspected::ShownValue;
pub use loading_cache::{LoadingCache, SourceError};
pub use many::LoadedMany;
pub(crate) use security::validator;
pub(crate) use statistics::{Counted, Facts};
pub use value::CacheValue;
pub use write::Write;
pub use write_behind::WriteBehindCache;
pub use writing::Written;
