//! What holds, and which broken rule is caught where.

use super::config::{Config, Mutant, Op, Reached};
use super::{Protocol, X, Y};
use crate::verdict::Property::{self, P1, P2, P3};
use crate::verdict::{self, Size};

const I: Op = Op::Forget;
const U: Op = Op::ForgetOther;

const OTHER_AND_KEY: &[(usize, &[Op])] = &[(X, &[U]), (Y, &[I])];

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

fn reaching(unnoticed: Reached) -> Config {
    Config {
        unnoticed,
        ..base()
    }
}

fn broken(broken: &'static [Mutant]) -> Config {
    Config { broken, ..base() }
}

#[test]
fn the_old_primary_is_dead() {
    holds(reaching(Reached::Nobody), 84_838, 103, 5);
}

#[test]
fn the_old_primary_lives_on() {
    holds(reaching(Reached::Old), 83_339, 103, 5);
}

#[test]
fn the_new_primary_is_reached_unnoticed() {
    holds(reaching(Reached::New), 88_068, 103, 5);
}

#[test]
#[ignore = "minutes: run with --release -- --ignored"]
fn two_calls() {
    let with = |unnoticed| Config {
        writers: &[(X, &[I, I])],
        ..reaching(unnoticed)
    };
    holds(with(Reached::Nobody), 1_772_161, 292, 16);
    holds(with(Reached::Old), 1_788_422, 295, 16);
    holds(with(Reached::New), 1_953_834, 292, 16);
}

#[test]
#[ignore = "minutes: run with --release -- --ignored"]
fn beside_another_key() {
    let with = |unnoticed| Config {
        writers: OTHER_AND_KEY,
        ..reaching(unnoticed)
    };
    holds(with(Reached::Nobody), 2_052_295, 573, 48);
    holds(with(Reached::Old), 2_018_117, 573, 48);
    holds(with(Reached::New), 2_104_209, 573, 48);
}

#[test]
#[ignore = "minutes: run with --release -- --ignored"]
fn two_readers() {
    let with = |unnoticed| Config {
        readers: [2, 1],
        ..reaching(unnoticed)
    };
    holds(with(Reached::Nobody), 715_096, 187, 14);
    holds(with(Reached::Old), 697_835, 187, 14);
    holds(with(Reached::New), 771_627, 187, 14);
}

#[test]
#[ignore = "minutes: run with --release -- --ignored"]
fn two_writers() {
    let with = |unnoticed| Config {
        writers: &[(X, &[I]), (Y, &[I])],
        ..reaching(unnoticed)
    };
    holds(with(Reached::Nobody), 12_862_923, 1_266, 76);
    holds(with(Reached::Old), 12_936_435, 1_266, 76);
}

#[test]
fn no_replay_is_caught() {
    caught(broken(&[Mutant::NoReplay]), P1);
}

#[test]
fn a_replay_of_own_records_only_is_caught() {
    caught(broken(&[Mutant::OwnRecordsOnly]), P3);
}

#[test]
fn reads_before_the_replay_are_caught() {
    caught(broken(&[Mutant::ReadsBeforeReplay]), P3);
}

#[test]
fn no_flush_is_caught() {
    caught(broken(&[Mutant::NoFlush]), P3);
}

#[test]
#[ignore = "minutes: run with --release -- --ignored"]
fn flights_that_survive_the_epoch_are_caught() {
    let writers = OTHER_AND_KEY;
    let base = broken(&[Mutant::InsertAcrossEpochs]);
    caught(Config { writers, ..base }, P3);
}

#[test]
#[ignore = "minutes: run with --release -- --ignored"]
fn fills_with_the_old_incarnation_are_caught() {
    for unnoticed in [Reached::Nobody, Reached::Old, Reached::New] {
        let config = Config {
            writers: OTHER_AND_KEY,
            unnoticed,
            ..broken(&[Mutant::FillAcrossIncarnations])
        };
        caught(config, P1);
    }
}

#[test]
fn answers_without_the_incarnation_are_caught() {
    let config = Config {
        writers: &[(X, &[U]), (X, &[I])],
        unnoticed: Reached::New,
        ..broken(&[Mutant::AnswerWithoutIncarnation])
    };
    caught(config, P2);
}

/// Numbers without gaps are not enough: two journals have the same.
#[test]
fn a_failover_that_nothing_shows_is_caught() {
    let config = Config {
        writers: OTHER_AND_KEY,
        unnoticed: Reached::New,
        ..broken(&[
            Mutant::RecordWithoutIncarnation,
            Mutant::AnswerWithoutIncarnation,
            Mutant::RunIdIgnored,
        ])
    };
    caught(config, P2);
}
