//! What happened: records of the journal, events for listeners, statistics.

mod forgotten_by;
mod listener;
mod record;
mod stats;
mod target;

pub use forgotten_by::ForgottenBy;
pub(crate) use listener::EventSink;
pub use listener::{Event, Events, Evicted};
pub use record::{Change, Forgotten, Position, Record, Snapshot};
pub use stats::CacheStats;
pub(crate) use stats::{Counter, Counters};
pub(crate) use target::{By, Target};
