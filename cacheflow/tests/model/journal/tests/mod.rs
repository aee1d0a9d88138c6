//! What holds, and which broken rule is caught where.

mod gap;
mod key;
mod put;
mod redis;
mod tag;
mod trim;

use super::Protocol;
use super::config::{Config, Op};
use crate::verdict::{self, Property, Size};

const I: Op = Op::Forget;
const T: Op = Op::ForgetTag;
const P: Op = Op::Put;

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
