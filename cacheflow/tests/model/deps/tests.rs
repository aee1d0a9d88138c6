//! What holds, and which broken rule is caught where.

use super::config::{Config, Mutant, Op};
use super::state::{C, G, P};
use super::{Protocol, X, Y};
use crate::verdict::Property::{self, P1, P2, P3, P4};
use crate::verdict::{self, Size};

const CHILD_CHILD: &[(usize, &[Op])] = &[(X, &[Op::Forget(C)]), (Y, &[Op::Forget(C)])];
const CHILD_PARENT: &[(usize, &[Op])] = &[(X, &[Op::Forget(C)]), (Y, &[Op::Forget(P)])];
const TAG: &[(usize, &[Op])] = &[(X, &[Op::ForgetTag])];
const GRANDCHILD: &[(usize, &[Op])] = &[(X, &[Op::Forget(G)])];

#[track_caller]
fn holds(config: Config, states: usize, quiescent: usize, cached: usize) {
    let size = Size {
        states,
        quiescent,
        cached,
    };
    verdict::holds(&Protocol(config), size);
}

#[track_caller]
fn caught(config: Config, property: Property) {
    verdict::caught(&Protocol(config), property);
}

fn base() -> Config {
    Config::default()
}

/// With the parent read once on each node, and no other reads of the child.
fn with(writers: &'static [(usize, &'static [Op])]) -> Config {
    Config {
        writers,
        reads: [[0, 1], [0, 1]],
        ..base()
    }
}

fn broken(broken: &'static [Mutant]) -> Config {
    Config { broken, ..base() }
}

fn warm() -> Config {
    Config {
        warm_parent: true,
        ..base()
    }
}

fn tagged() -> Config {
    Config {
        tagged: true,
        writers: TAG,
        ..base()
    }
}

fn three_levels() -> Config {
    Config {
        three_levels: true,
        writers: GRANDCHILD,
        reads: [[0, 1], [0, 0]],
        ..base()
    }
}

#[test]
#[ignore = "minutes: run with --release -- --ignored"]
fn a_forgotten_child() {
    holds(base(), 429_005, 67, 13);
}

#[test]
fn a_forgotten_child_and_two_readers_of_the_parent() {
    let reads = [[1, 2], [0, 0]];
    holds(Config { reads, ..base() }, 134_720, 32, 4);
}

#[test]
fn a_forgotten_child_and_readers_on_the_other_node() {
    let reads = [[0, 0], [1, 2]];
    holds(Config { reads, ..base() }, 63_388, 32, 0);
}

#[test]
fn a_child_forgotten_twice() {
    holds(
        with(&[(X, &[Op::Forget(C), Op::Forget(C)])]),
        205_285,
        30,
        6,
    );
}

#[test]
#[ignore = "minutes: run with --release -- --ignored"]
fn a_child_forgotten_by_both_nodes() {
    holds(with(CHILD_CHILD), 1_252_682, 120, 24);
}

#[test]
#[ignore = "minutes: run with --release -- --ignored"]
fn a_child_and_its_parent_forgotten() {
    holds(with(CHILD_PARENT), 1_329_842, 80, 15);
}

#[test]
#[ignore = "minutes: run with --release -- --ignored"]
fn a_loader_that_reads_the_child_before_its_own_row() {
    let child_first = true;
    let base = with(CHILD_PARENT);
    holds(
        Config {
            child_first,
            ..base
        },
        828_141,
        80,
        15,
    );
}

#[test]
#[ignore = "minutes: run with --release -- --ignored"]
fn a_child_put_and_forgotten() {
    holds(
        with(&[(X, &[Op::Put]), (Y, &[Op::Forget(C)])]),
        1_347_242,
        113,
        24,
    );
}

#[test]
#[ignore = "minutes: run with --release -- --ignored"]
fn a_parent_that_is_cached_at_first() {
    holds(warm(), 858_530, 77, 13);
}

#[test]
#[ignore = "minutes: run with --release -- --ignored"]
fn dependants_that_are_reclaimed() {
    let reclaimed = true;
    let base = warm();
    holds(Config { reclaimed, ..base }, 1_535_724, 77, 13);
}

/// Without the index the bytes stay, but no reader believes them.
#[test]
#[ignore = "minutes: run with --release -- --ignored"]
fn dependants_that_nobody_deletes_are_dead() {
    let config = Config {
        broken: &[Mutant::NoReverseIndex],
        dead_bytes: true,
        ..warm()
    };
    holds(config, 670_540, 90, 13);
}

#[test]
fn dependants_that_nobody_deletes_are_caught() {
    let broken = &[Mutant::NoReverseIndex];
    let base = warm();
    caught(Config { broken, ..base }, P1);
}

#[test]
fn no_dependencies_are_caught() {
    caught(broken(&[Mutant::NoDependencies]), P3);
}

#[test]
fn joiners_without_the_check_are_caught() {
    let config = Config {
        reads: [[1, 2], [0, 0]],
        ..broken(&[Mutant::NoJoinerCheck])
    };
    caught(config, P3);
}

#[test]
fn a_loader_that_joins_a_flight_without_the_check_is_caught() {
    let config = Config {
        reads: [[0, 0], [1, 1]],
        ..broken(&[Mutant::NoJoinerCheck, Mutant::NoCancel])
    };
    caught(config, P3);
}

#[test]
fn no_check_of_l2_is_caught() {
    let config = Config {
        broken: &[Mutant::NoCheckOfL2],
        reclaimed: true,
        ..warm()
    };
    caught(config, P3);
}

#[test]
fn no_check_at_insert_is_caught() {
    caught(broken(&[Mutant::NoCheckAtInsert]), P3);
}

#[test]
fn no_script_check_of_a_fill_is_caught() {
    caught(broken(&[Mutant::NoScriptCheck]), P1);
}

#[test]
fn no_local_check_of_a_fill_is_caught() {
    caught(broken(&[Mutant::NoLocalCheck]), P1);
}

#[test]
fn a_return_before_the_local_apply_is_caught() {
    caught(broken(&[Mutant::ReturnBeforeApply]), P2);
}

#[test]
#[ignore = "minutes: run with --release -- --ignored"]
fn the_tag_of_a_child() {
    holds(tagged(), 969_199, 67, 13);
}

#[test]
fn the_tag_of_a_child_and_two_readers_of_the_parent() {
    let reads = [[1, 2], [0, 0]];
    let base = tagged();
    holds(Config { reads, ..base }, 289_793, 32, 4);
}

#[test]
#[ignore = "minutes: run with --release -- --ignored"]
fn the_tag_of_a_child_and_the_child() {
    let config = Config {
        tagged: true,
        ..with(&[(X, &[Op::ForgetTag]), (Y, &[Op::Forget(C)])])
    };
    holds(config, 2_615_162, 120, 24);
}

#[test]
fn a_parent_that_leaves_out_its_childs_tags_is_caught() {
    let broken = &[Mutant::ChildTagsLeftOut];
    let base = tagged();
    caught(Config { broken, ..base }, P3);
}

#[test]
fn three_levels_and_one_reader() {
    holds(three_levels(), 2_044, 13, 1);
}

#[test]
fn three_levels_and_a_reader_on_each_node() {
    let reads = [[0, 1], [0, 1]];
    let base = three_levels();
    holds(Config { reads, ..base }, 98_058, 66, 11);
}

#[test]
fn three_levels_forgotten_on_the_other_node() {
    let config = Config {
        reads: [[1, 1], [0, 0]],
        writers: &[(Y, &[Op::Forget(G)])],
        ..three_levels()
    };
    holds(config, 42_246, 35, 2);
}

#[test]
fn three_levels_and_two_writers() {
    let writers = &[(X, &[Op::Forget(G)] as &[_]), (Y, &[Op::Forget(C)])];
    let base = three_levels();
    holds(Config { writers, ..base }, 33_293, 29, 2);
}

#[test]
fn dependencies_that_are_not_flattened_are_caught() {
    let broken = &[Mutant::NotFlattened];
    let base = three_levels();
    caught(Config { broken, ..base }, P3);
}

#[test]
fn a_trimmed_window() {
    let trims = true;
    let base = with(&[(X, &[Op::Forget(P)])]);
    holds(Config { trims, ..base }, 68_058, 336, 104);
}

/// A child may be older than anything the window still has: a parent that took
/// its child's as-of could never be stored.
#[test]
fn a_parent_with_its_childs_as_of_is_caught() {
    let config = Config {
        trims: true,
        broken: &[Mutant::AsOfOfChild],
        ..with(&[(X, &[Op::Forget(P)])])
    };
    caught(config, P4);
    let broken = &[Mutant::AsOfOfChild];
    let base = with(CHILD_PARENT);
    caught(Config { broken, ..base }, P4);
}
