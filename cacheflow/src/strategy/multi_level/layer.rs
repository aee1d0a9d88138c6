//! Reading and filling the levels.

use std::sync::Arc;
use std::time::Duration;

use super::MultiLevel;
use super::bytes::{Opened, Whole};
use super::decide::{self, Term};
use crate::clock::{Clock, Tick};
use crate::codec::{Packed, Wire};
use crate::entry::{self, Entry, Level, Life, Made};
use crate::error::{Error, ErrorKind, Unreadable};
use crate::event::{Counter, Counters, Event, EventSink};
use crate::key::{Address, CacheName};
use crate::runtime::draw;
use crate::source::Ticket;
use crate::standing::Standing;
use crate::store::{Guarded, Stored};
use crate::strategy::levels::{FillWith, Levels, PageKept, Pair, Read, Reading, Validator};
use crate::strategy::{Local, Nothing, Page, refresh_ahead};

/// Two lifetimes that end so near to one another are of one value: the shared store
/// keeps whole milliseconds, from when the fill has reached it.
const SAME: Duration = Duration::from_millis(50);

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
    pub(crate) wire: Wire<V>,
    pub(crate) weigher: Option<Weigher<V>>,
    pub(crate) max_value_bytes: usize,
    /// No value is kept for longer.
    pub(crate) max_ttl: Option<Duration>,
    pub(crate) validator: Option<Validator<V>>,
    pub(crate) standing: Arc<Standing>,
    pub(crate) clock: Clock,
    pub(crate) counters: Arc<Counters>,
    pub(crate) events: EventSink,
}

impl<V: Clone + Send + Sync + 'static> Levels<V> for Layer<V> {
    async fn read(&self, address: &Address, ticket: &Arc<Ticket>, how: Reading) -> Read<V> {
        let Some(shared) = self.0.shared.as_ref().filter(|_| !how.skip_shared) else {
            return Read::Miss;
        };
        if !self.may_ask(shared) {
            return Read::Failed;
        }
        // Before the question, so that the lifetime which the answer tells is
        // never counted from too late.
        let asked = self.0.clock.now();
        let answer = shared.get(&address.full).await;
        self.took(asked, answer.as_ref().err());
        self.answered(address, ticket, how, asked, answer).await
    }

    async fn read_many(&self, wanted: &[(&Address, &Arc<Ticket>)], how: Reading) -> Vec<Read<V>> {
        self.read_all(wanted, how).await
    }

    async fn fill(&self, address: &Address, ticket: &Arc<Ticket>, value: &V, fill: FillWith) {
        let Some(prepared) = self.prepare(address, value) else {
            return self.0.local.leave(&address.key, ticket);
        };
        // Before the fill is sent: memory must not outlive the shared store.
        let now = self.0.clock.now();
        let payload = prepared.payload.as_ref();
        let Some(header) = self.filled(address, ticket, payload, &fill).await else {
            return self.0.local.leave(&address.key, ticket);
        };
        let Some(life) = self.new_life(now, ticket, &fill) else {
            return self.0.local.leave(&address.key, ticket);
        };
        let mut entry = self.entry(ticket, value.clone(), life, prepared.weight, &fill);
        entry.set_header(header);
        if !self.0.local.keep(address, ticket, entry) {
            self.refused(address);
        }
    }

    async fn fill_page(&self, page: &Page<V>, pairs: Vec<(Pair<V>, FillWith)>) -> PageKept {
        self.fill_all(page, pairs).await
    }

    fn keep_stale(
        &self,
        address: &Address,
        ticket: &Arc<Ticket>,
        made: &Made<V>,
        keep_for: Duration,
    ) {
        let now = self.0.clock.now();
        let expires = now.after(keep_for).min(made.served_until);
        let life = Life {
            age: made.age + now.since(made.seen),
            stale_until: made.served_until,
            ..Life::plain(now, expires)
        };
        let weight = self.weigh(address, &made.value, || None);
        // As young as it was: to stand in does not make it younger.
        let (epoch, begun) = (ticket.epoch, made.begun);
        let mut entry = Entry::new(made.value.clone(), begun, life, epoch, weight);
        entry.marks.clone_from(&made.marks);
        entry.set_version(made.version.as_ref());
        entry.set_stale();
        self.0.local.keep(address, ticket, entry);
    }

    async fn touch(&self, address: &Address, header: &[u8], lifetime: Duration) {
        let shared = self.0.shared.as_ref();
        let Some(shared) = shared.filter(|shared| self.may_ask(shared)) else {
            return;
        };
        if let Err(error) = shared.touch(&address.full, header, lifetime).await {
            self.store_failed(address, &error);
        }
    }

    async fn fill_nothing(
        &self,
        address: &Address,
        ticket: &Arc<Ticket>,
        nothing: Nothing,
        fill: FillWith,
    ) {
        let now = self.0.clock.now();
        // Only that the source has none is of use to others.
        let of_others = matches!(nothing, Nothing::Absent);
        if of_others && self.filled(address, ticket, None, &fill).await.is_none() {
            return self.0.local.leave(&address.key, ticket);
        }
        if fill.skip_memory {
            return self.0.local.leave(&address.key, ticket);
        }
        let life = Life::plain(now, now.after(fill.ttl));
        let entry = self.entry(ticket, nothing, life, 1, &fill);
        if !self.0.local.keep_nothing(address, ticket, entry) {
            self.refused(address);
        }
    }
}

impl<V: Clone + Send + Sync + 'static> Layer<V> {
    pub(crate) fn new(parts: Parts<V>) -> Self {
        Self(parts)
    }

    /// How values are written.
    pub(crate) fn wire(&self) -> &Wire<V> {
        &self.0.wire
    }

    /// Whether the shared store is worth a question: not if it is known not to
    /// answer, nor if this node does not know yet what was forgotten. That is
    /// nothing new to tell, so nothing is counted.
    pub(super) fn may_ask(&self, shared: &Guarded) -> bool {
        shared.is_trusted() && self.0.standing.here().is_some()
    }

    /// Counts how long the shared store took to answer what it was asked at `asked`, or
    /// for how long it was waited for. What was not asked at all took no time.
    pub(super) fn took(&self, asked: Tick, error: Option<&Error>) {
        if error.is_none_or(|error| error.kind() == ErrorKind::Timeout) {
            let time = self.0.clock.now().since(asked);
            self.0.counters.answered(&self.0.cache, time);
        }
    }

    /// What the shared store's answer comes to.
    pub(super) async fn answered(
        &self,
        address: &Address,
        ticket: &Arc<Ticket>,
        how: Reading,
        asked: Tick,
        answer: Result<Option<Stored>, Error>,
    ) -> Read<V> {
        let stored = match answer {
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
        let shared = self.0.shared.as_ref();
        if !shared.is_some_and(|shared| shared.is_trusted()) {
            return Read::Failed;
        }
        match self.open(address, &stored, how.idle) {
            Ok(opened) => self.promoted(address, ticket, how, opened, &stored, asked),
            Err(fault) => {
                self.unreadable(address, fault, &stored).await;
                Read::Miss
            }
        }
    }

    /// Encodes a value that is about to be put; `None` if it is too large.
    pub(crate) fn encode_put(&self, address: &Address, value: &V) -> Option<(Option<Packed>, u32)> {
        let prepared = self.prepare(address, value)?;
        Some((prepared.payload, prepared.weight))
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
        let life = self.new_life(now, ticket, fill)?;
        Some(self.entry(ticket, value.clone(), life, weight, fill))
    }

    /// Counts and tells that the shared store failed.
    pub(crate) fn store_failed(&self, address: &Address, error: &Error) {
        self.0.counters.add(Counter::StoreFailed);
        tracing::debug!(
            cache = %self.0.cache,
            cache_key = self.0.events.named(&address.key),
            %error,
            "the shared store has failed"
        );
        self.0.events.tell(|| Event::StoreFailed {
            cache: self.0.cache.clone(),
            key: address.key.clone(),
            error: error.to_string().into(),
        });
    }

    pub(super) fn refused(&self, address: &Address) {
        self.0.counters.add(Counter::FillRefused);
        tracing::debug!(
            cache = %self.0.cache,
            cache_key = self.0.events.named(&address.key),
            "a value is not kept: it was forgotten while it was loaded"
        );
        self.0.events.tell(|| Event::FillRefused {
            cache: self.0.cache.clone(),
            key: address.key.clone(),
        });
    }

    pub(super) fn entry<T>(
        &self,
        ticket: &Ticket,
        value: T,
        life: Life,
        weight: u32,
        fill: &FillWith,
    ) -> Entry<T> {
        let entry = Entry::new(value, ticket.begun, life, ticket.epoch, weight);
        let mut entry = entry.marked(&fill.marks);
        entry.set_cost(fill.cost);
        entry.set_version(fill.version.as_ref());
        entry
    }

    /// The life in memory of a value that is kept at `now`.
    pub(super) fn new_life(&self, now: Tick, ticket: &Ticket, fill: &FillWith) -> Option<Life> {
        if fill.skip_memory {
            return None;
        }
        let whole = Whole {
            ttl: fill.ttl,
            cost: fill.cost,
            refresh: fill.refresh,
        };
        // What happened since the load began is not in the value.
        let age = now.since(ticket.begun);
        let term = term(fill);
        self.life(now, age, term, decide::shared(term).now, whole)
    }

    /// The life in memory of a value that has `left` of its life at `now`, and that the
    /// shared store keeps for `remaining` if nobody reads it.
    fn life(
        &self,
        now: Tick,
        age: Duration,
        left: Term,
        remaining: Duration,
        whole: Whole,
    ) -> Option<Life> {
        let has_shared = self.0.shared.is_some();
        let span = decide::memory(&self.0.config, has_shared, left, remaining)?;
        let expires = now.after(span.served);
        let lived = whole.ttl.saturating_sub(left.ttl);
        let refresh_at = whole
            .refresh
            .and_then(|refresh| refresh_ahead::due(&refresh, whole.ttl, whole.cost))
            .map_or(Tick::NEVER, |due| now.after(due.saturating_sub(lived)));
        let due = match (left.idle, whole.refresh) {
            (Some(idle), _) => now.after(decide::idle_step(idle)),
            // Who reads it first tells that it is asked for.
            (None, Some(refresh)) if refresh.by_itself => now,
            (None, _) => refresh_at,
        };
        Some(Life {
            seen: now,
            age,
            due: if due < expires { due } else { Tick::NEVER },
            refresh_at,
            expires,
            longest: now.after(span.longest),
            ends: now.after(span.fresh),
            stale_until: now.after(span.held),
        })
    }

    /// Keeps in memory what the shared store gave.
    fn promoted(
        &self,
        address: &Address,
        ticket: &Arc<Ticket>,
        how: Reading,
        opened: Opened<V>,
        stored: &Stored,
        asked: Tick,
    ) -> Read<V> {
        let Opened {
            value,
            encoded,
            age,
            left,
            whole,
            header,
            version,
            marks,
        } = opened;
        let whole = Whole {
            refresh: how.refresh,
            ..whole
        };
        let ends = asked.after(left.ttl);
        let bare = Made {
            value: (),
            marks: entry::some(&marks),
            expires: Some(ends),
            begun: ticket.begun,
            seen: asked,
            age,
            served_until: asked.after(left.ttl.min(stored.remaining)),
            level: Level::Shared,
            is_stale: false,
            version: version.clone(),
            header: header.clone(),
        };
        let Some(value) = value else {
            return self.promoted_nothing(address, ticket, how, bare);
        };
        let mut made = bare.with(value.clone());
        if left.ttl.is_zero() {
            // Over; whoever may, lets it stand in. The ticket is still the load's.
            made.served_until = asked.after(left.stale);
            let made = made.stale();
            return match left.stale.is_zero() {
                true => Read::Miss,
                false => Read::Stale(made),
            };
        }
        let age_in_life = whole.ttl.saturating_sub(left.ttl);
        let is_due = match (how.refreshes, left.idle, how.refresh) {
            // What is to be refreshed, unless another has done it.
            (Some(replaced), _, _) => ends <= replaced.after(SAME),
            (None, Some(idle), _) => stored.remaining < idle,
            (None, None, Some(refresh)) => {
                refresh_ahead::wants(&refresh, age_in_life, whole.ttl, whole.cost, draw())
            }
            (None, None, None) => false,
        };
        let life = self.life(asked, age, left, stored.remaining, whole);
        match life.filter(|_| !how.skip_memory) {
            // The flight goes on.
            _ if how.refreshes.is_some() && is_due => {}
            Some(life) => {
                let weight = self.weigh(address, &value, || Some(encoded));
                let epoch = ticket.epoch;
                let entry = Entry::new(value, ticket.begun, life, epoch, weight);
                let mut entry = entry.marked(&marks);
                entry.set_cost(whole.cost);
                entry.set_version(version.as_ref());
                entry.set_header(header.clone());
                self.0.local.keep(address, ticket, entry);
            }
            None => self.0.local.leave(&address.key, ticket),
        }
        Read::Hit { made, is_due }
    }

    fn promoted_nothing(
        &self,
        address: &Address,
        ticket: &Arc<Ticket>,
        how: Reading,
        made: Made<()>,
    ) -> Read<V> {
        if how.skip_memory {
            self.0.local.leave(&address.key, ticket);
            return Read::Absent(made);
        }
        let life = Life::plain(made.seen, made.served_until);
        let mut entry = Entry::new(Nothing::Absent, ticket.begun, life, ticket.epoch, 1);
        entry.marks.clone_from(&made.marks);
        self.0.local.keep_nothing(address, ticket, entry);
        Read::Absent(made)
    }

    async fn unreadable(&self, address: &Address, fault: Unreadable, stored: &Stored) {
        // Not a fault: somebody is about to make sure of it.
        if fault == Unreadable::Provisional || fault == Unreadable::Forgotten {
            return;
        }
        self.0.counters.add(Counter::Unreadable);
        tracing::debug!(
            cache = %self.0.cache,
            cache_key = self.0.events.named(&address.key),
            ?fault,
            "what lies in the shared store is no entry; it is loaded anew"
        );
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
            let discarded = shared.discard(&address.full, &stored.bytes);
            let _ = Box::pin(discarded).await;
        }
    }
}

pub(super) fn term(fill: &FillWith) -> Term {
    Term {
        ttl: fill.ttl,
        stale: fill.stale,
        idle: fill.idle,
    }
}
