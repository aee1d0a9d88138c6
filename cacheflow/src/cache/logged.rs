//! Lookups and puts in the log, at the level `DEBUG`; of lookups, those that memory alone
//! did not answer.
//!
//! A hit of memory is not logged: to ask whether anybody wants to know would be the
//! dearest part of some. The statistics count them.

use super::CacheValue;
use super::core::{Core, LoadedAll, Reply};
use crate::clock::Tick;
use crate::entry::{Level, Lookup, Made};
use crate::key::Address;
use crate::source::Loaded;

impl<V: CacheValue> Core<V> {
    /// When a lookup begins, if it is logged.
    pub(super) fn lookup_begins(&self) -> Option<Tick> {
        tracing::enabled!(tracing::Level::DEBUG).then(|| self.clock.now())
    }

    /// Logs what came of a lookup that may load.
    pub(super) fn log_reply<E>(&self, address: &Address, began: Option<Tick>, reply: &Reply<V, E>) {
        match reply {
            Ok(loaded) => self.log_loaded(address, began, loaded),
            Err(_) => self.log_lookup(address, began, "failed", None),
        }
    }

    fn log_loaded(&self, address: &Address, began: Option<Tick>, loaded: &Loaded<Made<V>>) {
        let (outcome, level) = match loaded {
            Loaded::Value(made) if made.is_stale => ("stale", Some(made.level)),
            Loaded::Value(made) if made.level == Level::Source => ("loaded", None),
            Loaded::Value(made) => ("hit", Some(made.level)),
            Loaded::Absent => ("absent", None),
        };
        self.log_lookup(address, began, outcome, level);
    }

    /// The same of one that does not.
    pub(super) fn log_found(&self, address: &Address, began: Option<Tick>, lookup: &Lookup<V>) {
        match lookup {
            Lookup::Hit(found) => self.log_lookup(address, began, "hit", Some(found.level)),
            Lookup::Miss => self.log_lookup(address, began, "miss", None),
        }
    }

    /// The same of many at once.
    pub(super) fn log_all<E>(&self, began: Option<Tick>, all: &LoadedAll<V, E>) {
        let Some(began) = began else { return };
        let loaded = all.loaded.iter().flatten();
        let found = loaded.filter(|loaded| matches!(loaded, Loaded::Value(_)));
        tracing::debug!(
            cache = %self.name,
            batch_size = all.loaded.len(),
            found = found.count(),
            failed = all.loaded.iter().filter(|loaded| loaded.is_none()).count(),
            duration = ?self.clock.now().since(began),
            "looked many up"
        );
    }

    /// Logs a put; not if its value could not be kept at all, which logs an invalidation.
    pub(super) fn log_put(&self, address: &Address, is_kept: bool) {
        let outcome = if is_kept { "kept" } else { "outrun" };
        tracing::debug!(
            cache = %self.name,
            cache_key = self.strategy.events.named(&address.key),
            outcome,
            "put"
        );
    }

    fn log_lookup(
        &self,
        address: &Address,
        began: Option<Tick>,
        outcome: &str,
        level: Option<Level>,
    ) {
        let Some(began) = began else { return };
        tracing::debug!(
            cache = %self.name,
            cache_key = self.strategy.events.named(&address.key),
            outcome,
            level = level.map(|level| match level {
                Level::Memory => "memory",
                Level::Shared => "shared",
                Level::Source => "source",
            }),
            duration = ?self.clock.now().since(began),
            "looked up"
        );
    }
}
