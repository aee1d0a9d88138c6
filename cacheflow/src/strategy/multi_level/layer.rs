//! Reading and filling the levels.

use std::sync::Arc;
use std::time::Duration;

use super::{MultiLevel, decide};
use crate::bus::Standing;
use crate::clock::{Clock, Tick, unix_millis};
use crate::codec::ValueCodec;
use crate::entry::{Entry, Envelope, Found, Level};
use crate::error::{Error, ErrorKind, Unreadable};
use crate::event::{Counter, Counters, Event, EventSink, Position};
use crate::key::{Address, CacheName};
use crate::source::Ticket;
use crate::store::{Bound, Fill, Filled, Guarded, Put, Recorded, Stored};
use crate::strategy::Local;
use crate::strategy::levels::{FillWith, Levels, Read};

/// What an entry in memory weighs beside its key and value, in bytes.
const ENTRY_OVERHEAD: usize = 200;

/// Tells what a value weighs in memory, in bytes.
pub(crate) type Weigher<V> = Arc<dyn Fn(&V) -> usize + Send + Sync>;

/// The levels of one cache.
pub(crate) struct Layer<V>(Parts<V>);

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

/// A value about to be kept: its bytes, where they are needed, and its weight.
struct Prepared {
    payload: Option<Vec<u8>>,
    weight: u32,
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
        match self.open(address, &stored) {
            Ok((value, age)) => {
                self.promote(address, ticket, &value, &stored, asked);
                Read::Hit(Found::new(value, Level::Shared, age, stored.remaining))
            }
            Err(fault) => {
                self.0.counters.add(Counter::Unreadable);
                self.0.events.tell(|| Event::Unreadable {
                    cache: self.0.cache.clone(),
                    key: address.key.clone(),
                    fault,
                });
                // Only if it still is what was read: somebody may have replaced
                // it already. A failure leaves it to the fill or to its TTL.
                let _ = shared.discard(&address.full, &stored.bytes).await;
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
                .fill_shared(address, ticket, &prepared, ttl, fill.cost)
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
        let entry = self.entry(ticket, value, now.after(ttl), prepared.weight);
        if !self.0.local.keep(&address.key, ticket, entry) {
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
        checked: Option<Position>,
        payload: &[u8],
        ttl: Duration,
    ) -> Option<Result<Recorded, Error>> {
        let shared = self.0.shared.as_ref()?;
        let Some(checked) = checked else {
            return Some(Err(never_heard("put", shared)));
        };
        let bytes = match self.seal(address, checked.incarnation, payload, ttl, Duration::ZERO) {
            Ok(bytes) => bytes,
            Err(error) => return Some(Err(error)),
        };
        Some(
            shared
                .put(Put {
                    key: &address.full,
                    bytes: &bytes,
                    ttl,
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
        ttl: Duration,
        weight: u32,
    ) -> Option<Entry<V>> {
        let memory = decide::fill(&self.0.config, self.0.shared.is_some(), ttl).memory?;
        Some(self.entry(ticket, value, now.after(memory), weight))
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
        Entry::new(value.clone(), ticket.as_of, expires, ticket.epoch, weight)
    }

    /// The value in `stored`, and its age.
    fn open(&self, address: &Address, stored: &Stored) -> Result<(V, Duration), Unreadable> {
        if stored.bytes.len() > self.0.max_value_bytes.saturating_add(Self::ENVELOPE_ROOM) {
            return Err(Unreadable::TooLong);
        }
        let envelope = Envelope::decode(
            &stored.bytes,
            &address.identity,
            self.0.codec.id(),
            Self::NO_SCHEMA,
        )?;
        let position = self.0.standing.position();
        if position.is_none_or(|position| position.incarnation != envelope.incarnation) {
            return Err(Unreadable::Incarnation);
        }
        let value = self
            .0
            .codec
            .decode(envelope.payload)
            .map_err(|_| Unreadable::Payload)?;
        let age = Duration::from_millis(unix_millis().saturating_sub(envelope.created));
        Ok((value, age))
    }

    /// No fingerprint of the value's type: MessagePack carries field names.
    const NO_SCHEMA: u64 = 0;

    /// The most that an envelope adds to its payload: header and key.
    const ENVELOPE_ROOM: usize = 512;

    fn promote(
        &self,
        address: &Address,
        ticket: &Arc<Ticket>,
        value: &V,
        stored: &Stored,
        asked: Tick,
    ) {
        let Some(ttl) = decide::promote(&self.0.config, stored.remaining) else {
            return self.0.local.leave(&address.key, ticket);
        };
        let weight = self.weigh(address, value, || Some(stored.bytes.len()));
        let entry = self.entry(ticket, value, asked.after(ttl), weight);
        self.0.local.keep(&address.key, ticket, entry);
    }

    async fn fill_shared(
        &self,
        address: &Address,
        ticket: &Ticket,
        prepared: &Prepared,
        ttl: Duration,
        cost: Duration,
    ) -> Result<Filled, Error> {
        let Some(shared) = &self.0.shared else {
            return Ok(Filled::Kept);
        };
        // The position first, then whether the flight was cancelled: a record
        // is applied before it is counted, so everything up to this position
        // has had its chance to cancel. What comes after it, the store checks.
        let Some(checked) = self.0.standing.position() else {
            return Err(never_heard("fill", shared));
        };
        if ticket.is_cancelled() {
            return Ok(Filled::Refused);
        }
        let payload = prepared.payload.as_deref().unwrap_or_default();
        let bytes = self.seal(address, checked.incarnation, payload, ttl, cost)?;
        shared
            .fill(Fill {
                key: &address.full,
                bytes: &bytes,
                ttl,
                checked,
            })
            .await
    }

    fn seal(
        &self,
        address: &Address,
        incarnation: u64,
        payload: &[u8],
        ttl: Duration,
        cost: Duration,
    ) -> Result<Vec<u8>, Error> {
        let created = unix_millis();
        let expires = created.saturating_add(u64::try_from(ttl.as_millis()).unwrap_or(u64::MAX));
        Envelope {
            as_of: self.0.standing.position().map_or(0, |p| p.number),
            incarnation,
            codec: self.0.codec.id(),
            schema: Self::NO_SCHEMA,
            created,
            expires,
            stale_until: expires,
            load_micros: u32::try_from(cost.as_micros()).unwrap_or(u32::MAX),
            key: &address.identity,
            payload,
        }
        .encode()
        .map_err(|fault| Error::new(ErrorKind::Codec, "encode", fault.to_string()))
    }

    /// Encodes and weighs a value; `None`, counted and told, if it cannot be
    /// kept.
    fn prepare(&self, address: &Address, value: &V) -> Option<Prepared> {
        let payload = match &self.0.shared {
            Some(_) => match self.0.codec.encode(value) {
                Ok(payload) => Some(payload),
                Err(error) => {
                    self.store_failed(address, &error);
                    return None;
                }
            },
            None => None,
        };
        let bytes = payload.as_ref().map_or(0, Vec::len);
        if bytes > self.0.max_value_bytes {
            self.too_large(address, bytes as u64);
            return None;
        }
        let weight = self.weigh(address, value, || payload.as_ref().map(Vec::len));
        let fits = self
            .0
            .local
            .memory()
            .is_none_or(|memory| memory.could_hold(weight));
        if !fits {
            self.too_large(address, u64::from(weight));
            return None;
        }
        Some(Prepared { payload, weight })
    }

    /// What a value weighs in memory: what the user's weigher says, else the
    /// size of its encoding, which is near enough for what people keep.
    fn weigh(&self, address: &Address, value: &V, encoded: impl FnOnce() -> Option<usize>) -> u32 {
        let bound = self.0.local.memory().map(|memory| memory.bound());
        if !matches!(bound, Some(Bound::Bytes(_))) {
            return 1;
        }
        let of_value = match &self.0.weigher {
            Some(weigher) => weigher(value),
            None => encoded().unwrap_or_else(|| {
                // Without a shared store nothing was encoded yet.
                self.0.codec.encode(value).map_or(0, |bytes| bytes.len())
            }),
        };
        let all = of_value
            .saturating_add(address.key.as_bytes().len())
            .saturating_add(ENTRY_OVERHEAD);
        u32::try_from(all).unwrap_or(u32::MAX)
    }

    fn too_large(&self, address: &Address, bytes: u64) {
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
