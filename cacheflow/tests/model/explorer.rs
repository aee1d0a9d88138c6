//! A small breadth-first explorer: every state that a model can reach, each
//! once, and the shortest way to the first one that breaks a property.
//!
//! It is exact: a state is known by its value, not by its hash.

use std::fmt;
use std::hash::{BuildHasher, Hash};

use foldhash::fast::FixedState;

use crate::verdict::{Outcome, Standing, Trace, Violation};

/// A system whose states are to be visited.
pub(crate) trait Model {
    /// Everything that decides what can happen next, and nothing else: two
    /// states that differ only in the order of equals should be the same value.
    type State: Copy + Eq + Hash;

    /// Where it may begin.
    fn initial(&self) -> Vec<Self::State>;

    /// Everything that can happen in `state`, one thing at a time.
    fn steps(&self, state: &Self::State, out: &mut Steps<Self::State>);

    /// Whether `state` is one that may be, and one in which everything is over.
    fn judge(&self, state: &Self::State) -> Result<Standing, Violation>;

    /// One line for the head of a trace.
    fn describe(&self, state: &Self::State) -> String;
}

/// Receives what can happen in one state.
pub(crate) struct Steps<S> {
    found: Vec<(String, Result<S, Violation>)>,
    /// Labels are made only for a trace: formatting them costs more than the rest.
    labelled: bool,
}

impl<S> Steps<S> {
    fn new(labelled: bool) -> Self {
        Self {
            found: Vec::new(),
            labelled,
        }
    }

    /// One thing that can happen, and the state after it.
    pub(crate) fn to(&mut self, label: fmt::Arguments<'_>, next: S) {
        self.push(label, Ok(next));
    }

    /// One thing that can happen and must not.
    pub(crate) fn violates(&mut self, label: fmt::Arguments<'_>, violation: Violation) {
        self.push(label, Err(violation));
    }

    fn push(&mut self, label: fmt::Arguments<'_>, outcome: Result<S, Violation>) {
        let label = if self.labelled {
            label.to_string()
        } else {
            String::new()
        };
        self.found.push((label, outcome));
    }
}

/// Visits every reachable state of `model`, or stops at the first violation.
/// Because states are judged as they are first reached, in order of distance,
/// the trace to that violation is a shortest one.
pub(crate) fn explore<M: Model>(model: &M) -> Outcome {
    let mut visited = Visited::new();
    let mut outcome = Outcome::default();
    for state in model.initial() {
        if visited.insert(state, NONE) {
            match model.judge(&state) {
                Ok(standing) => outcome.count(standing),
                Err(violation) => return visited.found(model, outcome, violation, NONE),
            }
        }
    }
    let mut steps = Steps::new(false);
    let mut at = 0;
    while at < visited.states.len() {
        let state = visited.states[at];
        let parent = u32::try_from(at).expect("fewer than four thousand million states");
        model.steps(&state, &mut steps);
        for (_, next) in steps.found.drain(..) {
            let judged = next.and_then(|next| {
                if !visited.insert(next, parent) {
                    return Ok(Standing::Moving);
                }
                model.judge(&next)
            });
            match judged {
                Ok(standing) => outcome.count(standing),
                Err(violation) => return visited.found(model, outcome, violation, parent),
            }
        }
        at += 1;
    }
    outcome.states = visited.states.len();
    outcome
}

/// The parent of an initial state, and an empty slot.
const NONE: u32 = u32::MAX;

/// The states reached so far, in order, with an open-addressing table that
/// finds them: a slot is half of the hash and the state's place.
struct Visited<S> {
    states: Vec<S>,
    parents: Vec<u32>,
    slots: Vec<(u32, u32)>,
    hasher: FixedState,
}

impl<S: Copy + Eq + Hash> Visited<S> {
    fn new() -> Self {
        Self {
            states: Vec::new(),
            parents: Vec::new(),
            slots: vec![(0, NONE); 1 << 10],
            hasher: FixedState::default(),
        }
    }

    /// Whether `state` is new.
    fn insert(&mut self, state: S, parent: u32) -> bool {
        if self.states.len() * 2 >= self.slots.len() {
            self.grow();
        }
        let hash = (self.hasher.hash_one(state) >> 32) as u32;
        let mask = self.slots.len() - 1;
        let mut slot = hash as usize & mask;
        loop {
            let (tag, place) = self.slots[slot];
            if place == NONE {
                break;
            }
            if tag == hash && self.states[place as usize] == state {
                return false;
            }
            slot = (slot + 1) & mask;
        }
        self.slots[slot] = (hash, self.states.len() as u32);
        self.states.push(state);
        self.parents.push(parent);
        true
    }

    fn grow(&mut self) {
        let mask = self.slots.len() * 2 - 1;
        let old = std::mem::replace(&mut self.slots, vec![(0, NONE); mask + 1]);
        for (tag, place) in old {
            if place != NONE {
                let mut slot = tag as usize & mask;
                while self.slots[slot].1 != NONE {
                    slot = (slot + 1) & mask;
                }
                self.slots[slot] = (tag, place);
            }
        }
    }

    /// The outcome with the way to `violation`, which a step from `last` met.
    fn found<M: Model<State = S>>(
        &self,
        model: &M,
        mut outcome: Outcome,
        violation: Violation,
        last: u32,
    ) -> Outcome {
        let mut path = Vec::new();
        let mut at = last;
        while at != NONE {
            path.push(self.states[at as usize]);
            at = self.parents[at as usize];
        }
        path.reverse();
        let start = path.first().map(|first| model.describe(first));
        let steps = (0..path.len())
            .map(|i| label(model, &path[i], path.get(i + 1), &violation))
            .collect();
        outcome.states = self.states.len();
        outcome.violation = Some(Trace {
            violation,
            start: start.unwrap_or_else(|| "the initial state itself".to_owned()),
            steps,
        });
        outcome
    }
}

/// The label of the step from `state` to `next`, or, where the path ends, of
/// the step that meets `violation`.
fn label<M: Model>(
    model: &M,
    state: &M::State,
    next: Option<&M::State>,
    violation: &Violation,
) -> String {
    let mut steps = Steps::new(true);
    model.steps(state, &mut steps);
    let taken = steps.found.into_iter().find(|(_, outcome)| match next {
        Some(next) => outcome.as_ref() == Ok(next),
        None => match outcome {
            Ok(next) => model.judge(next).as_ref().err() == Some(violation),
            Err(met) => met == violation,
        },
    });
    taken.map_or_else(
        || "a step that cannot be found again".to_owned(),
        |(label, _)| label,
    )
}
