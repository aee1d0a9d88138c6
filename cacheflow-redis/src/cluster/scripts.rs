//! The scripts of a cluster, of one key each but for those of the journal.

use std::sync::LazyLock;

use redis::Script;

macro_rules! script {
    ($name:ident, $($file:literal),+) => {
        pub(super) static $name: LazyLock<Script> =
            LazyLock::new(|| Script::new(concat!($(include_str!($file)),+)));
    };
}

script!(INDEX, "../scripts/cluster_index.lua");
script!(UNINDEX, "../scripts/cluster_unindex.lua");
script!(SET, "../scripts/cluster_set.lua");
script!(CONFIRM, "../scripts/cluster_confirm.lua");
script!(UNDO, "../scripts/cluster_undo.lua");
script!(REMOVE_OLDER, "../scripts/cluster_remove_older.lua");
script!(DISCARD, "../scripts/cluster_discard.lua");
script!(SHARD, "../scripts/cluster_shard.lua");
script!(
    PUT,
    "../scripts/journal.lua",
    "../scripts/glob.lua",
    "../scripts/marks.lua",
    "../scripts/cluster_put.lua"
);
