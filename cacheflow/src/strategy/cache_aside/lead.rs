//! Leading a flight: look, load, tell the followers, keep.

use std::future::Future;
use std::pin::pin;
use std::sync::Arc;

use tracing::Instrument;

use super::attempt::Attempt;
use super::call::{Load, Reply, Terms};
use super::ending::Keeping;
use super::layer::Layer;
use super::leading::Leading;
use crate::clock::Tick;
use crate::entry::{Found, Made};
use crate::event::Counter;
use crate::key::Address;
use crate::source::{Flight, LoadContext, Loaded, MadeOf, Meanwhile, Outcome};
use crate::strategy::distributed_lock::{Lease, Lock, Step};
use crate::strategy::levels::{Levels, Read};

/// How a flight is led.
#[derive(Clone, Copy, Debug, Default)]
pub(crate) struct Way {
    /// The lookup was counted already.
    pub(crate) counted: bool,
    /// It goes on without its caller.
    pub(crate) outlives: bool,
    /// It replaces a value that may still be served, and whose life ends then.
    pub(crate) refreshes: Option<Tick>,
}

/// What was found before anything was loaded.
pub(super) enum Looked<V> {
    /// All that is needed.
    Found(Loaded<Made<V>>),
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
        let _leading = Leading::new(&self.local, address, flight);
        let Load { loader, terms } = load;
        let terms = &*terms;
        let (stale, skip_shared) = match self.look(address, flight, terms, way).await {
            Looked::Found(found) => return Ok(found),
            Looked::Load { stale, skip_shared } => (stale, skip_shared),
        };
        // What is rare is boxed: all others need not make room for it.
        let leased = match &terms.policy.lock {
            Some(lock) if !skip_shared => {
                Box::pin(self.lease(lock, address, flight, terms, way)).await
            }
            _ => Leased::Load(None),
        };
        let mut lease = match leased {
            Leased::Load(lease) => lease,
            Leased::Found(reply) => {
                self.count(Counter::SharedHit, way.counted || way.refreshes.is_some());
                return reply;
            }
            // It stays as it is.
            Leased::ByAnother => match stale {
                Some(made) => {
                    terms.context.is_left_to_another();
                    return Ok(Loaded::Value(made));
                }
                None => None,
            },
        };
        self.count(Counter::Miss, way.counted || way.refreshes.is_some());
        if let Some(made) = &stale {
            let now = self.clock.now();
            terms.context.replaces(Found::new(made.clone(), now));
        }
        let made_of = Arc::new(MadeOf::new(self.flow));
        let attempt = {
            let attempt = self.attempt(
                std::slice::from_ref(&flight.ticket),
                &made_of,
                loader,
                terms,
                // One that outlives its caller goes on, and gives the old value meanwhile.
                || {
                    let may = way.refreshes.is_none() && !way.outlives && self.may_stand_in(terms);
                    let stale = stale.as_ref().filter(|_| may);
                    stale.is_some_and(|made| self.may_still(address, flight, made))
                },
            );
            // Where it lies: each move would make the future of every lookup longer by it.
            let attempt = pin!(attempt.instrument(self.load_span(address)));
            match &mut lease {
                Some(lease) => Box::pin(lease.while_renewed(attempt)).await,
                None => attempt.await,
            }
        };
        let parts = made_of.take();
        let Attempt { loaded, cost } = attempt;
        let loaded = match loaded {
            Ok(loaded) => loaded,
            Err(failure) => {
                let reply = self.failed(address, flight, terms, way, stale, parts, failure);
                let reply = Box::pin(reply).await;
                give_back(lease).await;
                return reply;
            }
        };
        let keeping = Keeping {
            cost,
            skip_shared,
            // Another may have loaded since, and filled what is newer.
            is_late: lease.as_ref().is_some_and(|lease| !lease.is_held()),
        };
        let told = self.tell(address, flight, terms, way, parts, loaded, keeping);
        let loaded = self.keep(address, flight, told, keeping).await;
        // Whoever sees it counted finds the new value.
        if way.refreshes.is_some() {
            self.counters.add(Counter::Refreshed);
        }
        give_back(lease).await;
        Ok(loaded)
    }

    /// Looks into the levels once more, those below memory for the first time.
    async fn look<E>(
        self: &Arc<Self>,
        address: &Address,
        flight: &Flight<V>,
        terms: &Terms<V, E>,
        way: Way,
    ) -> Looked<V> {
        if let Some(found) = self.look_here(address, flight, terms, way) {
            return Looked::Found(found);
        }
        let mut reading = terms.policy.reading(&terms.options, self.config.get().idle);
        reading.refreshes = way.refreshes;
        let read = self.levels.read(address, &flight.ticket, reading).await;
        self.looked(address, flight, terms, way, read)
    }

    /// The second look: the flight that this caller just missed may have filled
    /// memory between its lookup and its boarding.
    pub(super) fn look_here<E>(
        &self,
        address: &Address,
        flight: &Flight<V>,
        terms: &Terms<V, E>,
        way: Way,
    ) -> Option<Loaded<Made<V>>> {
        if way.refreshes.is_some() || terms.options.skip.reading_memory {
            return None;
        }
        let entry = self.local.hit(address.key.as_bytes())?;
        self.count(Counter::MemoryHit, way.counted);
        Some(self.found(address, flight, entry.made()))
    }

    /// What a read of the levels below memory comes to.
    pub(super) fn looked<E>(
        self: &Arc<Self>,
        address: &Address,
        flight: &Flight<V>,
        terms: &Terms<V, E>,
        way: Way,
        read: Read<V>,
    ) -> Looked<V> {
        let skip = terms.options.skip;
        let mut stale = None;
        let mut skip_shared = skip.filling_shared;
        match read {
            // What is about to be refreshed: its readers need not wait for that.
            Read::Hit { made, is_due } if way.refreshes.is_some() && is_due => {
                flight.give_meanwhile(Meanwhile::Current(made.clone()));
                stale = Some(made);
            }
            Read::Hit { made, is_due } => {
                self.count(Counter::SharedHit, way.counted || way.refreshes.is_some());
                match self.config.get().idle {
                    Some(idle) if is_due => self.touch(address, &made, idle),
                    None if is_due => terms.context.is_due(),
                    _ => {}
                }
                return Looked::Found(self.found(address, flight, made));
            }
            Read::Absent(made) if terms.takes_absent => {
                self.count(Counter::SharedHit, way.counted || way.refreshes.is_some());
                self.read_nothing(address, made.marks.as_deref());
                flight.land(Outcome::Absent(made.marks));
                return Looked::Found(Loaded::Absent);
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
            if way.refreshes.is_none() {
                made = made.stale();
                made.served_until = entry.life().stale_until;
            }
            stale = Some(made);
        }
        if let Some(made) = stale.as_ref().filter(|_| way.refreshes.is_none())
            && self.may_stand_in(terms)
        {
            flight.give_meanwhile(Meanwhile::Stale(made.clone()));
        }
        Looked::Load { stale, skip_shared }
    }

    fn found(&self, address: &Address, flight: &Flight<V>, made: Made<V>) -> Loaded<Made<V>> {
        // Off the key first: then it is known whether anybody follows, and nearly always
        // the value need not be copied.
        self.local.leave(&address.key, &flight.ticket);
        if flight.is_followed() {
            flight.land(Outcome::Value(made.clone()));
        }
        Loaded::Value(made)
    }

    /// The lease of the key, where the strategy wants one. A refresh waits for nobody.
    async fn lease<E>(
        &self,
        lock: &Lock,
        address: &Address,
        flight: &Flight<V>,
        terms: &Terms<V, E>,
        way: Way,
    ) -> Leased<V, E> {
        // Nothing will be loaded, or one probe of this node.
        let breaker = terms.policy.breaker.as_ref();
        if breaker.is_some_and(|breaker| breaker.is_open()) {
            return Leased::Load(None);
        }
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
                Step::Wait(_) if way.refreshes.is_some() => return Leased::ByAnother,
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
        let mut reading = terms.policy.reading(&terms.options, self.config.get().idle);
        reading.refreshes = way.refreshes;
        match self.levels.read(address, &flight.ticket, reading).await {
            Read::Hit { is_due: true, .. } if way.refreshes.is_some() => None,
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
}

/// After the fill: who waits for the lease finds the value.
async fn give_back(lease: Option<Lease>) {
    if let Some(lease) = lease {
        Box::pin(lease.give_back()).await;
    }
}
