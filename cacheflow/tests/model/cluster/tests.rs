//! What holds, and which broken rule is caught where.

use super::config::{Config, Index, Mutant, Op};
use super::{Protocol, X, Y};
use crate::verdict::Property::{self, P1, P3, P4};
use crate::verdict::{self, Size};

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

/// A plain delete: what the comparison adds is only that nothing newer goes.
fn plain(config: Config) -> Config {
    Config {
        broken: &[Mutant::DeleteUncompared],
        progress: false,
        ..config
    }
}

#[test]
fn probe() {
    let p = |name: &str, c: Config| {
        let t0 = std::time::Instant::now();
        let o = crate::explorer::explore(&Protocol(c));
        println!(
            "{name}: {:?} {:?} {}",
            o.size(),
            t0.elapsed(),
            o.violation.map_or("OK".into(), |t| if t.steps.len() > 24 {
                format!("{t}")
            } else {
                format!("{:?} [{}]", t.violation.property, t.steps.len())
            })
        );
    };
    let index = Index::ByAsOf;
    let tag = Config {
        tagged: true,
        index,
        writers: TAG,
        ..base()
    };
    let logical = Config {
        dead_bytes: true,
        ..tag
    };
    p("T 1+1", tag);
    p(
        "T 2+1",
        Config {
            readers: [2, 1],
            ..tag
        },
    );
    p(
        "TT 0+1",
        Config {
            writers: TAG_TWICE,
            readers: [0, 1],
            ..tag
        },
    );
    p(
        "TT 0+1 trims",
        Config {
            writers: TAG_TWICE,
            readers: [0, 1],
            trims: true,
            ..tag
        },
    );
    p(
        "TT 0+1 mortal trims",
        Config {
            writers: TAG_TWICE,
            readers: [0, 1],
            trims: true,
            fillers_die: true,
            writers_die: true,
            ..tag
        },
    );
    p(
        "TT 0+2 cold mortal trims logical",
        Config {
            writers: TAG_TWICE,
            readers: [0, 2],
            warm: false,
            trims: true,
            fillers_die: true,
            writers_die: true,
            ..logical
        },
    );
    p(
        "TT 0+2 cold trims logical",
        Config {
            writers: TAG_TWICE,
            readers: [0, 2],
            warm: false,
            trims: true,
            ..logical
        },
    );
    p(
        "T|T 0+1 trims",
        Config {
            writers: TAG_TAG,
            readers: [0, 1],
            trims: true,
            ..tag
        },
    );
    p(
        "T|P 0+1 trims",
        Config {
            writers: TAG_PUT,
            readers: [0, 1],
            trims: true,
            ..tag
        },
    );
    p(
        "T|P 0+1 trims mortal",
        Config {
            writers: TAG_PUT,
            readers: [0, 1],
            fillers_die: true,
            writers_die: true,
            trims: true,
            ..tag
        },
    );
    p(
        "T 1+1 mortal trims",
        Config {
            fillers_die: true,
            writers_die: true,
            trims: true,
            ..tag
        },
    );
    p(
        "T|I 1+0 mortal trims",
        Config {
            fillers_die: true,
            writers_die: true,
            writers: TAG_KEY,
            readers: [1, 0],
            trims: true,
            ..tag
        },
    );
    p(
        "index after TT 0+1",
        Config {
            writers: TAG_TWICE,
            readers: [0, 1],
            broken: &[Mutant::IndexAfterValue],
            fillers_die: true,
            ..tag
        },
    );
    p(
        "index after TT 0+1 t",
        Config {
            writers: TAG_TWICE,
            readers: [0, 1],
            broken: &[Mutant::IndexAfterValue],
            fillers_die: true,
            trims: true,
            ..tag
        },
    );
    p(
        "index after T 1+1 trims",
        Config {
            broken: &[Mutant::IndexAfterValue],
            fillers_die: true,
            trims: true,
            ..tag
        },
    );
    p(
        "index after T 2+1 trims",
        Config {
            broken: &[Mutant::IndexAfterValue],
            fillers_die: true,
            readers: [2, 1],
            trims: true,
            ..tag
        },
    );
    p(
        "Renamed T 1+1 trim fillers",
        Config {
            index: Index::Renamed,
            fillers_die: true,
            writers_die: true,
            trims: true,
            readers: [2, 1],
            ..tag
        },
    );
}
