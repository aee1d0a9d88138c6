//! Write-through.

use super::{I, P, caught, holds};
use crate::journal::config::{Config, Mutant, Op};
use crate::journal::{X, Y};
use crate::verdict::Property::{P2, P3, P4};

const PUT_PUT: &[(usize, &[Op])] = &[(X, &[P]), (Y, &[P])];
const PUT_FORGET: &[(usize, &[Op])] = &[(X, &[P]), (Y, &[I])];

fn with(writers: &'static [(usize, &'static [Op])]) -> Config {
    Config {
        writers,
        readers: [1, 1],
        ..Config::default()
    }
}

fn broken(broken: &'static [Mutant]) -> Config {
    let base = with(PUT_PUT);
    Config { broken, ..base }
}

#[test]
fn one_put() {
    holds(with(&[(X, &[P])]), 4_173, 6, 2);
}

#[test]
fn two_puts_of_one_writer() {
    holds(with(&[(X, &[P, P])]), 15_547, 6, 2);
}

#[test]
fn two_puts_that_race() {
    holds(with(PUT_PUT), 166_068, 42, 6);
}

#[test]
fn a_put_and_a_forgetting_that_race() {
    holds(with(PUT_FORGET), 131_453, 39, 5);
}

#[test]
fn two_puts_that_race_on_one_node() {
    holds(with(&[(X, &[P]), (X, &[P])]), 175_573, 21, 3);
}

#[test]
#[ignore = "minutes: run with --release -- --ignored"]
fn a_put_and_a_forgetting_beside_a_put() {
    holds(with(&[(X, &[P, I]), (Y, &[P])]), 826_037, 75, 9);
}

#[test]
#[ignore = "minutes: run with --release -- --ignored"]
fn two_puts_that_race_and_two_readers() {
    let readers = [2, 1];
    let base = with(PUT_PUT);
    holds(Config { readers, ..base }, 1_152_803, 68, 11);
}

#[test]
#[ignore = "minutes: run with --release -- --ignored"]
fn two_puts_and_a_forgetting_that_race() {
    let config = Config {
        readers: [0, 1],
        ..with(&[(X, &[P]), (Y, &[P]), (X, &[I])])
    };
    holds(config, 284_060, 124, 4);
}

#[test]
fn no_conflict_check_is_caught() {
    caught(broken(&[Mutant::NoConflictCheck]), P3);
    let writers = PUT_FORGET;
    let base = broken(&[Mutant::NoConflictCheck]);
    caught(Config { writers, ..base }, P3);
}

#[test]
fn no_local_half_of_the_conflict_check_is_caught() {
    caught(broken(&[Mutant::NoLocalConflictCheck]), P3);
}

#[test]
fn no_script_half_of_the_conflict_check_is_caught() {
    caught(broken(&[Mutant::NoScriptConflictCheck]), P3);
}

#[test]
fn as_of_after_the_commit_is_caught() {
    caught(broken(&[Mutant::PutAsOfAfterCommit]), P3);
}

#[test]
fn an_entry_stored_with_the_old_as_of_is_caught() {
    caught(broken(&[Mutant::PutStoredWithOldAsOf]), P4);
}

#[test]
fn an_unchecked_insert_is_caught() {
    caught(broken(&[Mutant::PutInsertUnchecked]), P3);
}

#[test]
fn a_value_kept_in_l1_on_conflict_is_caught() {
    caught(broken(&[Mutant::PutKeptOnConflict]), P3);
}

#[test]
fn a_return_before_the_local_apply_is_caught() {
    caught(broken(&[Mutant::ReturnBeforeApply]), P2);
}
