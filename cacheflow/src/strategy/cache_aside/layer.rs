//! The flight of a miss: who loads, who waits, what is kept.

use std::future::Future;
use std::sync::Arc;
use std::time::Duration;

use tokio::runtime::Handle;

use super::CacheAside;
use super::decide::{FlightEnd, Follow, Keep, LoadEnd, after_flight, after_load};
use crate::clock::Clock;
use crate::event::{Counter, Counters, Event, EventSink};
use crate::key::{Address, CacheName, EntryKey};
use crate::source::{
    Boarding, Flight, LoadError, Loaded, Outcome, SharedError, Ticket, is_loading, while_loading,
};
use crate::strategy::Local;
use crate::strategy::levels::{FillWith, Levels, Read};

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
    pub(crate) errors: ShareError<E>,
}

/// Cache-aside over some levels.
pub(crate) struct Layer<V, L> {
    pub(crate) cache: CacheName,
    pub(crate) config: CacheAside,
    pub(crate) local: Arc<Local<V>>,
    pub(crate) levels: L,
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
    ) -> Result<Loaded<V>, LoadError<E>>
    where
        F: FnOnce() -> Fut,
        Fut: Future<Output = Result<Loaded<V>, E>>,
    {
        let mut counted = false;
        loop {
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
            let (end, outcome) = self.follow(&flight, &load.errors).await;
            match (after_flight(end), outcome) {
                (Follow::Take, Some(outcome)) => return outcome,
                (Follow::LoadAlone, _) => return self.run(load.loader).await,
                (Follow::TakeOver, _) => self.local.give_up(&address.key, &flight.ticket),
                (Follow::BoardAgain | Follow::Take, _) => {}
            }
        }
    }

    /// Waits for another's flight.
    async fn follow<E>(
        &self,
        flight: &Flight<V>,
        errors: &ShareError<E>,
    ) -> (FlightEnd, Option<Result<Loaded<V>, LoadError<E>>>) {
        let landed = self.landed(flight).await;
        match landed {
            None => (FlightEnd::Overdue, None),
            Some(Outcome::Abandoned) => (FlightEnd::Abandoned, None),
            Some(Outcome::Value(value)) => (FlightEnd::Value, Some(Ok(Loaded::Value(value)))),
            Some(Outcome::Absent) => (FlightEnd::Absent, Some(Ok(Loaded::Absent))),
            Some(Outcome::Failed(error)) => match error.as_ref().and_then(errors.take) {
                Some(error) => (FlightEnd::FailedShared, Some(Err(LoadError::Source(error)))),
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
    ) -> Result<Loaded<V>, LoadError<E>>
    where
        F: FnOnce() -> Fut,
        Fut: Future<Output = Result<Loaded<V>, E>>,
    {
        let leading = Leading {
            local: &self.local,
            key: &address.key,
            flight: &flight,
        };
        // The second look: the flight that this caller just missed may have
        // filled memory between its lookup and its boarding.
        if let Some(entry) = self.local.hit(address.key.as_bytes()) {
            flight.land(Outcome::Value(entry.value.clone()));
            self.count(Counter::MemoryHit, counted);
            return Ok(Loaded::Value(entry.value.clone()));
        }
        let read = self.levels.read(&address, &flight.ticket).await;
        let skip_shared = matches!(read, Read::Failed);
        if let Read::Hit(found) = read {
            flight.land(Outcome::Value(found.value.clone()));
            self.count(Counter::SharedHit, counted);
            return Ok(Loaded::Value(found.value));
        }
        self.count(Counter::Miss, counted);

        let began = self.clock.now();
        let loaded = while_loading(&flight.ticket, self.run(load.loader)).await;
        let cost = self.clock.now().since(began);

        // Followers are told before the value is kept: they need not wait for
        // a round trip that is not theirs. Nobody can join a flight whose key
        // was forgotten, so nobody gets what is known to be old by now.
        let (end, outcome) = match &loaded {
            Ok(Loaded::Value(value)) => (LoadEnd::Value, Outcome::Value(value.clone())),
            Ok(Loaded::Absent) => (LoadEnd::Absent, Outcome::Absent),
            Err(LoadError::Source(error)) => {
                (LoadEnd::Failed, Outcome::Failed((load.errors.share)(error)))
            }
        };
        flight.land(outcome);
        if let (Keep::For(ttl), Ok(Loaded::Value(value))) =
            (after_load(&self.config, end, load.ttl), &loaded)
        {
            let fill = FillWith {
                ttl,
                cost,
                skip_shared,
            };
            self.levels
                .fill(&address, &flight.ticket, value, fill)
                .await;
        }
        drop(leading);
        loaded
    }

    /// The loader of this key asks for this key: it cannot wait for itself.
    async fn inside_itself<F, Fut, E>(
        &self,
        address: &Address,
        load: Load<F, E>,
        counted: bool,
    ) -> Result<Loaded<V>, LoadError<E>>
    where
        F: FnOnce() -> Fut,
        Fut: Future<Output = Result<Loaded<V>, E>>,
    {
        self.count(Counter::Miss, counted);
        self.events.tell(|| Event::Recursion {
            cache: self.cache.clone(),
            key: address.key.clone(),
        });
        self.run(load.loader).await
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
