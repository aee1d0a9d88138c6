//! When a warmer runs, and how.

use std::time::Duration;

use crate::config::{CacheWarming, Cron, Faults, LONGEST, SHORTEST, WARMING_TIMEOUT};

/// Without an interval, a warming of one node does for all for so long.
const ONCE_PER: Duration = Duration::from_secs(300);

/// When a warmer runs and how.
///
/// | option | what | default | range |
/// |---|---|---|---|
/// | [`on_startup`](Self::on_startup) | when the flow starts | yes | |
/// | [`every`](Self::every) | again and again | not | 1 ms to 366 days |
/// | `cron` (feature) | at times of a table, in UTC | not | |
/// | [`per_node`](Self::per_node) | on each node, instead of on one for all | not | |
/// | [`once_per`](Self::once_per) | for how long one node's warming does for all | `every`, else 5 min | 1 ms to 366 days |
/// | [`timeout`](Self::timeout) | how long it may take | 10 min | 1 ms to 366 days |
#[derive(Clone, Debug, PartialEq)]
#[must_use = "a plan does nothing by itself"]
pub struct WarmPlan {
    pub(super) on_startup: bool,
    pub(super) every: Option<Duration>,
    pub(super) cron: Option<String>,
    pub(super) per_node: bool,
    pub(super) once_per: Option<Duration>,
    pub(super) timeout: Duration,
    pub(super) rewarm: Option<Duration>,
}

impl Default for WarmPlan {
    fn default() -> Self {
        Self::on_demand().on_startup(true)
    }
}

impl WarmPlan {
    /// Once, when the flow starts.
    pub fn new() -> Self {
        Self::default()
    }

    /// Only when it is [asked for](crate::CacheFlow::warm).
    pub fn on_demand() -> Self {
        Self {
            on_startup: false,
            every: None,
            cron: None,
            per_node: false,
            once_per: None,
            timeout: WARMING_TIMEOUT,
            rewarm: None,
        }
    }

    /// Whether it runs when the flow starts.
    pub fn on_startup(mut self, on_startup: bool) -> Self {
        self.on_startup = on_startup;
        self
    }

    /// Runs it in this interval, for the first time one interval after the start. One that
    /// takes longer than that is not begun again before its end.
    pub fn every(mut self, interval: Duration) -> Self {
        self.every = Some(interval);
        self
    }

    /// Runs it at the times of a table as cron has them, `30 4 * * *` for half past four in
    /// the morning, in UTC.
    #[cfg(feature = "cron")]
    pub fn cron(self, table: impl Into<String>) -> Self {
        self.with_table(table)
    }

    pub(crate) fn with_table(mut self, table: impl Into<String>) -> Self {
        self.cron = Some(table.into());
        self
    }

    /// Runs it on each node: for what one node's memory is to have, which no other can fill.
    pub fn per_node(mut self, per_node: bool) -> Self {
        self.per_node = per_node;
        self
    }

    /// For how long a warming of one node does for all, if it came to its end.
    pub fn once_per(mut self, time: Duration) -> Self {
        self.once_per = Some(time);
        self
    }

    /// How long it may take; then it is dropped where it is. The wait for the shared store
    /// counts.
    pub fn timeout(mut self, timeout: Duration) -> Self {
        self.timeout = timeout;
        self
    }

    /// The same, and not by itself.
    pub(super) fn only_on_demand(self) -> Self {
        Self {
            on_startup: false,
            every: None,
            cron: None,
            rewarm: None,
            ..self
        }
    }

    /// For how long a warming of one node does for all that come `now` (since 1970).
    pub(super) fn does_for(&self, now: Duration) -> Duration {
        // Half of the way to the next time: the nodes' clocks differ by less.
        let of_cron = || Some(self.table()?.next(now)? / 2);
        let own = self.once_per.or(self.every).or_else(of_cron);
        own.unwrap_or(ONCE_PER).clamp(SHORTEST, LONGEST)
    }

    pub(super) fn table(&self) -> Option<Cron> {
        Cron::parse(self.cron.as_deref()?).ok()
    }

    /// Adds all that is wrong with it to `faults`.
    pub(super) fn check(&self, warmer: &str, faults: &mut Faults) {
        let named = |option: &str| format!("warmer {warmer}: {option}");
        if let Some(every) = self.every {
            faults.check_duration(&named("every"), every);
        }
        if let Some(once_per) = self.once_per {
            faults.check_duration(&named("once_per"), once_per);
        }
        faults.check_duration(&named("timeout"), self.timeout);
        if let Some(Err(fault)) = self.cron.as_deref().map(Cron::parse) {
            faults.add(format!("{} = {fault}", named("cron")));
        }
        if self.every.is_some() && self.cron.is_some() {
            faults.add(format!(
                "{} and cron: allowed is one of the two",
                named("every")
            ));
        }
    }
}

/// A cache that says itself when it is warmed.
impl From<&CacheWarming> for WarmPlan {
    fn from(options: &CacheWarming) -> Self {
        Self {
            on_startup: options.on_startup,
            every: options.every,
            cron: options.cron.clone(),
            per_node: options.per_node,
            timeout: options.timeout,
            rewarm: options.rewarm,
            ..Self::on_demand()
        }
    }
}
