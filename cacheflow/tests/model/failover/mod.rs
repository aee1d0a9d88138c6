//! One key on a standalone primary whose asynchronous replica is promoted: the
//! new primary lacks the old one's last records, and the deletes that went
//! with them. The node that has not noticed yet may reach nobody, the old
//! primary, or the new one.
//!
//! | module | steps |
//! |---|---|
//! | `read` | r2–r6 |
//! | `write` | forget the key, forget an unrelated one |
//! | `switch` | replicate, fail over; notice, replay, apply |
//! | `judge` | P1–P3 |
//! | `state`, `config` | what there is, and what is varied or broken |

mod config;
mod judge;
mod read;
mod state;
mod switch;
mod tests;
mod write;

use config::{Config, Mutant, Reached};
use state::{Entry, Node, Primary, Server, State, Writer};

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

    /// The primary that the commands of `x` reach.
    fn reached(&self, state: &State, x: usize) -> Option<Server> {
        let (Some(_), false) = (state.new, state.nodes[x].moved) else {
            return Some(if state.nodes[x].moved {
                Server::New
            } else {
                Server::Old
            });
        };
        match self.0.unnoticed {
            Reached::Nobody => None,
            Reached::Old => Some(Server::Old),
            Reached::New => Some(Server::New),
        }
    }

    /// Until its replays are applied, the L2 of `node` is closed to it.
    fn closed(&self, node: &Node) -> bool {
        !node.replays.is_empty() && !self.broken(Mutant::ReadsBeforeReplay)
    }
}

impl Model for Protocol {
    type State = State;

    /// L2 and its replica, and both L1: empty or with version 0.
    fn initial(&self) -> Vec<State> {
        (0..8)
            .map(|set: u8| {
                let held = |bit: u8| (set >> bit & 1 == 1).then(Entry::default);
                let node = |x: usize| Node {
                    l1: held(x as u8),
                    unread: self.0.readers[x],
                    ..Node::default()
                };
                let primary = Primary {
                    l2: held(2),
                    ..Primary::default()
                };
                let mut state = State {
                    old: primary,
                    replica: primary,
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
        self.fail_over(state, out);
        for x in [X, Y] {
            self.notice(state, x, out);
            self.replay(state, x, out);
            self.apply(state, x, out);
            self.begin_read(state, x, out);
            self.read_on(state, x, out);
        }
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
        let l2 = place(state.old.l2.is_some());
        format!("L2 and its replica {l2}, L1 of X {x}, L1 of Y {y}")
    }
}
