//! Reading and filling the levels.

use std::sync::Arc;
use std::time::Duration;

use super::bytes::{Opened, Prepared};
use super::{MultiLevel, decide};
use crate::clock::{Clock, Tick};
use crate::codec::ValueCodec;
use crate::entry::{self, Entry, Made};
use crate::error::{Error, ErrorKind, Unreadable};
use crate::event::{Counter, Counters, Event, EventSink};
use crate::key::{Address, CacheName};
use crate::source::Ticket;
use crate::standing::Standing;
use crate::store::{Fill, Filled, Guarded, Put, Recorded, Stored};
use crate::strategy::Local;
use crate::strategy::levels::{FillWith, Levels, Read};

/// Tells what a value weighs in memory, in bytes.
pub(crate) type Weigher<V> = Arc<dyn Fn(&V) -> usize + Send + Sync>;

/// The levels of one cache.
pub(crate) struct Layer<V>(pub(super) Parts<V>);

/// What a [`Layer`] is made of.
pub(crate) struct Parts<V> {
    pub(crate) cache: CacheName,
    pub(crate) config: MultiLevel,
    pub(crate) local: Arc<Local<V>>,
    pub(crate) shared: Option<Arc<Guarded>>,
    pub(crate) codec: Arc<dyn ValueCodec<V>>,
    pub(crate) weigher: Option<Weigher<V>>,
    pub(crate) max_value_bytes: usize,
    pub(crate) standing: Arc<Standing>,
    pub(crate) clock: Clock,
    pub(crate) counters: Arc<Counters>,
    pub(crate) events: EventSink,
}

impl<V: Clone + Send + Sync + 'static> Levels<V> for Layer<V> {
    async fn read(&self, address: &Address, ticket: &Arc<Ticket>) -> Read<V> {
        let Some(shared) = &self.0.shared else {
            return Read::Miss;
        };
        // A store that is known not to answer, or a node that does not know yet
        // what was forgotten: nothing new to tell, so nothing is counted.
        if !shared.is_trusted() || self.0.standing.position().is_none() {
            return Read::Failed;
        }
        // Before the question, so that the lifetime which the answer tells is
        // never counted from too late.
        let asked = self.0.clock.now();
        let stored = match shared.get(&address.full).await {
            Ok(Some(stored)) => stored,
            Ok(None) => return Read::Miss,
            Err(error) => {
                self.store_failed(address, &error);
                return Read::Failed;
            }
        };
        // While the answer was on its way, this node may have learnt that the
        // store has lost what it was told: until it was told again, what it holds
        // may be old.
        if !shared.is_trusted() {
            return Read::Failed;
        }
        match self.open(address, &stored) {
            Ok(opened) => self.promoted(address, ticket, opened, &stored, asked),
            Err(fault) => {
                self.unreadable(address, fault, &stored).await;
                Read::Miss
            }
        }
    }

    async fn fill(&self, address: &Address, ticket: &Arc<Ticket>, value: &V, fill: FillWith) {
        let Some(prepared) = self.prepare(address, value) else {
            return self.0.local.leave(&address.key, ticket);
        };
        let lifetimes = decide::fill(&self.0.config, self.0.shared.is_some(), fill.ttl);
        // Before the fill is sent: memory must not outlive the shared store.
        let now = self.0.clock.now();
        if let (Some(ttl), false) = (lifetimes.shared, fill.skip_shared) {
            match self
                .fill_shared(address, ticket, &prepared, ttl, &fill)
                .await
            {
                Ok(Filled::Kept) => {}
                Ok(Filled::Refused) => {
                    self.refused(address);
                    return self.0.local.leave(&address.key, ticket);
                }
                // Nothing is known to be wrong with the value: memory may keep
                // it, behind its gate.
                Err(error) => self.store_failed(address, &error),
            }
        }
        let Some(ttl) = lifetimes.memory else {
            return self.0.local.leave(&address.key, ticket);
        };
        let entry = self
            .entry(ticket, value, now.after(ttl), prepared.weight)
            .ending(now.after(fill.ttl))
            .marked(&fill.marks);
        if !self.0.local.keep(address, ticket, entry) {
            self.refused(address);
        }
    }
}

impl<V: Clone + Send + Sync + 'static> Layer<V> {
    pub(crate) fn new(parts: Parts<V>) -> Self {
        Self(parts)
    }

    /// Writes a new value to the shared store, if there is one, as of
    /// `ticket`'s beginning.
    pub(crate) async fn put_shared(
        &self,
        address: &Address,
        ticket: &Ticket,
        payload: &[u8],
        fill: &FillWith,
    ) -> Option<Result<Recorded, Error>> {
        let shared = self.0.shared.as_ref()?;
        let Some(checked) = ticket.as_of.position() else {
            return Some(Err(never_heard("put", shared)));
        };
        let bytes = match self.seal(address, checked, payload, fill) {
            Ok(bytes) => bytes,
            Err(error) => return Some(Err(error)),
        };
        Some(
            shared
                .put(Put {
                    key: &address.full,
                    bytes: &bytes,
                    marks: &fill.marks,
                    ttl: fill.ttl,
                    checked,
                })
                .await,
        )
    }

    /// Encodes a value that is about to be put; `None` if it is too large.
    pub(crate) fn encode_put(&self, address: &Address, value: &V) -> Option<(Vec<u8>, u32)> {
        let prepared = self.prepare(address, value)?;
        Some((prepared.payload.unwrap_or_default(), prepared.weight))
    }

    /// The entry that memory keeps of a value that was put at `now`.
    pub(crate) fn put_entry(
        &self,
        ticket: &Ticket,
        value: &V,
        now: Tick,
        fill: &FillWith,
        weight: u32,
    ) -> Option<Entry<V>> {
        let lifetimes = decide::fill(&self.0.config, self.0.shared.is_some(), fill.ttl);
        let memory = lifetimes.memory?;
        let entry = self.entry(ticket, value, now.after(memory), weight);
        Some(entry.ending(now.after(fill.ttl)).marked(&fill.marks))
    }

    /// Counts and tells that the shared store failed.
    pub(crate) fn store_failed(&self, address: &Address, error: &Error) {
        self.0.counters.add(Counter::StoreFailed);
        self.0.events.tell(|| Event::StoreFailed {
            cache: self.0.cache.clone(),
            key: address.key.clone(),
            error: error.to_string().into(),
        });
    }

    fn refused(&self, address: &Address) {
        self.0.counters.add(Counter::FillRefused);
        self.0.events.tell(|| Event::FillRefused {
            cache: self.0.cache.clone(),
            key: address.key.clone(),
        });
    }

    fn entry(&self, ticket: &Ticket, value: &V, expires: Tick, weight: u32) -> Entry<V> {
        Entry::new(value.clone(), ticket.begun, expires, ticket.epoch, weight)
    }

    /// Keeps in memory what the shared store gave.
    fn promoted(
        &self,
        address: &Address,
        ticket: &Arc<Ticket>,
        opened: Opened<V>,
        stored: &Stored,
        asked: Tick,
    ) -> Read<V> {
        let Opened { value, age, marks } = opened;
        let remaining = stored.remaining;
        let ends = asked.after(remaining);
        match decide::promote(&self.0.config, remaining) {
            Some(ttl) => {
                let weight = self.weigh(address, &value, || Some(stored.bytes.len()));
                let entry = self.entry(ticket, &value, asked.after(ttl), weight);
                let entry = entry.ending(ends).marked(&marks);
                self.0.local.keep(address, ticket, entry);
            }
            None => self.0.local.leave(&address.key, ticket),
        }
        Read::Hit {
            made: Made {
                value,
                marks: entry::some(&marks),
                expires: Some(ends),
            },
            age,
            remaining,
        }
    }

    async fn unreadable(&self, address: &Address, fault: Unreadable, stored: &Stored) {
        // Not a fault: somebody is about to make sure of it.
        if fault == Unreadable::Provisional || fault == Unreadable::Forgotten {
            return;
        }
        self.0.counters.add(Counter::Unreadable);
        self.0.events.tell(|| Event::Unreadable {
            cache: self.0.cache.clone(),
            key: address.key.clone(),
            fault,
        });
        // What another incarnation wrote may be newer than this node's own
        // knowledge. The rest goes, but only if it still is what was read:
        // somebody may have replaced it already. A failure leaves it to the fill
        // or to its TTL.
        if let (Some(shared), false) = (&self.0.shared, fault == Unreadable::Incarnation) {
            let _ = shared.discard(&address.full, &stored.bytes).await;
        }
    }

    async fn fill_shared(
        &self,
        address: &Address,
        ticket: &Ticket,
        prepared: &Prepared,
        ttl: Duration,
        fill: &FillWith,
    ) -> Result<Filled, Error> {
        let Some(shared) = &self.0.shared else {
            return Ok(Filled::Kept);
        };
        // The position first, then the look at the window: a record is taken
        // into it and applied before it is counted, so everything up to this
        // position is seen here. What comes after it, the store checks.
        let Some(checked) = self.0.standing.position() else {
            return Err(never_heard("fill", shared));
        };
        if !self.0.local.is_current(address, ticket, &fill.marks) {
            return Ok(Filled::Refused);
        }
        let payload = prepared.payload.as_deref().unwrap_or_default();
        let bytes = self.seal(address, checked, payload, fill)?;
        shared
            .fill(Fill {
                key: &address.full,
                bytes: &bytes,
                marks: &fill.marks,
                ttl,
                checked,
            })
            .await
    }

    pub(super) fn too_large(&self, address: &Address, bytes: u64) {
        self.0.counters.add(Counter::TooLarge);
        self.0.events.tell(|| Event::TooLarge {
            cache: self.0.cache.clone(),
            key: address.key.clone(),
            bytes,
        });
    }
}

/// Before the first subscription this node does not know where the journal
/// stands, so that nobody could tell what its values take into account.
fn never_heard(operation: &'static str, shared: &Guarded) -> Error {
    Error::new(ErrorKind::Unavailable, operation, "not subscribed yet").with("store", shared.name())
}
