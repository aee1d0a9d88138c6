//! Events: what a listener is told.

use std::fmt;
use std::sync::Arc;
use std::time::Duration;

use tokio::sync::broadcast;
use tracing::field::{DisplayValue, display};

use crate::error::Unreadable;
use crate::event::{Advice, Deleted, Forgotten, ForgottenBy};
use crate::key::{CacheName, EntryKey, Parent};

/// Something that happened in a flow.
///
/// Keys in events are as readable as in Redis; whoever writes events to a log
/// decides whether they may stand there.
#[derive(Clone, Debug, PartialEq, Eq)]
#[non_exhaustive]
pub enum Event {
    /// An entry left a cache's memory.
    Evicted {
        /// The cache.
        cache: CacheName,
        /// The entry.
        key: EntryKey,
        /// Why it left.
        cause: Evicted,
    },
    /// An entry of a cache's memory was forgotten by something else than its own key. Of
    /// very many that go at once, the first are told.
    EntryForgotten {
        /// The cache.
        cache: CacheName,
        /// The entry.
        key: EntryKey,
        /// By what.
        by: ForgottenBy,
    },
    /// Bytes in the shared store were not an entry that may be served; the call
    /// loaded and replaced them.
    Unreadable {
        /// The cache.
        cache: CacheName,
        /// The entry.
        key: EntryKey,
        /// What was wrong with them.
        fault: Unreadable,
    },
    /// A loaded value was returned but not kept, because what it was made of
    /// was forgotten while it was loaded.
    FillRefused {
        /// The cache.
        cache: CacheName,
        /// The entry.
        key: EntryKey,
    },
    /// A value was returned or put, but could not be written to the shared
    /// store.
    StoreFailed {
        /// The cache.
        cache: CacheName,
        /// The entry.
        key: EntryKey,
        /// Why, without secrets.
        error: Arc<str>,
    },
    /// A value was returned but not kept, because it is larger than allowed.
    TooLarge {
        /// The cache.
        cache: CacheName,
        /// The entry.
        key: EntryKey,
        /// Its size in bytes.
        bytes: u64,
    },
    /// A value was kept in the shared store.
    ItemSet {
        /// The cache.
        cache: CacheName,
        /// The entry.
        key: EntryKey,
        /// Whether it is compressed there.
        compressed: bool,
        /// How many bytes its encoding has.
        encoded: u64,
        /// How many bytes are stored of it.
        stored: u64,
    },
    /// A loader asked for the key that it was loading; the inner call ran its
    /// own loader.
    Recursion {
        /// The cache.
        cache: CacheName,
        /// The entry.
        key: EntryKey,
    },
    /// A value was returned but not kept, because it has tags or dependencies
    /// that are out of bounds: it could not be forgotten by them.
    MarksRefused {
        /// The cache.
        cache: CacheName,
        /// The entry.
        key: EntryKey,
        /// Which bound, and what is allowed.
        fault: Arc<str>,
    },
    /// A value was returned or put but not kept, because the cache's
    /// [validation](crate::CacheBuilder::validate) refuses it.
    ValueRefused {
        /// The cache.
        cache: CacheName,
        /// The entry.
        key: EntryKey,
        /// What it said.
        fault: Arc<str>,
    },
    /// An old value stood in for one that could not be loaded, or not in time.
    Stale {
        /// The cache.
        cache: CacheName,
        /// The entry.
        key: EntryKey,
    },
    /// A value could not be loaded anew before it expires; it is served on, and tried
    /// again.
    RefreshFailed {
        /// The cache.
        cache: CacheName,
        /// The entry.
        key: EntryKey,
    },
    /// Values that were written behind could not be written to their source; they are
    /// tried again.
    WriteFailed {
        /// The cache.
        cache: CacheName,
        /// How many.
        values: usize,
        /// The writer's error.
        error: Arc<str>,
    },
    /// A row could not be [touched](crate::touch), or what it is a part of could not be
    /// told. What is known of its chain is forgotten.
    TouchFailed {
        /// The row.
        parent: Parent,
        /// Why: its toucher's error, that it panicked, or took too long.
        error: Arc<str>,
    },
    /// A row that could not be touched is not tried again: it was tried often enough, or
    /// too many wait.
    TouchLost {
        /// The row.
        parent: Parent,
    },
    /// Something was invalidated, here or on another node, and is gone from this
    /// node's memory.
    ///
    /// What could not be recorded at first is told once more when the shared store
    /// has heard of it.
    Invalidated {
        /// What: keys, tags, patterns, caches. The keys of what was made of them are
        /// among it, as far as they were found at once.
        forgotten: Arc<Forgotten>,
        /// How much was removed by this node.
        deleted: Deleted,
        /// Whether another node did it.
        remote: bool,
    },
    /// What an invalidation left behind in the shared store is removed.
    Reclaimed {
        /// What was forgotten.
        forgotten: Arc<Forgotten>,
        /// How many values were removed in addition to those that were removed
        /// at once.
        removed: u64,
    },
    /// A warmer came to its end.
    Warmed {
        /// Its name: that of the cache, for a cache's own.
        warmer: Arc<str>,
        /// How many entries it has kept.
        items: u64,
        /// How many it has not, because they were forgotten or put meanwhile.
        refused: u64,
        /// What it took.
        duration: Duration,
    },
    /// A warmer failed, panicked or took too long. What it has kept until then stays.
    WarmingFailed {
        /// Its name: that of the cache, for a cache's own.
        warmer: Arc<str>,
        /// Its error, or what became of it.
        error: Arc<str>,
    },
    /// A circuit breaker opened, or stays open because its probe failed: loads
    /// are not tried for a while.
    BreakerOpened {
        /// Of the cache, or of all caches that share the breaker.
        name: Arc<str>,
    },
    /// A circuit breaker lets one load probe whether the source answers again.
    BreakerHalfOpened {
        /// Of the cache, or of all caches that share the breaker.
        name: Arc<str>,
    },
    /// A circuit breaker closed: loads are tried again.
    BreakerClosed {
        /// Of the cache, or of all caches that share the breaker.
        name: Arc<str>,
    },
    /// How a cache is set up is likely to be a mistake; told once.
    Advice {
        /// The cache.
        cache: CacheName,
        /// What, and what speaks for it.
        advice: Advice,
    },
    /// A new configuration was given to the flow, and something of it is new.
    Reconfigured {
        /// What holds from here on: see
        /// [`Reconfigured::changed`](crate::Reconfigured::changed).
        changed: Arc<[String]>,
        /// What would hold after a restart.
        needs_restart: Arc<[String]>,
    },
    /// What stands in a watched file cannot be used; what was there before holds on.
    ConfigRejected {
        /// All that is wrong, without secrets.
        error: Arc<str>,
    },
    /// The shared store answers no more; loads go to the source.
    StoreDown,
    /// The shared store answers again and was told all that it missed.
    StoreUp,
    /// News from other nodes do not arrive any more.
    BusDown,
    /// News from other nodes arrive.
    BusUp,
    /// News were missed and could be made up for: so many records.
    Replayed(u64),
    /// News were missed and could not be made up for; the caches' memory was
    /// dropped.
    Gap,
    /// News are missed again and again: memory is not served for a while.
    GapStorm,
}

/// Why an entry left a cache's memory.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Hash)]
#[non_exhaustive]
pub enum Evicted {
    /// Its lifetime ended.
    Expired,
    /// The cache was full.
    Size,
    /// It was invalidated.
    Forgotten,
    /// A newer value took its place.
    Replaced,
}

/// A listener's end of a flow's events.
///
/// A listener that is too slow loses events and is told how many; it slows
/// nobody down.
#[derive(Debug)]
pub struct Events(broadcast::Receiver<Event>);

impl Events {
    /// The next event; `Err(n)` if `n` events were lost because this listener
    /// was too slow; `None` when the flow is gone.
    ///
    /// # Cancellation
    ///
    /// No event is lost when the future is dropped.
    pub async fn next(&mut self) -> Option<Result<Event, u64>> {
        match self.0.recv().await {
            Ok(event) => Some(Ok(event)),
            Err(broadcast::error::RecvError::Lagged(lost)) => Some(Err(lost)),
            Err(broadcast::error::RecvError::Closed) => None,
        }
    }

    /// The next event if one is waiting.
    pub fn try_next(&mut self) -> Option<Result<Event, u64>> {
        match self.0.try_recv() {
            Ok(event) => Some(Ok(event)),
            Err(broadcast::error::TryRecvError::Lagged(lost)) => Some(Err(lost)),
            Err(_) => None,
        }
    }
}

/// Where a flow's parts send their events.
#[derive(Clone, Debug)]
pub(crate) struct EventSink {
    listeners: broadcast::Sender<Event>,
    logs_keys: bool,
}

impl EventSink {
    /// How many events a listener may lag behind before it loses some.
    const BACKLOG: usize = 1024;

    pub(crate) fn new() -> Self {
        Self {
            listeners: broadcast::Sender::new(Self::BACKLOG),
            logs_keys: false,
        }
    }

    /// The same, where keys, tags and patterns may stand in the log.
    pub(crate) fn logging_keys(self, logs_keys: bool) -> Self {
        Self { logs_keys, ..self }
    }

    /// Whether they may.
    pub(crate) fn logs_keys(&self) -> bool {
        self.logs_keys
    }

    /// `name` as a field in the log, if it may stand there.
    pub(crate) fn named<T: fmt::Display>(&self, name: T) -> Option<DisplayValue<T>> {
        self.logs_keys.then(|| display(name))
    }

    /// Tells every listener; the event is made only if there is one.
    pub(crate) fn tell(&self, event: impl FnOnce() -> Event) {
        if self.listeners.receiver_count() > 0 {
            // Fails only if the last listener left in between.
            let _ = self.listeners.send(event());
        }
    }

    pub(crate) fn listen(&self) -> Events {
        Events(self.listeners.subscribe())
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[tokio::test]
    async fn a_slow_listener_loses_events_with_a_count_and_slows_nobody() {
        let sink = EventSink::new();
        let mut events = sink.listen();
        for _ in 0..EventSink::BACKLOG + 10 {
            sink.tell(|| Event::Gap);
        }
        assert_eq!(events.next().await, Some(Err(10)));
        assert_eq!(events.next().await, Some(Ok(Event::Gap)));
    }

    #[test]
    fn without_a_listener_no_event_is_made() {
        EventSink::new().tell(|| panic!("made"));
    }

    #[tokio::test]
    async fn the_end_of_the_flow_ends_the_events() {
        let sink = EventSink::new();
        let mut events = sink.listen();
        drop(sink);
        assert_eq!(events.next().await, None);
    }
}
