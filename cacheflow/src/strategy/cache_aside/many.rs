//! Many keys in one call: each has a flight of its own, and one loader is asked for
//! all that are missing.
//!
//! ```text
//! board all ─▶ those that lead: lower levels ─▶ load ─▶ tell all ─▶ keep
//!                 └▶ then wait for those that others lead ─▶ what is left: once more
//! ```
//!
//! Who leads waits for nobody: its own flights have landed before it waits for those
//! of others. Two calls that want the same keys in opposite orders lead some each,
//! and would else wait for one another.

use std::future::Future;
use std::sync::Arc;

use tracing::Instrument;

use super::attempt::{Attempt, Failure};
use super::call::{Reply, Terms};
use super::decide::{FlightEnd, Follow, after_flight};
use super::ending::{Keeping, Told};
use super::layer::Layer;
use super::lead::{Looked, Way};
use super::leading::Leading;
use crate::entry::Made;
use crate::event::Counter;
use crate::key::Address;
use crate::source::{
    Boarding, Flight, LoadContext, LoadError, Loaded, MadeOf, Parts, Ticket, is_collecting,
    is_loading,
};
use crate::standing::Joined;
use crate::strategy::levels::Levels;
use crate::together::together;

/// So many values of a call are kept at once.
const KEPT_AT_ONCE: usize = 64;

/// What a call of many keys comes back with.
pub(crate) struct LoadedAll<V, E> {
    /// In the order of the keys; `None` is what could not be loaded.
    pub(crate) loaded: Vec<Option<Loaded<Made<V>>>>,
    /// Why; the first of several reasons.
    pub(crate) error: Option<LoadError<E>>,
}

/// One call on its way. Keys go by their places.
struct Call<'a, V, E> {
    addresses: &'a [Address],
    terms: &'a Terms<V, E>,
    loaded: Vec<Option<Loaded<Made<V>>>>,
    /// Which lookups were counted.
    counted: Vec<bool>,
    error: Option<LoadError<E>>,
    /// The loader has failed, and is not run again.
    is_over: bool,
}

/// A key whose flight this call leads.
struct Led<'a, V: Clone + Send + Sync + 'static> {
    place: usize,
    leading: Leading<'a, V>,
    /// An old value.
    stale: Option<Made<V>>,
}

/// A key whose flight another leads.
struct Followed<V> {
    place: usize,
    joined: Joined,
    flight: Arc<Flight<V>>,
}

/// How the keys of a call came away from their flights.
struct Boarded<'a, V: Clone + Send + Sync + 'static> {
    led: Vec<Led<'a, V>>,
    followed: Vec<Followed<V>>,
    /// They are loaded beside them.
    alone: Vec<usize>,
}

impl<V, E> Call<'_, V, E> {
    fn has(&mut self, place: usize, loaded: Loaded<Made<V>>) {
        self.loaded[place] = Some(loaded);
    }

    fn replied(&mut self, place: usize, reply: Reply<V, E>) {
        match reply {
            Ok(loaded) => self.has(place, loaded),
            Err(error) => self.fails(error),
        }
    }

    fn fails(&mut self, error: LoadError<E>) {
        self.error.get_or_insert(error);
    }

    fn way(&self, place: usize) -> Way {
        Way {
            counted: self.counted[place],
            ..Way::default()
        }
    }
}

impl<V, L> Layer<V, L>
where
    V: Clone + Send + Sync + 'static,
    L: Levels<V>,
{
    /// Gets values that memory does not have, in the caller's own task. The
    /// `addresses` are all different. `loader` is told the places of the keys that it
    /// is asked for, and gives a value or none for each, in their order.
    pub(crate) async fn miss_many<F, Fut, E>(
        self: &Arc<Self>,
        addresses: &[Address],
        terms: &Terms<V, E>,
        mut loader: F,
    ) -> LoadedAll<V, E>
    where
        F: FnMut(&[usize]) -> Fut,
        Fut: Future<Output = Result<Vec<Option<V>>, E>>,
    {
        let mut call = Call {
            addresses,
            terms,
            loaded: addresses.iter().map(|_| None).collect(),
            counted: vec![false; addresses.len()],
            error: None,
            is_over: false,
        };
        let mut open = Vec::with_capacity(addresses.len());
        for (place, address) in addresses.iter().enumerate() {
            match self.known_nothing(address, terms) {
                Some(reply) => call.replied(place, reply),
                None => open.push(place),
            }
        }
        while !open.is_empty() && !call.is_over {
            let Boarded {
                led,
                followed,
                mut alone,
            } = self.board_all(&mut call, open);
            self.lead_all(&mut call, led, &mut loader).await;
            // Nothing is led any more.
            open = self.follow_all(&mut call, followed, &mut alone).await;
            self.load_beside(&mut call, &alone, &mut loader).await;
        }
        let Call { loaded, error, .. } = call;
        LoadedAll {
            // Where old values stand in for all, nothing has failed.
            error: error.filter(|_| loaded.iter().any(Option::is_none)),
            loaded,
        }
    }

    /// Joins the flight of each key, or begins one.
    fn board_all<'a, E>(&'a self, call: &mut Call<'a, V, E>, open: Vec<usize>) -> Boarded<'a, V> {
        let mut boarded = Boarded {
            led: Vec::new(),
            followed: Vec::new(),
            alone: Vec::new(),
        };
        let is_collecting = is_collecting(self.flow);
        for place in open {
            let address = &call.addresses[place];
            if is_collecting {
                // As for one: kept nowhere, and nobody else's.
                self.count(Counter::Miss, call.counted[place]);
                call.counted[place] = true;
                boarded.alone.push(place);
                continue;
            }
            // Before the flight is joined: whatever was forgotten up to here must
            // not be in what it brings.
            let joined = self.local.joining();
            match self.local.board(&address.key, false) {
                Boarding::Lead(flight) => boarded.led.push(Led {
                    place,
                    leading: Leading::new(&self.local, address, &flight),
                    stale: None,
                }),
                Boarding::Follow(flight) if is_loading(&flight.ticket) => {
                    self.inside_itself(address, call.counted[place]);
                    call.counted[place] = true;
                    boarded.alone.push(place);
                }
                Boarding::Follow(flight) if self.waits_for_us(&flight, call.terms) => {
                    self.count(Counter::Miss, call.counted[place]);
                    call.counted[place] = true;
                    boarded.alone.push(place);
                }
                Boarding::Follow(flight) => boarded.followed.push(Followed {
                    place,
                    joined,
                    flight,
                }),
            }
        }
        boarded
    }

    /// Looks for the keys that this call leads, and loads those that no level has.
    async fn lead_all<F, Fut, E>(
        self: &Arc<Self>,
        call: &mut Call<'_, V, E>,
        led: Vec<Led<'_, V>>,
        loader: &mut F,
    ) where
        F: FnMut(&[usize]) -> Fut,
        Fut: Future<Output = Result<Vec<Option<V>>, E>>,
    {
        let (led, skip_shared) = self.look_all(call, led).await;
        if led.is_empty() {
            return;
        }
        let places: Vec<usize> = led.iter().map(|led| led.place).collect();
        let tickets: Vec<Arc<Ticket>> = led
            .iter()
            .map(|led| Arc::clone(&led.leading.flight.ticket))
            .collect();
        let made_of = Arc::new(MadeOf::new(self.flow));
        // It is given up for old values if there is one for each key.
        let stands = |led: &Led<'_, V>| {
            let Leading {
                address, flight, ..
            } = &led.leading;
            let stale = led.stale.as_ref();
            stale.is_some_and(|made| self.may_still(address, flight, made))
        };
        let all_stand = || self.may_stand_in(call.terms) && led.iter().all(stands);
        let mut load = Some(|_: LoadContext<V>| loader(&places));
        let Attempt { loaded, cost } = self
            .attempt(&tickets, &made_of, &mut load, call.terms, all_stand)
            .instrument(self.load_many_span(led.len()))
            .await;
        let parts = made_of.take();
        // Nobody knows what one of them alone would have taken.
        let keeping = Keeping {
            cost,
            skip_shared,
            is_late: false,
        };
        match loaded {
            Ok(values) => self.keep_all(call, led, values, &parts, keeping).await,
            Err(failure) => self.fail_all(call, led, parts, failure),
        }
    }

    /// Those of the keys that no level has; and whether the shared store failed. If it
    /// did, it is not written to either: a caller waits for one budget, not for two.
    async fn look_all<'a, E>(
        self: &Arc<Self>,
        call: &mut Call<'_, V, E>,
        led: Vec<Led<'a, V>>,
    ) -> (Vec<Led<'a, V>>, bool) {
        let terms = call.terms;
        let mut below = Vec::with_capacity(led.len());
        for led in led {
            let Leading {
                address, flight, ..
            } = &led.leading;
            match self.look_here(address, flight, terms, call.way(led.place)) {
                Some(found) => call.has(led.place, found),
                None => below.push(led),
            }
        }
        let reading = terms.policy.reading(&terms.options, self.config.get().idle);
        let reads = {
            let wanted: Vec<_> = below
                .iter()
                .map(|led| (led.leading.address, &led.leading.flight.ticket))
                .collect();
            self.levels.read_many(&wanted, reading).await
        };
        let mut missing = Vec::new();
        let mut has_failed = false;
        for (mut led, read) in below.into_iter().zip(reads) {
            let way = call.way(led.place);
            let Leading {
                address, flight, ..
            } = &led.leading;
            match self.looked(address, flight, terms, way, read) {
                Looked::Found(found) => call.has(led.place, found),
                Looked::Load { stale, skip_shared } => {
                    has_failed |= skip_shared;
                    self.count(Counter::Miss, way.counted);
                    call.counted[led.place] = true;
                    led.stale = stale;
                    missing.push(led);
                }
            }
        }
        (missing, has_failed)
    }

    /// Tells everybody what was loaded, and keeps it.
    async fn keep_all<E>(
        &self,
        call: &mut Call<'_, V, E>,
        led: Vec<Led<'_, V>>,
        values: Vec<Option<V>>,
        parts: &Parts,
        keeping: Keeping,
    ) {
        debug_assert_eq!(led.len(), values.len(), "a value or none for each");
        let mut keeps = Vec::with_capacity(led.len());
        // All are told before the first is kept: nobody waits for another key's
        // round trip.
        for (led, value) in led.into_iter().zip(values) {
            let Leading {
                address, flight, ..
            } = &led.leading;
            let (way, loaded) = (call.way(led.place), Loaded::from(value));
            // What the one load has read, each of its values was made of.
            let parts = parts.clone();
            let told = self.tell(address, flight, call.terms, way, parts, loaded, keeping);
            keeps.push(self.keep_led(led, told, keeping));
        }
        for (place, loaded) in together(keeps, KEPT_AT_ONCE).await {
            call.has(place, loaded);
        }
    }

    async fn keep_led(
        &self,
        led: Led<'_, V>,
        told: Told<V>,
        keeping: Keeping,
    ) -> (usize, Loaded<Made<V>>) {
        let Leading {
            address, flight, ..
        } = &led.leading;
        let loaded = self.keep(address, flight, told, keeping).await;
        (led.place, loaded)
    }

    /// The load failed: old values stand in, where there are any.
    fn fail_all<E>(
        &self,
        call: &mut Call<'_, V, E>,
        led: Vec<Led<'_, V>>,
        parts: Parts,
        failure: Failure<E>,
    ) {
        let Failure {
            error,
            is_answer,
            breaker_wait,
        } = failure;
        let (fault, error) = call.terms.shared(error);
        let marks = parts.into_marks();
        for led in led {
            let Leading {
                address, flight, ..
            } = &led.leading;
            let stale = led.stale.filter(|_| !is_answer);
            match self.stand_in(address, flight, call.terms, stale, breaker_wait) {
                Some(made) => call.has(led.place, Loaded::Value(made)),
                None => self.tell_failed(address, flight, fault.clone(), marks.clone()),
            }
        }
        call.fails(error);
        call.is_over = true;
    }

    /// Waits for the flights of others, for all at once. Returns the keys that are to
    /// be boarded again; those that are to be loaded beside their flights are added to
    /// `alone`.
    async fn follow_all<E>(
        &self,
        call: &mut Call<'_, V, E>,
        followed: Vec<Followed<V>>,
        alone: &mut Vec<usize>,
    ) -> Vec<usize> {
        let mut follows = Vec::with_capacity(followed.len());
        for followed in followed {
            let counted = call.counted[followed.place];
            follows.push(self.follow_one(call.addresses, call.terms, followed, counted));
        }
        let mut open = Vec::new();
        for ended in together(follows, usize::MAX).await {
            let (followed, counted, end, reply) = ended;
            let place = followed.place;
            call.counted[place] = counted;
            match (after_flight(end), reply) {
                (Follow::Take, Some(reply)) => call.replied(place, reply),
                (Follow::LoadAlone, _) => alone.push(place),
                (Follow::TakeOver, _) => {
                    let key = &call.addresses[place].key;
                    self.local.give_up(key, &followed.flight.ticket);
                    open.push(place);
                }
                (Follow::BoardAgain | Follow::Take, _) => open.push(place),
            }
        }
        open
    }

    async fn follow_one<E>(
        &self,
        addresses: &[Address],
        terms: &Terms<V, E>,
        followed: Followed<V>,
        mut counted: bool,
    ) -> (Followed<V>, bool, FlightEnd, Option<Reply<V, E>>) {
        let Followed {
            place,
            joined,
            flight,
        } = &followed;
        let (end, reply) = self
            .follow(&addresses[*place], *joined, flight, terms, &mut counted)
            .await;
        (followed, counted, end, reply)
    }

    /// Loads keys beside their flights. What that gives is kept nowhere.
    async fn load_beside<F, Fut, E>(
        &self,
        call: &mut Call<'_, V, E>,
        alone: &[usize],
        loader: &mut F,
    ) where
        F: FnMut(&[usize]) -> Fut,
        Fut: Future<Output = Result<Vec<Option<V>>, E>>,
    {
        if alone.is_empty() || call.is_over {
            return;
        }
        let load = |_: LoadContext<V>| loader(alone);
        match self.beside(load, call.terms).await {
            Ok(values) => {
                debug_assert_eq!(alone.len(), values.len(), "a value or none for each");
                for (place, value) in alone.iter().zip(values) {
                    let loaded = Loaded::from(value).map(|value| self.made(value));
                    call.has(*place, loaded);
                }
            }
            Err(error) => {
                call.fails(error);
                call.is_over = true;
            }
        }
    }
}
