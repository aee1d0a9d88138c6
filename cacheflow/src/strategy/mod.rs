//! Strategies: what to do with a key, and with a value.
//!
//! Each strategy is a folder of the same files: `config` is plain data,
//! `decide` is pure (what is known in, what to do out; no clock, no I/O) and
//! `layer` is the thin asynchronous shell that does it. They are put together
//! in one order:
//!
//! ```text
//! cache-aside      look; else load, once, and keep
//!   multi-level    which levels are looked at and kept in, and for how long
//!     memory       this process, with its flights
//!     shared       the store that all instances share
//! ```

pub(crate) mod bulkhead;
pub(crate) mod cache_aside;
pub(crate) mod circuit_breaker;
mod compose;
pub(crate) mod distributed_lock;
pub(crate) mod fail_safe;
mod index;
mod levels;
mod memory;
pub(crate) mod multi_level;
mod named;
mod policy;
mod range;
pub(crate) mod refresh_ahead;
mod shelf;
pub(crate) mod timeouts;
mod words;
pub(crate) mod write_behind;

pub use bulkhead::Bulkhead;
pub use circuit_breaker::CircuitBreaker;
pub use compose::Strategy;
pub use fail_safe::FailSafe;
pub(crate) use levels::{
    FillWith, Given, Levels, PageKept, Pair, Read, Reading, Tagger, Timer, Validator,
};
pub(crate) use memory::{Local, Nothing, Options as LocalOptions, Page};
pub(crate) use multi_level::Weigher;
pub use named::StrategyOptions;
pub(crate) use named::{nearest::nearest, read::read_duration};
pub(crate) use policy::{CallOptions, Policy};
pub use refresh_ahead::RefreshAhead;
pub use write_behind::WriteBehind;
