//! Flights: loads under way, and whoever else is about to put something into
//! memory.

use std::any::Any;
use std::collections::HashMap;
use std::pin::pin;
use std::sync::{Arc, PoisonError};

use smallvec::SmallVec;
use tokio::sync::Notify;

use super::load::Trouble;
use crate::clock::Tick;
use crate::entry::{Epoch, Made};
use crate::key::{EntryKey, Marks};
use crate::standing::AsOf;
use crate::sync::atomic::{AtomicBool, Ordering};
use crate::sync::{Mutex, MutexGuard};

/// An error that the leader of a flight shares with its followers.
pub(crate) type SharedError = Arc<dyn Any + Send + Sync>;

/// The right to put a value into memory, taken before the value is read from
/// anywhere and lost when the key is forgotten meanwhile.
#[derive(Debug)]
pub(crate) struct Ticket {
    /// When it was taken.
    pub(crate) begun: Tick,
    /// Where this node stood then.
    pub(crate) as_of: AsOf,
    /// The cache's epoch at that time.
    pub(crate) epoch: Epoch,
    kind: Kind,
    cancelled: AtomicBool,
    /// Taken off its key without being cancelled.
    has_left: AtomicBool,
    /// Its load was let through: it waits for no other load any more.
    is_through: AtomicBool,
}

#[derive(Clone, Copy, Debug, PartialEq, Eq)]
enum Kind {
    Read,
    Put,
}

impl Ticket {
    fn new(start: Start, kind: Kind) -> Self {
        Self {
            begun: start.now,
            as_of: start.as_of,
            epoch: start.epoch,
            kind,
            cancelled: AtomicBool::new(false),
            has_left: AtomicBool::new(false),
            is_through: AtomicBool::new(false),
        }
    }

    /// A ticket of a reader who does not know yet for which keys: nobody could cancel it. What it
    /// is for has to be judged by what was forgotten since.
    pub(crate) fn of_page(start: Start) -> Self {
        Self::new(start, Kind::Read)
    }

    /// Whether what was read under this ticket may be old.
    pub(crate) fn is_cancelled(&self) -> bool {
        self.cancelled.load(Ordering::Acquire)
    }

    /// Its load is let through.
    pub(crate) fn go_through(&self) {
        self.is_through.store(true, Ordering::Release);
    }

    /// Whether its load was let through.
    pub(crate) fn is_through(&self) -> bool {
        self.is_through.load(Ordering::Acquire)
    }

    /// Whether it is off its key for good: given back, or cancelled, which is always
    /// done together. Told without the lock of the flights.
    pub(crate) fn is_off(&self) -> bool {
        self.has_left.load(Ordering::Acquire) || self.is_cancelled()
    }

    fn cancel(&self) {
        self.cancelled.store(true, Ordering::Release);
    }
}

/// Where everything stands when a ticket is taken.
#[derive(Debug)]
pub(crate) struct Start {
    pub(crate) now: Tick,
    pub(crate) as_of: AsOf,
    pub(crate) epoch: Epoch,
}

/// How a flight ended.
#[derive(Clone)]
pub(crate) enum Outcome<V> {
    /// With a value.
    Value(Made<V>),
    /// The source has no value; with what that was found out from.
    Absent(Option<Arc<Marks>>),
    /// The load failed; and what it had read until then.
    Failed(Fault, Option<Arc<Marks>>),
    /// The leader was dropped or panicked; nothing is known.
    Abandoned,
}

/// Why a load failed, as far as it can be told to others.
#[derive(Clone)]
pub(crate) enum Fault {
    /// With the loader's error, if that can be shared.
    Source(Option<SharedError>),
    /// With what a strategy did.
    Trouble(Trouble),
}

impl<V> Outcome<V> {
    /// What it was made of.
    pub(crate) fn marks(&self) -> &Marks {
        let marks = match self {
            Self::Value(made) => made.marks.as_deref(),
            Self::Absent(marks) | Self::Failed(_, marks) => marks.as_deref(),
            Self::Abandoned => None,
        };
        marks.unwrap_or(Marks::NONE)
    }
}

/// One load, which one caller leads and others follow.
pub(crate) struct Flight<V> {
    pub(crate) ticket: Arc<Ticket>,
    /// Whether it asks the source, whatever the levels have.
    reloads: bool,
    /// Whether somebody has joined it.
    is_followed: AtomicBool,
    progress: Mutex<Progress<V>>,
    /// Wakes those who wait for it.
    progressed: Notify,
}

/// How far a flight is.
struct Progress<V> {
    meanwhile: Option<Meanwhile<V>>,
    outcome: Option<Outcome<V>>,
}

/// What those who follow a flight can be given before it lands.
#[derive(Clone, Debug)]
pub(crate) enum Meanwhile<V> {
    /// The value that it refreshes, as long as that may be served.
    Current(Made<V>),
    /// An old value, for those who have waited long enough.
    Stale(Made<V>),
}

impl<V: Clone> Flight<V> {
    fn new(ticket: Arc<Ticket>, reloads: bool) -> Self {
        Self {
            ticket,
            reloads,
            is_followed: AtomicBool::new(false),
            progress: Mutex::new(Progress {
                meanwhile: None,
                outcome: None,
            }),
            progressed: Notify::new(),
        }
    }

    /// Whether somebody has joined it, who has to be told. Once it is off its key,
    /// nobody can any more.
    pub(crate) fn is_followed(&self) -> bool {
        self.is_followed.load(Ordering::Acquire)
    }

    /// Gives followers something to go on with.
    pub(crate) fn give_meanwhile(&self, meanwhile: Meanwhile<V>) {
        self.progress().meanwhile = Some(meanwhile);
        self.progressed.notify_waiters();
    }

    /// The value that it refreshes, if that may be served `now`.
    pub(crate) fn current(&self, now: Tick) -> Option<Made<V>> {
        match &self.progress().meanwhile {
            Some(Meanwhile::Current(made)) if now < made.served_until => Some(made.clone()),
            _ => None,
        }
    }

    /// An old value, if there is one.
    pub(crate) fn stale(&self) -> Option<Made<V>> {
        match &self.progress().meanwhile {
            Some(Meanwhile::Stale(made)) => Some(made.clone()),
            _ => None,
        }
    }

    /// Tells the followers; the first outcome counts.
    pub(crate) fn land(&self, outcome: Outcome<V>) {
        {
            let mut progress = self.progress();
            if progress.outcome.is_some() {
                return;
            }
            progress.outcome = Some(outcome);
        }
        self.progressed.notify_waiters();
    }

    /// Waits for the outcome, or for the value that it refreshes, if that may be
    /// served `now`.
    pub(crate) async fn landed(&self, now: impl Fn() -> Tick) -> Landed<V> {
        loop {
            let mut progressed = pin!(self.progressed.notified());
            // Before the look: what comes between the two wakes it.
            progressed.as_mut().enable();
            if let Some(landed) = self.progress().landed(&now) {
                return landed;
            }
            progressed.await;
        }
    }

    fn progress(&self) -> MutexGuard<'_, Progress<V>> {
        self.progress.lock().unwrap_or_else(PoisonError::into_inner)
    }
}

impl<V: Clone> Progress<V> {
    /// What those who wait are told, if there is something.
    fn landed(&self, now: &impl Fn() -> Tick) -> Option<Landed<V>> {
        if let Some(outcome) = &self.outcome {
            return Some(Landed::Outcome(outcome.clone()));
        }
        match &self.meanwhile {
            Some(Meanwhile::Current(made)) if now() < made.served_until => {
                Some(Landed::Current(made.clone()))
            }
            _ => None,
        }
    }
}

/// What those who wait for a flight are told.
pub(crate) enum Landed<V> {
    Outcome(Outcome<V>),
    /// The value that it refreshes.
    Current(Made<V>),
}

/// Whether a caller leads a flight or follows another's.
pub(crate) enum Boarding<V> {
    Lead(Arc<Flight<V>>),
    Follow(Arc<Flight<V>>),
}

/// All flights and tickets of one cache, by key.
///
/// A key is here only while somebody is under way with it.
pub(crate) struct Flights<V> {
    slots: HashMap<EntryKey, Slot<V>, foldhash::fast::RandomState>,
}

struct Slot<V> {
    flight: Option<Arc<Flight<V>>>,
    tickets: SmallVec<[Arc<Ticket>; 1]>,
}

impl<V> Default for Slot<V> {
    fn default() -> Self {
        Self {
            flight: None,
            tickets: SmallVec::new(),
        }
    }
}

impl<V> Default for Flights<V> {
    fn default() -> Self {
        Self {
            slots: HashMap::default(),
        }
    }
}

impl<V: Clone> Flights<V> {
    /// Joins the flight to `key`, or begins one. Who `reloads` joins nobody who does
    /// not: what that brings may be what a level has.
    pub(crate) fn board(
        &mut self,
        key: &EntryKey,
        reloads: bool,
        start: impl FnOnce() -> Start,
    ) -> Boarding<V> {
        let slot = self.slots.entry(key.clone()).or_default();
        if let Some(flight) = &slot.flight {
            if flight.reloads || !reloads {
                flight.is_followed.store(true, Ordering::Release);
                return Boarding::Follow(Arc::clone(flight));
            }
            // It must not be kept either: it would take the place of what is newer.
            flight.ticket.cancel();
        }
        let ticket = Arc::new(Ticket::new(start(), Kind::Read));
        let flight = Arc::new(Flight::new(ticket, reloads));
        slot.flight = Some(Arc::clone(&flight));
        Boarding::Lead(flight)
    }

    /// A ticket of a reader that nobody joins.
    pub(crate) fn read(&mut self, key: &EntryKey, start: Start) -> Arc<Ticket> {
        self.ticket(key, Ticket::new(start, Kind::Read))
    }

    /// A ticket of a caller that puts a value.
    pub(crate) fn put(&mut self, key: &EntryKey, start: Start) -> Arc<Ticket> {
        self.ticket(key, Ticket::new(start, Kind::Put))
    }

    fn ticket(&mut self, key: &EntryKey, ticket: Ticket) -> Arc<Ticket> {
        let ticket = Arc::new(ticket);
        let slot = self.slots.entry(key.clone()).or_default();
        slot.tickets.push(Arc::clone(&ticket));
        ticket
    }

    /// Takes `ticket`, or the flight that it belongs to, off the key. A flight
    /// that began later under the same key stays.
    pub(crate) fn leave(&mut self, key: &EntryKey, ticket: &Arc<Ticket>) {
        ticket.has_left.store(true, Ordering::Release);
        let Some(slot) = self.slots.get_mut(key) else {
            return;
        };
        slot.tickets.retain(|other| !Arc::ptr_eq(other, ticket));
        if slot
            .flight
            .as_ref()
            .is_some_and(|flight| Arc::ptr_eq(&flight.ticket, ticket))
        {
            slot.flight = None;
        }
        if slot.flight.is_none() && slot.tickets.is_empty() {
            self.slots.remove(key);
        }
    }

    /// Cancels one ticket and takes it off the key.
    pub(crate) fn give_up(&mut self, key: &EntryKey, ticket: &Arc<Ticket>) {
        ticket.cancel();
        self.leave(key, ticket);
    }

    /// Cancels everybody under way with `key`. Who comes now starts anew.
    pub(crate) fn cancel(&mut self, key: &[u8]) {
        if let Some(slot) = self.slots.remove(key) {
            slot.cancel();
        }
    }

    /// Cancels all that read `key`; those that put it go on.
    pub(crate) fn cancel_reads(&mut self, key: &[u8]) {
        let Some(slot) = self.slots.get_mut(key) else {
            return;
        };
        if let Some(flight) = slot.flight.take() {
            flight.ticket.cancel();
        }
        slot.tickets.retain(|ticket| {
            let stays = ticket.kind == Kind::Put;
            if !stays {
                ticket.cancel();
            }
            stays
        });
        if slot.tickets.is_empty() {
            self.slots.remove(key);
        }
    }

    /// Cancels everybody under way with a key that `matches`.
    pub(crate) fn cancel_matching(&mut self, matches: impl Fn(&EntryKey) -> bool) {
        let of_these = self.slots.extract_if(|key, _| matches(key));
        of_these.for_each(|(_, slot)| slot.cancel());
    }

    /// Cancels everybody under way.
    pub(crate) fn cancel_all(&mut self) {
        for (_, slot) in self.slots.drain() {
            slot.cancel();
        }
    }

    /// Whether anybody is under way with `key`.
    pub(crate) fn has(&self, key: &EntryKey) -> bool {
        self.slots.contains_key(key)
    }

    pub(crate) fn len(&self) -> usize {
        self.slots.len()
    }
}

impl<V> Slot<V> {
    fn cancel(self) {
        if let Some(flight) = self.flight {
            flight.ticket.cancel();
        }
        for ticket in self.tickets {
            ticket.cancel();
        }
    }
}

#[cfg(test)]
mod tests;
