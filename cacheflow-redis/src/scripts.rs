//! The scripts, one file for each step, with the parts that they share before
//! them.

use std::sync::LazyLock;

use redis::Script;

/// All scripts. Those of the first group need nothing but the journal's keys; the
/// others find values and indexes on the same server.
pub(crate) struct Scripts {
    pub(crate) adopt: Script,
    pub(crate) heartbeat: Script,
    pub(crate) nodes: Script,
    /// Whether a fill would be kept; for values that lie elsewhere.
    #[allow(dead_code, reason = "what a cluster's store is built on")]
    pub(crate) check: Script,
    /// Appends a record; for values that lie elsewhere.
    #[allow(dead_code, reason = "what a cluster's store is built on")]
    pub(crate) record: Script,
    pub(crate) done: Script,

    pub(crate) fill: Script,
    pub(crate) put: Script,
    pub(crate) forget: Script,
    pub(crate) reclaim: Script,
    pub(crate) sweep: Script,
    pub(crate) discard: Script,
}

macro_rules! script {
    ($($file:literal),*) => {
        Script::new(concat!($(include_str!($file)),*))
    };
}

/// A script about one key, which is the same in a cluster.
macro_rules! of_one_key {
    ($name:ident, $($file:literal),*) => {
        pub(crate) static $name: LazyLock<Script> = LazyLock::new(|| script!($($file),*));
    };
}

of_one_key!(TOUCH, "scripts/touch.lua");
of_one_key!(LOCK_ACQUIRE, "scripts/lock.lua", "scripts/lock_acquire.lua");
of_one_key!(LOCK_RENEW, "scripts/lock.lua", "scripts/lock_renew.lua");
of_one_key!(LOCK_RELEASE, "scripts/lock.lua", "scripts/lock_release.lua");

/// A script that needs the journal alone.
macro_rules! with_journal {
    ($file:literal) => {
        script!("scripts/journal.lua", $file)
    };
}

/// A script that compares entries with records.
macro_rules! with_marks {
    ($file:literal) => {
        script!(
            "scripts/journal.lua",
            "scripts/glob.lua",
            "scripts/marks.lua",
            $file
        )
    };
}

/// A script that writes or removes values. Of what they share, each gets no more than it
/// needs: the server makes all of it anew for every call.
macro_rules! with_values {
    ($($part:literal),*) => {
        script!("scripts/journal.lua", $($part),*)
    };
}

impl Scripts {
    pub(crate) fn new() -> Self {
        Self {
            adopt: with_journal!("scripts/adopt.lua"),
            heartbeat: with_journal!("scripts/heartbeat.lua"),
            nodes: with_journal!("scripts/nodes.lua"),
            check: with_marks!("scripts/check.lua"),
            record: with_journal!("scripts/record.lua"),
            done: with_journal!("scripts/done.lua"),
            fill: with_values!(
                "scripts/glob.lua",
                "scripts/marks.lua",
                "scripts/index.lua",
                "scripts/keep.lua",
                "scripts/fill.lua"
            ),
            put: with_values!(
                "scripts/glob.lua",
                "scripts/marks.lua",
                "scripts/index.lua",
                "scripts/keep.lua",
                "scripts/closure.lua",
                "scripts/put.lua"
            ),
            forget: with_values!(
                "scripts/index.lua",
                "scripts/closure.lua",
                "scripts/forget.lua"
            ),
            reclaim: with_values!(
                "scripts/glob.lua",
                "scripts/marks.lua",
                "scripts/index.lua",
                "scripts/older.lua",
                "scripts/reclaim.lua"
            ),
            sweep: with_values!(
                "scripts/glob.lua",
                "scripts/marks.lua",
                "scripts/index.lua",
                "scripts/older.lua",
                "scripts/sweep.lua"
            ),
            discard: with_values!("scripts/index.lua", "scripts/discard.lua"),
        }
    }
}
