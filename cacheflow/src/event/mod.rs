//! What happened: records of the journal, events for listeners, statistics.

mod listener;
mod record;
mod stats;

pub use listener::{Event, Evicted, Events};
pub(crate) use listener::EventSink;
pub use record::{Change, Position, Record};
pub use stats::CacheStats;
pub(crate) use stats::{Counter, Counters};
