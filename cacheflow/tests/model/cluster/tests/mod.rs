//! What holds, and which broken rule is caught where.

mod mutants;
mod protocol;

use super::config::{Config, Index, Mutant, Op};
use super::{Protocol, X, Y};
use crate::verdict::{self, Property, Size};

const I: Op = Op::Forget;
const T: Op = Op::ForgetTag;
const P: Op = Op::Put;

const KEY_KEY: &[(usize, &[Op])] = &[(X, &[I]), (Y, &[I])];
const PUT_PUT: &[(usize, &[Op])] = &[(X, &[P]), (Y, &[P])];
const PUT_KEY: &[(usize, &[Op])] = &[(X, &[P]), (Y, &[I])];
const TAG: &[(usize, &[Op])] = &[(X, &[T])];
const TAG_TWICE: &[(usize, &[Op])] = &[(X, &[T, T])];
const TAG_TAG: &[(usize, &[Op])] = &[(X, &[T]), (Y, &[T])];
const TAG_PUT: &[(usize, &[Op])] = &[(X, &[T]), (Y, &[P])];
const TAG_KEY: &[(usize, &[Op])] = &[(X, &[T]), (Y, &[I])];

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

/// One call of one writer, one reader on each node.
fn base() -> Config {
    Config::default()
}

/// Where anybody may die.
fn mortal() -> Config {
    Config {
        writers_die: true,
        fillers_die: true,
        ..base()
    }
}

fn broken(broken: &'static [Mutant]) -> Config {
    Config { broken, ..base() }
}

fn broken_and_mortal(broken: &'static [Mutant]) -> Config {
    Config { broken, ..mortal() }
}

fn tag() -> Config {
    Config {
        tagged: true,
        writers: TAG,
        ..base()
    }
}

/// Two calls, one reader on the other node.
fn tag_twice(index: Index) -> Config {
    Config {
        index,
        writers: TAG_TWICE,
        readers: [0, 1],
        ..tag()
    }
}
