//! What the nodes tell, before the judge.

use std::io::{BufReader, Read};
use std::sync::{Arc, Mutex, MutexGuard, PoisonError};
use std::time::Duration;

use cacheflow_testkit::history::{At, Checker, Event, How, Summary, now};

use crate::wire::{Counts, Form, Told};
use crate::world::Targets;

/// Shared by those who listen to the nodes, and by who disturbs them.
#[derive(Clone)]
pub(crate) struct Judge(Arc<Court>);

struct Court {
    targets: Targets,
    state: Mutex<State>,
}

struct State {
    checker: Checker,
    counts: Counts,
    is_well: Vec<bool>,
    /// Nodes that have said their last word.
    ended: usize,
    /// What is wrong without a history.
    broken: Option<String>,
}

impl Judge {
    pub(crate) fn new(nodes: usize, max_staleness: Duration) -> Self {
        Self(Arc::new(Court {
            targets: Targets::new(),
            state: Mutex::new(State {
                checker: Checker::new(nodes, max_staleness),
                counts: Counts::default(),
                is_well: vec![false; nodes],
                ended: 0,
                broken: None,
            }),
        }))
    }

    fn state(&self) -> MutexGuard<'_, State> {
        self.0.state.lock().unwrap_or_else(PoisonError::into_inner)
    }

    /// Listens to a node until it says no more.
    pub(crate) fn listen(&self, node: usize, mut told: BufReader<impl Read>) {
        while let Ok(told) = Told::read(&mut told) {
            self.hear(node, told);
        }
        self.state().checker.reached(node, At(u64::MAX - 1));
    }

    fn hear(&self, node: usize, told: Told) {
        let mut state = self.state();
        match told {
            Told::Wrote { key, version, at } => state.checker.record(
                node,
                Event::Write {
                    key,
                    version,
                    committed_at: at,
                },
            ),
            Told::Forgot {
                target,
                how,
                outcome,
                begun,
                returned,
            } => {
                let Some((target, keys)) = self.0.targets.by_number(target) else {
                    return;
                };
                let how = match how {
                    Form::Call => target.how(),
                    Form::Put => How::Put,
                    Form::Write => How::Write,
                };
                state.checker.record(
                    node,
                    Event::Forget {
                        how,
                        keys,
                        begun,
                        returned_at: returned,
                        outcome,
                    },
                );
            }
            Told::Read {
                key,
                version,
                source,
                part_of,
                began,
                ended,
            } => state.checker.record(
                node,
                Event::Read {
                    key,
                    version,
                    began,
                    ended,
                    source,
                    part_of,
                },
            ),
            Told::Reached { at, is_well } => {
                state.is_well[node] = is_well;
                state.checker.reached(node, at);
            }
            Told::Remark { at, text } => state.checker.remark(Some(node), at, text),
            Told::Broken { text } => {
                let text = format!("node {node}: {text}");
                state.broken.get_or_insert(text);
            }
            Told::Ended(counts) => {
                state.ended += 1;
                state.counts.add(&counts);
            }
        }
    }

    /// A fault begins.
    pub(crate) fn disturbed(&self, what: &str) {
        let mut state = self.state();
        state.checker.disturbed(now());
        state.checker.remark(None, now(), format!("fault: {what}"));
    }

    /// The fault is over, or something else is worth knowing.
    pub(crate) fn remark(&self, text: &str) {
        self.state().checker.remark(None, now(), text);
    }

    /// All have overcome the fault.
    pub(crate) fn calmed(&self) {
        let mut state = self.state();
        state.checker.calmed(now());
        state.checker.remark(None, now(), "all is well");
    }

    pub(crate) fn broke(&self, text: String) {
        self.state().broken.get_or_insert(text);
    }

    pub(crate) fn are_all_well(&self) -> bool {
        self.state().is_well.iter().all(|is_well| *is_well)
    }

    pub(crate) fn who_is_not_well(&self) -> String {
        let state = self.state();
        let ill = state.is_well.iter().enumerate().filter(|(_, well)| !**well);
        let ill: Vec<String> = ill.map(|(node, _)| node.to_string()).collect();
        ill.join(", ")
    }

    /// Whether there is nothing more to find out.
    pub(crate) fn has_failed(&self) -> bool {
        let state = self.state();
        state.broken.is_some() || state.checker.violation().is_some()
    }

    /// The sum of it. The nodes have ended.
    pub(crate) fn finish(&self) -> (Summary, Counts, Option<String>, usize) {
        let mut state = self.state();
        let empty = Checker::new(0, Duration::ZERO);
        let checker = std::mem::replace(&mut state.checker, empty);
        (
            checker.finish(),
            state.counts.clone(),
            state.broken.clone(),
            state.ended,
        )
    }
}
