//! A promise that was broken.

use std::fmt;
use std::time::Duration;

use super::{At, Floor, Key, Line, NodeId, Source, Version};

/// Which promise.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Hash)]
pub enum Rule {
    /// The node that forgot reads nothing older.
    OwnNode,
    /// After a forgetting that was applied everywhere nobody does.
    Everywhere,
    /// After `max_staleness` nobody does.
    MaxStaleness,
}

/// The read that broke it.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub struct ReadOf {
    /// The key.
    pub key: Key,
    /// What was read.
    pub version: Version,
    /// Who read.
    pub node: NodeId,
    /// When the read began.
    pub began: At,
    /// When it ended.
    pub ended: At,
    /// Where the value came from.
    pub source: Source,
    /// The key of the value that it was a part of.
    pub part_of: Option<Key>,
}

/// A read that gave what had been forgotten, and what led to it.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Violation {
    /// The promise.
    pub rule: Rule,
    /// The read.
    pub read: ReadOf,
    /// The forgetting, and what it demands.
    pub floor: Floor,
    /// What happened to the key and around it, from the commit of what was read,
    /// as far back as it is known.
    pub history: Vec<Line>,
}

impl Violation {
    /// How long after the return of the forgetting the read began.
    #[must_use]
    pub fn late(&self) -> Duration {
        self.read.began.since(self.floor.returned_at)
    }
}

impl fmt::Display for Violation {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        let Self {
            rule, read, floor, ..
        } = self;
        write!(
            f,
            "{rule:?} is broken: node {} read version {} of key {} ({:?}) {:?} after \
             node {} had forgotten all below {} by {:?} ({:?})",
            read.node,
            read.version,
            read.key,
            read.source,
            self.late(),
            floor.node,
            floor.version,
            floor.how,
            floor.outcome,
        )?;
        if let Some(parent) = read.part_of {
            write!(f, "\nit was a part of key {parent}")?;
        }
        write!(
            f,
            "\nforgotten from {} to {}, read from {} to {}",
            floor.begun, floor.returned_at, read.began, read.ended
        )?;
        for line in &self.history {
            write!(f, "\n  {line}")?;
        }
        Ok(())
    }
}
