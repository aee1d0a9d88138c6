//! One node: applies records, in order, to all its caches.

use std::collections::HashMap;
use std::fmt;
use std::sync::atomic::{AtomicBool, Ordering};
use std::sync::{Arc, Mutex, MutexGuard, PoisonError, RwLock, Weak};

use super::outbox::Outbox;
use crate::bus::{Listener, Standing};
use crate::clock::{Clock, Tick};
use crate::event::{Change, Event, EventSink, Position, Record};
use crate::key::{CacheName, FullKey};
use crate::store::Guarded;

/// What a node needs of each of its caches.
pub(crate) trait NearCache: Send + Sync {
    /// Forgets a key: what memory keeps, and what is under way.
    fn forget(&self, key: &[u8]);

    /// The same for a key that this node itself is putting; the put goes on.
    fn forget_read(&self, key: &[u8]);

    /// Forgets everything.
    fn forget_all(&self);
}

/// This process as one of the nodes that share a journal.
pub(crate) struct Node {
    origin: String,
    pub(super) standing: Arc<Standing>,
    pub(super) shared: Option<Arc<Guarded>>,
    clock: Clock,
    pub(super) events: EventSink,
    caches: RwLock<HashMap<CacheName, Weak<dyn NearCache>>>,
    /// Held while a record is applied and counted, so that records that arrive
    /// by the bus and by the answers of this node's own changes do not overtake
    /// one another.
    ///
    /// Inside is where the node stood at the last heartbeat: the journal must
    /// not be behind that at the next.
    applying: Mutex<Option<Position>>,
    outbox: Mutex<Outbox>,
    bus_is_up: AtomicBool,
}

/// What a [`Node`] is made of.
pub(crate) struct Parts {
    /// Tells this start of this process from every other.
    pub(crate) origin: String,
    pub(crate) standing: Arc<Standing>,
    pub(crate) shared: Option<Arc<Guarded>>,
    pub(crate) clock: Clock,
    pub(crate) events: EventSink,
}

impl Node {
    pub(crate) fn new(parts: Parts) -> Self {
        let Parts {
            origin,
            standing,
            shared,
            clock,
            events,
        } = parts;
        Self {
            origin,
            standing,
            shared,
            clock,
            events,
            caches: RwLock::default(),
            applying: Mutex::new(None),
            outbox: Mutex::default(),
            bus_is_up: AtomicBool::new(false),
        }
    }

    /// From now on `cache` is told what is forgotten.
    pub(crate) fn attach(&self, name: CacheName, cache: Weak<dyn NearCache>) {
        let mut caches = self.caches.write().unwrap_or_else(PoisonError::into_inner);
        caches.insert(name, cache);
    }

    pub(crate) fn origin(&self) -> &str {
        &self.origin
    }

    /// How many forgettings wait for the shared store.
    pub(crate) fn waiting(&self) -> usize {
        self.outbox().len()
    }

    /// Whether the bus is connected, as far as this node knows.
    pub(crate) fn bus_is_up(&self) -> bool {
        self.bus_is_up.load(Ordering::Acquire)
    }

    /// The bus was lost, or could not be reached.
    pub(crate) fn bus_lost(&self) -> bool {
        let was_up = self.bus_is_up.swap(false, Ordering::AcqRel);
        if was_up {
            self.events.tell(|| Event::BusDown);
        }
        was_up
    }

    pub(super) fn outbox(&self) -> MutexGuard<'_, Outbox> {
        self.outbox.lock().unwrap_or_else(PoisonError::into_inner)
    }

    /// Applies what the answer to this node's own change at `position` says
    /// that it has not heard yet, and the change itself with `own`.
    ///
    /// Afterwards this node stands at `position` or later: whoever reads here
    /// after the call has returned reads what it wrote.
    pub(super) fn catch_up(
        &self,
        position: Position,
        missed: Option<Vec<Record>>,
        own: impl FnOnce(),
    ) {
        let _applying = self.lock();
        let here = self.standing.position();
        let same_journal = here.is_some_and(|here| here.incarnation == position.incarnation);
        if !same_journal {
            return self.drop_memory_and_stand_at(position);
        }
        if here.is_some_and(|here| here.number >= position.number) {
            // The bus was faster; the record has been applied and counted.
            return own();
        }
        match missed {
            Some(records) => {
                for record in records {
                    self.apply_next(&record, "");
                }
                own();
                let here = self.standing.position();
                if here.is_some_and(|here| here.number + 1 == position.number) {
                    self.standing.stand_at(position);
                } else {
                    self.drop_memory_and_stand_at(position);
                }
            }
            None => self.drop_memory_and_stand_at(position),
        }
    }

    /// Applies a record if it is the next one. The caller holds the lock.
    fn apply_next(&self, record: &Record, origin: &str) -> Next {
        let Some(here) = self.standing.position() else {
            return Next::Gap;
        };
        if here.incarnation != record.position.incarnation {
            return Next::Gap;
        }
        if record.position.number <= here.number {
            return Next::Known;
        }
        if record.position.number != here.number + 1 {
            return Next::Gap;
        }
        // Applied first, counted second: who reads the position believes that
        // everything up to it has cancelled what it had to.
        self.apply(&record.change, origin);
        self.standing.stand_at(record.position);
        Next::Applied
    }

    fn apply(&self, change: &Change, origin: &str) {
        match change {
            Change::Forgotten(keys) => self.forget_here(keys),
            Change::Put(key) => self.with_cache(key.cache(), |cache| {
                if origin == self.origin {
                    // The put itself is still under way here and will find out
                    // by its answer whether it was the last.
                    cache.forget_read(key.key());
                } else {
                    cache.forget(key.key());
                }
            }),
            Change::Cleared(name) => self.clear_here(name),
        }
    }

    /// Forgets keys on this node, whatever the journal says.
    pub(super) fn forget_here(&self, keys: &[FullKey]) {
        for key in keys {
            self.with_cache(key.cache(), |cache| cache.forget(key.key()));
        }
    }

    /// Forgets a cache on this node, whatever the journal says.
    pub(super) fn clear_here(&self, name: &CacheName) {
        self.with_cache(name.as_str(), |cache| cache.forget_all());
    }

    /// Something was missed: nothing that memory holds, and nothing that is
    /// under way, is known to be current.
    fn drop_memory_and_stand_at(&self, position: Position) {
        let first = self.standing.position().is_none();
        let caches: Vec<_> = {
            let caches = self.caches.read().unwrap_or_else(PoisonError::into_inner);
            caches.values().filter_map(Weak::upgrade).collect()
        };
        for cache in caches {
            cache.forget_all();
        }
        self.standing.stand_at(position);
        if !first {
            self.events.tell(|| Event::Gap);
        }
    }

    fn with_cache(&self, name: &str, work: impl FnOnce(&dyn NearCache)) {
        let cache = {
            let caches = self.caches.read().unwrap_or_else(PoisonError::into_inner);
            caches.get(name).and_then(Weak::upgrade)
        };
        if let Some(cache) = cache {
            work(&*cache);
        }
    }

    fn lock(&self) -> MutexGuard<'_, Option<Position>> {
        self.applying.lock().unwrap_or_else(PoisonError::into_inner)
    }
}

/// What became of a record.
#[derive(Debug, PartialEq, Eq)]
enum Next {
    Applied,
    /// It had been applied before.
    Known,
    /// Records are missing before it.
    Gap,
}

impl Listener for Node {
    fn now(&self) -> Tick {
        self.clock.now()
    }

    fn origin(&self) -> &str {
        &self.origin
    }

    fn subscribed(&self, position: Position, asked: Tick) {
        let _applying = self.lock();
        if self.standing.position() != Some(position) {
            self.drop_memory_and_stand_at(position);
        }
        self.standing.prove(asked);
        if !self.bus_is_up.swap(true, Ordering::AcqRel) {
            self.events.tell(|| Event::BusUp);
        }
    }

    fn heard(&self, record: Record, origin: &str) {
        let _applying = self.lock();
        if self.apply_next(&record, origin) == Next::Gap {
            tracing::warn!(?record.position, "records were missed; memory is dropped");
            self.drop_memory_and_stand_at(record.position);
        }
    }

    fn heard_foreign(&self, keys: &[FullKey], origin: &str) {
        if origin != self.origin {
            self.forget_here(keys);
        }
    }

    fn garbled(&self) {
        let _applying = self.lock();
        tracing::warn!("a message on the bus could not be understood; memory is dropped");
        if let Some(here) = self.standing.position() {
            self.drop_memory_and_stand_at(here);
        }
    }

    fn alive(&self, position: Position, asked: Tick) {
        let mut at_last = self.lock();
        let here = self.standing.position();
        // This node may stand further: the answer to a change of its own can
        // overtake the heartbeat's. But what it stood at when the last one was
        // answered, the journal has reached, unless a message lied.
        let nothing_missed = here.is_some_and(|here| {
            here.incarnation == position.incarnation && here.number >= position.number
        });
        let journal_is_behind = at_last.is_some_and(|then| {
            then.incarnation == position.incarnation && then.number > position.number
        });
        if journal_is_behind || !nothing_missed {
            tracing::warn!(?here, ?position, "records were missed; memory is dropped");
            self.drop_memory_and_stand_at(position);
        }
        *at_last = self.standing.position();
        self.standing.prove(asked);
    }
}

impl fmt::Debug for Node {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.debug_struct("Node")
            .field("origin", &self.origin)
            .field("position", &self.standing.position())
            .finish_non_exhaustive()
    }
}

#[cfg(test)]
mod tests;
