//! Multi-level: memory before the shared store.
//!
//! A value lives in both; memory answers in well under a microsecond, the
//! shared store saves the other instances the load.
//!
//! ```text
//! read:   memory ──miss──▶ shared ──hit──▶ kept in memory for the rest of its life
//! fill:   shared first, if it accepts the value, then memory
//! ```
//!
//! | option | what | default |
//! |---|---|---|
//! | `memory_ttl` | the longest time in memory | as long as in the shared store |
//!
//! Not promised: that memory holds what the shared store does; it is bounded
//! and evicts. Promised: memory never keeps a value longer than the shared
//! store does.

mod bytes;
mod config;
mod decide;
mod layer;
mod look;
mod many;
mod page;
mod shared;

pub(crate) use config::MultiLevel;
pub(crate) use decide::{idle_life, idle_step};
pub(crate) use layer::{Layer, Parts, Weigher};
