//! The scripts, one file each, with the part that they share before them.

use redis::Script;

/// All scripts.
pub(crate) struct Scripts {
    pub(crate) adopt: Script,
    pub(crate) fill: Script,
    pub(crate) put: Script,
    pub(crate) forget: Script,
    pub(crate) discard: Script,
    pub(crate) heartbeat: Script,
}

macro_rules! with_journal {
    ($file:literal) => {
        Script::new(concat!(
            include_str!("scripts/journal.lua"),
            include_str!($file)
        ))
    };
}

impl Scripts {
    pub(crate) fn new() -> Self {
        Self {
            adopt: Script::new(include_str!("scripts/adopt.lua")),
            fill: with_journal!("scripts/fill.lua"),
            put: with_journal!("scripts/put.lua"),
            forget: with_journal!("scripts/forget.lua"),
            discard: Script::new(include_str!("scripts/discard.lua")),
            heartbeat: Script::new(include_str!("scripts/heartbeat.lua")),
        }
    }
}
