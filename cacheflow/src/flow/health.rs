//! How a flow's connections are.

use serde::Serialize;

use super::Inner;

/// The state of a flow; see [`CacheFlow::health`](super::CacheFlow::health).
#[derive(Clone, Copy, Debug, PartialEq, Eq, Serialize)]
#[non_exhaustive]
pub struct Health {
    /// The shared store; `None` in a flow without one.
    pub store: Option<StoreHealth>,
    /// The bus; `None` in a flow without one.
    pub bus: Option<BusHealth>,
    /// How many invalidations wait to be told to the shared store.
    pub waiting_invalidations: usize,
    /// Whether memory may be served at this moment.
    pub memory_is_trusted: bool,
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
        Self {
            store: flow.shared.as_ref().map(|shared| {
                if shared.is_open() {
                    StoreHealth::Down
                } else if shared.is_trusted() {
                    StoreHealth::Up
                } else {
                    StoreHealth::Distrusted
                }
            }),
            bus: flow.has_bus.then(|| {
                if flow.node.bus_is_up() {
                    BusHealth::Up
                } else {
                    BusHealth::Down
                }
            }),
            waiting_invalidations: flow.node.waiting(),
            memory_is_trusted: flow.standing.is_open(flow.clock.now()),
        }
    }

    /// Whether everything that the flow has is there.
    #[must_use]
    pub fn is_good(&self) -> bool {
        self.store.is_none_or(|store| store == StoreHealth::Up)
            && self.bus.is_none_or(|bus| bus == BusHealth::Up)
            && self.waiting_invalidations == 0
            && self.memory_is_trusted
    }
}
