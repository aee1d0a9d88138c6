//! One cache's memory together with its flights: what has to change as one.

use std::sync::atomic::{AtomicU64, Ordering};
use std::sync::{Arc, Mutex, MutexGuard, PoisonError};

use crate::bus::Standing;
use crate::clock::{Clock, Tick};
use crate::entry::{Entry, Epoch};
use crate::key::EntryKey;
use crate::source::{Boarding, Flights, Ticket};
use crate::store::Memory;

/// Memory and flights of one cache on this node.
///
/// Hits take no lock. Whatever puts an entry into memory, and whatever forgets
/// one, does so under the lock of the flights: otherwise a value could be put
/// between the cancellation of its flight and the removal of its key, and would
/// be served although it was forgotten.
pub(crate) struct Local<V> {
    memory: Option<Memory<V>>,
    flights: Mutex<Flights<V>>,
    epoch: AtomicU64,
    standing: Arc<Standing>,
    clock: Clock,
    serve_young: bool,
}

/// What a [`Local`] is made of.
pub(crate) struct Options<V> {
    /// `None`: nothing is kept in memory.
    pub(crate) memory: Option<Memory<V>>,
    pub(crate) standing: Arc<Standing>,
    pub(crate) clock: Clock,
    /// Whether entries younger than `max_staleness` are served while the gate
    /// is closed.
    pub(crate) serve_young: bool,
}

impl<V: Clone + Send + Sync + 'static> Local<V> {
    pub(crate) fn new(options: Options<V>) -> Self {
        let Options {
            memory,
            standing,
            clock,
            serve_young,
        } = options;
        Self {
            memory,
            flights: Mutex::default(),
            epoch: AtomicU64::new(0),
            standing,
            clock,
            serve_young,
        }
    }

    /// The entry, if it may be served now.
    #[inline]
    pub(crate) fn hit(&self, key: &[u8]) -> Option<Arc<Entry<V>>> {
        let memory = self.memory.as_ref()?;
        let now = self.clock.now();
        let entry = memory.get(key, now, self.epoch())?;
        self.may_serve(&entry, now).then_some(entry)
    }

    #[inline]
    fn may_serve(&self, entry: &Entry<V>, now: Tick) -> bool {
        self.standing.is_open(now) || self.serve_young && self.is_young(entry.as_of, now)
    }

    /// While nothing is heard from the bus, a value whose load began less than
    /// `max_staleness` ago cannot be older than that past any invalidation.
    #[cold]
    fn is_young(&self, as_of: Tick, now: Tick) -> bool {
        now.since(as_of) < self.standing.max_staleness()
    }

    /// Joins the flight to `key`, or begins one.
    pub(crate) fn board(&self, key: &EntryKey) -> Boarding<V> {
        let now = self.clock.now();
        let mut flights = self.flights();
        let boarding = flights.board(key, now, self.epoch());
        let Boarding::Follow(flight) = &boarding else {
            return boarding;
        };
        // Behind a closed gate, what a flight brings may miss news as old as
        // itself: as with an entry, only a young one is good enough.
        if self.standing.is_open(now) || self.is_young(flight.ticket.as_of, now) {
            return boarding;
        }
        flights.give_up(key, &flight.ticket);
        flights.board(key, now, self.epoch())
    }

    /// Takes the right to put into memory what is about to be read.
    pub(crate) fn read_ticket(&self, key: &EntryKey) -> Arc<Ticket> {
        let now = self.clock.now();
        self.flights().read(key, now, self.epoch())
    }

    /// Gives `ticket` back when the guard is dropped, in whatever way.
    pub(crate) fn returning<'a>(
        &'a self,
        key: &'a EntryKey,
        ticket: &'a Arc<Ticket>,
    ) -> Returning<'a, V> {
        Returning {
            local: self,
            key,
            ticket,
        }
    }

    /// Takes the right to put a new value into memory.
    pub(crate) fn put_ticket(&self, key: &EntryKey) -> Arc<Ticket> {
        let now = self.clock.now();
        self.flights().put(key, now, self.epoch())
    }

    /// Gives a ticket, and the flight it belongs to, back.
    pub(crate) fn leave(&self, key: &EntryKey, ticket: &Arc<Ticket>) {
        self.flights().leave(key, ticket);
    }

    /// Takes an overdue flight off its key. It is cancelled as well: nobody
    /// could tell it any more that its key was forgotten.
    pub(crate) fn give_up(&self, key: &EntryKey, ticket: &Arc<Ticket>) {
        self.flights().give_up(key, ticket);
    }

    /// Puts what was read or loaded under `ticket` into memory, unless the key
    /// was forgotten since the ticket was taken. The ticket is used up.
    ///
    /// Returns whether the value may be taken for current.
    pub(crate) fn keep(&self, key: &EntryKey, ticket: &Arc<Ticket>, entry: Entry<V>) -> bool {
        let mut flights = self.flights();
        let current = !ticket.is_cancelled() && ticket.epoch == self.epoch();
        if current {
            self.insert(key, entry);
        }
        flights.leave(key, ticket);
        current
    }

    /// Ends a put: what others read meanwhile is older, and the value, if it is
    /// still the newest, goes into memory.
    pub(crate) fn end_put(&self, key: &EntryKey, ticket: &Arc<Ticket>, entry: Option<Entry<V>>) {
        let mut flights = self.flights();
        let current = !ticket.is_cancelled() && ticket.epoch == self.epoch();
        flights.cancel(key.as_bytes());
        match entry {
            Some(entry) if current => self.insert(key, entry),
            _ => self.remove(key.as_bytes()),
        }
    }

    /// Forgets a key: what is kept, and what is under way.
    pub(crate) fn forget(&self, key: &[u8]) {
        let mut flights = self.flights();
        flights.cancel(key);
        self.remove(key);
    }

    /// Forgets what is kept of a key that this node is putting, and what is
    /// read of it; the put goes on.
    pub(crate) fn forget_read(&self, key: &[u8]) {
        let mut flights = self.flights();
        flights.cancel_reads(key);
        self.remove(key);
    }

    /// Forgets everything.
    pub(crate) fn forget_all(&self) {
        let mut flights = self.flights();
        // Entries of the old epoch are no hits from here on; freeing them may
        // take longer.
        self.epoch.fetch_add(1, Ordering::AcqRel);
        flights.cancel_all();
        if let Some(memory) = &self.memory {
            memory.free_all();
        }
    }

    pub(crate) fn memory(&self) -> Option<&Memory<V>> {
        self.memory.as_ref()
    }

    /// How many keys somebody is under way with.
    pub(crate) fn under_way(&self) -> usize {
        self.flights().len()
    }

    fn insert(&self, key: &EntryKey, entry: Entry<V>) {
        let Some(memory) = &self.memory else { return };
        let now = self.clock.now();
        // What could not be served now is not put: it would only be in the way
        // of what can be.
        if self.may_serve(&entry, now) {
            memory.insert(key.clone(), Arc::new(entry));
        } else {
            memory.forget(key.as_bytes());
        }
    }

    fn remove(&self, key: &[u8]) {
        if let Some(memory) = &self.memory {
            memory.forget(key);
        }
    }

    #[inline]
    fn epoch(&self) -> Epoch {
        Epoch(self.epoch.load(Ordering::Acquire))
    }

    fn flights(&self) -> MutexGuard<'_, Flights<V>> {
        self.flights.lock().unwrap_or_else(PoisonError::into_inner)
    }
}

/// See [`Local::returning`].
pub(crate) struct Returning<'a, V: Clone + Send + Sync + 'static> {
    local: &'a Local<V>,
    key: &'a EntryKey,
    ticket: &'a Arc<Ticket>,
}

impl<V: Clone + Send + Sync + 'static> Drop for Returning<'_, V> {
    fn drop(&mut self) {
        self.local.leave(self.key, self.ticket);
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::event::EventSink;
    use crate::key::CacheName;
    use crate::source::Flight;
    use crate::store::Bound;
    use std::time::Duration;

    fn local(standing: Standing, serve_young: bool) -> (Local<u32>, Clock) {
        let clock = Clock::manual();
        let name = CacheName::new("test").unwrap();
        let memory = Memory::new(name, Bound::Entries(10), clock.clone(), EventSink::new());
        let local = Local::new(Options {
            memory: Some(memory),
            standing: Arc::new(standing),
            clock: clock.clone(),
            serve_young,
        });
        (local, clock)
    }

    fn entry(ticket: &Ticket, value: u32) -> Entry<u32> {
        let expires = ticket.as_of.after(Duration::from_secs(60));
        Entry::new(value, ticket.as_of, expires, ticket.epoch, 1)
    }

    fn lead(local: &Local<u32>, key: &EntryKey) -> Arc<Flight<u32>> {
        match local.board(key) {
            Boarding::Lead(flight) => flight,
            Boarding::Follow(_) => panic!("followed"),
        }
    }

    #[test]
    fn what_was_forgotten_while_it_was_loaded_is_not_kept() {
        let (local, _) = local(Standing::alone(), false);
        let key = EntryKey::new(b"1");
        let flight = lead(&local, &key);
        local.forget(b"1");
        assert!(!local.keep(&key, &flight.ticket, entry(&flight.ticket, 1)));
        assert!(local.hit(b"1").is_none());
        assert_eq!(local.under_way(), 0);
    }

    #[test]
    fn what_was_loaded_before_everything_was_forgotten_is_not_kept() {
        let (local, _) = local(Standing::alone(), false);
        let key = EntryKey::new(b"1");
        let flight = lead(&local, &key);
        local.forget_all();
        assert!(!local.keep(&key, &flight.ticket, entry(&flight.ticket, 1)));
        let flight = lead(&local, &key);
        assert!(local.keep(&key, &flight.ticket, entry(&flight.ticket, 2)));
        assert_eq!(local.hit(b"1").unwrap().value, 2);
    }

    #[test]
    fn a_put_survives_the_load_that_it_overtook() {
        let (local, _) = local(Standing::alone(), false);
        let key = EntryKey::new(b"1");
        let flight = lead(&local, &key);
        let put = local.put_ticket(&key);
        local.end_put(&key, &put, Some(entry(&put, 2)));
        assert!(!local.keep(&key, &flight.ticket, entry(&flight.ticket, 1)));
        assert_eq!(local.hit(b"1").unwrap().value, 2);
        assert_eq!(local.under_way(), 0);
    }

    #[test]
    fn a_put_during_which_the_key_was_forgotten_is_not_kept() {
        let (local, _) = local(Standing::alone(), false);
        let key = EntryKey::new(b"1");
        let put = local.put_ticket(&key);
        local.forget(b"1");
        local.end_put(&key, &put, Some(entry(&put, 2)));
        assert!(local.hit(b"1").is_none());
    }

    #[test]
    fn an_overdue_flight_that_was_given_up_keeps_nothing() {
        let (local, _) = local(Standing::alone(), false);
        let key = EntryKey::new(b"1");
        let overdue = lead(&local, &key);
        local.give_up(&key, &overdue.ticket);
        local.forget(b"1");
        assert!(!local.keep(&key, &overdue.ticket, entry(&overdue.ticket, 1)));
        assert!(local.hit(b"1").is_none());
    }

    #[test]
    fn behind_a_closed_gate_there_are_no_hits_and_entries_stay() {
        let (local, clock) = local(Standing::unheard(Duration::from_secs(2)), false);
        let key = EntryKey::new(b"1");
        local.standing.prove(clock.now());
        let ticket = local.read_ticket(&key);
        assert!(local.keep(&key, &ticket, entry(&ticket, 1)));
        assert!(local.hit(b"1").is_some());
        clock.advance(Duration::from_secs(2));
        assert!(local.hit(b"1").is_none());
        local.standing.prove(clock.now());
        assert!(local.hit(b"1").is_some());
    }

    #[test]
    fn behind_a_closed_gate_nobody_joins_an_old_flight() {
        let (local, clock) = local(Standing::unheard(Duration::from_secs(2)), false);
        let key = EntryKey::new(b"1");
        let old = lead(&local, &key);
        clock.advance(Duration::from_millis(1999));
        assert!(matches!(local.board(&key), Boarding::Follow(_)));
        clock.advance(Duration::from_millis(1));
        let new = lead(&local, &key);
        assert!(old.ticket.is_cancelled() && !new.ticket.is_cancelled());
        clock.advance(Duration::from_secs(2));
        local.standing.prove(clock.now());
        assert!(matches!(local.board(&key), Boarding::Follow(_)));
    }

    #[test]
    fn nothing_is_kept_while_the_gate_is_closed() {
        let (local, clock) = local(Standing::unheard(Duration::from_secs(2)), false);
        let key = EntryKey::new(b"1");
        let ticket = local.read_ticket(&key);
        assert!(local.keep(&key, &ticket, entry(&ticket, 1)));
        local.standing.prove(clock.now());
        assert!(local.hit(b"1").is_none());
    }

    #[test]
    fn young_entries_are_served_behind_a_closed_gate_if_asked_for() {
        let (local, clock) = local(Standing::unheard(Duration::from_secs(2)), true);
        let key = EntryKey::new(b"1");
        let ticket = local.read_ticket(&key);
        assert!(local.keep(&key, &ticket, entry(&ticket, 1)));
        clock.advance(Duration::from_millis(1999));
        assert!(local.hit(b"1").is_some());
        clock.advance(Duration::from_millis(1));
        assert!(local.hit(b"1").is_none());
    }
}
