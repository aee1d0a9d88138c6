//! Options of cache-aside.

use std::time::Duration;

/// How values are loaded and kept.
#[derive(Clone, Debug, PartialEq)]
pub(crate) struct CacheAside {
    /// How long a loaded value is kept.
    pub(crate) ttl: Duration,
    /// By which share of itself a lifetime is shortened or lengthened at random.
    pub(crate) ttl_jitter: f64,
    /// How long an entry lives that nobody reads.
    pub(crate) idle: Option<Duration>,
    /// How long it is kept that the source has no value.
    pub(crate) none_ttl: Option<Duration>,
    /// How long an error is kept.
    pub(crate) err_ttl: Option<Duration>,
    /// For how many keys it is kept in memory that there is nothing.
    pub(crate) max_nothings: u64,
    /// How long a follower waits before it takes the flight over.
    pub(crate) follower_timeout: Duration,
    /// Whether a value may live longer than what it was made of.
    pub(crate) outlive_dependencies: bool,
    /// For how long after a change the source may still give what was before.
    pub(crate) hold_off: Duration,
}

impl Default for CacheAside {
    fn default() -> Self {
        Self {
            ttl: Duration::from_secs(5 * 60),
            ttl_jitter: 0.1,
            idle: None,
            none_ttl: None,
            err_ttl: None,
            max_nothings: 1_000,
            follower_timeout: Duration::from_secs(10),
            outlive_dependencies: false,
            hold_off: Duration::ZERO,
        }
    }
}
