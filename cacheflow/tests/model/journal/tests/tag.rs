//! Forgetting a tag, with members that are reclaimed afterwards.

use super::{I, P, T, caught, holds};
use crate::journal::config::{Config, Mutant, Op, Tags};
use crate::journal::{X, Y};
use crate::verdict::Property::{P1, P3, P4};

const TAG_TWICE: &[(usize, &[Op])] = &[(X, &[T, T])];
const TAG_TAG: &[(usize, &[Op])] = &[(X, &[T]), (Y, &[T])];
const TAG_KEY: &[(usize, &[Op])] = &[(X, &[T]), (Y, &[I])];
const TAG_PUT: &[(usize, &[Op])] = &[(X, &[T]), (Y, &[P])];

fn base(tags: Tags) -> Config {
    Config {
        writers: &[(X, &[T])],
        tags,
        ..Config::default()
    }
}

/// With one reader on each node.
fn with(tags: Tags, writers: &'static [(usize, &'static [Op])]) -> Config {
    Config {
        writers,
        readers: [1, 1],
        ..base(tags)
    }
}

fn broken(broken: &'static [Mutant]) -> Config {
    let base = base(Tags::Constant);
    Config { broken, ..base }
}

#[test]
fn one_call() {
    holds(base(Tags::Constant), 81_800, 15, 2);
    holds(base(Tags::ByVersion), 124_711, 81, 27);
}

#[test]
#[ignore = "minutes: run with --release -- --ignored"]
fn two_calls() {
    holds(with(Tags::Constant, TAG_TWICE), 262_116, 9, 1);
    holds(with(Tags::ByVersion, TAG_TWICE), 287_694, 27, 6);
}

#[test]
#[ignore = "minutes: run with --release -- --ignored"]
fn two_calls_and_two_readers() {
    let readers = [2, 1];
    let constant = with(Tags::Constant, TAG_TWICE);
    holds(
        Config {
            readers,
            ..constant
        },
        3_220_836,
        15,
        2,
    );
    let changing = with(Tags::ByVersion, TAG_TWICE);
    holds(
        Config {
            readers,
            ..changing
        },
        3_628_893,
        76,
        17,
    );
}

#[test]
#[ignore = "minutes: run with --release -- --ignored"]
fn two_writers() {
    holds(with(Tags::Constant, TAG_TAG), 1_800_393, 36, 4);
    holds(with(Tags::ByVersion, TAG_TAG), 2_284_709, 78, 14);
}

#[test]
#[ignore = "minutes: run with --release -- --ignored"]
fn beside_a_forgotten_key() {
    holds(with(Tags::Constant, TAG_KEY), 467_915, 42, 4);
    holds(with(Tags::ByVersion, TAG_KEY), 651_362, 76, 9);
}

#[test]
#[ignore = "minutes: run with --release -- --ignored"]
fn beside_a_put() {
    holds(with(Tags::Constant, TAG_PUT), 669_408, 45, 5);
    holds(with(Tags::ByVersion, TAG_PUT), 985_649, 97, 16);
}

/// The other way to reclaim: the index is renamed with the record, and what is
/// popped from it leaves it, whether it is deleted or kept.
#[test]
#[ignore = "minutes: run with --release -- --ignored"]
fn with_a_renamed_index() {
    let renamed = |writers| Config {
        renamed_index: true,
        broken: &[Mutant::ReclaimDropsKept],
        ..with(Tags::Constant, writers)
    };
    holds(renamed(TAG_TWICE), 236_037, 9, 1);
    holds(renamed(TAG_TAG), 1_619_801, 36, 4);
}

/// A joiner cannot tell what the value will be tagged with.
#[test]
fn joiners_without_the_check_are_caught() {
    let broken = &[Mutant::NoJoinerCheck];
    for tags in [Tags::Constant, Tags::ByVersion] {
        let base = base(tags);
        caught(Config { broken, ..base }, P3);
    }
}

#[test]
fn no_check_of_l2_is_caught() {
    caught(broken(&[Mutant::NoCheckOfL2]), P3);
}

#[test]
fn no_check_at_insert_is_caught() {
    caught(broken(&[Mutant::NoCheckAtInsert]), P3);
}

#[test]
fn no_local_check_of_a_fill_is_caught() {
    caught(broken(&[Mutant::NoLocalCheck]), P1);
}

#[test]
fn no_script_check_of_a_fill_is_caught() {
    caught(broken(&[Mutant::NoScriptCheck]), P1);
}

#[test]
fn as_of_after_the_load_is_caught() {
    caught(broken(&[Mutant::AsOfAfterLoad]), P3);
}

#[test]
fn a_reclaim_that_compares_nothing_is_caught() {
    caught(broken(&[Mutant::ReclaimUncompared]), P4);
}

/// Two calls of one writer on one node, and one reader on each.
#[test]
#[ignore = "minutes: run with --release -- --ignored"]
fn a_reclaim_that_drops_kept_members_is_caught() {
    let writers = TAG_TWICE;
    let config = Config {
        readers: [1, 1],
        ..broken(&[Mutant::ReclaimDropsKept])
    };
    caught(Config { writers, ..config }, P1);
}

/// The same with a single reader and nothing cached at first.
#[test]
fn a_reclaim_that_drops_kept_members_is_caught_by_one_reader() {
    let config = Config {
        writers: TAG_TWICE,
        readers: [0, 1],
        ..broken(&[Mutant::ReclaimDropsKept])
    };
    caught(config, P1);
}

#[test]
fn no_reclaim_is_caught() {
    caught(broken(&[Mutant::NoReclaim]), P1);
}

#[test]
fn a_put_that_conflicts_with_its_key_only_is_caught() {
    let broken = &[Mutant::ConflictByKeyOnly];
    for tags in [Tags::Constant, Tags::ByVersion] {
        let base = with(tags, TAG_PUT);
        caught(Config { broken, ..base }, P3);
    }
}
