//! How a flow's connections are.

use std::fmt;
use std::sync::atomic::Ordering;
use std::time::Duration;

use serde::{Serialize, Serializer};

use super::Inner;
use crate::clock::in_words;

/// The state of a flow; see [`CacheFlow::health`](super::CacheFlow::health).
///
/// Three questions, for three who ask:
///
/// | | asked by | no means |
/// |---|---|---|
/// | [`is_live`](Self::is_live) | who restarts processes | this one cannot get well by itself |
/// | [`is_ready`](Self::is_ready) | who sends requests to instances | this one is about to end |
/// | [`is_good`](Self::is_good) | who is paged | something that the flow has is not there |
///
/// A flow whose store is away is ready: calls go to their sources. Whoever takes instances
/// out of service for that takes out all of them at once.
///
/// ```
/// # use cacheflow::CacheFlow;
/// # #[tokio::main(flavor = "current_thread")] async fn main() -> Result<(), Box<dyn std::error::Error>> {
/// # let flow = CacheFlow::builder().build().await?;
/// let health = flow.health();
/// assert!(health.is_good() && health.problems().is_empty());
/// println!("{health}");
/// # Ok(()) }
/// ```
///
/// As data it is `status`, `live`, `ready`, its fields, times in milliseconds, and
/// `problems`.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
#[non_exhaustive]
pub struct Health {
    /// The shared store; `None` in a flow without one.
    pub store: Option<StoreHealth>,
    /// For how long the store is used, or is not.
    pub store_for: Option<Duration>,
    /// The bus; `None` in a flow without one.
    pub bus: Option<BusHealth>,
    /// For how long it is so.
    pub bus_for: Option<Duration>,
    /// How many invalidations wait to be told to the shared store.
    pub waiting_invalidations: usize,
    /// Whether memory may be served at this moment.
    pub memory_is_trusted: bool,
    /// How long ago it was last sure that no news were missed; `None` without a bus, and
    /// before that was ever sure.
    pub silent_for: Option<Duration>,
    /// Whether the flow was shut down.
    pub is_closed: bool,
    /// Whether a background task has panicked.
    pub has_lost_task: bool,
    pub(super) max_staleness: Duration,
}

/// The shared store's state.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Serialize)]
#[serde(rename_all = "snake_case")]
#[non_exhaustive]
pub enum StoreHealth {
    /// It is used. Before the first operation nobody has asked it yet.
    Up,
    /// It does not answer; it is probed in the background.
    Down,
    /// It may hold what was forgotten while it was away, and is not used until
    /// it was told.
    Distrusted,
}

/// The bus' state.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Serialize)]
#[serde(rename_all = "snake_case")]
#[non_exhaustive]
pub enum BusHealth {
    /// Subscribed.
    Up,
    /// Not subscribed; tried again in the background.
    Down,
}

impl Health {
    pub(super) fn of(flow: &Inner) -> Self {
        let shared = flow.shared.as_ref();
        let now = flow.clock.now();
        Self {
            store: shared.map(|shared| {
                if shared.is_open() {
                    StoreHealth::Down
                } else if shared.is_trusted() {
                    StoreHealth::Up
                } else {
                    StoreHealth::Distrusted
                }
            }),
            store_for: shared.map(|shared| shared.so_for()),
            bus: flow.has_bus.then(|| {
                if flow.node.bus_is_up() {
                    BusHealth::Up
                } else {
                    BusHealth::Down
                }
            }),
            bus_for: flow.has_bus.then(|| flow.node.bus_so_for()),
            waiting_invalidations: flow.node.waiting(),
            memory_is_trusted: flow.standing.is_open(now),
            silent_for: match flow.has_bus {
                true => flow.standing.silent_for(now),
                false => None,
            },
            is_closed: flow.closed.load(Ordering::Acquire),
            has_lost_task: flow.tasks.as_ref().is_some_and(|it| it.has_lost_one()),
            max_staleness: flow.standing.max_staleness(),
        }
    }

    /// Whether everything that the flow has is there.
    #[must_use]
    pub fn is_good(&self) -> bool {
        self.problems().is_empty()
    }

    /// Whether the flow gets well by itself, whatever is wrong now. `false` after one of
    /// its background tasks has panicked: only another start of the process brings it back.
    #[must_use]
    pub fn is_live(&self) -> bool {
        !self.has_lost_task
    }

    /// Whether requests may be sent here: until the flow is shut down.
    #[must_use]
    pub fn is_ready(&self) -> bool {
        !self.is_closed
    }

    /// What is wrong, each in a sentence that says for how long and what follows from it;
    /// empty if all is good.
    #[must_use]
    pub fn problems(&self) -> Vec<String> {
        let mut problems = Vec::new();
        let lasting = |time: Option<Duration>| time.map_or(String::new(), in_words);
        if self.is_closed {
            problems.push("the flow was shut down; loads go to their sources".to_owned());
        }
        if self.has_lost_task {
            problems.push("a background task has panicked; restart the process".to_owned());
        }
        let store_for = lasting(self.store_for);
        match self.store {
            Some(StoreHealth::Down) => problems.push(format!(
                "the shared store does not answer, for {store_for}; loads go to their sources, and it is probed"
            )),
            Some(StoreHealth::Distrusted) => problems.push(format!(
                "the shared store is not used, for {store_for}: it has yet to be told what was forgotten while it was away"
            )),
            Some(StoreHealth::Up) | None => {}
        }
        if self.bus == Some(BusHealth::Down) {
            problems.push(format!(
                "the bus is not connected, for {}; what other nodes forget is not heard",
                lasting(self.bus_for)
            ));
        }
        match self.waiting_invalidations {
            0 => {}
            waiting => problems.push(format!(
                "{waiting} invalidations wait to be told to the shared store; other nodes do not know of them"
            )),
        }
        if !self.memory_is_trusted && !self.is_closed {
            let heard = match self.silent_for {
                Some(silent) => format!(
                    "nothing was heard of the others for {}, longer than max_staleness = {}",
                    in_words(silent),
                    in_words(self.max_staleness)
                ),
                None => "it is not known yet what was forgotten".to_owned(),
            };
            problems.push(format!("memory is not served: {heard}"));
        }
        problems
    }

    fn status(&self) -> &'static str {
        match (self.is_closed, self.is_good()) {
            (true, _) => "closed",
            (false, true) => "good",
            (false, false) => "degraded",
        }
    }
}

/// A line, and one more for each problem.
impl fmt::Display for Health {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_str(self.status())?;
        if let (Some(StoreHealth::Up), Some(so_for)) = (self.store, self.store_for) {
            write!(f, ", shared store used for {}", in_words(so_for))?;
        }
        if let (Some(BusHealth::Up), Some(so_for)) = (self.bus, self.bus_for) {
            write!(f, ", bus connected for {}", in_words(so_for))?;
        }
        for problem in self.problems() {
            write!(f, "\n- {problem}")?;
        }
        Ok(())
    }
}

impl Serialize for Health {
    fn serialize<S: Serializer>(&self, serializer: S) -> Result<S::Ok, S::Error> {
        #[derive(Serialize)]
        struct Shown {
            status: &'static str,
            live: bool,
            ready: bool,
            store: Option<StoreHealth>,
            store_for_ms: Option<u128>,
            bus: Option<BusHealth>,
            bus_for_ms: Option<u128>,
            waiting_invalidations: usize,
            memory_is_trusted: bool,
            silent_for_ms: Option<u128>,
            problems: Vec<String>,
        }
        let millis = |time: Option<Duration>| time.map(|time| time.as_millis());
        Shown {
            status: self.status(),
            live: self.is_live(),
            ready: self.is_ready(),
            store: self.store,
            store_for_ms: millis(self.store_for),
            bus: self.bus,
            bus_for_ms: millis(self.bus_for),
            waiting_invalidations: self.waiting_invalidations,
            memory_is_trusted: self.memory_is_trusted,
            silent_for_ms: millis(self.silent_for),
            problems: self.problems(),
        }
        .serialize(serializer)
    }
}
