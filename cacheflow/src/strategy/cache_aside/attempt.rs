//! A load as it is tried: by those who let it through, within its time.

use std::future::Future;
use std::pin::pin;
use std::sync::Arc;
use std::time::Duration;

use super::call::{Load, Reply, Terms};
use super::layer::Layer;
use super::many::LoadedAll;
use crate::entry::{Level, Made};
use crate::event::Counter;
use crate::key::Address;
use crate::source::{
    Flight, LoadContext, LoadError, Loaded, MadeOf, Ticket, Trouble, Under, is_under,
    while_let_through, while_loading,
};
use crate::strategy::circuit_breaker::{self, Breaker, CircuitBreaker, Outcome};
use crate::strategy::levels::Levels;
use crate::strategy::{bulkhead, timeouts};

/// A load that has no value.
pub(super) struct Failure<E> {
    pub(super) error: LoadError<E>,
    /// The source has answered: nothing is to stand in for that.
    pub(super) is_answer: bool,
    /// How long its breaker lets none through, if that is why.
    pub(super) breaker_wait: Option<Duration>,
}

impl<E> From<Trouble> for Failure<E> {
    fn from(trouble: Trouble) -> Self {
        Self {
            error: trouble.into(),
            is_answer: false,
            breaker_wait: None,
        }
    }
}

/// What a load gave, and what it took.
pub(super) struct Attempt<T, E> {
    pub(super) loaded: Result<T, Failure<E>>,
    pub(super) cost: Duration,
}

impl<V, L> Layer<V, L>
where
    V: Clone + Send + Sync + 'static,
    L: Levels<V>,
{
    /// Runs the loader of a flight, or of several at once: through the breaker, then
    /// the bulkhead, and not for longer than it may take. After the soft timeout it is
    /// given up, if an old value `stands` in then.
    pub(super) async fn attempt<F, Fut, T, E>(
        &self,
        tickets: &[Arc<Ticket>],
        made_of: &Arc<MadeOf>,
        loader: &mut Option<F>,
        terms: &Terms<V, E>,
        stands: impl Fn() -> bool,
    ) -> Attempt<T, E>
    where
        F: FnOnce(LoadContext<V>) -> Fut,
        Fut: Future<Output = Result<T, E>>,
    {
        let waits = timeouts::waits(&terms.policy.strategy.timeouts, stands());
        let mut whole = pin!(self.try_once(tickets, made_of, loader, terms));
        if waits.soft.is_none() {
            return whole.await;
        }
        match timeouts::within(waits.soft, whole.as_mut()).await {
            Some(attempt) => attempt,
            // Nobody knows how it would have ended: the breaker is told nothing.
            None if stands() => Attempt {
                loaded: Err(self.timed_out()),
                cost: Duration::ZERO,
            },
            // What was old is forgotten by now.
            None => whole.await,
        }
    }

    async fn try_once<F, Fut, T, E>(
        &self,
        tickets: &[Arc<Ticket>],
        made_of: &Arc<MadeOf>,
        loader: &mut Option<F>,
        terms: &Terms<V, E>,
    ) -> Attempt<T, E>
    where
        F: FnOnce(LoadContext<V>) -> Fut,
        Fut: Future<Output = Result<T, E>>,
    {
        let pass = match self.let_through(terms).await {
            Ok(pass) => pass,
            Err(failure) => {
                return Attempt {
                    loaded: Err(failure),
                    cost: Duration::ZERO,
                };
            }
        };
        tickets.iter().for_each(|ticket| ticket.go_through());
        let loader = loader.take().expect("a load is tried once");
        let began = self.clock.now();
        let loaded = {
            let run = self.run(loader, terms);
            let run = pin!(while_loading(tickets, made_of, pass.under, run));
            timeouts::within(pass.left, run).await
        };
        let cost = self.clock.now().since(began);
        Attempt {
            loaded: self.ended(terms, pass, loaded),
            cost,
        }
    }

    /// Runs a loader beside all flights. What it gives is kept nowhere.
    pub(super) async fn alone<F, Fut, E>(&self, load: Load<V, F, E>) -> Reply<V, E>
    where
        F: FnOnce(LoadContext<V>) -> Fut,
        Fut: Future<Output = Result<Loaded<V>, E>>,
    {
        let Load { loader, terms } = load;
        let loader = loader.expect("a load is tried once");
        let loaded = self.beside(loader, &terms).await?;
        Ok(loaded.map(|value| self.made(value)))
    }

    /// Runs a loader as if there were no cache: with no strategy, and for this caller.
    pub(crate) async fn uncached<F, Fut, E>(&self, load: Load<V, F, E>) -> Reply<V, E>
    where
        F: FnOnce(LoadContext<V>) -> Fut,
        Fut: Future<Output = Result<Loaded<V>, E>>,
    {
        let Load { loader, terms } = load;
        let loader = loader.expect("a load is tried once");
        self.counters.add(Counter::Miss);
        let loaded = self.run(loader, &terms).await.map_err(LoadError::Source)?;
        Ok(loaded.map(|value| self.made(value)))
    }

    /// The same for many keys: by one call of their loader.
    pub(crate) async fn uncached_many<F, Fut, E>(
        &self,
        addresses: &[Address],
        terms: &Terms<V, E>,
        mut loader: F,
    ) -> LoadedAll<V, E>
    where
        F: FnMut(&[usize]) -> Fut,
        Fut: Future<Output = Result<Vec<Option<V>>, E>>,
    {
        let places: Vec<usize> = (0..addresses.len()).collect();
        places.iter().for_each(|_| self.counters.add(Counter::Miss));
        let loaded = self.run(|_| loader(&places), terms).await;
        let made = |value: Option<V>| Some(Loaded::from(value).map(|value| self.made(value)));
        match loaded {
            Ok(values) => LoadedAll {
                loaded: values.into_iter().map(made).collect(),
                error: None,
            },
            Err(error) => LoadedAll {
                loaded: places.iter().map(|_| None).collect(),
                error: Some(LoadError::Source(error)),
            },
        }
    }

    /// What a loader gives that runs beside all flights, for one key or for several.
    pub(super) async fn beside<F, Fut, T, E>(
        &self,
        loader: F,
        terms: &Terms<V, E>,
    ) -> Result<T, LoadError<E>>
    where
        F: FnOnce(LoadContext<V>) -> Fut,
        Fut: Future<Output = Result<T, E>>,
    {
        let loaded = match self.let_through(terms).await {
            Ok(pass) => {
                let loaded = {
                    let run = self.run(loader, terms);
                    let run = pin!(while_let_through(self.flow, pass.under, run));
                    timeouts::within(pass.left, run).await
                };
                self.ended(terms, pass, loaded)
            }
            Err(failure) => Err(failure),
        };
        loaded.map_err(|failure| failure.error)
    }

    /// Whether a flight may wait for a place in the bulkhead that the load which the
    /// present task is inside of has: the two would wait for one another.
    pub(super) fn waits_for_us<E>(&self, flight: &Flight<V>, terms: &Terms<V, E>) -> bool {
        let bulkhead = terms.policy.bulkhead.as_ref();
        bulkhead.is_some_and(|it| is_under(place(it))) && !flight.ticket.is_through()
    }

    /// Waits until breaker and bulkhead let a load through. To wait for a place in the
    /// bulkhead is a part of what it takes.
    async fn let_through<E>(&self, terms: &Terms<V, E>) -> Result<Pass, Failure<E>> {
        let limit = terms.policy.strategy.timeouts.hard;
        let began = self.clock.now();
        let policy = &*terms.policy;
        // A load within a load that was let through is a part of it: in a queue it
        // would wait for itself, and within a probe it would be refused.
        let breaker = policy.breaker.as_ref().filter(|it| !is_under(place(it)));
        let bulkhead = policy.bulkhead.as_ref().filter(|it| !is_under(place(it)));
        // Dropped on the way, by a caller that is cancelled, it frees a probe's place.
        let permit = match breaker.map(Breaker::admit).transpose() {
            Ok(permit) => permit,
            Err(refused) => {
                self.counters.add(Counter::BreakerOpen);
                return Err(Failure {
                    error: LoadError::BreakerOpen,
                    is_answer: false,
                    breaker_wait: Some(refused.until.since(self.clock.now())),
                });
            }
        };
        let inside = match bulkhead {
            Some(bulkhead) => match timeouts::within(limit, bulkhead.enter()).await {
                Some(Ok(inside)) => Some(inside),
                Some(Err(_)) => {
                    self.counters.add(Counter::Overloaded);
                    return Err(Trouble::Overloaded.into());
                }
                None => return Err(self.timed_out()),
            },
            None => None,
        };
        let spent = self.clock.now().since(began);
        Ok(Pass {
            permit,
            _inside: inside,
            under: [breaker.map(place), bulkhead.map(place)],
            left: limit.map(|limit| limit.saturating_sub(spent)),
        })
    }

    /// Tells the breaker how a load has ended; `None` if its time was over.
    fn ended<T, E>(
        &self,
        terms: &Terms<V, E>,
        pass: Pass,
        loaded: Option<Result<T, E>>,
    ) -> Result<T, Failure<E>> {
        let failed = match (&loaded, &terms.policy.strategy.breaker) {
            (Some(Ok(_)), _) => false,
            (Some(Err(error)), Some(CircuitBreaker { is_failure, .. })) => is_failure
                .as_ref()
                .is_none_or(|is_failure| is_failure.counts((terms.errors.any)(error))),
            _ => true,
        };
        match pass.permit {
            Some(permit) if failed => permit.ended(Outcome::Failed),
            Some(permit) => permit.ended(Outcome::Succeeded),
            None => {}
        }
        match loaded {
            Some(loaded) => loaded.map_err(|error| Failure {
                error: LoadError::Source(error),
                is_answer: !failed,
                breaker_wait: None,
            }),
            None => Err(self.timed_out()),
        }
    }

    fn timed_out<E>(&self) -> Failure<E> {
        self.counters.add(Counter::TimedOut);
        Trouble::Timeout.into()
    }

    async fn run<F, Fut, T, E>(&self, loader: F, terms: &Terms<V, E>) -> Result<T, E>
    where
        F: FnOnce(LoadContext<V>) -> Fut,
        Fut: Future<Output = Result<T, E>>,
    {
        self.counters.add(Counter::Load);
        let began = self.clock.now();
        let loaded = loader(terms.context.clone()).await;
        let time = self.clock.now().since(began);
        self.counters.loaded(&self.cache, time);
        if loaded.is_err() {
            self.counters.add(Counter::LoadFailed);
        }
        self.log_load(loaded.is_err(), time);
        loaded
    }

    /// A value that was loaded just now and is kept nowhere yet.
    pub(crate) fn made(&self, value: V) -> Made<V> {
        let now = self.clock.now();
        Made {
            value,
            marks: None,
            expires: None,
            begun: now,
            seen: now,
            age: Duration::ZERO,
            served_until: now,
            level: Level::Source,
            is_stale: false,
            version: None,
            header: None,
        }
    }
}

/// What tells a breaker or a bulkhead from every other.
fn place<T>(of: &Arc<T>) -> usize {
    Arc::as_ptr(of).addr()
}

/// A load that was let through.
struct Pass {
    permit: Option<circuit_breaker::Permit>,
    _inside: Option<bulkhead::Permit>,
    under: Under,
    /// What is left of its time.
    left: Option<Duration>,
}
