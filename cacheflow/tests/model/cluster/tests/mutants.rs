//! Which broken rule is caught where.

use super::{PUT_PUT, base, broken, broken_and_mortal, caught, holds, tag, tag_twice};
use crate::cluster::config::{Config, Index, Mutant};
use crate::verdict::Property::{P1, P3, P4};

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
fn delete_before_record_is_caught() {
    caught(broken(&[Mutant::DeleteThenRecord]), P1);
}

#[test]
fn the_journal_read_before_set_is_caught() {
    caught(broken(&[Mutant::JournalBeforeSet]), P1);
}

#[test]
fn a_set_without_reading_the_journal_is_caught() {
    caught(broken(&[Mutant::NoJournalCheck]), P1);
}

#[test]
fn a_set_that_is_permanent_at_once_is_caught() {
    caught(broken_and_mortal(&[Mutant::PermanentAtOnce]), P1);
}

#[test]
fn making_permanent_without_comparing_is_caught() {
    let config = Config {
        fillers_die: true,
        readers: [2, 0],
        ..broken(&[Mutant::PermanentUncompared])
    };
    caught(config, P1);
}

#[test]
fn deleting_what_somebody_else_set_is_caught() {
    caught(broken(&[Mutant::UndoneUncompared]), P4);
}

#[test]
fn a_provisional_entry_from_below_the_window_is_caught() {
    let config = Config {
        trims: true,
        ..broken_and_mortal(&[Mutant::ProvisionalBelieved])
    };
    caught(config, P3);
}

#[test]
fn a_record_forgotten_before_its_deletes_are_done_is_caught() {
    let config = Config {
        trims: true,
        ..broken(&[Mutant::TrimBeforeDone])
    };
    caught(config, P3);
}

#[test]
fn trimming_past_a_live_flight_is_caught() {
    let config = Config {
        trims: true,
        ..broken(&[Mutant::TrimPastFlights])
    };
    caught(config, P3);
}

#[test]
fn no_conflict_check_of_a_put_is_caught() {
    let config = Config {
        writers: PUT_PUT,
        readers: [0, 1],
        ..broken(&[Mutant::NoConflictCheck])
    };
    caught(config, P3);
}

#[test]
fn deletes_that_compare_nothing_are_caught() {
    caught(broken(&[Mutant::DeleteUncompared]), P4);
}

/// It is dead to every reader, but it is there.
#[test]
fn deletes_that_nobody_finishes_are_caught() {
    let config = Config {
        writers_die: true,
        finished_by_all: false,
        ..base()
    };
    caught(config, P1);
}

/// Between the record and the renaming a value may enter that is newer than
/// the record. The reclaim keeps it, but its member has left the index: the
/// next record of the tag does not find it.
#[test]
fn an_index_renamed_after_the_record_is_caught() {
    caught(tag_twice(Index::Renamed), P1);
}

/// And once that record is done and trimmed, readers believe it.
#[test]
#[ignore = "minutes: run with --release -- --ignored"]
fn an_index_renamed_after_the_record_lets_readers_see_what_is_forgotten() {
    let config = Config {
        readers: [0, 2],
        warm: false,
        trims: true,
        dead_bytes: true,
        ..tag_twice(Index::Renamed)
    };
    caught(config, P3);
    let index = Index::ByAsOf;
    holds(Config { index, ..config }, 2_163_732, 400, 0);
}

#[test]
fn an_index_whose_newer_members_are_removed_is_caught() {
    caught(tag_twice(Index::Plain), P1);
}

#[test]
fn an_index_written_after_the_value_is_caught() {
    let config = Config {
        fillers_die: true,
        broken: &[Mutant::IndexAfterValue],
        ..tag()
    };
    caught(config, P1);
}
