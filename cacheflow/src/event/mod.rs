//! What happened: records of the journal, events for listeners, statistics.

mod listener;
mod record;
mod stats;

pub(crate) use listener::EventSink;
pub use listener::{Event, Events, Evicted};
pub use record::{Change, Position, Record};
pub use stats::CacheStats;
pub(crate) use stats::{Counter, Counters};
