//! Options of cache-aside.

use std::time::Duration;

/// How values are loaded and kept.
#[derive(Clone, Debug, PartialEq, Eq)]
pub(crate) struct CacheAside {
    /// How long a loaded value is kept.
    pub(crate) ttl: Duration,
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
            follower_timeout: Duration::from_secs(10),
            outlive_dependencies: false,
            hold_off: Duration::ZERO,
        }
    }
}
