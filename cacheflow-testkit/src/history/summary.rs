//! What a history amounts to.

use super::event::Source;
use super::{Lateness, Violation};

/// What a checker has seen.
#[derive(Clone, Debug, Default)]
pub struct Summary {
    /// Reads that were judged, by [`Source`].
    pub reads: [u64; Source::ALL.len()],
    /// Reads that came too late to be judged.
    pub unjudged: u64,
    /// Reads on other nodes that gave what had been forgotten, within what is
    /// allowed.
    pub stale: u64,
    /// Commits.
    pub writes: u64,
    /// Calls that forgot and were recorded.
    pub recorded: u64,
    /// Calls that forgot and stayed local for the time being.
    pub local: u64,
    /// For every floor in a calm time that another node's read has met: how long
    /// after the return the last read below it began.
    pub calm: Lateness,
    /// The same of all other times.
    pub disturbed: Lateness,
    /// The first promise that was broken.
    pub violation: Option<Violation>,
}

impl Summary {
    /// All reads that were judged.
    #[must_use]
    pub fn reads(&self) -> u64 {
        self.reads.iter().sum()
    }

    /// Adds what another checker has seen.
    pub fn merge(&mut self, other: Self) {
        for (mine, theirs) in self.reads.iter_mut().zip(other.reads) {
            *mine += theirs;
        }
        self.unjudged += other.unjudged;
        self.stale += other.stale;
        self.writes += other.writes;
        self.recorded += other.recorded;
        self.local += other.local;
        self.calm.merge(&other.calm);
        self.disturbed.merge(&other.disturbed);
        self.violation = self.violation.take().or(other.violation);
    }
}
