//! What a call goes by: a [`Strategy`] with what it has to have in hand.

use std::sync::Arc;
use std::time::Duration;

use super::bulkhead::Compartment;
use super::circuit_breaker::Breaker;
use super::distributed_lock::Lock;
use super::{Reading, RefreshAhead, Strategy};
use crate::live::Live;

/// The strategy of a cache, or of some of its handles.
pub(crate) struct Policy {
    pub(crate) strategy: Strategy,
    /// When values are refreshed: as the strategy said at first, until configuration
    /// changes.
    pub(crate) refresh: Arc<Live<Option<RefreshAhead>>>,
    pub(crate) breaker: Option<Arc<Breaker>>,
    pub(crate) bulkhead: Option<Arc<Compartment>>,
    pub(crate) lock: Option<Lock>,
}

/// What one call wants otherwise than its cache does.
#[derive(Clone, Debug, Default, PartialEq)]
pub(crate) struct CallOptions {
    pub(crate) ttl: Option<Duration>,
    pub(crate) stale_ttl: Option<Duration>,
    pub(crate) skip: Skip,
}

/// Levels that a call leaves out.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq)]
pub(crate) struct Skip {
    pub(crate) reading_memory: bool,
    pub(crate) reading_shared: bool,
    pub(crate) filling_memory: bool,
    pub(crate) filling_shared: bool,
}

impl Skip {
    /// Whether no level is read.
    pub(crate) fn reloads(self) -> bool {
        self.reading_memory && self.reading_shared
    }
}

impl Policy {
    /// The same without what fails by itself, for callers that have no error for it.
    pub(crate) fn gentle(self: &Arc<Self>) -> Arc<Self> {
        let strategy = &self.strategy;
        let can_fail = strategy.breaker.is_some()
            || strategy.bulkhead.is_some()
            || strategy.timeouts.hard.is_some();
        if !can_fail {
            return Arc::clone(self);
        }
        let mut strategy = strategy.clone();
        strategy.breaker = None;
        strategy.bulkhead = None;
        strategy.timeouts.hard = None;
        Arc::new(Self {
            strategy,
            refresh: Arc::clone(&self.refresh),
            breaker: None,
            bulkhead: None,
            lock: self.lock.clone(),
        })
    }

    /// For how long beyond their lifetime values are kept.
    pub(crate) fn stale(&self, options: &CallOptions) -> Option<Duration> {
        options.stale_ttl.or_else(|| self.strategy.stale_ttl())
    }

    /// Whether values that are asked for are loaded anew by a timer.
    pub(crate) fn refreshes_by_itself(&self) -> bool {
        let refresh = self.refresh.get();
        refresh.is_some_and(|refresh| refresh.by_itself)
    }

    pub(crate) fn reading(&self, options: &CallOptions, idle: Option<Duration>) -> Reading {
        Reading {
            skip_shared: options.skip.reading_shared,
            skip_memory: options.skip.filling_memory,
            refreshes: None,
            refresh: **self.refresh.get(),
            idle,
        }
    }
}
