//! Warming: what will be asked for is kept before anybody asks.
//!
//! ```text
//! start · schedule · flow.warm(…) ──▶ warmer ──▶ its source, page by page
//!                                                  └▶ pairs ─▶ batches ─▶ shared store ─▶ memory
//! ```
//!
//! A [`CacheWarmer`] knows what to warm and how. One is registered with
//! [`FlowBuilder::warmer`](crate::FlowBuilder::warmer); or is a function under
//! `#[cache_warmer]`; or is what [`CacheBuilder::warm_with`](crate::CacheBuilder::warm_with)
//! is given, which makes a cache warm itself. All of them send [`Pairs`], in batches that wait for
//! the shared store: a million entries are never in one place.
//!
//! Promised: a pair that was forgotten or put after its page was begun is kept nowhere. A
//! warmer that fails, panics or hangs is nobody's trouble but its own.
//!
//! Not promised: that what was warmed is still there when it is asked for. Memory is bounded and
//! evicts; one node warms for all, and others read from the shared store what they are asked for.

mod batch;
mod build;
mod cache;
mod closure;
mod discover;
mod pairs;
mod plan;
mod pour;
mod ready;
mod report;
mod rewarm;
mod run;
mod schedule;
mod snapshot;
mod turn;
mod warmer;
mod warming;

pub use discover::{FunctionWarmer, WarmingFuture};
pub use pairs::Pairs;
pub use plan::WarmPlan;
pub use pour::WarmPage;
pub use report::{WarmProgress, WarmReport, Warmed};
pub use warmer::CacheWarmer;
pub(crate) use warming::Warming;
