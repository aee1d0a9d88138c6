//! How a cache is changed.

use std::sync::Arc;
use std::sync::atomic::{AtomicBool, Ordering};
use std::time::Duration;

use super::{CacheValue, Core};
use crate::event::{Forgotten, Gone, Position, Target};
use crate::invalidation::{Applied, NearCache, Outcome};
use crate::key::{Address, FullKey, Marks};
use crate::runtime::draw;
use crate::source::{Parts, Said, Ticket, is_collecting};
use crate::standing::AsOf;
use crate::strategy::cache_aside::{LoadEnd, Wanted, after_load, stale_within};
use crate::strategy::{CallOptions, FillWith, Given, Policy};

/// The right to put a value, taken before its source is changed.
pub(crate) struct Putting<V: CacheValue> {
    core: Arc<Core<V>>,
    pub(crate) address: Address,
    ticket: Arc<Ticket>,
    /// Whether its key was known only after its beginning.
    is_late: bool,
}

/// How a value is put.
#[derive(Clone)]
pub(crate) struct How {
    pub(crate) policy: Arc<Policy>,
    pub(crate) given: Given,
    pub(crate) options: CallOptions,
    /// What is said of this value alone.
    pub(crate) said: Said,
    /// What the shared store does not get, memory does not keep either.
    pub(crate) everywhere: bool,
}

impl<V: CacheValue> Putting<V> {
    /// Whatever is forgotten or put from here on is not older than the value.
    pub(crate) fn begin(core: &Arc<Core<V>>, address: Address) -> Self {
        Self {
            ticket: core.local.put_ticket(&address.key),
            core: Arc::clone(core),
            address,
            is_late: false,
        }
    }

    /// Moves the beginning back to `as_of`, which was taken before its key was known.
    ///
    /// What was forgotten or put between there and here did not cancel it: that is made
    /// up for when the value is put.
    pub(crate) fn begin_at(&mut self, as_of: AsOf) {
        let local = &self.core.local;
        let ticket = local.put_ticket_as_of(&self.address.key, as_of);
        local.leave(&self.address.key, &self.ticket);
        (self.ticket, self.is_late) = (ticket, true);
    }

    /// The key is forgotten: nobody knows what its source has now.
    pub(crate) async fn forget(self) -> Applied {
        Self::forget_all(vec![self]).await
    }

    /// The same for many at once.
    pub(crate) async fn forget_all(all: Vec<Self>) -> Applied {
        let Some(first) = all.first() else {
            return Applied::Recorded;
        };
        let addresses = all.iter().map(|it| it.address.clone()).collect();
        first.core.forget(addresses).await.applied
    }

    /// Puts a value, in whose place nothing older remains. Returns whether it is
    /// kept as well: not if another put or forgot meanwhile.
    pub(crate) async fn put(self, value: V, how: &How) -> (Applied, bool) {
        let core = &self.core;
        // Nobody knows whether its transaction will be committed.
        if core.is_off() || is_collecting(core.flow()) {
            return (self.forget().await, false);
        }
        let (address, ticket) = (&self.address, &self.ticket);
        let (levels, config) = (&core.strategy.levels, core.strategy.config.get());
        let marks = core
            .strategy
            .marks(address, &how.given, &how.said, &value, Parts::default());
        let wanted = Wanted {
            by_loader: how.said.ttl,
            by_call: how.options.ttl,
            by_value: core.strategy.timer.as_ref().and_then(|timer| timer(&value)),
        };
        let max_ttl = core.strategy.max_ttl;
        let ttl = after_load(&config, max_ttl, LoadEnd::Value, wanted, draw());
        // What comes from here on finds the ticket, which was taken before this look.
        let is_current = |marks: &Marks| core.local.is_current(address, ticket, marks);
        let marks = marks.filter(|_| core.strategy.may_be_kept(address, &value));
        let marks = marks.filter(|marks| !self.is_late || is_current(marks));
        let encoded = levels.encode_put(address, &value);
        let (Some((payload, weight)), Some(marks), Some(ttl)) = (encoded, marks, ttl) else {
            // It cannot be kept, but what is kept is older than it.
            return (self.forget().await, false);
        };
        let stale = how.policy.stale(&how.options).unwrap_or_default();
        let fill = FillWith {
            ttl,
            stale: stale_within(max_ttl, ttl, stale),
            idle: config.idle,
            refresh: **how.policy.refresh.get(),
            cost: Duration::ZERO,
            version: how.said.version.clone(),
            skip_shared: false,
            skip_memory: false,
            marks,
        };
        let now = core.clock.now();
        let is_kept = AtomicBool::new(false);
        let in_doubt = AtomicBool::new(false);
        // Whether something has touched the cache since the put began, this node alone
        // knows: no record says so, and the store has kept the value.
        let by_patterns = core.standing.watches(&address.full, &fill.marks);
        let end = |position: Option<Position>, kept: bool, header| {
            let entry = kept.then(|| levels.put_entry(ticket, &value, now, &fill, weight));
            let mut entry = entry.flatten();
            if let Some(entry) = &mut entry {
                entry.set_header(header);
            }
            let in_memory = core.local.end_put(address, ticket, position, entry);
            is_kept.store(kept && in_memory, Ordering::Relaxed);
            // All that came before its own record has been applied, or not.
            let all = position.is_none_or(|at| core.standing.has_come_to(at));
            let doubt = by_patterns && kept && !(in_memory && all);
            in_doubt.store(doubt, Ordering::Relaxed);
        };
        let applied = match levels
            .put_shared(address, ticket, payload.as_ref(), &fill)
            .await
        {
            // The other nodes have values of their own.
            None if core.config().in_process => {
                core.node.put_here(&address.full, || end(None, true, None));
                Applied::Local
            }
            None => {
                core.node
                    .put_alone(&address.full, |at| end(Some(at), true, None));
                Applied::Recorded
            }
            Some(Ok((recorded, header))) => {
                let (kept, at) = (recorded.kept, recorded.record.position);
                let end = || end(Some(at), kept, header);
                core.node.recorded(recorded, end).applied
            }
            Some(Err(error)) => {
                levels.store_failed(address, &error);
                let keeps = !how.everywhere;
                core.node
                    .put_failed(&address.full, || end(None, keeps, None));
                Applied::Local
            }
        };
        let is_kept = is_kept.into_inner() && !in_doubt.load(Ordering::Relaxed);
        core.log_put(address, is_kept);
        if in_doubt.into_inner() {
            return (self.forget().await, false);
        }
        (applied, is_kept)
    }
}

impl<V: CacheValue> Drop for Putting<V> {
    fn drop(&mut self) {
        self.core.local.leave(&self.address.key, &self.ticket);
    }
}

impl<V: CacheValue> Core<V> {
    /// Forgets these keys everywhere.
    pub(crate) async fn forget(&self, addresses: Vec<Address>) -> Outcome {
        let keys: Vec<_> = addresses.into_iter().map(|address| address.full).collect();
        self.node.forget(Forgotten::keys(keys)).await
    }

    /// Forgets everything of this cache everywhere.
    pub(crate) async fn clear(&self) -> Outcome {
        let forgotten = Forgotten::cache(self.name.clone());
        self.node.forget(forgotten).await
    }
}

impl<V: CacheValue> NearCache for Core<V> {
    fn forget(&self, target: Target<'_>, before: u64, wanted: bool) -> Gone {
        let watched = self.watching.is_of(target);
        let gone = self.local.forget(target, before, wanted || watched);
        if watched {
            self.watching.forgotten(&self.name, target, &gone.keys);
        }
        gone
    }

    fn has_dependents(&self) -> bool {
        self.local.has_dependents()
    }

    fn forget_all(&self) {
        self.local.forget_all();
        self.watching.tell();
    }

    fn dependents(&self, key: &FullKey) -> Vec<FullKey> {
        self.local.dependents(key)
    }

    fn dependencies(&self, key: &FullKey) -> Option<Vec<FullKey>> {
        let entry = self.local.hit(key.key())?;
        Some(entry.marks().dependencies().to_vec())
    }

    fn graph(&self) -> Vec<(FullKey, Arc<Marks>)> {
        self.local.graph()
    }
}
