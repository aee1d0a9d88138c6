//! An old value in the place of one that could not be loaded.

use std::time::Duration;

use super::decide::{Failing, Stale, after_failure};
use crate::entry::Made;
use crate::event::{Counter, Event};
use crate::key::Address;
use crate::source::{Flight, Outcome};
use crate::strategy::cache_aside::{Layer, Terms};
use crate::strategy::levels::Levels;

impl<V, L> Layer<V, L>
where
    V: Clone + Send + Sync + 'static,
    L: Levels<V>,
{
    /// The old value of a flight whose load failed, if it may be given. Its
    /// followers get it as well, and it is kept for as long as its source is to be
    /// left alone.
    pub(crate) fn stand_in<E>(
        &self,
        address: &Address,
        flight: &Flight<V>,
        terms: &Terms<V, E>,
        stale: Option<Made<V>>,
        breaker_wait: Option<Duration>,
    ) -> Option<Made<V>> {
        let made = stale?;
        let left = made.served_until.since(self.clock.now());
        let strategy = &terms.policy.strategy;
        let failing = after_failure(
            Some(Stale { left }),
            strategy.fail_safe.as_ref(),
            strategy.breaker.is_some() && self.may_stand_in(terms),
            breaker_wait,
        );
        let Failing::Give { keep_for } = failing else {
            return None;
        };
        // What was forgotten while its load failed is not given again.
        let ticket = &flight.ticket;
        if !self.local.is_current(address, ticket, made.marks()) {
            return None;
        }
        self.stood_in(address);
        flight.land(Outcome::Value(made.clone()));
        if !keep_for.is_zero() && !terms.options.skip.filling_memory {
            self.levels.keep_stale(address, ticket, &made, keep_for);
        }
        Some(made)
    }

    /// Whether the strategy lets old values stand in.
    pub(crate) fn may_stand_in<E>(&self, terms: &Terms<V, E>) -> bool {
        let strategy = &terms.policy.strategy;
        let has_breaker = strategy.breaker.is_some();
        strategy.fail_safe.is_some() || has_breaker && terms.policy.stale(&terms.options).is_some()
    }

    /// Counts and tells that an old value was given.
    pub(crate) fn stood_in(&self, address: &Address) {
        self.counters.add(Counter::Stale);
        self.events.tell(|| Event::Stale {
            cache: self.cache.clone(),
            key: address.key.clone(),
        });
    }
}
