//! What is varied from test to test, and what can be broken.

use super::X;

/// One call of a writer: commit, then forget or put.
#[derive(Clone, Copy, PartialEq, Eq)]
pub(super) enum Op {
    Forget,
    ForgetTag,
    Put,
}

/// How the tag's index tells the members of one record from those of the next.
#[derive(Clone, Copy, PartialEq, Eq)]
pub(super) enum Index {
    /// It keeps the as-of of each member, the newest that it was added with: a
    /// reclaim removes only members that are older than its record.
    ByAsOf,
    /// A reclaim renames it and so takes all out of it. In one slot that is
    /// the same script as the record; here it comes later, and takes out
    /// members that are newer, whose values it keeps.
    Renamed,
    /// A reclaim removes each member after its delete, and so those too that
    /// are newer, whose values it keeps.
    Plain,
}

/// A configuration: who does what, under which rules.
#[derive(Clone, Copy)]
pub(super) struct Config {
    /// How many reads X and Y do.
    pub(super) readers: [u8; 2],
    /// What each writer does, one call after another, and on which node.
    pub(super) writers: &'static [(usize, &'static [Op])],
    /// Whether the value carries a tag.
    pub(super) tagged: bool,
    pub(super) index: Index,
    /// Whether caches may hold version 0 at first.
    pub(super) warm: bool,
    /// Whether a writer may die after its record, before its deletes.
    pub(super) writers_die: bool,
    /// Whether a filler may die after its SET.
    pub(super) fillers_die: bool,
    /// Whether any node finishes the deletes of a record that is not done.
    pub(super) finished_by_all: bool,
    /// Whether nodes trim their windows (and records are said to be done).
    pub(super) trims: bool,
    /// Whether P1 forgives bytes in L2 that no reader would believe.
    pub(super) dead_bytes: bool,
    /// Whether P4 is asked.
    pub(super) progress: bool,
    /// The rules that are broken.
    pub(super) broken: &'static [Mutant],
}

impl Default for Config {
    fn default() -> Self {
        Self {
            readers: [1, 1],
            writers: &[(X, &[Op::Forget])],
            tagged: false,
            index: Index::ByAsOf,
            warm: true,
            writers_die: false,
            fillers_die: false,
            finished_by_all: true,
            trims: false,
            dead_bytes: false,
            progress: true,
            broken: &[],
        }
    }
}

/// A rule that is broken on purpose.
#[derive(Clone, Copy, PartialEq, Eq)]
pub(super) enum Mutant {
    /// r3: an entry from L2 is believed.
    NoCheckOfL2,
    /// r3, r6: a provisional entry is believed though its as-of lies below the window.
    ProvisionalBelieved,
    /// r5: the window is not looked at before SET.
    NoLocalCheck,
    /// r5: the journal is read before SET, not after it.
    JournalBeforeSet,
    /// r5: SET is permanent, and the journal is not read.
    NoJournalCheck,
    /// r5: SET is permanent, though the journal has yet to be read.
    PermanentAtOnce,
    /// r5: whatever is there is made permanent.
    PermanentUncompared,
    /// r5: whatever is there is deleted when the journal has a match.
    UndoneUncompared,
    /// r5: the index is written after the value is made permanent.
    IndexAfterValue,
    /// r6: whatever comes is inserted.
    NoCheckAtInsert,
    /// Forget: the value is deleted before the record is appended.
    DeleteThenRecord,
    /// Forget: the value is deleted whatever its as-of.
    DeleteUncompared,
    /// Put: nobody looks whether writers raced.
    NoConflictCheck,
    /// Window: a record goes though its deletes are not done.
    TrimBeforeDone,
    /// Window: a record goes though flights and puts from before it live.
    TrimPastFlights,
}
