//! Circuit breaker: a source that fails is left alone for a while.
//!
//! ```text
//! closed ──failures in a row, or a share of them──▶ open
//!   ▲                                                │ reset_after
//!   └──the probe succeeds── half-open ◀──────────────┘
//!                             └──the probe fails──▶ open
//! ```

mod config;
mod decide;
mod layer;

pub use config::CircuitBreaker;
pub(crate) use config::Trip;
pub(crate) use decide::Outcome;
pub(crate) use layer::{Breaker, Permit};
