//! Values that are built from values: a parent P from a child C, and that, if
//! there are three levels, from a grandchild G. A loader reads its child
//! through the cache of its own node.
//!
//! | module | steps |
//! |---|---|
//! | `read` | r2–r6, as for a single key |
//! | `load` | r4: the loader of a parent reads its row and its child |
//! | `write` | forget a key or a tag, put C; apply; trim; reclaim |
//! | `judge` | P1–P4 |
//! | `state`, `config` | what there is, and what is varied or broken |

mod config;
mod judge;
mod load;
mod read;
mod state;
mod tests;
mod write;

use config::{Config, Mutant};
use state::{C, Entry, G, NAME_OF, Names, Node, P, Redis, State, TAG, Versions, Writer};

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

    /// The key that `key` is built from.
    fn child_of(&self, key: usize) -> Option<usize> {
        match key {
            P => Some(C),
            C if self.0.three_levels => Some(G),
            _ => None,
        }
    }

    /// The names that a value of `key` has by itself: its key and its tag.
    fn own_names(&self, key: usize) -> Names {
        match key {
            C if self.0.tagged => NAME_OF[C] | TAG,
            _ => NAME_OF[key],
        }
    }

    /// The names of a value of `key` that is built from one with `child`: its
    /// own, and all of its child's (which are flattened, and so are all below).
    fn names(&self, key: usize, child: Names) -> Names {
        let taken = match key {
            P if self.broken(Mutant::NoDependencies) => 0,
            P if self.broken(Mutant::NotFlattened) => NAME_OF[C],
            P if self.broken(Mutant::ChildTagsLeftOut) => child & !TAG,
            _ => child,
        };
        self.own_names(key) | taken
    }

    /// C as it was first.
    fn first_child(&self) -> Entry {
        let grandchild = self.0.three_levels;
        Entry {
            versions: Versions([Some(0), None, grandchild.then_some(0)]),
            as_of: 0,
            names: self.own_names(C) | if grandchild { NAME_OF[G] } else { 0 },
        }
    }

    /// P as it was first.
    fn first_parent(&self) -> Entry {
        let child = self.first_child();
        Entry {
            versions: child.versions.with(P, 0),
            as_of: 0,
            names: self.names(P, child.names),
        }
    }
}

impl Model for Protocol {
    type State = State;

    /// C may be in L2 and in both L1, P (if it is warm too) in L2 and in X's L1.
    fn initial(&self) -> Vec<State> {
        let sets = if self.0.warm_parent { 16 } else { 8 };
        (0..sets)
            .map(|set: u8| {
                let has = |bit: u8| set >> bit & 1 == 1;
                let child = |bit| has(bit).then(|| self.first_child());
                let parent = has(3).then(|| self.first_parent());
                let node = |x: usize, l1| Node {
                    l1,
                    unread: self.0.reads[x],
                    ..Node::default()
                };
                let l2 = [child(2), parent, None];
                let mut state = State {
                    redis: Redis {
                        l2,
                        index: l2.map(|entry| entry.map_or(0, |entry| entry.names)),
                        ..Redis::default()
                    },
                    nodes: [
                        node(X, [child(0), parent, None]),
                        node(Y, [child(1), None, None]),
                    ],
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
            self.trim(state, x, out);
            self.begin_reads(state, x, out);
            self.read_on(state, x, out);
        }
        self.reclaim(state, out);
        for w in 0..state.writers.len() {
            self.write_on(state, w, out);
        }
    }

    fn judge(&self, state: &State) -> Result<Standing, Violation> {
        self.judged(state)
    }

    fn describe(&self, state: &State) -> String {
        let held = |place: &[Option<Entry>; 3]| {
            let entries = place.iter().flatten().map(ToString::to_string);
            entries.collect::<Vec<_>>().join(" ")
        };
        let [x, y] = &state.nodes;
        let l2 = held(&state.redis.l2);
        format!(
            "L2 [{l2}], L1 of X [{}], L1 of Y [{}]",
            held(&x.l1),
            held(&y.l1)
        )
    }
}
