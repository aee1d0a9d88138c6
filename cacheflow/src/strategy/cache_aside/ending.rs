//! The end of a load: tell the followers, then keep.

use std::sync::Arc;
use std::time::Duration;

use super::attempt::Failure;
use super::call::{Reply, Terms};
use super::decide::{LoadEnd, SHORTEST, Wanted, after_load, stale_within};
use super::layer::Layer;
use super::lead::Way;
use super::marking;
use crate::clock::Tick;
use crate::entry::{self, Made};
use crate::event::{Counter, Event};
use crate::key::{Address, Marks};
use crate::runtime::draw;
use crate::source::{Fault, Flight, Loaded, Outcome, Parts, Said};
use crate::strategy::Nothing;
use crate::strategy::levels::{FillWith, Given, Levels};

/// What a load gave for a key, whose followers know it already.
pub(super) struct Told<V> {
    pub(super) loaded: Loaded<Made<V>>,
    /// How it is kept; `None` if it is not.
    fill: Option<FillWith>,
}

impl<V, L> Layer<V, L>
where
    V: Clone + Send + Sync + 'static,
    L: Levels<V>,
{
    /// Tells the followers what was loaded. Before it is kept: they need not wait for
    /// a round trip that is not theirs. Nobody can join a flight whose key was
    /// forgotten, so nobody gets what is known to be old by now.
    #[allow(clippy::too_many_arguments, reason = "the whole of a load")]
    pub(super) fn tell<E>(
        &self,
        address: &Address,
        flight: &Flight<V>,
        terms: &Terms<V, E>,
        way: Way,
        parts: Parts,
        loaded: Loaded<V>,
        keeping: Keeping,
    ) -> Told<V> {
        match loaded {
            Loaded::Value(value) => self.tell_value(address, flight, terms, parts, value, keeping),
            Loaded::Absent => self.tell_absent(address, flight, terms, way, parts, keeping),
        }
    }

    /// Keeps what the followers were told.
    pub(super) async fn keep(
        &self,
        address: &Address,
        flight: &Flight<V>,
        told: Told<V>,
        keeping: Keeping,
    ) -> Loaded<Made<V>> {
        let Told { loaded, fill } = told;
        let Some(fill) = fill.filter(|_| !self.is_late(address, keeping)) else {
            return loaded;
        };
        let ticket = &flight.ticket;
        match &loaded {
            Loaded::Value(made) => {
                self.levels.fill(address, ticket, &made.value, fill).await;
            }
            Loaded::Absent => {
                self.levels
                    .fill_nothing(address, ticket, Nothing::Absent, fill)
                    .await;
            }
        }
        loaded
    }

    /// A value was loaded.
    fn tell_value<E>(
        &self,
        address: &Address,
        flight: &Flight<V>,
        terms: &Terms<V, E>,
        parts: Parts,
        value: V,
        keeping: Keeping,
    ) -> Told<V> {
        let said = terms.context.taken();
        let ends = parts
            .expires
            .filter(|_| !self.config.get().outlive_dependencies);
        let marks = self.marks(address, &terms.given, &said, &value, parts);
        let marks = marks.filter(|_| self.may_be_kept(address, &value));
        let wanted = Wanted {
            by_loader: said.ttl,
            by_call: terms.options.ttl,
            by_value: self.timer.as_ref().and_then(|timer| timer(&value)),
        };
        let config = self.config.get();
        let ttl = after_load(&config, self.max_ttl, LoadEnd::Value, wanted, draw());
        let now = self.clock.now();
        let ttl = kept_for(ttl, ends, &said, now);
        let (marks, ttl) = marks.zip(ttl).unzip();
        let until = now.after(ttl.unwrap_or_default());
        let made = Made {
            // What cannot be kept can be no lasting part of anything either.
            expires: Some(until),
            served_until: until,
            marks: marks.as_ref().and_then(entry::some),
            version: said.version,
            // What happened since the load began is not in the value.
            age: now.since(flight.ticket.begun),
            ..self.made(value)
        };
        flight.land(Outcome::Value(made.clone()));
        let fill = marks.zip(ttl).map(|(marks, ttl)| {
            // It lives on only as long as what it was made of does.
            let stale = terms.policy.stale(&terms.options).unwrap_or_default();
            let stale = stale_within(self.max_ttl, ttl, stale);
            FillWith {
                stale: ends.map_or(stale, |_| Duration::ZERO),
                version: made.version.clone(),
                ..self.fill_with(terms, ttl, keeping, marks)
            }
        });
        Told {
            loaded: Loaded::Value(made),
            fill,
        }
    }

    /// The source has no value.
    fn tell_absent<E>(
        &self,
        address: &Address,
        flight: &Flight<V>,
        terms: &Terms<V, E>,
        way: Way,
        parts: Parts,
        keeping: Keeping,
    ) -> Told<V> {
        let said = terms.context.taken();
        let ends = parts
            .expires
            .filter(|_| !self.config.get().outlive_dependencies);
        let marks = self.all_marks(address, &terms.given, &said, Vec::new(), parts);
        self.read_nothing(address, marks.as_deref());
        flight.land(Outcome::Absent(marks.clone()));
        let wanted = Wanted::default();
        let config = self.config.get();
        let ttl = after_load(&config, self.max_ttl, LoadEnd::Absent, wanted, draw());
        // What was there and is no more has to go.
        let skip = terms.options.skip;
        let replaces = way.refreshes.is_some() || skip.reading_memory || skip.reading_shared;
        let ttl = ttl.or(replaces.then_some(GONE));
        let fill = marks.zip(kept_for(ttl, ends, &said, self.clock.now()));
        let fill = fill.map(|(marks, ttl)| self.fill_with(terms, ttl, keeping, marks));
        Told {
            loaded: Loaded::Absent,
            fill,
        }
    }

    /// The load failed: an old value stands in, or everybody is told.
    #[allow(clippy::too_many_arguments, reason = "the whole of a load")]
    pub(super) async fn failed<E>(
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
            is_answer,
            breaker_wait,
        } = failure;
        if way.refreshes.is_none()
            && !is_answer
            && let Some(made) = self.stand_in(address, flight, terms, stale, breaker_wait)
        {
            return Ok(Loaded::Value(made));
        }
        let said = terms.context.taken();
        let marks = self.all_marks(address, &terms.given, &said, Vec::new(), parts);
        let (fault, error) = terms.shared(error);
        self.tell_failed(address, flight, fault.clone(), marks.clone());
        let end = match &fault {
            Fault::Source(Some(_)) => LoadEnd::FailedShared,
            _ => LoadEnd::FailedAlone,
        };
        let config = self.config.get();
        let ttl = after_load(&config, self.max_ttl, end, Wanted::default(), draw());
        let is_refresh = way.refreshes.is_some();
        if let (Some(ttl), Fault::Source(Some(error)), Some(marks), false) =
            (ttl, fault, marks, is_refresh)
        {
            let fill = self.fill_with(terms, ttl, Keeping::default(), marks);
            self.levels
                .fill_nothing(address, &flight.ticket, Nothing::Failed(error), fill)
                .await;
        }
        Err(error)
    }

    /// There is nothing to stand in for what could not be loaded.
    pub(super) fn tell_failed(
        &self,
        address: &Address,
        flight: &Flight<V>,
        fault: Fault,
        marks: Option<Arc<Marks>>,
    ) {
        self.read_nothing(address, marks.as_deref());
        flight.land(Outcome::Failed(fault, marks));
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
            idle: self.config.get().idle,
            refresh: **terms.policy.refresh.get(),
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
            tracing::debug!(
                cache = %self.cache,
                cache_key = self.events.named(&address.key),
                "a value is not kept: its lease was lost while it was loaded"
            );
            self.events.tell(|| Event::FillRefused {
                cache: self.cache.clone(),
                key: address.key.clone(),
            });
        }
        keeping.is_late
    }

    /// Whether there is nothing wrong with `value`; else it is counted and told.
    pub(crate) fn may_be_kept(&self, address: &Address, value: &V) -> bool {
        let Some(validator) = &self.validator else {
            return true;
        };
        let judged = validator(value);
        if let Err(fault) = &judged {
            self.counters.add(Counter::ValueRefused);
            self.events.tell(|| Event::ValueRefused {
                cache: self.cache.clone(),
                key: address.key.clone(),
                fault: fault.as_str().into(),
            });
        }
        judged.is_ok()
    }

    /// What `value` is forgotten by; `None`, told, if that cannot be kept.
    pub(crate) fn marks(
        &self,
        address: &Address,
        given: &Given,
        said: &Said,
        value: &V,
        parts: Parts,
    ) -> Option<Arc<Marks>> {
        let tagger = self.tagger.as_ref();
        let own = tagger.map_or_else(Vec::new, |tagger| tagger(value));
        self.all_marks(address, given, said, own, parts)
    }

    /// The same of what has the tags `own`; of nothing there are none.
    fn all_marks(
        &self,
        address: &Address,
        given: &Given,
        said: &Said,
        mut own: Vec<String>,
        mut parts: Parts,
    ) -> Option<Arc<Marks>> {
        own.extend_from_slice(&said.tags);
        parts.tags.extend_from_slice(&said.kept_tags);
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

/// For how long to keep what may be kept for `ttl`: a parent ends with what it was made
/// of.
fn kept_for(ttl: Option<Duration>, ends: Option<Tick>, said: &Said, now: Tick) -> Option<Duration> {
    let ttl = ttl.map(|ttl| ends.map_or(ttl, |ends| ttl.min(ends.since(now))));
    ttl.filter(|ttl| *ttl >= SHORTEST && !said.skip)
}

/// What is no more is kept as such for this long where it is not asked for: long
/// enough to take the place of what was there.
const GONE: Duration = Duration::from_millis(100);

/// How what was loaded is kept.
#[derive(Clone, Copy, Default)]
pub(super) struct Keeping {
    /// What the load took.
    pub(super) cost: Duration,
    pub(super) skip_shared: bool,
    /// The lease was lost on the way.
    pub(super) is_late: bool,
}
