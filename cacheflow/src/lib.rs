//! CacheFlow
#![forbid(unsafe_code)]
pub mod bus;
mod cache;
pub mod clock;
pub mod codec;
mod config;
pub mod entry;
pub mod error;
pub mod event;
mod flow;
mod invalidation;
pub mod key;
mod runtime;
mod source;
pub mod store;
mod strategy;
pub use cache::*;
pub use flow::*;
pub use error::{Error,ErrorKind,Result};
pub use key::{CacheKey, KeyBuf};
pub use invalidation::Applied;
pub use strategy::Strategy;
pub use source::LoadError;
#[doc(hidden)]
pub mod private;
