//! What happened: records of the journal, events for listeners, statistics.

mod advice;
mod counters;
mod deleted;
mod forgotten_by;
mod latency;
mod listener;
pub(crate) mod metric;
mod record;
mod stats;
mod target;
mod traffic;

pub use advice::Advice;
pub(crate) use counters::{Counter, Counters, TakenOut};
pub use deleted::Deleted;
pub use forgotten_by::ForgottenBy;
pub use latency::{LatencyStats, StatsCollector};
pub(crate) use listener::EventSink;
pub use listener::{Event, Events, Evicted};
pub use record::{Change, Forgotten, Position, Record, Snapshot};
pub use stats::{BreakerState, CacheStats, EvictionCounts, InvalidationCounts};
pub(crate) use target::{By, Gone, Target};
pub use traffic::BusStats;
pub(crate) use traffic::Traffic;
