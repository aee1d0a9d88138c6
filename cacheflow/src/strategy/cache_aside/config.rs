//! Options of cache-aside.

use std::time::Duration;

/// How values are loaded and kept.
#[derive(Clone, Debug, PartialEq, Eq)]
pub(crate) struct CacheAside {
    /// How long a loaded value is kept.
    pub(crate) ttl: Duration,
    /// How long a follower waits before it takes the flight over.
    pub(crate) follower_timeout: Duration,
}

impl Default for CacheAside {
    fn default() -> Self {
        Self {
            ttl: Duration::from_secs(5 * 60),
            follower_timeout: Duration::from_secs(10),
        }
    }
}
