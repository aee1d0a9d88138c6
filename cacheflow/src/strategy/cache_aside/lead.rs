//! Leading a flight: look, load, tell the followers, keep.

use std::future::Future;
use std::sync::Arc;
use std::time::Duration;

use super::attempt::{Attempt, Failure};
use super::call::{Load, Reply, Terms};
use super::decide::{LoadEnd, SHORTEST, Wanted, after_load};
use super::layer::Layer;
use super::marking;
use crate::entry::{self, Found, Made};
use crate::event::{Counter, Event};
use crate::key::{Address, EntryKey, Marks};
use crate::runtime::draw;
use crate::source::{
    Fault, Flight, LoadContext, LoadError, Loaded, MadeOf, Meanwhile, Outcome, Parts, Said, Ticket,
};
use crate::strategy::distributed_lock::{Lease, Step};
use crate::strategy::levels::{FillWith, Given, Levels, Read};
use crate::strategy::{Local, Nothing};

/// How a flight is led.
#[derive(Clone, Copy, Debug, Default)]
pub(crate) struct Way {
    /// The lookup was counted already.
    pub(crate) counted: bool,
    /// It goes on without its caller.
    pub(crate) outlives: bool,
    /// It replaces a value that may still be served.
    pub(crate) refreshes: bool,
}

/// What was found before anything was loaded.
enum Before<V, E> {
    /// All that is needed.
    Reply(Reply<V, E>),
    Load {
        /// An old value.
        stale: Option<Made<V>>,
        skip_shared: bool,
    },
}

/// What came of wanting a lease.
enum Leased<V, E> {
    /// To load, with the lease or without.
    Load(Option<Lease>),
    /// Another has loaded meanwhile.
    Found(Reply<V, E>),
    /// Another loads, and this one does not wait.
    ByAnother,
}

impl<V, L> Layer<V, L>
where
    V: Clone + Send + Sync + 'static,
    L: Levels<V>,
{
    /// Reads the lower levels, else loads, tells the followers and keeps.
    pub(crate) async fn lead<F, Fut, E>(
        self: &Arc<Self>,
        address: &Address,
        flight: &Arc<Flight<V>>,
        load: &mut Load<V, F, E>,
        way: Way,
    ) -> Reply<V, E>
    where
        F: FnOnce(LoadContext<V>) -> Fut,
        Fut: Future<Output = Result<Loaded<V>, E>>,
    {
        let _leading = Leading {
            local: &self.local,
            key: &address.key,
            flight,
        };
        let Load { loader, terms } = load;
        let terms = &*terms;
        let (stale, skip_shared) = match self.look(address, flight, terms, way).await {
            Before::Reply(reply) => return reply,
            Before::Load { stale, skip_shared } => (stale, skip_shared),
        };
        let lease = match self.lease(address, flight, terms, way, skip_shared).await {
            Leased::Load(lease) => lease,
            Leased::Found(reply) => {
                self.count(Counter::SharedHit, way.counted || way.refreshes);
                return reply;
            }
            // It stays as it is.
            Leased::ByAnother => match stale {
                Some(made) => return Ok(Loaded::Value(made)),
                None => None,
            },
        };
        self.count(Counter::Miss, way.counted || way.refreshes);
        if let Some(made) = &stale {
            let now = self.clock.now();
            terms.context.replaces(Found::new(made.clone(), now));
        }
        let made_of = Arc::new(MadeOf::new(self.flow));
        let attempt = self.attempt(
            &flight.ticket,
            &made_of,
            loader,
            terms,
            stale.is_some() && !way.refreshes,
            way.outlives,
        );
        let (attempt, lease) = match lease {
            Some(mut lease) => (lease.while_renewed(attempt).await, Some(lease)),
            None => (attempt.await, None),
        };
        let parts = made_of.take();
        let Attempt { loaded, cost } = attempt;
        let loaded = match loaded {
            Ok(loaded) => loaded,
            Err(failure) => {
                let reply = self
                    .failed(address, flight, terms, way, stale, parts, failure)
                    .await;
                give_back(lease).await;
                return reply;
            }
        };
        if way.refreshes {
            self.counters.add(Counter::Refreshed);
        }
        let keeping = Keeping {
            cost,
            skip_shared,
            // Another may have loaded since, and filled what is newer.
            is_late: lease.as_ref().is_some_and(|lease| !lease.is_held()),
        };
        let reply = match loaded {
            Loaded::Value(value) => {
                self.loaded(address, flight, terms, parts, value, keeping)
                    .await
            }
            Loaded::Absent => {
                self.loaded_nothing(address, flight, terms, way, parts, keeping)
                    .await
            }
        };
        give_back(lease).await;
        Ok(reply)
    }

    /// Looks into the levels once more, those below memory for the first time.
    async fn look<E>(
        self: &Arc<Self>,
        address: &Address,
        flight: &Flight<V>,
        terms: &Terms<V, E>,
        way: Way,
    ) -> Before<V, E> {
        let skip = terms.options.skip;
        // The second look: the flight that this caller just missed may have
        // filled memory between its lookup and its boarding.
        if !way.refreshes
            && !skip.reading_memory
            && let Some(entry) = self.local.hit(address.key.as_bytes())
        {
            self.count(Counter::MemoryHit, way.counted);
            return self.found(flight, entry.made());
        }
        let mut reading = terms.policy.reading(&terms.options, self.config.idle);
        reading.is_refresh = way.refreshes;
        let mut stale = None;
        let mut skip_shared = skip.filling_shared;
        match self.levels.read(address, &flight.ticket, reading).await {
            // What is about to be refreshed: its readers need not wait for that.
            Read::Hit { made, is_due } if way.refreshes && is_due => {
                flight.give_meanwhile(Meanwhile::Current(made.clone()));
                stale = Some(made);
            }
            Read::Hit { made, is_due } => {
                self.count(Counter::SharedHit, way.counted || way.refreshes);
                match self.config.idle {
                    Some(idle) if is_due => self.touch(address, &made, idle),
                    None if is_due => terms.context.is_due(),
                    _ => {}
                }
                return self.found(flight, made);
            }
            Read::Absent(made) if terms.takes_absent => {
                self.count(Counter::SharedHit, way.counted || way.refreshes);
                self.read_nothing(address, made.marks.as_deref());
                flight.land(Outcome::Absent(made.marks));
                return Before::Reply(Ok(Loaded::Absent));
            }
            Read::Stale(made) => stale = Some(made),
            Read::Absent(_) | Read::Miss => {}
            Read::Failed => skip_shared = true,
        }
        if stale.is_none()
            && !skip.reading_memory
            && let Some(entry) = self.local.stale(address.key.as_bytes())
        {
            let mut made = entry.made();
            if !way.refreshes {
                made = made.stale();
                made.served_until = entry.life().stale_until;
            }
            stale = Some(made);
        }
        if let Some(made) = stale.as_ref().filter(|_| !way.refreshes)
            && self.may_stand_in(terms)
        {
            flight.give_meanwhile(Meanwhile::Stale(made.clone()));
        }
        Before::Load { stale, skip_shared }
    }

    fn found<E>(&self, flight: &Flight<V>, made: Made<V>) -> Before<V, E> {
        flight.land(Outcome::Value(made.clone()));
        Before::Reply(Ok(Loaded::Value(made)))
    }

    /// The lease of the key, where the strategy wants one. A refresh waits for nobody.
    async fn lease<E>(
        &self,
        address: &Address,
        flight: &Flight<V>,
        terms: &Terms<V, E>,
        way: Way,
        skip_shared: bool,
    ) -> Leased<V, E> {
        let Some(lock) = terms.policy.lock.as_ref().filter(|_| !skip_shared) else {
            return Leased::Load(None);
        };
        let mut entering = lock.enter(address.full.as_str());
        loop {
            match entering.step().await {
                // Whoever had the lease before has filled what this one wants, most
                // likely.
                Step::Look(lease) => match self.look_again(address, flight, terms, way).await {
                    Some(reply) => {
                        lease.give_back().await;
                        return Leased::Found(reply);
                    }
                    None => return Leased::Load(Some(lease)),
                },
                Step::Wait(_) if way.refreshes => return Leased::ByAnother,
                Step::Wait(at_most) => {
                    entering.wait(at_most).await;
                    if let Some(reply) = self.look_again(address, flight, terms, way).await {
                        return Leased::Found(reply);
                    }
                }
                // A lease saves loads: without it, everybody loads.
                Step::Overdue | Step::Failed(_) => return Leased::Load(None),
            }
        }
    }

    /// What another has filled meanwhile.
    async fn look_again<E>(
        &self,
        address: &Address,
        flight: &Flight<V>,
        terms: &Terms<V, E>,
        way: Way,
    ) -> Option<Reply<V, E>> {
        let mut reading = terms.policy.reading(&terms.options, self.config.idle);
        reading.is_refresh = way.refreshes;
        match self.levels.read(address, &flight.ticket, reading).await {
            Read::Hit { is_due: true, .. } if way.refreshes => None,
            Read::Hit { made, .. } => {
                flight.land(Outcome::Value(made.clone()));
                Some(Ok(Loaded::Value(made)))
            }
            Read::Absent(made) if terms.takes_absent => {
                self.read_nothing(address, made.marks.as_deref());
                flight.land(Outcome::Absent(made.marks));
                Some(Ok(Loaded::Absent))
            }
            Read::Absent(_) | Read::Stale(_) | Read::Miss | Read::Failed => None,
        }
    }

    /// A value was loaded.
    async fn loaded<E>(
        &self,
        address: &Address,
        flight: &Arc<Flight<V>>,
        terms: &Terms<V, E>,
        parts: Parts,
        value: V,
        keeping: Keeping,
    ) -> Loaded<Made<V>> {
        let said = terms.context.taken();
        let ends = parts.expires.filter(|_| !self.config.outlive_dependencies);
        let marks = self.marks(address, &terms.given, &said, &value, parts);
        let wanted = Wanted {
            by_loader: said.ttl,
            by_call: terms.options.ttl,
            by_value: self.timer.as_ref().and_then(|timer| timer(&value)),
        };
        let ttl = after_load(&self.config, LoadEnd::Value, wanted, draw());
        let now = self.clock.now();
        // A parent ends with what it was made of.
        let ttl = ttl.map(|ttl| ends.map_or(ttl, |ends| ttl.min(ends.since(now))));
        let ttl = ttl.filter(|ttl| *ttl >= SHORTEST && !said.skip);
        let marks = marks.filter(|_| ttl.is_some());
        let made = Made {
            // What cannot be kept can be no lasting part of anything either.
            expires: Some(match (&marks, ttl) {
                (Some(_), Some(ttl)) => now.after(ttl),
                _ => now,
            }),
            served_until: now.after(ttl.unwrap_or_default()),
            marks: marks.as_ref().and_then(entry::some),
            version: said.version,
            // What happened since the load began is not in the value.
            age: now.since(flight.ticket.begun),
            ..self.made(value)
        };
        // Followers are told before the value is kept: they need not wait for
        // a round trip that is not theirs. Nobody can join a flight whose key
        // was forgotten, so nobody gets what is known to be old by now.
        flight.land(Outcome::Value(made.clone()));
        if let (Some(marks), Some(ttl)) = (marks, ttl)
            && !self.is_late(address, keeping)
        {
            // It lives on only as long as what it was made of does.
            let stale = terms.policy.stale(&terms.options).unwrap_or_default();
            let fill = FillWith {
                stale: ends.map_or(stale, |_| Duration::ZERO),
                version: made.version.clone(),
                ..self.fill_with(terms, ttl, keeping, marks)
            };
            self.levels
                .fill(address, &flight.ticket, &made.value, fill)
                .await;
        }
        Loaded::Value(made)
    }

    /// The source has no value.
    async fn loaded_nothing<E>(
        &self,
        address: &Address,
        flight: &Arc<Flight<V>>,
        terms: &Terms<V, E>,
        way: Way,
        parts: Parts,
        keeping: Keeping,
    ) -> Loaded<Made<V>> {
        let said = terms.context.taken();
        let ends = parts.expires.filter(|_| !self.config.outlive_dependencies);
        let marks = parts.into_marks();
        self.read_nothing(address, marks.as_deref());
        flight.land(Outcome::Absent(marks.clone()));
        let wanted = Wanted::default();
        let ttl = after_load(&self.config, LoadEnd::Absent, wanted, draw());
        // What is refreshed and is no more has to go.
        let ttl = ttl.or(way.refreshes.then_some(GONE));
        let now = self.clock.now();
        let ttl = ttl.map(|ttl| ends.map_or(ttl, |ends| ttl.min(ends.since(now))));
        if let Some(ttl) = ttl.filter(|ttl| *ttl >= SHORTEST && !said.skip)
            && !self.is_late(address, keeping)
        {
            let fill = self.fill_with(terms, ttl, keeping, marks.unwrap_or_default());
            self.levels
                .fill_nothing(address, &flight.ticket, Nothing::Absent, fill)
                .await;
        }
        Loaded::Absent
    }

    /// The load failed: an old value stands in, or everybody is told.
    #[allow(clippy::too_many_arguments, reason = "the whole of a load")]
    async fn failed<E>(
        &self,
        address: &Address,
        flight: &Arc<Flight<V>>,
        terms: &Terms<V, E>,
        way: Way,
        stale: Option<Made<V>>,
        parts: Parts,
        failure: Failure<E>,
    ) -> Reply<V, E> {
        let Failure {
            error,
            breaker_wait,
        } = failure;
        if !way.refreshes
            && let Some(made) = self.stand_in(address, flight, terms, stale, breaker_wait)
        {
            return Ok(Loaded::Value(made));
        }
        let marks = parts.into_marks();
        self.read_nothing(address, marks.as_deref());
        let (fault, error) = match error.parts() {
            Ok(error) => {
                let shared = (terms.errors.share)(&error);
                (Fault::Source(shared), LoadError::Source(error))
            }
            Err(trouble) => (Fault::Trouble(trouble), trouble.into()),
        };
        flight.land(Outcome::Failed(fault.clone(), marks.clone()));
        let end = match &fault {
            Fault::Source(Some(_)) => LoadEnd::FailedShared,
            _ => LoadEnd::FailedAlone,
        };
        let ttl = after_load(&self.config, end, Wanted::default(), draw());
        if let (Some(ttl), Fault::Source(Some(error)), false) = (ttl, fault, way.refreshes) {
            let fill = self.fill_with(terms, ttl, Keeping::default(), marks.unwrap_or_default());
            self.levels
                .fill_nothing(address, &flight.ticket, Nothing::Failed(error), fill)
                .await;
        }
        Err(error)
    }

    fn fill_with<E>(
        &self,
        terms: &Terms<V, E>,
        ttl: Duration,
        keeping: Keeping,
        marks: Arc<Marks>,
    ) -> FillWith {
        let skip = terms.options.skip;
        FillWith {
            ttl,
            stale: Duration::ZERO,
            idle: self.config.idle,
            refresh: terms.policy.strategy.refresh,
            cost: keeping.cost,
            version: None,
            skip_shared: keeping.skip_shared || skip.filling_shared,
            skip_memory: skip.filling_memory,
            marks,
        }
    }

    /// Whether the lease was lost on the way; counted and told.
    fn is_late(&self, address: &Address, keeping: Keeping) -> bool {
        if keeping.is_late {
            self.counters.add(Counter::FillRefused);
            self.events.tell(|| Event::FillRefused {
                cache: self.cache.clone(),
                key: address.key.clone(),
            });
        }
        keeping.is_late
    }

    /// What `value` is forgotten by; `None`, told, if that cannot be kept.
    pub(crate) fn marks(
        &self,
        address: &Address,
        given: &Given,
        said: &Said,
        value: &V,
        mut parts: Parts,
    ) -> Option<Arc<Marks>> {
        let mut own = self
            .tagger
            .as_ref()
            .map_or_else(Vec::new, |tagger| tagger(value));
        own.extend_from_slice(&said.tags);
        parts.dependencies.extend_from_slice(&said.dependencies);
        match marking::marks(address, given, own, parts) {
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
}

/// What is no more is kept as such for this long where it is not asked for: long
/// enough to take the place of what was there.
const GONE: Duration = Duration::from_millis(100);

/// How what was loaded is kept.
#[derive(Clone, Copy, Default)]
struct Keeping {
    cost: Duration,
    skip_shared: bool,
    is_late: bool,
}

/// After the fill: who waits for the lease finds the value.
async fn give_back(lease: Option<Lease>) {
    if let Some(lease) = lease {
        lease.give_back().await;
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
