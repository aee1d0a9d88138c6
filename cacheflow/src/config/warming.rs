//! Options of warming.

use std::path::PathBuf;
use std::time::Duration;

use super::Faults;

/// How a flow warms its caches.
#[derive(Clone, Debug, PartialEq)]
pub(crate) struct WarmingConfig {
    /// Whether anything is warmed that nobody asks for.
    pub(crate) enabled: bool,
    /// How many warmers run at once.
    pub(crate) parallelism: usize,
    /// Where the hottest keys are noted at a shutdown, for the next start.
    pub(crate) snapshot: Option<PathBuf>,
}

impl Default for WarmingConfig {
    fn default() -> Self {
        Self {
            enabled: true,
            parallelism: 4,
            snapshot: None,
        }
    }
}

impl WarmingConfig {
    /// Adds all that is wrong with these options to `faults`.
    pub(crate) fn check(&self, faults: &mut Faults) {
        let parallelism = self.parallelism;
        faults.check_range(
            "warming.parallelism",
            parallelism,
            1,
            1024,
            usize::to_string,
        );
    }
}

/// When a cache is warmed.
#[derive(Clone, Debug, Default, PartialEq)]
pub(crate) struct CacheWarming {
    pub(crate) on_startup: bool,
    pub(crate) every: Option<Duration>,
    /// The same as a table of times, as cron has them.
    pub(crate) cron: Option<String>,
}
