//! What is known of an entry, without its value.

use std::sync::Arc;
use std::time::Duration;

use serde::{Serialize, Serializer};

use super::{Entry, Epoch};
use crate::clock::Tick;
use crate::key::{FullKey, Tag};

/// An entry in memory, as [`Admin`](crate::Admin) tells of it: all but its value.
///
/// As data it is its fields, times in milliseconds.
#[derive(Clone, Debug, PartialEq, Eq, Serialize)]
#[non_exhaustive]
pub struct EntryInfo {
    /// Its key, with the name of its cache. What was hashed stays hashed.
    #[serde(serialize_with = "text")]
    pub key: FullKey,
    /// What it is good for.
    pub state: EntryState,
    /// How long ago it was taken from its source, as far as this node knows.
    #[serde(rename = "age_ms", serialize_with = "millis")]
    pub age: Duration,
    /// How long memory may still serve it; zero if it may not.
    #[serde(rename = "remaining_ms", serialize_with = "millis")]
    pub remaining: Duration,
    /// How long it may still stand in for a value that cannot be loaded.
    #[serde(rename = "stands_in_for_ms", serialize_with = "millis")]
    pub stands_in_for: Duration,
    /// The tags by which it is forgotten: its own, and those of what it was made of.
    #[serde(serialize_with = "texts")]
    pub tags: Vec<Tag>,
    /// The keys of all that it was made of.
    #[serde(serialize_with = "texts")]
    pub dependencies: Vec<FullKey>,
    /// What it weighs: bytes in a cache that is bounded by memory, else 1.
    pub weight: u32,
    /// What its load took; zero where that is not known.
    #[serde(rename = "load_cost_ms", serialize_with = "millis")]
    pub load_cost: Duration,
    /// What its loader called this version of it.
    pub version: Option<Arc<str>>,
}

/// What an entry in memory is good for.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Hash, Serialize)]
#[serde(rename_all = "snake_case")]
#[non_exhaustive]
pub enum EntryState {
    /// It is served.
    Live,
    /// It would be served, but memory is not trusted at present: news may have been
    /// missed.
    Unserved,
    /// It stands in for a value that could not be loaded, and is served as that.
    StandsIn,
    /// Its lifetime is over; it stands in if its successor cannot be loaded.
    Stale,
    /// Its lifetime is over; memory has yet to free it.
    Expired,
    /// It was forgotten; memory has yet to free it.
    Forgotten,
}

impl<V> Entry<V> {
    /// What is known of it, as the entry of `key`. `is_trusted` is whether memory may be
    /// served.
    pub(crate) fn info(
        &self,
        key: FullKey,
        now: Tick,
        epoch: Epoch,
        is_trusted: bool,
    ) -> EntryInfo {
        let life = self.life();
        let marks = self.marks();
        let state = if !self.is_kept(epoch) {
            EntryState::Forgotten
        } else if self.is_live(now, epoch) {
            match (is_trusted, self.is_stale()) {
                (false, _) => EntryState::Unserved,
                (true, true) => EntryState::StandsIn,
                (true, false) => EntryState::Live,
            }
        } else if self.may_stand_in(now, epoch) {
            EntryState::Stale
        } else {
            EntryState::Expired
        };
        let left = |until: Tick| match state {
            EntryState::Forgotten => Duration::ZERO,
            _ => until.since(now),
        };
        EntryInfo {
            key,
            state,
            age: life.age + now.since(self.seen),
            remaining: left(self.expires()),
            stands_in_for: left(life.stale_until),
            tags: marks.tags().to_vec(),
            dependencies: marks.dependencies().to_vec(),
            weight: self.weight,
            load_cost: self.cost(),
            version: self.version().cloned(),
        }
    }
}

/// As text, for data.
pub(crate) fn text<S: Serializer>(
    value: &impl std::fmt::Display,
    serializer: S,
) -> Result<S::Ok, S::Error> {
    serializer.collect_str(value)
}

/// Each as text, for data.
pub(crate) fn texts<T: std::fmt::Display, S: Serializer>(
    values: &[T],
    serializer: S,
) -> Result<S::Ok, S::Error> {
    serializer.collect_seq(values.iter().map(ToString::to_string))
}

/// In milliseconds, for data.
pub(crate) fn millis<S: Serializer>(time: &Duration, serializer: S) -> Result<S::Ok, S::Error> {
    serializer.serialize_u64(u64::try_from(time.as_millis()).unwrap_or(u64::MAX))
}
