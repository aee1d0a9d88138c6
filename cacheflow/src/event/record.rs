//! Records of the journal: what was forgotten, in which order.

use std::time::Duration;

use crate::key::{CacheName, FullKey, Marks, Pattern, Tag};

/// A place in the journal.
///
/// Numbers are dense within one incarnation, beginning somewhere. A journal that
/// goes on after a failover has another incarnation and numbers above all of
/// those before, so that within one lineage they can be compared.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Hash)]
pub struct Position {
    /// Which journal: random, new whenever a journal begins or goes on in a
    /// server that may have lost its last records.
    pub incarnation: u64,
    /// The number of the last record.
    pub number: u64,
}

/// One record.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Record {
    /// Where it stands.
    pub position: Position,
    /// What it says.
    pub change: Change,
    /// Whether values that it forgets may still lie in the shared store. It
    /// stays in force until a [`Change::Done`] names its number.
    pub open: bool,
}

impl Record {
    /// Whether it makes an entry of `key` with these marks old.
    #[must_use]
    pub fn makes_old(&self, key: &FullKey, marks: &Marks) -> bool {
        match &self.change {
            Change::Forgotten(forgotten) => forgotten.matches(key, marks),
            Change::Put {
                key: put,
                dependents,
            } => {
                let is_it = |key: &FullKey| key == put || dependents.contains(key);
                is_it(key) || marks.dependencies().iter().any(is_it)
            }
            Change::Held { key: held, .. } => key == held || marks.dependencies().contains(held),
            Change::Done(_) => false,
        }
    }
}

/// What a record says.
#[derive(Clone, Debug, PartialEq, Eq)]
#[non_exhaustive]
pub enum Change {
    /// All of this was forgotten.
    Forgotten(Forgotten),
    /// A new value of `key` was put.
    Put {
        /// The key.
        key: FullKey,
        /// Entries that were made of the old value.
        dependents: Vec<FullKey>,
    },
    /// A write to `key` has begun: nothing is kept of it until the record is
    /// done, or the time is over.
    Held {
        /// The key.
        key: FullKey,
        /// For how long at most.
        ttl: Duration,
    },
    /// What the record of this number forgot is removed everywhere, or the write
    /// that it announced has ended.
    Done(u64),
}

impl Change {
    /// What has to be forgotten again when the record was lost.
    pub(crate) fn repeated(self) -> Forgotten {
        match self {
            Self::Forgotten(forgotten) => forgotten,
            Self::Put { key, dependents } => {
                let mut keys = dependents;
                keys.push(key);
                Forgotten::keys(keys)
            }
            Self::Held { key, .. } => Forgotten::keys([key]),
            Self::Done(_) => Forgotten::default(),
        }
    }
}

/// What is forgotten together, as one record.
#[derive(Clone, Debug, Default, PartialEq, Eq)]
pub struct Forgotten {
    /// Entries, and all that was made of them.
    pub keys: Vec<FullKey>,
    /// Entries with one of these tags.
    pub tags: Vec<Tag>,
    /// Entries whose full key matches one of these.
    pub patterns: Vec<Pattern>,
    /// All entries of these caches.
    pub caches: Vec<CacheName>,
    /// All entries of the namespace.
    pub everything: bool,
}

impl Forgotten {
    /// These keys.
    #[must_use]
    pub fn keys(keys: impl Into<Vec<FullKey>>) -> Self {
        Self {
            keys: keys.into(),
            ..Self::default()
        }
    }

    /// Everything of one cache.
    #[must_use]
    pub fn cache(cache: CacheName) -> Self {
        Self {
            caches: vec![cache],
            ..Self::default()
        }
    }

    /// These tags.
    #[must_use]
    pub fn tags(tags: impl Into<Vec<Tag>>) -> Self {
        Self {
            tags: tags.into(),
            ..Self::default()
        }
    }

    /// Everything of the namespace.
    #[must_use]
    pub fn everything() -> Self {
        Self {
            everything: true,
            ..Self::default()
        }
    }

    /// Forgets this as well, each thing once.
    pub(crate) fn add(&mut self, other: Self) {
        add_all(&mut self.keys, other.keys);
        add_all(&mut self.tags, other.tags);
        add_all(&mut self.patterns, other.patterns);
        add_all(&mut self.caches, other.caches);
        self.everything |= other.everything;
    }

    /// Whether nothing is forgotten.
    #[must_use]
    pub fn is_empty(&self) -> bool {
        *self == Self::default()
    }

    /// Whether nothing but keys is forgotten.
    #[must_use]
    pub fn is_keys_only(&self) -> bool {
        self.tags.is_empty()
            && self.patterns.is_empty()
            && self.caches.is_empty()
            && !self.everything
    }

    /// Whether an entry of `key` with these marks is among it.
    #[must_use]
    pub fn matches(&self, key: &FullKey, marks: &Marks) -> bool {
        let by_key = |key: &FullKey| {
            self.keys.contains(key)
                || self
                    .caches
                    .iter()
                    .any(|cache| cache.as_str() == key.cache())
                || self.patterns.iter().any(|pattern| pattern.matches(key))
        };
        self.everything
            || by_key(key)
            || marks.dependencies().iter().any(by_key)
            || marks.tags().iter().any(|tag| self.tags.contains(tag))
    }
}

fn add_all<T: Ord>(all: &mut Vec<T>, more: Vec<T>) {
    if more.is_empty() {
        return;
    }
    all.extend(more);
    all.sort_unstable();
    all.dedup();
}

/// Where a journal stands, for a node that begins anew there.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Snapshot {
    /// The last record.
    pub position: Position,
    /// The incarnations before this one whose values are still believed, each
    /// with its last number that this journal goes on from, newest first.
    pub lineage: Vec<Position>,
    /// The records that are not done.
    pub open: Vec<Record>,
}

impl Snapshot {
    /// Up to which number this journal goes on from `incarnation`; `None` if it
    /// is not of its lineage.
    #[must_use]
    pub fn reaches(&self, incarnation: u64) -> Option<u64> {
        std::iter::once(&self.position)
            .chain(&self.lineage)
            .find(|position| position.incarnation == incarnation)
            .map(|position| position.number)
    }
}
