//! One breaker, for a cache or for all that share it.

use std::fmt;
use std::sync::{Arc, PoisonError};

use super::CircuitBreaker;
use super::decide::{self, Admission, Outcome, State, Transition};
use crate::clock::{Clock, Tick};
use crate::event::{BreakerState, Event, EventSink};
use crate::sync::{Mutex, MutexGuard};

/// A circuit breaker.
pub(crate) struct Breaker {
    config: CircuitBreaker,
    state: Mutex<State>,
    clock: Clock,
    name: Arc<str>,
    events: EventSink,
}

/// The load is not tried.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(crate) struct Refused {
    /// Before this it is of no use to ask again; now or earlier while a probe runs.
    pub(crate) until: Tick,
}

/// A load that is tried. Dropped without [`Permit::ended`] it has failed if its
/// loader panicked; else its caller was cancelled and nobody knows.
#[must_use]
pub(crate) struct Permit {
    breaker: Arc<Breaker>,
    period: u64,
    outcome: Option<Outcome>,
}

impl Breaker {
    pub(crate) fn new(
        config: CircuitBreaker,
        name: impl Into<Arc<str>>,
        clock: Clock,
        events: EventSink,
    ) -> Self {
        Self {
            config,
            state: Mutex::new(State::new()),
            clock,
            name: name.into(),
            events,
        }
    }

    pub(crate) fn config(&self) -> &CircuitBreaker {
        &self.config
    }

    /// Whether a load may be tried.
    pub(crate) fn admit(self: &Arc<Self>) -> Result<Permit, Refused> {
        let admission = self.step(|state, now| {
            let admission = decide::admit(&self.config, state, now);
            let transition = match admission {
                Admission::Go { transition, .. } => transition,
                Admission::Refused { .. } => None,
            };
            (admission, transition)
        });
        match admission {
            Admission::Go { permit, .. } => Ok(Permit {
                breaker: Arc::clone(self),
                period: permit,
                outcome: None,
            }),
            Admission::Refused { until } => Err(Refused { until }),
        }
    }

    /// Whether loads are not tried, or only to see whether the source answers again.
    pub(crate) fn is_open(&self) -> bool {
        !self.state().is_closed()
    }

    /// How it stands. Where nothing is loaded it stays open beyond its time: only a load
    /// can probe the source.
    pub(crate) fn stands(&self) -> BreakerState {
        match *self.state() {
            State::Closed { .. } => BreakerState::Closed,
            State::Open { .. } => BreakerState::Open,
            State::HalfOpen { .. } => BreakerState::HalfOpen,
        }
    }

    pub(crate) fn name(&self) -> &str {
        &self.name
    }

    fn state(&self) -> MutexGuard<'_, State> {
        self.state.lock().unwrap_or_else(PoisonError::into_inner)
    }

    /// One step. The clock is read and the listeners are told under the lock, so
    /// that they hear of transitions in the order in which those happened: who
    /// shows the last would else show a wrong one until the next. The log is
    /// written after it: whoever collects it may well use the cache.
    fn step<T>(&self, step: impl FnOnce(&mut State, Tick) -> (T, Option<Transition>)) -> T {
        let mut state = self.state();
        let (done, transition) = step(&mut state, self.clock.now());
        let Some(transition) = transition else {
            return done;
        };
        self.events.tell(|| {
            let name = Arc::clone(&self.name);
            match transition {
                Transition::Opened => Event::BreakerOpened { name },
                Transition::HalfOpened => Event::BreakerHalfOpened { name },
                Transition::Closed => Event::BreakerClosed { name },
            }
        });
        drop(state);
        self.log(transition);
        done
    }

    fn log(&self, transition: Transition) {
        let breaker = &*self.name;
        match transition {
            Transition::Opened => tracing::warn!(
                breaker,
                reset_after = ?self.config.reset_after,
                "loads fail; the breaker is open and none is tried"
            ),
            Transition::HalfOpened => {
                tracing::info!(breaker, "the breaker is half open: one load is tried");
            }
            Transition::Closed => {
                tracing::info!(breaker, "loads succeed again; the breaker is closed");
            }
        }
    }
}

impl Permit {
    /// How the load has ended.
    pub(crate) fn ended(mut self, outcome: Outcome) {
        self.outcome = Some(outcome);
    }
}

impl Drop for Permit {
    fn drop(&mut self) {
        let outcome = self.outcome.unwrap_or_else(|| {
            if std::thread::panicking() {
                Outcome::Failed
            } else {
                Outcome::Unknown
            }
        });
        let breaker = &self.breaker;
        breaker.step(|state, now| {
            let transition = decide::ended(&breaker.config, state, self.period, outcome, now);
            ((), transition)
        });
    }
}

impl fmt::Debug for Breaker {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.debug_struct("Breaker")
            .field("name", &self.name)
            .field("state", &*self.state())
            .finish_non_exhaustive()
    }
}

impl fmt::Debug for Permit {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        write!(f, "Permit({} of {})", self.period, self.breaker.name)
    }
}

#[cfg(test)]
mod tests {
    use std::panic::{AssertUnwindSafe, catch_unwind};
    use std::time::Duration;

    use super::*;
    use crate::event::Events;

    const RESET: Duration = Duration::from_secs(30);

    fn breaker(failures: u32) -> (Arc<Breaker>, Clock, Events) {
        let config = CircuitBreaker::new().failures(failures).reset_after(RESET);
        let (clock, events) = (Clock::manual(), EventSink::new());
        let listener = events.listen();
        let breaker = Breaker::new(config, "users", clock.clone(), events);
        (Arc::new(breaker), clock, listener)
    }

    fn heard(events: &mut Events) -> Vec<Event> {
        std::iter::from_fn(|| events.try_next())
            .map(Result::unwrap)
            .collect()
    }

    #[test]
    fn it_opens_probes_and_closes_and_tells_each_once() {
        let (breaker, clock, mut events) = breaker(2);
        let name: Arc<str> = "users".into();
        let opened = Event::BreakerOpened { name: name.clone() };
        let half = Event::BreakerHalfOpened { name: name.clone() };
        let closed = Event::BreakerClosed { name };
        breaker.admit().unwrap().ended(Outcome::Failed);
        assert_eq!(heard(&mut events), []);
        breaker.admit().unwrap().ended(Outcome::Failed);
        assert!(breaker.is_open());
        assert_eq!(heard(&mut events), vec![opened.clone()]);
        let until = clock.now().after(RESET);
        assert_eq!(breaker.admit().unwrap_err(), Refused { until });
        clock.advance(RESET);
        let probe = breaker.admit().unwrap();
        let until = clock.now();
        assert_eq!(breaker.admit().unwrap_err(), Refused { until });
        probe.ended(Outcome::Failed);
        assert_eq!(heard(&mut events), [half.clone(), opened]);
        clock.advance(RESET);
        breaker.admit().unwrap().ended(Outcome::Succeeded);
        assert_eq!(heard(&mut events), [half, closed]);
        assert!(!breaker.is_open());
    }

    #[test]
    fn a_panic_is_a_failure_and_a_cancelled_caller_is_none() {
        let (breaker, clock, mut events) = breaker(1);
        drop(breaker.admit().unwrap());
        assert!(!breaker.is_open());
        let panics = || {
            let _permit = breaker.admit().unwrap();
            panic!("the loader panics");
        };
        catch_unwind(AssertUnwindSafe(panics)).unwrap_err();
        assert!(breaker.is_open());
        clock.advance(RESET);
        drop(breaker.admit().unwrap());
        // Half-open as before, with a place for the next.
        breaker.admit().unwrap().ended(Outcome::Succeeded);
        assert!(!breaker.is_open());
        assert_eq!(heard(&mut events).len(), 3);
    }

    #[test]
    fn of_many_threads_one_probes() {
        let (breaker, clock, _events) = breaker(1);
        breaker.admit().unwrap().ended(Outcome::Failed);
        clock.advance(RESET);
        let admitted: Vec<_> = std::thread::scope(|scope| {
            let threads: Vec<_> = (0..8).map(|_| scope.spawn(|| breaker.admit())).collect();
            let admitted = threads.into_iter().filter_map(|t| t.join().unwrap().ok());
            admitted.collect()
        });
        assert_eq!(admitted.len(), 1);
    }
}
