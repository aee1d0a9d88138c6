//! Values as bytes and back, with the limits on both ways.

use std::borrow::Cow;
use std::sync::Arc;
use std::time::Duration;

use super::decide::{self, Term};
use super::layer::Layer;
use crate::clock::unix_millis;
use crate::codec::Packed;
use crate::entry::Envelope;
use crate::error::{Error, Unreadable};
use crate::event::{Counter, Event, Position};
use crate::key::{Address, Marks};
use crate::standing::Verdict;
use crate::store::{Bound, Stored};
use crate::strategy::levels::FillWith;
use crate::strategy::refresh_ahead::RefreshAhead;

/// What an entry in memory weighs beside its key and value, in bytes.
const ENTRY_OVERHEAD: usize = 200;

/// A value that the shared store gave.
pub(super) struct Opened<V> {
    /// `None` if the source had none.
    pub(super) value: Option<V>,
    /// How many bytes its encoding has.
    pub(super) encoded: usize,
    pub(super) age: Duration,
    /// What is left of its life.
    pub(super) left: Term,
    pub(super) whole: Whole,
    /// What names it in the shared store, where somebody wants to.
    pub(super) header: Option<Arc<[u8]>>,
    pub(super) version: Option<Arc<str>>,
    pub(super) marks: Arc<Marks>,
}

/// What a value was kept with.
#[derive(Clone, Copy)]
pub(super) struct Whole {
    pub(super) ttl: Duration,
    pub(super) cost: Duration,
    pub(super) refresh: Option<RefreshAhead>,
}

/// A value about to be kept: its bytes, where they are needed, and its weight.
pub(super) struct Prepared {
    pub(super) payload: Option<Packed>,
    pub(super) weight: u32,
}

impl<V: Clone + Send + Sync + 'static> Layer<V> {
    /// The value in `stored`, if it may be served.
    pub(super) fn open(
        &self,
        address: &Address,
        stored: &Stored,
        idle: Option<Duration>,
    ) -> Result<Opened<V>, Unreadable> {
        let envelope = self.0.wire.open(&stored.bytes, address.identity())?;
        // What a record in the window makes old is no hit, although it is not
        // removed yet.
        let as_of = Position {
            incarnation: envelope.incarnation,
            number: envelope.as_of,
        };
        let (incarnation, marks) = (stored.incarnation, &envelope.marks);
        let standing = &self.0.standing;
        match standing.judge_stored(incarnation, as_of, &address.full, marks) {
            Verdict::Current => {}
            Verdict::Old => return Err(Unreadable::Forgotten),
            Verdict::Unknown => return Err(Unreadable::Incarnation),
        }
        let decoded = self.0.wire.decoded(&envelope, &stored.bytes)?;
        let encoded = decoded.as_ref().map_or(0, |(_, encoded)| *encoded);
        let value = decoded.map(|(value, _)| value);
        // Whoever wrote it may not have looked.
        if let (Some(value), Some(validator)) = (&value, &self.0.validator)
            && validator(value).is_err()
        {
            return Err(Unreadable::Refused);
        }
        let millis = |from: u64, to: u64| Duration::from_millis(to.saturating_sub(from));
        let age = millis(envelope.created, unix_millis());
        let kept = Term {
            ttl: millis(envelope.created, envelope.expires),
            stale: millis(envelope.expires, envelope.stale_until),
            idle,
        };
        Ok(Opened {
            value,
            encoded,
            age,
            left: decide::within(
                decide::left(kept, stored.remaining, age),
                self.0.max_ttl,
                decide::lived(kept, stored.remaining, age),
            ),
            whole: Whole {
                ttl: kept.ttl,
                cost: Duration::from_micros(envelope.load_micros.into()),
                refresh: None,
            },
            header: idle.and_then(|_| Envelope::header(&stored.bytes, envelope.as_of)),
            version: envelope.version.map(|version| version.as_ref().into()),
            marks: Arc::new(envelope.marks.into_owned()),
        })
    }

    /// The bytes to store of a value that was checked up to `checked`.
    pub(super) fn written(
        &self,
        address: &Address,
        checked: Position,
        payload: Option<&Packed>,
        fill: &FillWith,
    ) -> Result<Vec<u8>, Error> {
        let millis = |time: Duration| u64::try_from(time.as_millis()).unwrap_or(u64::MAX);
        let created = unix_millis();
        let expires = created.saturating_add(millis(fill.ttl));
        let head = Envelope {
            as_of: checked.number,
            incarnation: checked.incarnation,
            created,
            expires,
            stale_until: expires.saturating_add(millis(fill.stale)),
            load_micros: u32::try_from(fill.cost.as_micros()).unwrap_or(u32::MAX),
            marks: Cow::Borrowed(&fill.marks),
            version: fill.version.as_deref().map(Cow::Borrowed),
            ..Envelope::of(address.identity())
        };
        self.0.wire.write(head, payload)
    }

    /// Counts and tells that a value was kept in the shared store.
    pub(super) fn stored(&self, address: &Address, payload: &Packed) {
        let (encoded, stored) = (payload.encoded() as u64, payload.stored() as u64);
        self.0.counters.add(Counter::Stored);
        if payload.is_incompressible() {
            self.0.counters.add(Counter::Incompressible);
        }
        self.0.counters.add_many(Counter::EncodedBytes, encoded);
        self.0.counters.add_many(Counter::StoredBytes, stored);
        tracing::debug!(
            cache = %self.0.cache,
            cache_key = self.0.events.named(&address.key),
            compressed = payload.is_compressed(),
            encoded,
            stored,
            "kept in the shared store"
        );
        self.0.events.tell(|| Event::ItemSet {
            cache: self.0.cache.clone(),
            key: address.key.clone(),
            compressed: payload.is_compressed(),
            encoded,
            stored,
        });
    }

    /// Encodes and weighs a value; `None`, counted and told, if it cannot be
    /// kept.
    pub(super) fn prepare(&self, address: &Address, value: &V) -> Option<Prepared> {
        let payload = match &self.0.shared {
            Some(_) => match self.0.wire.encode(value) {
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
        Some(Prepared {
            payload: payload.map(|encoded| self.0.wire.pack(encoded)),
            weight,
        })
    }

    /// What a value weighs in memory: what the user's weigher says, else the
    /// size of its encoding, which is near enough for what people keep.
    pub(super) fn weigh(
        &self,
        address: &Address,
        value: &V,
        encoded: impl FnOnce() -> Option<usize>,
    ) -> u32 {
        let bound = self.0.local.memory().map(|memory| memory.bound());
        if !matches!(bound, Some(Bound::Bytes(_))) {
            return 1;
        }
        let of_value = match &self.0.weigher {
            Some(weigher) => weigher(value),
            None => encoded().unwrap_or_else(|| {
                // Without a shared store nothing was encoded yet.
                self.0.wire.encode(value).map_or(0, |bytes| bytes.len())
            }),
        };
        let all = of_value
            .saturating_add(address.key.as_bytes().len())
            .saturating_add(ENTRY_OVERHEAD);
        u32::try_from(all).unwrap_or(u32::MAX)
    }

    fn too_large(&self, address: &Address, bytes: u64) {
        self.0.counters.add(Counter::TooLarge);
        tracing::debug!(
            cache = %self.0.cache,
            cache_key = self.0.events.named(&address.key),
            bytes,
            "a value is not kept: it is too large"
        );
        self.0.events.tell(|| Event::TooLarge {
            cache: self.0.cache.clone(),
            key: address.key.clone(),
            bytes,
        });
    }
}
