//! A flow in figures.

mod table;

use std::collections::BTreeMap;

use serde::Serialize;

use super::{Health, Inner};
use crate::event::{BreakerState, BusStats, CacheStats};

/// What a flow has done on this node since it was built, and how it is now; see
/// [`CacheFlow::stats`](super::CacheFlow::stats).
///
/// Serializes with its fields' names; times are in milliseconds. Its `Display` is a
/// table for people, and may change from version to version.
#[derive(Clone, Debug, PartialEq, Serialize)]
#[non_exhaustive]
pub struct FlowStats {
    /// What tells this start of this process from every other.
    pub instance: String,
    /// Its caches, by name.
    pub caches: BTreeMap<String, CacheStats>,
    /// Its circuit breakers, by the name of the cache or the one that several share.
    pub breakers: BTreeMap<String, BreakerState>,
    /// What it has told other nodes and heard of them.
    pub bus: BusStats,
    /// How its connections are, and how much waits for them.
    pub health: Health,
}

impl FlowStats {
    pub(super) fn of(flow: &Inner) -> Self {
        let caches = flow.registry.counted().into_iter();
        Self {
            instance: flow.node.origin().to_owned(),
            caches: caches
                .map(|(name, cache)| (name.as_str().to_owned(), cache.stats()))
                .collect(),
            breakers: flow.policies.breakers(),
            bus: match flow.has_bus {
                true => flow.node.bus_stats(),
                false => BusStats::default(),
            },
            health: Health::of(flow),
        }
    }
}
