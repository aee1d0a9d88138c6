//! One cache's memory together with its flights: what has to change as one.

mod at_once;
mod nothings;
mod page;

use std::sync::{Arc, PoisonError};
use std::time::Duration;

use super::index::Index;
use super::shelf::Shelf;
use crate::clock::{Clock, Tick};
use crate::entry::{Entry, Epoch};
use crate::event::{Counter, Counters, EventSink, Gone, Position, Target};
use crate::key::{Address, CacheName, EntryKey, FullKey, Marks};
use crate::source::{Boarding, Flight, Flights, Start, Ticket};
use crate::standing::{AsOf, Joined, Standing, Verdict};
use crate::store::{Memory, Promotion};
use crate::sync::atomic::{AtomicBool, AtomicU64, Ordering};
use crate::sync::{Mutex, MutexGuard};

use at_once::AtOnce;
pub(crate) use nothings::Nothing;
pub(crate) use page::Page;

/// Memory and flights of one cache on this node.
///
/// Hits take no lock. Whatever puts an entry into memory, and whatever forgets
/// one, does so under the one lock: otherwise a value could be put between the
/// cancellation of its flight and the removal of its key, and would be served
/// although it was forgotten.
pub(crate) struct Local<V> {
    cache: CacheName,
    values: Shelf<V>,
    nothings: Shelf<Nothing>,
    inside: Mutex<Inside<V>>,
    epoch: AtomicU64,
    at_once: AtOnce,
    standing: Arc<Standing>,
    counters: Arc<Counters>,
    clock: Clock,
    events: EventSink,
    serve_young: bool,
    hold_off: Duration,
    /// Changed under the lock.
    is_off: AtomicBool,
}

struct Inside<V> {
    flights: Flights<V>,
    values: Index<V>,
    nothings: Index<Nothing>,
}

/// What a [`Local`] is made of.
pub(crate) struct Options<V> {
    pub(crate) cache: CacheName,
    /// `None`: nothing is kept in memory.
    pub(crate) memory: Option<Memory<V>>,
    /// `None`: it is not kept that there is nothing.
    pub(crate) nothings: Option<Memory<Nothing>>,
    pub(crate) standing: Arc<Standing>,
    pub(crate) counters: Arc<Counters>,
    pub(crate) clock: Clock,
    pub(crate) events: EventSink,
    /// Whether entries younger than `max_staleness` are served while the gate
    /// is closed.
    pub(crate) serve_young: bool,
    /// For how long after a change the source may still give what was before.
    pub(crate) hold_off: Duration,
}

impl<V: Clone + Send + Sync + 'static> Local<V> {
    pub(crate) fn new(options: Options<V>) -> Self {
        let Options {
            cache,
            memory,
            nothings,
            standing,
            counters,
            clock,
            events,
            serve_young,
            hold_off,
        } = options;
        standing.remember(hold_off);
        Self {
            values: Shelf::new(cache.clone(), memory),
            nothings: Shelf::new(cache.clone(), nothings),
            cache,
            inside: Mutex::new(Inside {
                flights: Flights::default(),
                values: Index::default(),
                nothings: Index::default(),
            }),
            epoch: AtomicU64::new(0),
            at_once: AtOnce::default(),
            standing,
            counters,
            clock,
            events,
            serve_young,
            hold_off,
            is_off: AtomicBool::new(false),
        }
    }

    /// Switches memory on or off. What is off is empty and takes nothing in, so that a
    /// hit need not ask; and what was there before, or is on its way, is not there when
    /// it is switched on again.
    pub(crate) fn switch(&self, on: bool) {
        let mut inside = self.inside();
        if self.is_off.swap(!on, Ordering::AcqRel) == on {
            self.forget_everything(&mut inside);
        }
    }

    /// Whether it is switched off.
    pub(crate) fn is_off(&self) -> bool {
        self.is_off.load(Ordering::Acquire)
    }

    /// The entry, if it may be served now; for those who are no readers.
    pub(crate) fn hit(&self, key: &[u8]) -> Option<Arc<Entry<V>>> {
        let entry = self.values.kept(key)?;
        self.serves_now(&entry).then_some(entry)
    }

    /// What `serve` makes of the entry, if that may be served now; it is told a time
    /// that is not before the present one, and little after it.
    ///
    /// The entry is lent: to count one more holder of it, and one less, would cost as
    /// much as to find it, and two processors would be in each other's way.
    #[inline]
    pub(crate) fn hit_as<R>(
        &self,
        key: &[u8],
        serve: impl FnOnce(&Arc<Entry<V>>, Tick) -> R,
    ) -> Option<R> {
        let soon = self.clock.not_before_now();
        let may = |entry: &Entry<V>| {
            // What holds a little later holds now; nearly always the exact time is not
            // needed.
            self.serves(entry, soon) || self.serves_now(entry)
        };
        let (served, promotion) = self.values.get(key, may, |entry| serve(entry, soon))?;
        if let Some(promotion) = promotion {
            self.promote(key, &promotion);
        }
        Some(served)
    }

    /// Lets an entry be found sooner the next time; not if somebody changes memory right
    /// now.
    #[cold]
    fn promote(&self, key: &[u8], promotion: &Promotion<V>) {
        if let Ok(_inside) = self.inside.try_lock() {
            self.values.place(key, promotion);
        }
    }

    /// The entry, if it may stand in for a value that cannot be loaded: its
    /// lifetime may be over, but it was not forgotten, as far as may be known.
    pub(crate) fn stale(&self, key: &[u8]) -> Option<Arc<Entry<V>>> {
        let now = self.clock.now();
        let entry = self.values.kept(key)?;
        self.at_once.look_closer(&entry, self.epoch());
        let may = entry.may_stand_in(now, self.epoch()) && self.may_serve(entry.begun, now);
        may.then_some(entry)
    }

    /// Whether `entry` is what lies in memory and may be served.
    pub(crate) fn is_still(&self, key: &[u8], entry: &Arc<Entry<V>>) -> bool {
        self.hit(key)
            .is_some_and(|present| Arc::ptr_eq(&present, entry))
    }

    /// Whether `entry` may be served at `now`.
    #[inline]
    fn serves<T>(&self, entry: &Entry<T>, now: Tick) -> bool {
        entry.is_live(now, self.epoch()) && self.may_serve(entry.begun, now)
    }

    /// The same for the exact present, for an entry that may be of an earlier epoch.
    #[cold]
    fn serves_now<T>(&self, entry: &Entry<T>) -> bool {
        self.at_once.look_closer(entry, self.epoch());
        self.serves(entry, self.clock.now())
    }

    #[inline]
    fn may_serve(&self, begun: Tick, now: Tick) -> bool {
        self.standing.is_open(now) || self.serve_young && self.is_young(begun, now)
    }

    /// While nothing is heard from the bus, a value whose load began less than
    /// `max_staleness` ago cannot be older than that past any invalidation.
    #[cold]
    fn is_young(&self, begun: Tick, now: Tick) -> bool {
        now.since(begun) < self.standing.max_staleness()
    }

    /// Joins the flight to `key`, or begins one; who `reloads`, one of its kind.
    pub(crate) fn board(&self, key: &EntryKey, reloads: bool) -> Boarding<V> {
        let now = self.clock.now();
        let mut inside = self.inside();
        let boarding = inside.flights.board(key, reloads, || self.start());
        let Boarding::Follow(flight) = &boarding else {
            return boarding;
        };
        // Behind a closed gate, what a flight brings may miss news as old as
        // itself: as with an entry, only a young one is good enough.
        if self.standing.is_open(now) || self.is_young(flight.ticket.begun, now) {
            return boarding;
        }
        inside.flights.give_up(key, &flight.ticket);
        inside.flights.board(key, reloads, || self.start())
    }

    /// Takes the right to put into memory what is about to be read.
    pub(crate) fn read_ticket(&self, key: &EntryKey) -> Arc<Ticket> {
        self.inside().flights.read(key, self.start())
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
        // A put knows its value; no replica can give it an older one.
        let start = Start {
            as_of: self.standing.begin(Duration::ZERO),
            ..self.start()
        };
        self.inside().flights.put(key, start)
    }

    /// The same for a key that is known only now, as of a place that was taken before.
    /// What came since is not told to it: [`is_current`](Self::is_current) knows.
    pub(crate) fn put_ticket_as_of(&self, key: &EntryKey, as_of: AsOf) -> Arc<Ticket> {
        let start = Start {
            as_of,
            ..self.start()
        };
        self.inside().flights.put(key, start)
    }

    /// The position is taken *before* anything is read: what is forgotten from
    /// here on is found in the window, and what was forgotten before is not in
    /// what will be read.
    fn start(&self) -> Start {
        Start {
            now: self.clock.now(),
            as_of: self.standing.begin(self.hold_off),
            epoch: self.epoch(),
        }
    }

    /// Gives a ticket, and the flight it belongs to, back.
    pub(crate) fn leave(&self, key: &EntryKey, ticket: &Arc<Ticket>) {
        if !ticket.is_off() {
            self.inside().flights.leave(key, ticket);
        }
    }

    /// Takes an overdue flight off its key. It is cancelled as well: nobody
    /// could tell it any more that its key was forgotten.
    pub(crate) fn give_up(&self, key: &EntryKey, ticket: &Arc<Ticket>) {
        self.inside().flights.give_up(key, ticket);
    }

    /// Whether a value that was read or loaded under `ticket` is still current,
    /// as far as this node has heard.
    pub(crate) fn is_current(&self, address: &Address, ticket: &Ticket, marks: &Marks) -> bool {
        !ticket.is_cancelled()
            && !self.at_once.has_cleared(ticket.epoch)
            && self
                .standing
                .judge_load(&ticket.as_of, &address.full, marks)
                == Verdict::Current
    }

    /// Whether what a flight brought is good enough for a caller that joined it
    /// when this node stood at `joined`: between the two something may have been
    /// forgotten that the value carries only as a tag or a dependency, so that
    /// nobody could cancel the flight.
    pub(crate) fn is_good_for(
        &self,
        joined: Joined,
        address: &Address,
        flight: &Flight<V>,
        marks: &Marks,
    ) -> bool {
        let as_of = &flight.ticket.as_of;
        Standing::began_after(as_of, joined)
            || self.standing.judge_load(as_of, &address.full, marks) == Verdict::Current
    }

    /// Where this node stands.
    pub(crate) fn joining(&self) -> Joined {
        self.standing.joining()
    }

    fn here(&self) -> Option<u64> {
        self.standing.here()
    }

    /// Puts what was read or loaded under `ticket` into memory, unless it was
    /// forgotten since the ticket was taken. The ticket is used up.
    ///
    /// Returns whether the value may be taken for current.
    pub(crate) fn keep(&self, address: &Address, ticket: &Arc<Ticket>, entry: Entry<V>) -> bool {
        let mut inside = self.inside();
        // Under the lock under which records are applied. A record is in the
        // window before it is applied to this cache: it is either found here, or
        // applied after the entry can be found.
        let current = self.is_current(address, ticket, entry.marks());
        if current {
            self.insert(&mut inside, &address.key, entry);
        }
        inside.flights.leave(&address.key, ticket);
        current
    }

    /// Ends a put: what others read meanwhile is older, and the value, if it is
    /// still the newest, goes into memory. `put` is where its own record stands;
    /// `None` if it could not be recorded. Returns whether it still was the newest.
    pub(crate) fn end_put(
        &self,
        address: &Address,
        ticket: &Arc<Ticket>,
        put: Option<Position>,
        entry: Option<Entry<V>>,
    ) -> bool {
        let mut inside = self.inside();
        // Whether another came between its beginning and its own record, the
        // store has looked at; what came after, is looked at here.
        let judge = |marks| match put {
            Some(put) => self.standing.judge_put(put, &address.full, marks),
            None => Verdict::Current,
        };
        let untouched = !ticket.is_cancelled() && !self.at_once.has_cleared(ticket.epoch);
        inside.flights.cancel(address.key.as_bytes());
        match entry {
            Some(mut entry) if untouched && judge(entry.marks()) == Verdict::Current => {
                entry.as_of = put.map_or(entry.as_of, |put| put.number);
                self.insert(&mut inside, &address.key, entry);
            }
            _ => {
                self.values.remove(address.key.as_bytes());
                self.nothings.remove(address.key.as_bytes());
            }
        }
        untouched
    }

    /// Forgets what `target` says of this cache: entries older than the record
    /// `before`, and what is under way. Returns, if they are `wanted`, the keys of
    /// all that went by something else than its own key: what was declared to
    /// depend on them goes as well.
    pub(crate) fn forget(&self, target: Target<'_>, before: u64, wanted: bool) -> Gone {
        let clears = match target {
            Target::Cache(name) => *name == self.cache,
            Target::Everything => true,
            _ => false,
        };
        if clears {
            // Before the lock: to count takes a while, and nobody is to wait for it.
            self.values.tidy();
            self.nothings.tidy();
        }
        if let Target::Tag(tag) = target
            && !wanted
            && let Some(gone) = self.forget_at_once(tag, before)
        {
            return gone;
        }
        let mut inside = self.inside();
        let mut entries = 0;
        let flights = &mut inside.flights;
        match target {
            Target::Key(key) if self.has(key) => flights.cancel(key.key()),
            Target::OwnPut(key) | Target::Putting(key) if self.has(key) => {
                flights.cancel_reads(key.key());
            }
            Target::Pattern(pattern) => {
                let full = |key: &EntryKey| FullKey::new(&self.cache, key);
                flights.cancel_matching(|key| pattern.matches(&full(key)));
            }
            Target::Cache(_) if clears => {
                self.counters.add(Counter::Cleared);
                entries += self.forget_everything(&mut inside);
            }
            Target::Everything if clears => {
                self.counters.add(Counter::ClearedWithAll);
                entries += self.forget_everything(&mut inside);
            }
            _ => {}
        }
        let Inside {
            values, nothings, ..
        } = &mut *inside;
        let mut gone = Vec::new();
        let of_values = self.values.forget(values, target, before, &mut gone);
        self.tell_forgotten(target, &gone);
        self.counters.forgotten(target, of_values);
        let of_nothings = self.nothings.forget(nothings, target, before, &mut gone);
        entries += of_values.all() + of_nothings.all();
        let keys = gone.iter().filter(|_| wanted);
        Gone {
            entries,
            keys: keys.map(|key| FullKey::new(&self.cache, key)).collect(),
        }
    }

    fn has(&self, key: &FullKey) -> bool {
        key.cache() == self.cache.as_str()
    }

    /// Forgets everything.
    pub(crate) fn forget_all(&self) {
        self.forget_everything(&mut self.inside());
    }

    fn forget_everything(&self, inside: &mut Inside<V>) -> u64 {
        // Who finds the new epoch finds that nothing goes over to it. Entries of the old one
        // are no hits from here on; freeing them may take longer.
        let next = Epoch(self.epoch().0 + 1);
        self.at_once.clear(next);
        self.epoch.store(next.0, Ordering::Release);
        inside.flights.cancel_all();
        let values = self.values.free_before(&mut inside.values, next);
        values + self.nothings.free_before(&mut inside.nothings, next)
    }

    /// Whether something here was made of something else.
    pub(crate) fn has_dependents(&self) -> bool {
        let inside = self.inside();
        inside.values.has_dependencies() || inside.nothings.has_dependencies()
    }

    /// The keys in memory of what depends on `key`.
    pub(crate) fn dependents(&self, key: &FullKey) -> Vec<FullKey> {
        self.values.dependents(&self.inside().values, key)
    }

    pub(crate) fn memory(&self) -> Option<&Memory<V>> {
        self.values.memory()
    }

    fn insert(&self, inside: &mut Inside<V>, key: &EntryKey, mut entry: Entry<V>) {
        // What could not be served now is not put: it would only be in the way
        // of what can be.
        if !self.is_off() && self.may_serve(entry.begun, self.clock.now()) {
            // It was judged up to here just now, under this lock.
            entry.as_of = entry.as_of.max(self.here().unwrap_or(0));
            entry.outlives(self.epoch());
            self.values.insert(&mut inside.values, key, entry);
        } else {
            self.values.remove(key.as_bytes());
        }
        self.nothings.remove(key.as_bytes());
    }

    #[inline]
    fn epoch(&self) -> Epoch {
        Epoch(self.epoch.load(Ordering::Acquire))
    }

    fn inside(&self) -> MutexGuard<'_, Inside<V>> {
        self.inside.lock().unwrap_or_else(PoisonError::into_inner)
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

mod look;
#[cfg(test)]
mod tests;
