//! A node that loses its place, and a journal that Redis trims.

use super::{I, P, T, caught, holds};
use crate::journal::config::{Config, Mutant, Op, Tags};
use crate::journal::{X, Y};
use crate::verdict::Property::P3;

const KEY_KEY: &[(usize, &[Op])] = &[(X, &[I]), (Y, &[I])];
const PUT_KEY: &[(usize, &[Op])] = &[(X, &[P]), (Y, &[I])];

/// One gap on each node, and one reader. A gap refuses more than it must: P4
/// is not asked.
fn with(writers: &'static [(usize, &'static [Op])]) -> Config {
    Config {
        writers,
        readers: [1, 1],
        gaps: 1,
        progress: false,
        ..Config::default()
    }
}

fn tag() -> Config {
    Config {
        readers: [2, 1],
        tags: Tags::Constant,
        trims: true,
        ..with(&[(X, &[T])])
    }
}

fn trimmed_by_redis() -> Config {
    Config {
        gaps: 0,
        redis_trims: true,
        ..with(KEY_KEY)
    }
}

#[test]
fn two_calls() {
    holds(with(&[(X, &[I, I])]), 180_360, 159, 16);
}

#[test]
#[ignore = "minutes: run with --release -- --ignored"]
fn a_tag() {
    holds(tag(), 3_112_019, 910, 269);
}

#[test]
#[ignore = "minutes: run with --release -- --ignored"]
fn a_put_and_a_forgetting_that_race() {
    holds(with(PUT_KEY), 2_186_201, 693, 76);
}

#[test]
#[ignore = "minutes: run with --release -- --ignored"]
fn a_journal_that_redis_trims() {
    holds(trimmed_by_redis(), 780_189, 684, 76);
}

#[test]
fn a_gap_that_believes_l2_with_an_empty_window_is_caught() {
    let broken = &[Mutant::GapForgetsOpen];
    let base = tag();
    caught(Config { broken, ..base }, P3);
}

#[test]
fn a_gap_that_spares_a_live_put_is_caught() {
    let broken = &[Mutant::GapSparesPuts];
    let base = with(PUT_KEY);
    caught(Config { broken, ..base }, P3);
}

#[test]
fn a_fill_that_the_journal_no_longer_reaches_is_caught() {
    let broken = &[Mutant::FillBelowJournal];
    let base = trimmed_by_redis();
    caught(Config { broken, ..base }, P3);
}
