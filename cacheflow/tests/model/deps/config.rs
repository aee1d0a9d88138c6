//! What is varied from test to test, and what can be broken.

use super::X;

/// One call of a writer: commit, then forget or put.
#[derive(Clone, Copy, PartialEq, Eq)]
pub(super) enum Op {
    /// Forget this key.
    Forget(usize),
    /// Forget the tag of C, after a commit of C.
    ForgetTag,
    /// Put C.
    Put,
}

/// A configuration: who does what, under which rules.
#[derive(Clone, Copy)]
pub(super) struct Config {
    /// Whether C is built from G.
    pub(super) three_levels: bool,
    /// Whether C carries a tag.
    pub(super) tagged: bool,
    /// How many reads of C and of P the nodes X and Y do.
    pub(super) reads: [[u8; 2]; 2],
    /// What each writer does, one call after another, and on which node.
    pub(super) writers: &'static [(usize, &'static [Op])],
    /// Whether P may be cached at first: it can depend on what is forgotten
    /// without any reader of the model having loaded it.
    pub(super) warm_parent: bool,
    /// Whether the loader of P reads its own row after its child, not before.
    pub(super) child_first: bool,
    /// Whether what depends on a forgotten key is reclaimed, as members of a
    /// tag are, instead of being deleted by the script.
    pub(super) reclaimed: bool,
    /// Whether idle nodes trim their windows.
    pub(super) trims: bool,
    /// Whether P1 forgives bytes in L2 that no reader would believe.
    pub(super) dead_bytes: bool,
    /// The rules that are broken.
    pub(super) broken: &'static [Mutant],
}

impl Default for Config {
    fn default() -> Self {
        Self {
            three_levels: false,
            tagged: false,
            reads: [[0, 1], [1, 1]],
            writers: &[(X, &[Op::Forget(super::C)])],
            warm_parent: false,
            child_first: false,
            reclaimed: false,
            trims: false,
            dead_bytes: false,
            broken: &[],
        }
    }
}

/// A rule that is broken on purpose.
#[derive(Clone, Copy, PartialEq, Eq)]
pub(super) enum Mutant {
    /// P does not depend on C.
    NoDependencies,
    /// P takes its child's key and dependencies, but not its tags.
    ChildTagsLeftOut,
    /// P depends on C, but not on what C depends on.
    NotFlattened,
    /// The as-of of P is its child's, if that is older than its own flight's.
    AsOfOfChild,
    /// What depends on a key is not indexed: nobody deletes it from L2.
    NoReverseIndex,
    /// r2: a joiner takes what comes, and so does a loader that joins.
    NoJoinerCheck,
    /// r3: an entry from L2 is believed.
    NoCheckOfL2,
    /// r5: the window is not looked at before FILL.
    NoLocalCheck,
    /// r5: FILL does not look at the journal.
    NoScriptCheck,
    /// r6: whatever comes is inserted.
    NoCheckAtInsert,
    /// Apply: flights are not cancelled.
    NoCancel,
    /// Forget: the call returns before its node has applied the record.
    ReturnBeforeApply,
}
