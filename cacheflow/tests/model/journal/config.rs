//! What is varied from test to test, and what can be broken.

use super::X;

/// One call of a writer.
#[derive(Clone, Copy, PartialEq, Eq)]
pub(super) enum Op {
    /// Commit, then forget the key.
    Forget,
    /// Commit, then forget the tag that the value before it carried.
    ForgetTag,
    /// Commit, then put the value.
    Put,
}

/// The tags of a value.
#[derive(Clone, Copy, PartialEq, Eq)]
pub(super) enum Tags {
    None,
    /// Every version carries the same one.
    Constant,
    /// Even and odd versions carry different ones.
    ByVersion,
}

/// A configuration: who does what, under which rules.
#[derive(Clone, Copy)]
pub(super) struct Config {
    /// How many reads X and Y do.
    pub(super) readers: [u8; 2],
    /// What each writer does, one call after another, and on which node.
    pub(super) writers: &'static [(usize, &'static [Op])],
    pub(super) tags: Tags,
    /// Whether caches may hold version 0 at first.
    pub(super) warm: bool,
    /// How often the value may expire in L2.
    pub(super) expiries: u8,
    /// Whether forgetting a tag renames its index, in the same script.
    pub(super) renamed_index: bool,
    /// Whether nodes trim their windows (and reclaims say that they are done).
    pub(super) trims: bool,
    /// How often each node may lose its place in the journal.
    pub(super) gaps: u8,
    /// Whether Redis may trim the journal, at any time and to nothing.
    pub(super) redis_trims: bool,
    /// Whether Redis may evict the tag's index.
    pub(super) index_evicted: bool,
    /// Whether a GET may be answered by a replica that lags behind.
    pub(super) lagging_replica: bool,
    /// Whether P4 is asked: a gap refuses more than it must.
    pub(super) progress: bool,
    /// Whether P1 forgives bytes in L2 that no reader would believe.
    pub(super) dead_bytes: bool,
    /// The rules that are broken.
    pub(super) broken: &'static [Mutant],
}

impl Default for Config {
    fn default() -> Self {
        Self {
            readers: [2, 1],
            writers: &[(X, &[Op::Forget])],
            tags: Tags::None,
            warm: true,
            expiries: 0,
            renamed_index: false,
            trims: false,
            gaps: 0,
            redis_trims: false,
            index_evicted: false,
            lagging_replica: false,
            progress: true,
            dead_bytes: false,
            broken: &[],
        }
    }
}

/// A rule that is broken on purpose.
#[derive(Clone, Copy, PartialEq, Eq)]
pub(super) enum Mutant {
    /// r2: the as-of is taken after the GET.
    AsOfAfterGet,
    /// r2: the as-of is taken after the load.
    AsOfAfterLoad,
    /// r2: readers join flights that a record has cancelled.
    JoinsCancelled,
    /// r2: a joiner takes what comes.
    NoJoinerCheck,
    /// r3: an entry from L2 is believed.
    NoCheckOfL2,
    /// r5: the window is not looked at before FILL.
    NoLocalCheck,
    /// r5: FILL does not look at the journal.
    NoScriptCheck,
    /// r5: p1 is the position some time after the local check.
    P1AfterLocalCheck,
    /// r5: FILL accepts a p1 that the journal no longer reaches.
    FillBelowJournal,
    /// r6: whatever comes is inserted.
    NoCheckAtInsert,
    /// r6: a record may be applied between the check and the insert.
    InsertNotAtomic,
    /// Forget: the record comes before the commit.
    ForgetBeforeCommit,
    /// Forget: the value is deleted some time after the record.
    RecordThenDelete,
    /// Forget: the value is deleted some time before the record.
    DeleteThenRecord,
    /// Forget, put: the call returns before its node has applied the record.
    ReturnBeforeApply,
    /// Forget: a node applies its own record before those that precede it.
    OwnRecordFirst,
    /// Apply: the position follows some time after the removal.
    ApplyNotAtomic,
    /// Apply: a record can be lost, and nobody notices.
    RecordLost,
    /// Put: nobody looks whether writers raced.
    NoConflictCheck,
    /// Put: only the script looks.
    NoLocalConflictCheck,
    /// Put: only the window is looked at.
    NoScriptConflictCheck,
    /// Put: only records of the key count as conflicts, not those of its tags.
    ConflictByKeyOnly,
    /// Put: the as-of is taken after the commit.
    PutAsOfAfterCommit,
    /// Put: the entry is stored with the writer's as-of, not with its record's number.
    PutStoredWithOldAsOf,
    /// Put: the writer inserts into its L1 without looking.
    PutInsertUnchecked,
    /// Put: the writer keeps the value in its L1 even if writers raced.
    PutKeptOnConflict,
    /// Reclaim: members are deleted whatever their as-of.
    ReclaimUncompared,
    /// Reclaim: members that are kept leave the index all the same.
    ReclaimDropsKept,
    /// Reclaim: none.
    NoReclaim,
    /// Window: a record goes before its reclaim is done.
    TrimBeforeDone,
    /// Window: a record goes though a flight from before it lives.
    TrimPastFlights,
    /// Window: a record goes though a put from before it lives.
    TrimPastPuts,
    /// Window: as the one for flights, and fills from before its start are tried.
    FillBelowWindow,
    /// Gap: a put that was under way may still insert.
    GapSparesPuts,
    /// Gap: the node begins with an empty window, without the open records.
    GapForgetsOpen,
}
