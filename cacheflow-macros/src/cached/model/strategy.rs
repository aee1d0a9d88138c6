//! What a faultless `strategy` means.

use std::time::Duration;
use syn::{Expr, Ident, Token};

/// How the function's cache works.
pub(in crate::cached) struct Strategy {
    pub(in crate::cached) make: Make,
    /// Whether a load can fail by the cache's doing.
    pub(in crate::cached) fails: bool,
    /// For a body that can outlive its call: what it has borrowed from there.
    pub(in crate::cached) background: Option<Vec<Lent>>,
}

/// Where the strategy comes from.
pub(in crate::cached) enum Make {
    Terms(Box<Terms>),
    /// An expression of type `Strategy`.
    Expression(Box<Expr>),
}

/// An argument that is a reference, and what it refers to is used in the body.
pub(in crate::cached) struct Lent {
    /// With the hygiene of the argument.
    pub(in crate::cached) name: Ident,
    pub(in crate::cached) mutable: Option<Token![mut]>,
}

/// All terms, each at most once.
#[derive(Default)]
pub(in crate::cached) struct Terms {
    /// One level in place of two.
    pub(in crate::cached) cache_aside: bool,
    pub(in crate::cached) memory_ttl: Option<Setting<Duration>>,
    pub(in crate::cached) refresh: Option<Refresh>,
    pub(in crate::cached) breaker: Option<Breaker>,
    pub(in crate::cached) fail_safe: Option<FailSafe>,
    pub(in crate::cached) soft_timeout: Option<Setting<Duration>>,
    pub(in crate::cached) hard_timeout: Option<Setting<Duration>>,
    /// Loads, and what may wait.
    pub(in crate::cached) bulkhead: Option<(Setting<usize>, Option<Setting<usize>>)>,
    pub(in crate::cached) lease: Option<Setting<Duration>>,
}

/// The value of an option.
pub(in crate::cached) enum Setting<T> {
    /// Read and checked from a literal.
    Fixed(T),
    /// An expression.
    Computed(Box<Expr>),
}

/// When values are loaded anew.
pub(in crate::cached) enum Refresh {
    Ratio(Setting<f64>),
    After(Setting<Duration>),
    Early(Setting<f64>),
}

/// The options of a circuit breaker that were given.
#[derive(Default)]
pub(in crate::cached) struct Breaker {
    pub(in crate::cached) trip: Option<Trip>,
    pub(in crate::cached) reset_after: Option<Setting<Duration>>,
    pub(in crate::cached) stale_ttl: Option<Setting<Duration>>,
    pub(in crate::cached) shared: Option<Setting<String>>,
}

/// What opens a circuit breaker.
pub(in crate::cached) enum Trip {
    Failures(Setting<u32>),
    /// Share, window, minimum.
    Rate(Setting<f64>, Setting<Duration>, Setting<u32>),
}

/// The options of fail-safe.
pub(in crate::cached) struct FailSafe {
    pub(in crate::cached) stale: Setting<Duration>,
    pub(in crate::cached) throttle: Option<Setting<Duration>>,
}
