//! Options of warming.

use std::path::PathBuf;
use std::time::Duration;

use super::{Cron, Faults};

/// A warming that takes longer is given up, unless it says otherwise.
pub(crate) const WARMING_TIMEOUT: Duration = Duration::from_secs(600);

/// How a flow warms its caches.
#[derive(Clone, Debug, PartialEq)]
pub(crate) struct WarmingConfig {
    /// Whether anything is warmed that nobody asks for.
    pub(crate) enabled: bool,
    /// How many warmers run at once.
    pub(crate) parallelism: usize,
    /// Where the hottest keys are noted at a shutdown, for the next start.
    pub(crate) snapshot: Option<PathBuf>,
    /// How long the start waits for the warmers that it requires.
    pub(crate) required_timeout: Duration,
    /// Whether the flow starts although one of them has failed or is not ready.
    pub(crate) start_without_required: bool,
}

impl Default for WarmingConfig {
    fn default() -> Self {
        Self {
            enabled: true,
            parallelism: 4,
            snapshot: None,
            required_timeout: Duration::from_secs(60),
            start_without_required: false,
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
        faults.check_duration("warming.required_timeout", self.required_timeout);
    }
}

/// When and how a cache is warmed.
#[derive(Clone, Debug, PartialEq)]
pub(crate) struct CacheWarming {
    pub(crate) on_startup: bool,
    pub(crate) every: Option<Duration>,
    /// The same as a table of times, as cron has them.
    pub(crate) cron: Option<String>,
    /// Whether each node warms, instead of one for all.
    pub(crate) per_node: bool,
    /// How long it may take.
    pub(crate) timeout: Duration,
    /// Whether it is warmed anew after much of it was forgotten, at most once in so long.
    pub(crate) rewarm: Option<Duration>,
}

impl Default for CacheWarming {
    fn default() -> Self {
        Self {
            on_startup: false,
            every: None,
            cron: None,
            per_node: false,
            timeout: WARMING_TIMEOUT,
            rewarm: None,
        }
    }
}

impl CacheWarming {
    /// Whether it is warmed by itself.
    pub(crate) fn is_scheduled(&self) -> bool {
        self.on_startup || self.every.is_some() || self.cron.is_some() || self.rewarm.is_some()
    }

    /// Adds all that is wrong with these options to `faults`.
    pub(crate) fn check(&self, faults: &mut Faults) {
        if let Some(every) = self.every {
            faults.check_duration("warming_interval", every);
        }
        if let Some(rewarm) = self.rewarm {
            faults.check_duration("rewarm", rewarm);
        }
        if let Some(Err(fault)) = self.cron.as_deref().map(Cron::parse) {
            faults.add(format!("warming_cron = {fault}"));
        }
        faults.check_duration("warming_timeout", self.timeout);
        if self.every.is_some() && self.cron.is_some() {
            faults.add("warming_interval and warming_cron: allowed is one of the two");
        }
    }

    /// In what these options differ from `other`, by name.
    pub(crate) fn differences(&self, other: &Self) -> Vec<String> {
        let shown = |of: &Self| {
            [
                ("warm_on_startup", of.on_startup.to_string()),
                ("warming_interval", format!("{:?}", of.every)),
                ("warming_cron", format!("{:?}", of.cron)),
                ("warm_per_node", of.per_node.to_string()),
                ("warming_timeout", format!("{:?}", of.timeout)),
                ("rewarm", format!("{:?}", of.rewarm)),
            ]
        };
        let differ = shown(self).into_iter().zip(shown(other));
        differ
            .filter(|(ours, theirs)| ours != theirs)
            .map(|((name, ours), (_, theirs))| format!("{name} = {ours}, not {theirs}"))
            .collect()
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn defaults() {
        let config = WarmingConfig::default();
        assert!(config.enabled && !config.start_without_required);
        assert_eq!(config.parallelism, 4);
        assert_eq!(config.required_timeout, Duration::from_secs(60));
        let cache = CacheWarming::default();
        assert!(!cache.is_scheduled() && !cache.per_node);
        assert_eq!(cache.timeout, Duration::from_secs(600));
        let mut faults = Faults::default();
        config.check(&mut faults);
        cache.check(&mut faults);
        faults.into_result("build").unwrap();
    }

    #[test]
    fn all_faults_are_told_at_once() {
        let mut faults = Faults::default();
        WarmingConfig {
            parallelism: 1025,
            required_timeout: Duration::ZERO,
            ..WarmingConfig::default()
        }
        .check(&mut faults);
        CacheWarming {
            every: Some(Duration::ZERO),
            cron: Some("0 4 * * *".to_owned()),
            timeout: Duration::MAX,
            rewarm: Some(Duration::ZERO),
            ..CacheWarming::default()
        }
        .check(&mut faults);
        let message = faults.into_result("build").unwrap_err().to_string();
        for part in [
            "warming.parallelism = 1025: allowed is 1 to 1024",
            "warming.required_timeout = 0ns: allowed is 1ms to",
            "warming_interval = 0ns: allowed is 1ms to",
            "rewarm = 0ns: allowed is 1ms to",
            "warming_timeout = ",
            "warming_interval and warming_cron: allowed is one of the two",
        ] {
            assert!(message.contains(part), "{part:?} is not in {message}");
        }
    }

    #[test]
    fn differences_name_each_option_once() {
        let other = CacheWarming {
            on_startup: true,
            every: Some(Duration::from_secs(1)),
            cron: Some("* * * * *".to_owned()),
            per_node: true,
            timeout: Duration::from_secs(2),
            rewarm: Some(Duration::from_secs(3)),
        };
        assert_eq!(CacheWarming::default().differences(&other).len(), 6);
        assert!(other.differences(&other).is_empty());
    }
}
