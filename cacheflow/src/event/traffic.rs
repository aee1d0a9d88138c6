//! What a node tells the others, and hears of them.

use std::sync::atomic::{AtomicU64, Ordering};
use std::time::Duration;

use serde::Serialize;

use super::{LatencyStats, StatsCollector, metric};

/// The counters of one node.
#[derive(Debug, Default)]
pub(crate) struct Traffic {
    sent: AtomicU64,
    received: AtomicU64,
    garbled: AtomicU64,
    gaps: AtomicU64,
    replays: AtomicU64,
    replayed: AtomicU64,
    losses: AtomicU64,
    lag: StatsCollector,
}

/// What a node has told the others since it was started, what it has heard of them, and
/// how well it hears.
///
/// All 0 in a flow that shares nothing with others.
#[derive(Clone, Copy, Debug, Default, PartialEq, Serialize)]
#[non_exhaustive]
pub struct BusStats {
    /// Records of changes that this node has made: what was forgotten, put, held, and
    /// what of that is done.
    pub sent: u64,
    /// Messages of others that it has heard, records and what those have sent who keep
    /// no journal. Records that it [made up for](Self::replayed) are not among them.
    pub received: u64,
    /// Messages that it could not understand.
    pub garbled: u64,
    /// How long it took at most until what was published was applied here: from a
    /// question over the connection on which news arrive, to when its answer had come
    /// and all was applied that was announced before. Every heartbeat asks, by one
    /// clock, this node's: clocks of two nodes are never compared. What was published
    /// right before the answer took about half of it.
    pub lag: LatencyStats,
    /// How often news were missed and could not be made up for, so that memory was
    /// dropped.
    pub gaps: u64,
    /// How often news were missed and could be made up for.
    pub replays: u64,
    /// Records that were made up for.
    pub replayed: u64,
    /// How often the connection to the bus was lost.
    pub losses: u64,
    /// How often memory was not served any more because it was not known whether news
    /// were missed.
    pub gate_closures: u64,
}

impl Traffic {
    pub(crate) fn sent(&self) {
        add(&self.sent, 1);
    }

    pub(crate) fn received(&self) {
        add(&self.received, 1);
    }

    pub(crate) fn garbled(&self) {
        add(&self.garbled, 1);
    }

    pub(crate) fn missed_for_good(&self) {
        add(&self.gaps, 1);
    }

    pub(crate) fn made_up_for(&self, records: u64) {
        add(&self.replays, 1);
        add(&self.replayed, records);
    }

    pub(crate) fn lost(&self) {
        add(&self.losses, 1);
    }

    /// All that was announced when the bus was asked so long ago is applied.
    pub(crate) fn caught_up_after(&self, time: Duration) {
        self.lag.record(time);
        metric::record(metric::BUS_LAG, None, time);
    }

    /// All that was counted; how often the gate was closed, its owner knows.
    pub(crate) fn snapshot(&self, gate_closures: u64) -> BusStats {
        let of = |counter: &AtomicU64| counter.load(Ordering::Relaxed);
        BusStats {
            sent: of(&self.sent),
            received: of(&self.received),
            garbled: of(&self.garbled),
            lag: self.lag.snapshot(),
            gaps: of(&self.gaps),
            replays: of(&self.replays),
            replayed: of(&self.replayed),
            losses: of(&self.losses),
            gate_closures,
        }
    }
}

fn add(counter: &AtomicU64, amount: u64) {
    counter.fetch_add(amount, Ordering::Relaxed);
}
