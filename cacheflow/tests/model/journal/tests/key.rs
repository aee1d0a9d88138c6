//! Forgetting a key.

use super::{I, caught, holds};
use crate::journal::config::{Config, Mutant};
use crate::journal::{X, Y};
use crate::verdict::Property::{P1, P2, P3};

fn base() -> Config {
    Config::default()
}

fn broken(broken: &'static [Mutant]) -> Config {
    Config { broken, ..base() }
}

#[test]
fn one_call() {
    holds(base(), 16_248, 15, 2);
}

#[test]
fn two_calls_of_one_writer() {
    let writers = &[(X, &[I, I] as &[_])];
    holds(Config { writers, ..base() }, 151_286, 15, 2);
}

#[test]
#[ignore = "minutes: run with --release -- --ignored"]
fn two_writers() {
    let writers = &[(X, &[I] as &[_]), (Y, &[I])];
    holds(Config { writers, ..base() }, 771_086, 60, 8);
}

#[test]
#[ignore = "minutes: run with --release -- --ignored"]
fn two_writers_and_two_readers_each() {
    let writers = &[(X, &[I] as &[_]), (Y, &[I])];
    let config = Config {
        writers,
        readers: [2, 2],
        ..base()
    };
    holds(config, 7_331_555, 100, 16);
}

#[test]
#[ignore = "minutes: run with --release -- --ignored"]
fn three_calls_of_two_writers() {
    let writers = &[(X, &[I, I] as &[_]), (Y, &[I])];
    let config = Config {
        writers,
        readers: [1, 1],
        ..base()
    };
    holds(config, 547_154, 72, 8);
}

#[test]
fn two_readers_each() {
    let readers = [2, 2];
    holds(Config { readers, ..base() }, 71_274, 25, 4);
}

#[test]
fn three_readers_of_the_forgetting_node() {
    let readers = [3, 0];
    holds(Config { readers, ..base() }, 3_718, 7, 0);
}

#[test]
fn a_value_that_may_expire_in_l2() {
    let expiries = 1;
    holds(Config { expiries, ..base() }, 39_670, 39, 4);
}

#[test]
fn as_of_after_the_load_is_caught() {
    caught(broken(&[Mutant::AsOfAfterLoad]), P3);
}

/// As long as the value goes with the record, an as-of taken between the GET
/// and the load does no harm: a GET that found nothing promises nothing.
/// Where members stay for a while it does: see `trim`.
#[test]
fn as_of_after_the_l2_read_does_no_harm_to_keys() {
    holds(broken(&[Mutant::AsOfAfterGet]), 36_886, 15, 2);
}

#[test]
fn no_check_at_insert_is_caught() {
    caught(broken(&[Mutant::NoCheckAtInsert]), P3);
}

#[test]
fn an_insert_that_is_not_atomic_is_caught() {
    caught(broken(&[Mutant::InsertNotAtomic]), P3);
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
fn p1_after_the_local_check_is_caught() {
    caught(broken(&[Mutant::P1AfterLocalCheck]), P1);
}

/// The record is published, the value is still there: the check at r3 covers
/// the time between.
#[test]
fn record_before_delete_is_covered_by_the_check_of_l2() {
    holds(broken(&[Mutant::RecordThenDelete]), 30_550, 24, 2);
}

#[test]
fn record_before_delete_without_the_check_of_l2_is_caught() {
    let both = &[Mutant::RecordThenDelete, Mutant::NoCheckOfL2];
    caught(broken(both), P3);
}

#[test]
fn delete_before_record_is_caught() {
    caught(broken(&[Mutant::DeleteThenRecord]), P1);
}

#[test]
fn forgetting_before_the_commit_is_caught() {
    caught(broken(&[Mutant::ForgetBeforeCommit]), P1);
}

#[test]
fn joining_cancelled_flights_is_caught() {
    let both = &[Mutant::JoinsCancelled, Mutant::NoJoinerCheck];
    caught(broken(both), P3);
}

/// For keys, either protection of joiners is enough.
#[test]
fn joining_cancelled_flights_is_covered_by_the_joiners_check() {
    holds(broken(&[Mutant::JoinsCancelled]), 10_134, 15, 2);
}

#[test]
fn a_return_before_the_local_apply_is_caught() {
    caught(broken(&[Mutant::ReturnBeforeApply]), P2);
}

#[test]
fn an_own_record_applied_out_of_order_is_caught() {
    let config = Config {
        writers: &[(X, &[I]), (Y, &[I])],
        ..broken(&[Mutant::OwnRecordFirst])
    };
    caught(config, P2);
}

#[test]
fn applying_in_two_steps_is_caught() {
    caught(broken(&[Mutant::ApplyNotAtomic]), P3);
}

#[test]
fn a_record_that_is_lost_unnoticed_is_caught() {
    caught(broken(&[Mutant::RecordLost]), P3);
}
