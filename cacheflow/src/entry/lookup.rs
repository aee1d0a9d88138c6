//! What a lookup found, and where.

use std::fmt;
use std::sync::Arc;
use std::time::Duration;

use super::Made;
use crate::clock::Tick;
use crate::key::{FullKey, Marks, Tag};

/// Where a value came from.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Hash)]
#[non_exhaustive]
pub enum Level {
    /// This process's memory (L1).
    Memory,
    /// The store that all instances share (L2).
    Shared,
    /// The loader.
    Source,
}

impl fmt::Display for Level {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_str(match self {
            Self::Memory => "memory",
            Self::Shared => "shared",
            Self::Source => "source",
        })
    }
}

/// The outcome of [`Cache::lookup`](crate::Cache::lookup).
#[derive(Clone, Debug, PartialEq, Eq)]
pub enum Lookup<V> {
    /// A value that may be served.
    Hit(Found<V>),
    /// Nothing is kept for the key, or nothing that may be served.
    Miss,
}

impl<V> Lookup<V> {
    /// What was found, if anything.
    pub fn found(self) -> Option<Found<V>> {
        match self {
            Self::Hit(found) => Some(found),
            Self::Miss => None,
        }
    }

    /// The same with another value in place of the one found.
    pub(crate) fn map<T>(self, map: impl FnOnce(V) -> T) -> Lookup<T> {
        match self {
            Self::Hit(found) => Lookup::Hit(found.map(map)),
            Self::Miss => Lookup::Miss,
        }
    }
}

/// A value and what is known of it.
#[derive(Clone, Debug, PartialEq, Eq)]
#[non_exhaustive]
pub struct Found<V> {
    /// The value.
    pub value: V,
    /// Where it came from.
    pub level: Level,
    /// How long ago it was taken from its source, as far as this node knows:
    /// for a value out of the shared store this rests on the wall clocks of
    /// two machines and may be off by their difference.
    pub age: Duration,
    /// How long it may still be served from this level.
    pub remaining: Duration,
    /// Whether it stands in for a value that could not be loaded: its lifetime is
    /// over, or its memory's.
    pub stale: bool,
    version: Option<Arc<str>>,
    marks: Option<Arc<Marks>>,
}

impl<V> Found<V> {
    pub(crate) fn new(made: Made<V>, now: Tick) -> Self {
        Self {
            age: made.age + now.since(made.seen),
            remaining: made.served_until.since(now),
            value: made.value,
            level: made.level,
            stale: made.is_stale,
            version: made.version,
            marks: made.marks,
        }
    }

    /// The same with another value.
    pub(crate) fn map<T>(self, map: impl FnOnce(V) -> T) -> Found<T> {
        Found {
            value: map(self.value),
            level: self.level,
            age: self.age,
            remaining: self.remaining,
            stale: self.stale,
            version: self.version,
            marks: self.marks,
        }
    }

    /// What its loader called this version of it, see
    /// [`LoadContext::version`](crate::LoadContext::version).
    #[must_use]
    pub fn version(&self) -> Option<&str> {
        self.version.as_deref()
    }

    /// The tags by which it is forgotten: its own, and those of what it was made
    /// of.
    #[must_use]
    pub fn tags(&self) -> &[Tag] {
        self.marks.as_deref().unwrap_or(Marks::NONE).tags()
    }

    /// The keys of all that it was made of.
    #[must_use]
    pub fn dependencies(&self) -> &[FullKey] {
        self.marks.as_deref().unwrap_or(Marks::NONE).dependencies()
    }
}
