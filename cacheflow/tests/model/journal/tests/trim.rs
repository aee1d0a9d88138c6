//! A window that is trimmed once a tag's members are gone.

use super::{I, P, T, caught, holds};
use crate::journal::config::{Config, Mutant, Op, Tags};
use crate::journal::{X, Y};
use crate::verdict::Property::P3;

const TAG_TWICE: &[(usize, &[Op])] = &[(X, &[T, T])];
const TAG_KEY: &[(usize, &[Op])] = &[(X, &[T]), (Y, &[I])];
const TAG_PUT: &[(usize, &[Op])] = &[(X, &[T]), (Y, &[P])];

fn base() -> Config {
    Config {
        writers: &[(X, &[T])],
        tags: Tags::Constant,
        trims: true,
        ..Config::default()
    }
}

/// With one reader on each node.
fn with(writers: &'static [(usize, &'static [Op])]) -> Config {
    Config {
        writers,
        readers: [1, 1],
        ..base()
    }
}

fn broken(broken: &'static [Mutant]) -> Config {
    Config { broken, ..base() }
}

#[test]
fn one_call() {
    holds(base(), 197_758, 128, 48);
}

#[test]
#[ignore = "minutes: run with --release -- --ignored"]
fn two_calls() {
    holds(with(TAG_TWICE), 1_285_172, 565, 249);
}

#[test]
#[ignore = "minutes: run with --release -- --ignored"]
fn beside_a_forgotten_key() {
    holds(with(TAG_KEY), 1_041_965, 408, 104);
}

#[test]
#[ignore = "minutes: run with --release -- --ignored"]
fn beside_a_put() {
    holds(with(TAG_PUT), 1_652_060, 432, 112);
}

#[test]
#[ignore = "minutes: run with --release -- --ignored"]
fn two_writers_and_changing_tags() {
    let config = Config {
        tags: Tags::ByVersion,
        ..with(&[(X, &[T]), (Y, &[T])])
    };
    holds(config, 12_257_253, 3_822, 1_730);
}

#[test]
#[ignore = "minutes: run with --release -- --ignored"]
fn with_a_renamed_index() {
    let config = Config {
        renamed_index: true,
        broken: &[Mutant::ReclaimDropsKept],
        ..with(TAG_TWICE)
    };
    holds(config, 1_230_798, 565, 249);
}

#[test]
fn a_record_that_goes_before_its_reclaim_is_done_is_caught() {
    caught(broken(&[Mutant::TrimBeforeDone]), P3);
}

#[test]
fn trimming_past_a_live_flight_is_caught() {
    caught(broken(&[Mutant::TrimPastFlights]), P3);
}

#[test]
fn trimming_past_a_live_put_is_caught() {
    let config = Config {
        broken: &[Mutant::TrimPastPuts],
        ..with(TAG_PUT)
    };
    caught(config, P3);
}

#[test]
fn as_of_after_the_l2_read_is_caught() {
    caught(broken(&[Mutant::AsOfAfterGet]), P3);
}

#[test]
fn a_fill_from_below_the_window_is_caught() {
    let config = Config {
        warm: false,
        ..broken(&[Mutant::FillBelowWindow])
    };
    caught(config, P3);
}

/// Here the kept member is not only left over: readers believe it.
#[test]
#[ignore = "minutes: run with --release -- --ignored"]
fn a_reclaim_that_drops_kept_members_is_caught() {
    let config = Config {
        broken: &[Mutant::ReclaimDropsKept],
        dead_bytes: true,
        ..with(TAG_TWICE)
    };
    caught(config, P3);
}
