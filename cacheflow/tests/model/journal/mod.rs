//! One key on two nodes with a standalone Redis, whose scripts are atomic.
//!
//! Two nodes, X and Y, read the key and, by their writers, forget it, forget a
//! tag of it or put it. The database holds versions 0, 1, 2 …: a commit is the
//! next one. Redis holds the value, the tag's index and the journal.
//!
//! | module | steps |
//! |---|---|
//! | `read` | r2–r4: begin or join, GET, check, load |
//! | `fill` | r5, r6: check, FILL, check and insert |
//! | `write` | commit, forget a key or a tag |
//! | `put` | write-through |
//! | `window` | apply a record, trim the window, lose one's place |
//! | `redis` | reclaim, and what Redis does by itself |
//! | `judge` | P1–P4 |
//! | `state`, `config` | what there is, and what is varied or broken |

mod config;
mod fill;
mod judge;
mod put;
mod read;
mod redis;
mod state;
mod tests;
mod window;
mod write;

use config::{Config, Mutant};
use state::{Node, Redis, State, Writer};

use crate::explorer::{Model, Steps};
use crate::verdict::{Standing, Violation};

/// The nodes.
const X: usize = 0;
const Y: usize = 1;

/// What a trace calls them.
const NAME: [&str; 2] = ["X", "Y"];

/// The protocol in one configuration.
struct Protocol(Config);

impl Protocol {
    fn broken(&self, mutant: Mutant) -> bool {
        self.0.broken.contains(&mutant)
    }
}

impl Model for Protocol {
    type State = State;

    /// All of L2 and both L1 empty or, if warm, each of them with version 0.
    fn initial(&self) -> Vec<State> {
        let config = &self.0;
        let held = |bit: u8, set: u8| (set >> bit & 1 == 1).then(|| self.value(0, 0));
        let sets = if config.warm { 8 } else { 1 };
        (0..sets)
            .map(|set| {
                let node = |x: usize| Node {
                    l1: held(x as u8, set),
                    unread: config.readers[x],
                    gaps: config.gaps,
                    ..Node::default()
                };
                let l2 = held(2, set);
                let mut writers = state::Writers::default();
                config
                    .writers
                    .iter()
                    .for_each(|_| writers.push(Writer::default()));
                State {
                    redis: Redis {
                        l2,
                        index: l2.map_or(0, |entry| entry.tags()),
                        replica: l2.filter(|_| config.lagging_replica),
                        expiries: config.expiries,
                        ..Redis::default()
                    },
                    nodes: [node(X), node(Y)],
                    writers,
                    ..State::default()
                }
            })
            .collect()
    }

    fn steps(&self, state: &State, out: &mut Steps<State>) {
        for x in [X, Y] {
            self.apply(state, x, out);
            self.begin_read(state, x, out);
            self.read_on(state, x, out);
            self.trim(state, x, out);
            self.lose_place(state, x, out);
        }
        self.reclaim(state, out);
        self.redis_alone(state, out);
        for w in 0..state.writers.len() {
            self.write_on(state, w, out);
        }
    }

    fn judge(&self, state: &State) -> Result<Standing, Violation> {
        self.judged(state)
    }

    fn describe(&self, state: &State) -> String {
        let place = |held: bool| if held { "v0@0" } else { "-" };
        format!(
            "L2 {}, L1 of X {}, L1 of Y {}",
            place(state.redis.l2.is_some()),
            place(state.nodes[X].l1.is_some()),
            place(state.nodes[Y].l1.is_some()),
        )
    }
}
