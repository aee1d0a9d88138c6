//! What holds.

use super::{I, KEY_KEY, P, PUT_KEY, PUT_PUT, TAG, TAG_KEY, TAG_PUT, TAG_TAG, TAG_TWICE};
use super::{base, holds, mortal, tag, tag_twice};
use crate::cluster::X;
use crate::cluster::config::{Config, Index, Mutant};

#[test]
fn nobody_dies() {
    holds(base(), 57_782, 14, 1);
}

#[test]
fn anybody_may_die() {
    holds(mortal(), 96_858, 28, 2);
}

/// A plain delete harms nobody: what the comparison adds is only that nothing
/// newer goes (P4).
#[test]
fn deletes_that_compare_nothing_are_safe() {
    let config = Config {
        broken: &[Mutant::DeleteUncompared],
        progress: false,
        ..mortal()
    };
    holds(config, 96_970, 28, 2);
}

/// What a dead writer leaves is not visible to any reader.
#[test]
fn deletes_that_nobody_finishes_leave_dead_bytes() {
    let config = Config {
        writers_die: true,
        finished_by_all: false,
        dead_bytes: true,
        ..base()
    };
    holds(config, 51_470, 49, 3);
}

#[test]
#[ignore = "minutes: run with --release -- --ignored"]
fn two_readers() {
    let readers = [2, 1];
    holds(Config { readers, ..base() }, 552_242, 24, 2);
    let base = mortal();
    holds(Config { readers, ..base }, 957_433, 48, 4);
}

#[test]
#[ignore = "minutes: run with --release -- --ignored"]
fn two_writers() {
    let writers = KEY_KEY;
    holds(Config { writers, ..base() }, 6_689_148, 56, 4);
    let config = Config {
        writers,
        readers: [1, 0],
        ..mortal()
    };
    holds(config, 264_508, 56, 0);
}

#[test]
#[ignore = "minutes: run with --release -- --ignored"]
fn two_writers_on_the_other_node() {
    let config = Config {
        writers: &[(X, &[I]), (X, &[I])],
        readers: [0, 2],
        ..mortal()
    };
    holds(config, 3_531_140, 42, 0);
}

#[test]
fn trimmed_windows() {
    let trims = true;
    let base = mortal();
    holds(Config { trims, ..base }, 201_495, 240, 48);
}

#[test]
#[ignore = "minutes: run with --release -- --ignored"]
fn trimmed_windows_and_two_readers() {
    let config = Config {
        readers: [2, 1],
        trims: true,
        ..mortal()
    };
    holds(config, 2_835_606, 464, 112);
}

#[test]
#[ignore = "minutes: run with --release -- --ignored"]
fn trimmed_windows_and_two_calls() {
    let config = Config {
        writers: &[(X, &[I, I])],
        trims: true,
        ..mortal()
    };
    holds(config, 7_017_604, 2_012, 522);
}

#[test]
#[ignore = "minutes: run with --release -- --ignored"]
fn a_put() {
    let writers = &[(X, &[P] as &[_])];
    holds(Config { writers, ..base() }, 212_680, 12, 2);
}

#[test]
#[ignore = "minutes: run with --release -- --ignored"]
fn two_puts_that_race() {
    let config = Config {
        writers: PUT_PUT,
        readers: [1, 0],
        ..base()
    };
    holds(config, 833_085, 24, 1);
}

#[test]
#[ignore = "minutes: run with --release -- --ignored"]
fn a_put_and_a_forgetting_that_race() {
    let config = Config {
        writers: PUT_KEY,
        readers: [1, 0],
        ..mortal()
    };
    holds(config, 645_838, 68, 0);
    let config = Config {
        readers: [0, 1],
        trims: true,
        ..config
    };
    holds(config, 3_183_845, 3_002, 184);
}

#[test]
fn a_tag_forgotten_twice() {
    holds(tag_twice(Index::ByAsOf), 35_240, 6, 0);
}

#[test]
#[ignore = "minutes: run with --release -- --ignored"]
fn a_tag() {
    holds(tag(), 174_047, 17, 1);
    let index = Index::Renamed;
    let base = tag();
    holds(Config { index, ..base }, 208_762, 27, 2);
}

#[test]
#[ignore = "minutes: run with --release -- --ignored"]
fn a_tag_where_anybody_may_die() {
    let config = |index, readers| Config {
        tagged: true,
        writers: TAG,
        index,
        readers,
        trims: true,
        ..mortal()
    };
    holds(config(Index::ByAsOf, [1, 1]), 458_130, 344, 48);
    holds(config(Index::Renamed, [2, 1]), 6_663_547, 648, 128);
}

#[test]
#[ignore = "minutes: run with --release -- --ignored"]
fn a_tag_beside_another_call() {
    let config = |writers, readers| Config {
        tagged: true,
        writers,
        readers,
        trims: true,
        ..mortal()
    };
    holds(config(TAG_TWICE, [0, 1]), 193_685, 572, 0);
    holds(config(TAG_KEY, [1, 0]), 2_752_331, 4_288, 0);
    holds(config(TAG_PUT, [0, 1]), 8_212_216, 4_858, 0);
    holds(config(TAG_TAG, [0, 1]), 4_082_615, 3_752, 0);
}
