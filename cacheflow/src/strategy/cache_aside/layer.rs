//! The flight of a miss: who loads, who waits.

use std::future::Future;
use std::sync::Arc;
use std::time::Duration;

use tokio::runtime::Handle;
use tokio::sync::oneshot;

use super::CacheAside;
use super::call::{Load, Reply, Terms, called};
use super::decide::{FlightEnd, Follow, after_flight};
use super::lead::Way;
use crate::clock::Clock;
use crate::entry::{Level, Made};
use crate::event::{Counter, Counters, Event, EventSink};
use crate::key::{Address, CacheName, Marks};
use crate::live::Live;
use crate::runtime::Background;
use crate::source::{
    Boarding, Fault, Flight, Landed, LoadContext, LoadError, Loaded, Outcome, inside,
    is_collecting, is_loading, read_within_load,
};
use crate::standing::Joined;
use crate::strategy::levels::{Levels, Tagger, Timer, Validator};
use crate::strategy::refresh_ahead::Due;
use crate::strategy::{Local, Nothing};

/// Cache-aside over some levels.
pub(crate) struct Layer<V, L> {
    pub(crate) cache: CacheName,
    pub(crate) config: Live<CacheAside>,
    pub(crate) local: Arc<Local<V>>,
    pub(crate) levels: L,
    /// No value is kept for longer.
    pub(crate) max_ttl: Option<Duration>,
    pub(crate) tagger: Option<Tagger<V>>,
    pub(crate) timer: Option<Timer<V>>,
    pub(crate) validator: Option<Validator<V>>,
    /// Tells this flow's caches from those of another.
    pub(crate) flow: usize,
    pub(crate) clock: Clock,
    pub(crate) counters: Arc<Counters>,
    pub(crate) events: EventSink,
    pub(crate) background: Background,
}

/// How a caller came away from the flights to its key.
enum Boarded<V, E> {
    /// It leads one.
    Lead {
        flight: Arc<Flight<V>>,
        way: Way,
    },
    /// It loads beside them.
    Alone,
    Landed(Reply<V, E>),
}

impl<V, L> Layer<V, L>
where
    V: Clone + Send + Sync + 'static,
    L: Levels<V>,
{
    /// Gets a value that memory does not have, in the caller's own task.
    pub(crate) async fn miss<F, Fut, E>(
        self: &Arc<Self>,
        address: &Address,
        mut load: Load<V, F, E>,
    ) -> Reply<V, E>
    where
        F: FnOnce(LoadContext<V>) -> Fut,
        Fut: Future<Output = Result<Loaded<V>, E>>,
    {
        let reply = match self.board(address, &load.terms).await {
            Boarded::Landed(reply) => return reply,
            // What is rare is boxed: all others need not make room for it.
            Boarded::Alone => return Box::pin(self.alone(load)).await,
            Boarded::Lead { flight, way } => self.lead(address, &flight, &mut load, way).await,
        };
        match reply {
            Ok(Loaded::Value(made)) if load.terms.context.was_due() => {
                let refresh = self.refresh(address, Due::Shared(made.clone()), load);
                let refreshed = Box::pin(refresh).await;
                let is_over = self.clock.now() >= made.served_until;
                match refreshed {
                    Some(Ok(loaded)) => Ok(loaded),
                    Some(Err(error)) if is_over => Err(error),
                    Some(Err(_)) | None => Ok(Loaded::Value(made)),
                }
            }
            reply => reply,
        }
    }

    /// The same by a load that can go on without its caller: it does, to its end,
    /// whatever becomes of the caller. The loader is called at once, and its future
    /// runs if no level has the value.
    pub(crate) async fn miss_in_background<F, Fut, E>(
        self: &Arc<Self>,
        address: &Address,
        load: Load<V, F, E>,
    ) -> Reply<V, E>
    where
        F: FnOnce(LoadContext<V>) -> Fut,
        Fut: Future<Output = Result<Loaded<V>, E>> + Send + 'static,
        E: Send + 'static,
    {
        let (flight, way) = match self.board(address, &load.terms).await {
            Boarded::Landed(reply) => return reply,
            Boarded::Alone => return self.alone(load).await,
            Boarded::Lead { flight, way } => (flight, way),
        };
        let soft = load.terms.policy.strategy.timeouts.soft;
        let Load { loader, terms } = load;
        let loading = loader.map(|loader| loader(terms.context.clone()));
        let mut load = Load {
            loader: loading.map(called),
            terms,
        };
        let work = {
            let (this, address, flight) = (Arc::clone(self), address.clone(), Arc::clone(&flight));
            let way = Way {
                outlives: true,
                ..way
            };
            inside().run(async move {
                let reply = this.lead(&address, &flight, &mut load, way).await;
                if let Ok(Loaded::Value(made)) = &reply
                    && load.terms.context.was_due()
                {
                    this.refresh_in_background(&address, Due::Shared(made.clone()), load);
                }
                reply
            })
        };
        let (_waits, gone) = oneshot::channel();
        let mut task = match self.background.spawn_for(gone, work) {
            Ok(task) => task,
            // No runtime, or the flow has ended.
            Err(work) => return work.await,
        };
        tokio::select! {
            biased;
            ended = &mut task => match ended {
                Ok(Some(reply)) => reply,
                Err(error) if error.is_panic() => std::panic::resume_unwind(error.into_panic()),
                // The runtime ends, and with it this caller.
                Ok(None) | Err(_) => std::future::pending().await,
            },
            made = self.stale_after(address, &flight, soft, None) => Ok(Loaded::Value(made)),
        }
    }

    /// Joins the flight to a key and waits for it, as long as that is of use; else
    /// leads one.
    async fn board<E>(&self, address: &Address, terms: &Terms<V, E>) -> Boarded<V, E> {
        if !terms.options.skip.reading_memory
            && let Some(reply) = self.known_nothing(address, terms)
        {
            return Boarded::Landed(reply);
        }
        let reloads = terms.options.skip.reloads();
        let mut counted = false;
        // What it loads may be of a transaction that is never committed: nobody else is
        // to have it, now or later.
        if is_collecting(self.flow) {
            self.count(Counter::Miss, counted);
            return Boarded::Alone;
        }
        loop {
            // Where this node stands when this caller comes: whatever was
            // forgotten up to here must not be in what it gets.
            let joined = self.local.joining();
            // Registered before the shared store is read: a key that is
            // forgotten after this cancels the flight, whatever it reads.
            let flight = match self.local.board(&address.key, reloads) {
                Boarding::Lead(flight) => {
                    let way = Way {
                        counted,
                        ..Way::default()
                    };
                    return Boarded::Lead { flight, way };
                }
                Boarding::Follow(flight) => flight,
            };
            if is_loading(&flight.ticket) {
                self.inside_itself(address, counted);
                return Boarded::Alone;
            }
            if self.waits_for_us(&flight, terms) {
                self.count(Counter::Miss, counted);
                return Boarded::Alone;
            }
            let follow = self.follow(address, joined, &flight, terms, &mut counted);
            let (end, reply) = Box::pin(follow).await;
            match (after_flight(end), reply) {
                (Follow::Take, Some(reply)) => return Boarded::Landed(reply),
                (Follow::LoadAlone, _) => return Boarded::Alone,
                (Follow::TakeOver, _) => self.local.give_up(&address.key, &flight.ticket),
                (Follow::BoardAgain | Follow::Take, _) => {}
            }
        }
    }

    /// That there is no value, if that was kept.
    pub(super) fn known_nothing<E>(
        &self,
        address: &Address,
        terms: &Terms<V, E>,
    ) -> Option<Reply<V, E>> {
        let entry = self.local.nothing(address.key.as_bytes())?;
        let reply = match &entry.value {
            Nothing::Absent if terms.takes_absent => Ok(Loaded::Absent),
            Nothing::Failed(error) => Err(LoadError::Source((terms.errors.take)(error)?)),
            Nothing::Absent | Nothing::Unrefreshed(_) => return None,
        };
        self.counters.add(Counter::MemoryHit);
        self.read_nothing(address, entry.marks.as_deref());
        Some(reply)
    }

    /// Waits for another's flight.
    pub(super) async fn follow<E>(
        &self,
        address: &Address,
        joined: Joined,
        flight: &Flight<V>,
        terms: &Terms<V, E>,
        counted: &mut bool,
    ) -> (FlightEnd, Option<Reply<V, E>>) {
        // A value that is being refreshed is a hit.
        if let Some(made) = flight.current(self.clock.now())
            && self.is_good(joined, address, flight, made.marks())
        {
            self.count_hit(made.level, *counted);
            return (FlightEnd::Value, Some(Ok(Loaded::Value(made))));
        }
        if !*counted {
            self.counters.add(Counter::Miss);
            self.counters.add(Counter::Joined);
            *counted = true;
        }
        let outcome = match self.landed(address, joined, flight, terms).await {
            Some(Landed::Current(made)) => Some(Outcome::Value(made)),
            Some(Landed::Outcome(outcome)) => Some(outcome),
            None => None,
        };
        match outcome {
            None => (FlightEnd::Overdue, None),
            Some(Outcome::Abandoned) => (FlightEnd::Abandoned, None),
            // Its tags are known only now: what was forgotten by one of them
            // before this caller came could not keep it from joining.
            Some(outcome) if !self.is_good(joined, address, flight, outcome.marks()) => {
                (FlightEnd::Outdated, None)
            }
            Some(Outcome::Value(made)) => (FlightEnd::Value, Some(Ok(Loaded::Value(made)))),
            Some(Outcome::Absent(_)) if !terms.takes_absent => (FlightEnd::FailedAlone, None),
            Some(Outcome::Absent(marks)) => {
                self.read_nothing(address, marks.as_deref());
                (FlightEnd::Absent, Some(Ok(Loaded::Absent)))
            }
            Some(Outcome::Failed(fault, marks)) => {
                let error = match fault {
                    Fault::Source(error) => error
                        .as_ref()
                        .and_then(terms.errors.take)
                        .map(LoadError::Source),
                    Fault::Trouble(trouble) => Some(trouble.into()),
                };
                match error {
                    Some(error) => {
                        self.read_nothing(address, marks.as_deref());
                        (FlightEnd::FailedShared, Some(Err(error)))
                    }
                    None => (FlightEnd::FailedAlone, None),
                }
            }
        }
    }

    fn is_good(
        &self,
        joined: Joined,
        address: &Address,
        flight: &Flight<V>,
        marks: &Marks,
    ) -> bool {
        self.local.is_good_for(joined, address, flight, marks)
    }

    /// The flight's outcome, or what it gives in place of it; `None` if it takes too
    /// long. A caller outside of a tokio runtime has no timer and waits as long as
    /// it takes.
    async fn landed<E>(
        &self,
        address: &Address,
        joined: Joined,
        flight: &Flight<V>,
        terms: &Terms<V, E>,
    ) -> Option<Landed<V>> {
        let landed = flight.landed(|| self.clock.now());
        if Handle::try_current().is_err() {
            return Some(landed.await);
        }
        let soft = terms.policy.strategy.timeouts.soft;
        tokio::select! {
            biased;
            landed = landed => Some(landed),
            made = self.stale_after(address, flight, soft, Some(joined)) => {
                Some(Landed::Outcome(Outcome::Value(made)))
            }
            () = tokio::time::sleep(self.config.get().follower_timeout) => None,
        }
    }

    /// The old value of a flight, once a caller has waited for `soft`; never if
    /// there is none, or if it was forgotten before the caller came.
    async fn stale_after(
        &self,
        address: &Address,
        flight: &Flight<V>,
        soft: Option<Duration>,
        joined: Option<Joined>,
    ) -> Made<V> {
        let Some(soft) = soft else {
            return std::future::pending().await;
        };
        tokio::time::sleep(soft).await;
        match flight.stale() {
            Some(made)
                if self.may_still(address, flight, &made)
                    && joined.is_none_or(|joined| {
                        self.is_good(joined, address, flight, made.marks())
                    }) =>
            {
                self.stood_in(address);
                made
            }
            _ => std::future::pending().await,
        }
    }

    /// Whether an old value of a flight may stand in now.
    pub(super) fn may_still(&self, address: &Address, flight: &Flight<V>, made: &Made<V>) -> bool {
        let ticket = &flight.ticket;
        self.clock.now() < made.served_until && self.local.is_current(address, ticket, made.marks())
    }

    /// That there is no value was found out from other values: whoever makes
    /// something of it, makes it of these.
    pub(super) fn read_nothing(&self, address: &Address, marks: Option<&Marks>) {
        if let Some(marks) = marks {
            read_within_load(self.flow, || address.full.clone(), marks, None);
        }
    }

    /// The loader of this key asks for this key: it cannot wait for itself.
    pub(super) fn inside_itself(&self, address: &Address, counted: bool) {
        self.count(Counter::Miss, counted);
        self.events.tell(|| Event::Recursion {
            cache: self.cache.clone(),
            key: address.key.clone(),
        });
    }

    /// A lookup counts once, however often its caller boards.
    pub(super) fn count(&self, counter: Counter, counted: bool) {
        if !counted {
            self.counters.add(counter);
        }
    }

    fn count_hit(&self, level: Level, counted: bool) {
        let counter = match level {
            Level::Memory => Counter::MemoryHit,
            Level::Shared | Level::Source => Counter::SharedHit,
        };
        self.count(counter, counted);
    }
}
