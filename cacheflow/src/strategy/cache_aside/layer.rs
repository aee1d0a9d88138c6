//! The flight of a miss: who loads, who waits, what is kept.

use std::future::Future;
use std::sync::Arc;
use std::time::Duration;

use tokio::runtime::Handle;

use super::CacheAside;
use super::decide::{FlightEnd, Follow, Keep, LoadEnd, after_flight, after_load};
use super::marking;
use crate::clock::Clock;
use crate::entry::{self, Made};
use crate::event::{Counter, Counters, Event, EventSink};
use crate::key::{Address, CacheName, EntryKey, Marks};
use crate::source::{
    Boarding, Flight, LoadError, Loaded, MadeOf, Outcome, Parts, SharedError, Ticket, is_loading,
    read_within_load, while_loading,
};
use crate::standing::Joined;
use crate::strategy::Local;
use crate::strategy::levels::{FillWith, Given, Levels, Read, Tagger};

/// How an error that the leader got is handed to its followers.
pub(crate) struct ShareError<E> {
    pub(crate) share: fn(&E) -> Option<SharedError>,
    pub(crate) take: fn(&SharedError) -> Option<E>,
}

impl<E> Clone for ShareError<E> {
    fn clone(&self) -> Self {
        *self
    }
}

impl<E> Copy for ShareError<E> {}

impl<E> ShareError<E> {
    /// Errors that cannot be copied: every follower of a failed flight loads
    /// for itself.
    pub(crate) fn never() -> Self {
        Self {
            share: |_| None,
            take: |_| None,
        }
    }
}

impl<E: Clone + Send + Sync + 'static> ShareError<E> {
    /// Errors that can: a follower of the same error type gets a copy.
    pub(crate) fn cloned() -> Self {
        Self {
            share: |error| Some(Arc::new(error.clone())),
            take: |shared| shared.downcast_ref::<E>().cloned(),
        }
    }
}

/// One caller's load.
pub(crate) struct Load<F, E> {
    pub(crate) loader: F,
    pub(crate) ttl: Option<Duration>,
    pub(crate) given: Given,
    pub(crate) errors: ShareError<E>,
}

/// Cache-aside over some levels.
pub(crate) struct Layer<V, L> {
    pub(crate) cache: CacheName,
    pub(crate) config: CacheAside,
    pub(crate) local: Arc<Local<V>>,
    pub(crate) levels: L,
    pub(crate) tagger: Option<Tagger<V>>,
    /// Tells this flow's caches from those of another.
    pub(crate) flow: usize,
    pub(crate) clock: Clock,
    pub(crate) counters: Arc<Counters>,
    pub(crate) events: EventSink,
}

impl<V, L> Layer<V, L>
where
    V: Clone + Send + Sync + 'static,
    L: Levels<V>,
{
    /// Gets a value that memory does not have.
    pub(crate) async fn miss<F, Fut, E>(
        &self,
        address: Address,
        load: Load<F, E>,
    ) -> Result<Loaded<Made<V>>, LoadError<E>>
    where
        F: FnOnce() -> Fut,
        Fut: Future<Output = Result<Loaded<V>, E>>,
    {
        let mut counted = false;
        loop {
            // Where this node stands when this caller comes: whatever was
            // forgotten up to here must not be in what it gets.
            let joined = self.local.joining();
            // Registered before the shared store is read: a key that is
            // forgotten after this cancels the flight, whatever it reads.
            let flight = match self.local.board(&address.key) {
                Boarding::Lead(flight) => return self.lead(address, flight, load, counted).await,
                Boarding::Follow(flight) => flight,
            };
            if is_loading(&flight.ticket) {
                return self.inside_itself(&address, load, counted).await;
            }
            if !counted {
                self.counters.add(Counter::Miss);
                self.counters.add(Counter::Joined);
                counted = true;
            }
            let (end, outcome) = self.follow(&address, joined, &flight, &load.errors).await;
            match (after_flight(end), outcome) {
                (Follow::Take, Some(outcome)) => return outcome,
                (Follow::LoadAlone, _) => return self.run(load.loader).await.map(unkept),
                (Follow::TakeOver, _) => self.local.give_up(&address.key, &flight.ticket),
                (Follow::BoardAgain | Follow::Take, _) => {}
            }
        }
    }

    /// Waits for another's flight.
    async fn follow<E>(
        &self,
        address: &Address,
        joined: Joined,
        flight: &Flight<V>,
        errors: &ShareError<E>,
    ) -> (FlightEnd, Option<Result<Loaded<Made<V>>, LoadError<E>>>) {
        let landed = self.landed(flight).await;
        match landed {
            None => (FlightEnd::Overdue, None),
            Some(Outcome::Abandoned) => (FlightEnd::Abandoned, None),
            // Its tags are known only now: what was forgotten by one of them
            // before this caller came could not keep it from joining.
            Some(outcome)
                if !self
                    .local
                    .is_good_for(joined, address, flight, outcome.marks()) =>
            {
                (FlightEnd::Outdated, None)
            }
            Some(Outcome::Value(made)) => (FlightEnd::Value, Some(Ok(Loaded::Value(made)))),
            Some(Outcome::Absent(marks)) => {
                self.read_nothing(address, marks.as_deref());
                (FlightEnd::Absent, Some(Ok(Loaded::Absent)))
            }
            Some(Outcome::Failed(error, marks)) => match error.as_ref().and_then(errors.take) {
                Some(error) => {
                    self.read_nothing(address, marks.as_deref());
                    (FlightEnd::FailedShared, Some(Err(LoadError::Source(error))))
                }
                None => (FlightEnd::FailedAlone, None),
            },
        }
    }

    /// The flight's outcome; `None` if it takes too long. A caller outside of a
    /// tokio runtime has no timer and waits as long as it takes.
    async fn landed(&self, flight: &Flight<V>) -> Option<Outcome<V>> {
        if Handle::try_current().is_err() {
            return Some(flight.landed().await);
        }
        let patience = self.config.follower_timeout;
        tokio::time::timeout(patience, flight.landed()).await.ok()
    }

    /// Reads the lower levels, else loads, tells the followers and keeps.
    async fn lead<F, Fut, E>(
        &self,
        address: Address,
        flight: Arc<Flight<V>>,
        load: Load<F, E>,
        counted: bool,
    ) -> Result<Loaded<Made<V>>, LoadError<E>>
    where
        F: FnOnce() -> Fut,
        Fut: Future<Output = Result<Loaded<V>, E>>,
    {
        let _leading = Leading {
            local: &self.local,
            key: &address.key,
            flight: &flight,
        };
        // The second look: the flight that this caller just missed may have
        // filled memory between its lookup and its boarding.
        if let Some(entry) = self.local.hit(address.key.as_bytes()) {
            flight.land(Outcome::Value(entry.made()));
            self.count(Counter::MemoryHit, counted);
            return Ok(Loaded::Value(entry.made()));
        }
        let read = self.levels.read(&address, &flight.ticket).await;
        let skip_shared = matches!(read, Read::Failed);
        if let Read::Hit { made, .. } = read {
            flight.land(Outcome::Value(made.clone()));
            self.count(Counter::SharedHit, counted);
            return Ok(Loaded::Value(made));
        }
        self.count(Counter::Miss, counted);

        let began = self.clock.now();
        let made_of = Arc::new(MadeOf::new(self.flow));
        let loaded = while_loading(&flight.ticket, &made_of, self.run(load.loader)).await;
        let cost = self.clock.now().since(began);

        let end = match &loaded {
            Ok(Loaded::Value(_)) => LoadEnd::Value,
            Ok(Loaded::Absent) => LoadEnd::Absent,
            Err(LoadError::Source(_)) => LoadEnd::Failed,
        };
        let keep = after_load(&self.config, end, load.ttl);
        // Followers are told before the value is kept: they need not wait for
        // a round trip that is not theirs. Nobody can join a flight whose key
        // was forgotten, so nobody gets what is known to be old by now.
        let parts = made_of.take();
        let value = match loaded {
            Ok(Loaded::Value(value)) => value,
            Ok(Loaded::Absent) => {
                let marks = parts.into_marks();
                self.read_nothing(&address, marks.as_deref());
                flight.land(Outcome::Absent(marks));
                return Ok(Loaded::Absent);
            }
            Err(LoadError::Source(error)) => {
                let marks = parts.into_marks();
                self.read_nothing(&address, marks.as_deref());
                flight.land(Outcome::Failed((load.errors.share)(&error), marks));
                return Err(LoadError::Source(error));
            }
        };
        let ends = parts.expires.filter(|_| !self.config.outlive_dependencies);
        let marks = self.marks(&address, &load.given, &value, parts);
        let ttl = match keep {
            Keep::For(ttl) => ttl,
            Keep::Nothing => Duration::ZERO,
        };
        let now = self.clock.now();
        let ttl = ends.map_or(ttl, |ends| ttl.min(ends.since(now)));
        let made = Made {
            value,
            // What cannot be kept can be no lasting part of anything either.
            expires: Some(if marks.is_some() { now.after(ttl) } else { now }),
            marks: marks.as_ref().and_then(entry::some),
        };
        flight.land(Outcome::Value(made.clone()));
        // What it is forgotten by could not be told, or it is made of something
        // that has ended meanwhile: kept nowhere.
        if let Some(marks) = marks.filter(|_| ttl >= marking::SHORTEST) {
            let fill = FillWith {
                ttl,
                cost,
                skip_shared,
                marks,
            };
            self.levels
                .fill(&address, &flight.ticket, &made.value, fill)
                .await;
        }
        Ok(Loaded::Value(made))
    }

    /// That there is no value was found out from other values: whoever makes
    /// something of it, makes it of these.
    fn read_nothing(&self, address: &Address, marks: Option<&Marks>) {
        if let Some(marks) = marks {
            read_within_load(self.flow, || address.full.clone(), marks, None);
        }
    }

    /// What `value` is forgotten by; `None`, told, if that cannot be kept.
    pub(crate) fn marks(
        &self,
        address: &Address,
        given: &Given,
        value: &V,
        parts: Parts,
    ) -> Option<Arc<Marks>> {
        let own = self.tagger.as_ref().map(|tagger| tagger(value));
        match marking::marks(address, given, own.unwrap_or_default(), parts) {
            Ok(marks) => Some(Arc::new(marks)),
            Err(fault) => {
                self.events.tell(|| Event::MarksRefused {
                    cache: self.cache.clone(),
                    key: address.key.clone(),
                    fault: fault.into(),
                });
                None
            }
        }
    }

    /// The loader of this key asks for this key: it cannot wait for itself.
    async fn inside_itself<F, Fut, E>(
        &self,
        address: &Address,
        load: Load<F, E>,
        counted: bool,
    ) -> Result<Loaded<Made<V>>, LoadError<E>>
    where
        F: FnOnce() -> Fut,
        Fut: Future<Output = Result<Loaded<V>, E>>,
    {
        self.count(Counter::Miss, counted);
        self.events.tell(|| Event::Recursion {
            cache: self.cache.clone(),
            key: address.key.clone(),
        });
        self.run(load.loader).await.map(unkept)
    }

    async fn run<F, Fut, E>(&self, loader: F) -> Result<Loaded<V>, LoadError<E>>
    where
        F: FnOnce() -> Fut,
        Fut: Future<Output = Result<Loaded<V>, E>>,
    {
        self.counters.add(Counter::Load);
        let loaded = loader().await;
        if loaded.is_err() {
            self.counters.add(Counter::LoadFailed);
        }
        loaded.map_err(LoadError::Source)
    }

    /// A lookup counts once, however often its caller boards.
    fn count(&self, counter: Counter, counted: bool) {
        if !counted {
            self.counters.add(counter);
        }
    }
}

/// A value that is kept nowhere.
fn unmarked<V>(value: V) -> Made<V> {
    Made {
        value,
        marks: None,
        expires: None,
    }
}

fn unkept<V>(loaded: Loaded<V>) -> Loaded<Made<V>> {
    match loaded {
        Loaded::Value(value) => Loaded::Value(unmarked(value)),
        Loaded::Absent => Loaded::Absent,
    }
}

/// Leads a flight; dropped in whatever way, the flight is off its key and its
/// followers know.
struct Leading<'a, V: Clone + Send + Sync + 'static> {
    local: &'a Local<V>,
    key: &'a EntryKey,
    flight: &'a Flight<V>,
}

impl<V: Clone + Send + Sync + 'static> Drop for Leading<'_, V> {
    fn drop(&mut self) {
        // Off the key first: a follower that begins again must not join it.
        let ticket: &Arc<Ticket> = &self.flight.ticket;
        self.local.leave(self.key, ticket);
        self.flight.land(Outcome::Abandoned);
    }
}
