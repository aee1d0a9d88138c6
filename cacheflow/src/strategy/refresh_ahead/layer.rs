//! Loading a value anew while it is served.

use std::future::Future;
use std::pin::pin;
use std::sync::Arc;
use std::time::Duration;

use super::decide::{retry_after, wants};
use crate::clock::Tick;
use crate::entry::{Entry, Life, Made};
use crate::event::{Counter, Event};
use crate::key::Address;
use crate::runtime::draw;
use crate::source::{Boarding, Flight, LoadContext, Loaded, Meanwhile};
use crate::strategy::Nothing;
use crate::strategy::cache_aside::{Layer, Load, Reply, Terms, Way, called};
use crate::strategy::levels::Levels;
use crate::strategy::multi_level::idle_life;
use crate::strategy::timeouts;

/// A value that is to be refreshed.
pub(crate) enum Due<V> {
    /// It lies in memory, and this caller has claimed it.
    Entry(Arc<Entry<V>>),
    /// It lies in the shared store alone.
    Shared(Made<V>),
}

impl<V> Due<V> {
    /// When its life ends.
    fn ends(&self) -> Tick {
        match self {
            Self::Entry(entry) => entry.life().ends,
            Self::Shared(made) => made.served_until,
        }
    }
}

/// A refresh that has not succeeded yet; dropped, it has failed.
struct Failing<'a, V, L>
where
    V: Clone + Send + Sync + 'static,
    L: Levels<V>,
{
    is_failing: bool,
    layer: &'a Layer<V, L>,
    address: &'a Address,
    due: &'a Due<V>,
}

impl<V, L> Drop for Failing<'_, V, L>
where
    V: Clone + Send + Sync + 'static,
    L: Levels<V>,
{
    fn drop(&mut self) {
        if self.is_failing {
            self.layer.refresh_failed(self.address, self.due);
        }
    }
}

impl<V, L> Layer<V, L>
where
    V: Clone + Send + Sync + 'static,
    L: Levels<V>,
{
    /// Whether the reader that found `entry` due refreshes it. If so, no other does
    /// until it has failed.
    pub(crate) fn claim_refresh<E>(&self, entry: &Entry<V>, terms: &Terms<V, E>) -> bool {
        let now = self.clock.now();
        let Some(refresh) = terms.policy.refresh.get().filter(|_| entry.is_due(now)) else {
            return false;
        };
        let life = entry.life();
        if refresh.by_itself {
            // It is loaded by a timer; what that wants to know is whether somebody
            // has asked for it.
            entry.postpone(Tick::NEVER);
            return false;
        }
        let whole = life.ends.since(life.seen);
        let age = now.since(life.seen);
        // The share of a lifetime was worked out when the entry was kept.
        let wanted = match refresh.when {
            super::When::Early(_) => wants(&refresh, age, whole, entry.cost(), draw()),
            super::When::Ratio(_) | super::When::After(_) => true,
        };
        wanted && entry.claim(now, self.next_try(life, 1))
    }

    /// Refreshes a value in the task of a caller that cannot leave its load behind:
    /// this one waits, all others go on.
    pub(crate) async fn refresh<F, Fut, E>(
        self: &Arc<Self>,
        address: &Address,
        due: Due<V>,
        mut load: Load<V, F, E>,
    ) -> Option<Reply<V, E>>
    where
        F: FnOnce(LoadContext<V>) -> Fut,
        Fut: Future<Output = Result<Loaded<V>, E>>,
    {
        let flight = self.board_refresh(address, &due)?;
        let way = Way {
            refreshes: Some(due.ends()),
            ..Way::default()
        };
        // However it ends: returned, dropped because it took too long, panicking.
        let mut failing = Failing {
            is_failing: true,
            layer: self,
            address,
            due: &due,
        };
        // A load that hangs does not hold its key for ever.
        let longest = self.longest_refresh(&due);
        let reply = {
            let lead = pin!(self.lead(address, &flight, &mut load, way));
            timeouts::within(Some(longest), lead).await
        };
        if load.terms.context.was_left_to_another() {
            failing.is_failing = false;
            self.pause(address, &due, 0);
            return None;
        }
        if matches!(reply, Some(Ok(_))) {
            failing.is_failing = false;
        }
        reply
    }

    /// Refreshes a value beside its caller, who goes on at once.
    pub(crate) fn refresh_in_background<F, Fut, E>(
        self: &Arc<Self>,
        address: &Address,
        due: Due<V>,
        load: Load<V, F, E>,
    ) where
        F: FnOnce(LoadContext<V>) -> Fut,
        Fut: Future<Output = Result<Loaded<V>, E>> + Send + 'static,
        E: Send + 'static,
    {
        let Load { loader, terms } = load;
        let loading = loader.map(|loader| loader(terms.context.clone()));
        let load = Load {
            loader: loading.map(called),
            terms,
        };
        let (this, address) = (Arc::clone(self), address.clone());
        let refresh = async move {
            this.refresh(&address, due, load).await;
        };
        // Without a runtime, or when the flow has ended, it stays as it is.
        let _ = self.background.spawn(refresh);
    }

    /// Tells the shared store that a value is read that lives as long as that goes
    /// on.
    pub(crate) fn touch(self: &Arc<Self>, address: &Address, made: &Made<V>, idle: Duration) {
        let Some(header) = made.header.clone() else {
            return;
        };
        let ends = made.expires.unwrap_or(made.served_until);
        let lifetime = idle_life(idle).min(ends.since(self.clock.now()));
        let (this, address) = (Arc::clone(self), address.clone());
        let touch = async move { this.levels.touch(&address, &header, lifetime).await };
        // Without a runtime it lives as long as it would.
        let _ = self.background.spawn(touch);
    }

    /// Begins the flight of a refresh; `None` if somebody is under way with the key
    /// already, or it failed a short while ago.
    fn board_refresh(&self, address: &Address, due: &Due<V>) -> Option<Arc<Flight<V>>> {
        if let Due::Shared(_) = due
            && let Some(nothing) = self.local.nothing(address.key.as_bytes())
            && matches!(nothing.value, Nothing::Unrefreshed(_))
        {
            return None;
        }
        let Boarding::Lead(flight) = self.local.board(&address.key, false) else {
            return None;
        };
        if let Due::Entry(entry) = due
            // Looked at once more: what was forgotten before the flight began must
            // not be given to those who join it.
            && self.local.is_still(address.key.as_bytes(), entry)
        {
            flight.give_meanwhile(Meanwhile::Current(entry.made()));
        }
        Some(flight)
    }

    fn refresh_failed(&self, address: &Address, due: &Due<V>) {
        self.counters.add(Counter::RefreshFailed);
        tracing::debug!(
            cache = %self.cache,
            cache_key = self.events.named(&address.key),
            "a value could not be refreshed"
        );
        self.events.tell(|| Event::RefreshFailed {
            cache: self.cache.clone(),
            key: address.key.clone(),
        });
        if let Due::Entry(entry) = due {
            let failures = entry.failed();
            entry.postpone(self.next_try(entry.life(), failures));
        }
        self.pause(address, due, 1);
    }

    /// Nobody looks at a value in the shared store for a while, after so many more
    /// failures. (An entry has its pause from its claim.)
    fn pause(&self, address: &Address, due: &Due<V>, more: u32) {
        let Due::Shared(made) = due else { return };
        let failures = self.local.unrefreshed(address.key.as_bytes()) + more;
        let now = self.clock.now();
        let pause = retry_after(made.served_until.since(now), failures.max(1));
        let life = Life {
            stale_until: made.served_until,
            ..Life::plain(now, now.after(pause))
        };
        self.local.note_unrefreshed(address, life, failures);
    }

    /// When a refresh that failed so often may be tried again, but not beyond the
    /// time for which the entry is served.
    fn next_try(&self, life: Life, failures: u32) -> Tick {
        let window = life.expires.since(life.due);
        let next = self.clock.now().after(retry_after(window, failures));
        next.min(life.expires)
    }

    fn longest_refresh(&self, due: &Due<V>) -> Duration {
        let left = due.ends().since(self.clock.now());
        left.max(self.config.get().follower_timeout)
    }
}
