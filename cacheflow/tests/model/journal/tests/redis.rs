//! An index that Redis evicts, and reads from a replica that lags.
//!
//! In both cases the members of a tag can outlive its `done`: where that can
//! be, windows must keep tag records for the longest lifetime of an entry,
//! which is to say that these models never trim.

use super::{I, P, T, caught, holds};
use crate::journal::config::{Config, Mutant, Op, Tags};
use crate::journal::{X, Y};
use crate::verdict::Property::P3;

fn evicted_index() -> Config {
    Config {
        writers: &[(X, &[T])],
        tags: Tags::Constant,
        index_evicted: true,
        dead_bytes: true,
        progress: false,
        ..Config::default()
    }
}

fn replica(writers: &'static [(usize, &'static [Op])]) -> Config {
    Config {
        writers,
        readers: [1, 1],
        lagging_replica: true,
        progress: false,
        ..Config::default()
    }
}

#[test]
fn an_evicted_index() {
    holds(evicted_index(), 162_806, 35, 4);
}

#[test]
fn a_lagging_replica() {
    let readers = [2, 1];
    let base = replica(&[(X, &[I])]);
    holds(Config { readers, ..base }, 42_679, 50, 7);
}

#[test]
#[ignore = "minutes: run with --release -- --ignored"]
fn a_lagging_replica_and_two_writers() {
    holds(replica(&[(X, &[I]), (Y, &[I])]), 216_396, 162, 12);
    holds(replica(&[(X, &[P]), (Y, &[I])]), 410_320, 188, 20);
}

#[test]
#[ignore = "minutes: run with --release -- --ignored"]
fn a_lagging_replica_and_a_tag() {
    let tags = Tags::Constant;
    let base = replica(&[(X, &[T, T])]);
    holds(Config { tags, ..base }, 523_896, 38, 3);
}

#[test]
fn trimming_by_done_with_an_evicted_index_is_caught() {
    let trims = true;
    let base = evicted_index();
    caught(Config { trims, ..base }, P3);
}

#[test]
fn trimming_by_done_with_a_lagging_replica_is_caught() {
    let config = Config {
        tags: Tags::Constant,
        trims: true,
        ..replica(&[(X, &[T])])
    };
    caught(config, P3);
}

#[test]
fn no_check_of_l2_with_a_lagging_replica_is_caught() {
    let config = Config {
        broken: &[Mutant::NoCheckOfL2],
        readers: [2, 1],
        ..replica(&[(X, &[I])])
    };
    caught(config, P3);
}
