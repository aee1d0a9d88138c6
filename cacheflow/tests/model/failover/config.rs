//! What is varied from test to test, and what can be broken.

use super::X;

/// One call of a writer.
#[derive(Clone, Copy, PartialEq, Eq)]
pub(super) enum Op {
    /// Commit, then forget the key.
    Forget,
    /// Forget another key: a record that matches nothing here.
    ForgetOther,
}

/// Whom a node reaches that has not noticed the failover.
#[derive(Clone, Copy, PartialEq, Eq)]
pub(super) enum Reached {
    /// The old primary is dead: the node must notice first.
    Nobody,
    /// The old primary lives on, cut off from the new one.
    Old,
    /// A proxy or an address that moved, and a connection that did not show it.
    New,
}

/// A configuration: who does what, under which rules.
#[derive(Clone, Copy)]
pub(super) struct Config {
    /// How many reads X and Y do.
    pub(super) readers: [u8; 2],
    /// What each writer does, one call after another, and on which node.
    pub(super) writers: &'static [(usize, &'static [Op])],
    pub(super) unnoticed: Reached,
    /// The rules that are broken.
    pub(super) broken: &'static [Mutant],
}

impl Default for Config {
    fn default() -> Self {
        Self {
            readers: [1, 1],
            writers: &[(X, &[Op::Forget])],
            unnoticed: Reached::Old,
            broken: &[],
        }
    }
}

/// A rule that is broken on purpose.
#[derive(Clone, Copy, PartialEq, Eq)]
pub(super) enum Mutant {
    /// Nothing is replayed.
    NoReplay,
    /// A node replays what its own callers forgot, not what it has applied.
    OwnRecordsOnly,
    /// L2 is open before the replay is done.
    ReadsBeforeReplay,
    /// L1 is not flushed.
    NoFlush,
    /// What was under way is not stopped: flights from before insert.
    InsertAcrossEpochs,
    /// FILL with the old incarnation is accepted.
    FillAcrossIncarnations,
    /// The answer to a forgetting does not carry the incarnation.
    AnswerWithoutIncarnation,
    /// A record does not carry it.
    RecordWithoutIncarnation,
    /// Nobody looks for a new run id.
    RunIdIgnored,
}
