//! One key in Redis Cluster: journal, value and tag index lie in different
//! slots, and no script spans them. Writers and fillers may die between any
//! two of their steps. The tag's index keeps the as-of of its members: a reclaim
//! may remove a member only if no newer value can stand behind it.
//!
//! | module | steps |
//! |---|---|
//! | `read` | r2–r4, r6 |
//! | `fill` | r5: index, SET provisional, read the journal, make permanent or delete |
//! | `write` | forget: record, then delete; put: record, then SET |
//! | `finish` | apply; trim; any node finishes the deletes of a record; reclaim |
//! | `judge` | P1–P4 |
//! | `state`, `config` | what there is, and what is varied or broken |

mod config;
mod fill;
mod finish;
mod judge;
mod read;
mod state;
mod tests;
mod write;

use config::{Config, Index, Mutant};
use state::{Entry, KEY, Names, Node, Redis, State, TAG, Writer};

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

    /// The as-of with which a member enters the index.
    fn member(&self, as_of: u8) -> u8 {
        match self.0.index {
            Index::ByAsOf => as_of,
            Index::Renamed | Index::Plain => 0,
        }
    }

    /// The names of the value.
    fn names(&self) -> Names {
        if self.0.tagged { KEY | TAG } else { KEY }
    }
}

impl Model for Protocol {
    type State = State;

    /// L2 and both L1 empty or, if warm, each of them with version 0.
    fn initial(&self) -> Vec<State> {
        let sets = if self.0.warm { 8 } else { 1 };
        (0..sets)
            .map(|set: u8| {
                let held = |bit: u8| (set >> bit & 1 == 1).then(Entry::default);
                let node = |x: usize| Node {
                    l1: held(x as u8).map(|entry| (entry.version, entry.as_of)),
                    unread: self.0.readers[x],
                    ..Node::default()
                };
                let l2 = held(2);
                let mut state = State {
                    redis: Redis {
                        l2,
                        member: l2.filter(|_| self.0.tagged).map(|entry| entry.as_of),
                        ..Redis::default()
                    },
                    nodes: [node(X), node(Y)],
                    ..State::default()
                };
                for _ in self.0.writers {
                    state.writers.push(Writer::default());
                }
                state
            })
            .collect()
    }

    fn steps(&self, state: &State, out: &mut Steps<State>) {
        for x in [X, Y] {
            self.apply(state, x, out);
            self.begin_read(state, x, out);
            self.read_on(state, x, out);
            self.trim(state, x, out);
        }
        self.finish(state, out);
        for w in 0..state.writers.len() {
            self.write_on(state, w, out);
        }
    }

    fn judge(&self, state: &State) -> Result<Standing, Violation> {
        self.judged(state)
    }

    fn describe(&self, state: &State) -> String {
        let place = |held: bool| if held { "v0@0" } else { "-" };
        let [x, y] = state.nodes.map(|node| place(node.l1.is_some()));
        let l2 = place(state.redis.l2.is_some());
        format!("L2 {l2}, L1 of X {x}, L1 of Y {y}")
    }
}
