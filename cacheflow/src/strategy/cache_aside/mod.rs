//! Cache-aside: look the key up, else load it and keep what was loaded.
//!
//! ```text
//! caller ─▶ memory? ─▶ join the flight, or begin one
//!                        └▶ lower levels? ─▶ load ─▶ tell the followers ─▶ keep
//! ```
//!
//! | option | what | default |
//! |---|---|---|
//! | `ttl` | how long a loaded value is kept | 5 min |
//! | `follower_timeout` | how long a caller waits for another's load before it loads itself | 10 s |
//!
//! Errors and absent values are not kept. A leader that is cancelled, panics or
//! hangs holds nobody: its followers load in its place.
//!
//! Not promised: that a key is loaded once per cluster; each process loads for
//! itself.

mod attempt;
mod call;
mod config;
mod decide;
mod ending;
mod layer;
mod lead;
mod leading;
mod logged;
mod many;
mod marking;
mod page;

pub(crate) use call::{Load, Reply, ShareError, Terms, called};
pub(crate) use config::CacheAside;
pub(crate) use decide::{LoadEnd, Wanted, after_load, stale_within};
pub(crate) use layer::Layer;
pub(crate) use lead::Way;
pub(crate) use many::LoadedAll;
