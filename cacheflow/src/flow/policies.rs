//! The policies of a flow's caches, and what they share.

use std::collections::{BTreeMap, HashMap};
use std::sync::{Arc, Mutex, MutexGuard, PoisonError};
use std::time::Duration;

use crate::clock::Clock;
use crate::error::{Error, ErrorKind, Result};
use crate::event::{BreakerState, EventSink};
use crate::key::CacheName;
use crate::live::Live;
use crate::strategy::bulkhead::Compartment;
use crate::strategy::circuit_breaker::{Breaker, CircuitBreaker};
use crate::strategy::distributed_lock::{Lock, Tools};
use crate::strategy::{Policy, Strategy};

/// Policies by cache, each as long as the flow: a breaker that was opened through one
/// handle is open for all that work in the same way.
pub(crate) struct Policies {
    made: Mutex<Made>,
    tools: Arc<Tools>,
    clock: Clock,
    events: EventSink,
}

#[derive(Default)]
struct Made {
    by_cache: HashMap<CacheName, Vec<Arc<Policy>>>,
    shared_breakers: HashMap<String, Arc<Breaker>>,
}

impl Policies {
    pub(super) fn new(tools: Arc<Tools>, clock: Clock, events: EventSink) -> Self {
        Self {
            made: Mutex::default(),
            tools,
            clock,
            events,
        }
    }

    /// The policy of `strategy` for a cache.
    ///
    /// # Errors
    ///
    /// [`ErrorKind::InvalidConfig`] if a breaker that it shares has other options.
    pub(crate) fn get(
        &self,
        name: &CacheName,
        strategy: &Strategy,
        patience: Duration,
    ) -> Result<Arc<Policy>> {
        let mut made = self.made();
        if let Some(policies) = made.by_cache.get(name)
            && let Some(policy) = policies.iter().find(|it| it.strategy == *strategy)
        {
            return Ok(Arc::clone(policy));
        }
        let breaker = match &strategy.breaker {
            Some(config) => Some(self.breaker(&mut made, name, config)?),
            None => None,
        };
        let policy = Arc::new(Policy {
            strategy: strategy.clone(),
            refresh: Arc::new(Live::new(strategy.refresh)),
            breaker,
            bulkhead: strategy
                .bulkhead
                .map(|bulkhead| Arc::new(Compartment::new(bulkhead))),
            lock: strategy.lock.map(|config| Lock {
                config,
                tools: Arc::clone(&self.tools),
                // To wait for another's load is a part of loading.
                patience: strategy
                    .timeouts
                    .hard
                    .map_or(patience, |hard| hard.min(patience)),
            }),
        });
        let policies = made.by_cache.entry(name.clone()).or_default();
        policies.push(Arc::clone(&policy));
        Ok(policy)
    }

    /// How the breakers stand, by name; of several of one name, that which is furthest
    /// open.
    pub(super) fn breakers(&self) -> BTreeMap<String, BreakerState> {
        let mut breakers = BTreeMap::new();
        for policy in self.made().by_cache.values().flatten() {
            if let Some(breaker) = &policy.breaker {
                let worst = breakers
                    .entry(breaker.name().to_owned())
                    .or_insert(BreakerState::Closed);
                *worst = breaker.stands().max(*worst);
            }
        }
        breakers
    }

    pub(crate) fn tools(&self) -> &Arc<Tools> {
        &self.tools
    }

    fn breaker(
        &self,
        made: &mut Made,
        name: &CacheName,
        config: &CircuitBreaker,
    ) -> Result<Arc<Breaker>> {
        let new = |name: &str| {
            let (clock, events) = (self.clock.clone(), self.events.clone());
            Arc::new(Breaker::new(config.clone(), name, clock, events))
        };
        let Some(shared) = &config.shared else {
            return Ok(new(name.as_str()));
        };
        let Some(breaker) = made.shared_breakers.get(shared) else {
            let breaker = new(shared);
            let kept = Arc::clone(&breaker);
            made.shared_breakers.insert(shared.clone(), kept);
            return Ok(breaker);
        };
        // What else it has is each cache's own.
        let (ours, theirs) = (config, breaker.config());
        if (ours.trip, ours.reset_after) != (theirs.trip, theirs.reset_after) {
            return Err(Error::new(
                ErrorKind::InvalidConfig,
                "build",
                format!(
                    "circuit_breaker.shared = {shared:?}: another cache shares it with {:?} and reset_after = {:?}, not {:?} and {:?}",
                    theirs.trip, theirs.reset_after, ours.trip, ours.reset_after
                ),
            ));
        }
        Ok(Arc::clone(breaker))
    }

    fn made(&self) -> MutexGuard<'_, Made> {
        self.made.lock().unwrap_or_else(PoisonError::into_inner)
    }
}
