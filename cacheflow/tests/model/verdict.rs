//! What is asked of a model, and what came out of exploring it.

use std::fmt;

use crate::explorer::{Model, explore};

/// What the protocol promises.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(crate) enum Property {
    /// When everything is delivered and finished, neither L2 nor any L1 holds
    /// a value older than the database's.
    P1,
    /// A read on the forgetting node, begun after the call returned, is not
    /// older than what was forgotten.
    P2,
    /// A read on any node that has applied the record is not older.
    P3,
    /// Nothing is refused, rejected or deleted without a cause.
    P4,
}

/// A property, and how it was broken.
#[derive(Clone, Debug, PartialEq, Eq)]
pub(crate) struct Violation {
    pub(crate) property: Property,
    what: String,
}

impl Violation {
    pub(crate) fn new(property: Property, what: fmt::Arguments<'_>) -> Self {
        let what = what.to_string();
        Self { property, what }
    }
}

/// Where a state stands that breaks nothing.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(crate) enum Standing {
    /// Something is still under way.
    Moving,
    /// All is delivered and finished.
    Quiescent {
        /// Whether every place that can hold the value holds it.
        cached: bool,
    },
}

/// How much of a model there is. The numbers stand in the tests, so that a
/// rule that is changed, or a step that can no longer happen, is noticed.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(crate) struct Size {
    /// All states.
    pub(crate) states: usize,
    /// Those in which everything is over.
    pub(crate) quiescent: usize,
    /// Those of them in which everything is cached.
    pub(crate) cached: usize,
}

/// What an exploration found.
#[derive(Default)]
pub(crate) struct Outcome {
    pub(crate) states: usize,
    quiescent: usize,
    cached: usize,
    pub(crate) violation: Option<Trace>,
}

impl Outcome {
    pub(crate) fn count(&mut self, standing: Standing) {
        if let Standing::Quiescent { cached } = standing {
            self.quiescent += 1;
            self.cached += usize::from(cached);
        }
    }

    pub(crate) fn size(&self) -> Size {
        Size {
            states: self.states,
            quiescent: self.quiescent,
            cached: self.cached,
        }
    }
}

/// A shortest way to a violation.
pub(crate) struct Trace {
    pub(crate) violation: Violation,
    pub(crate) start: String,
    pub(crate) steps: Vec<String>,
}

impl fmt::Display for Trace {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        let Violation { property, what } = &self.violation;
        writeln!(f, "{property:?} is broken: {what}")?;
        writeln!(f, "  at first: {}", self.start)?;
        for (step, label) in (1..).zip(&self.steps) {
            writeln!(f, "  {step:2}. {label}")?;
        }
        Ok(())
    }
}

/// Asserts that `model` keeps every property in every state, and has as many
/// states as it should have.
#[track_caller]
pub(crate) fn holds(model: &impl Model, size: Size) {
    let outcome = explore(model);
    if let Some(trace) = &outcome.violation {
        panic!("after {} states: {trace}", outcome.states);
    }
    println!("{:?}", outcome.size());
    assert_eq!(outcome.size(), size, "the model is not the one it was");
}

/// Asserts that exploring the broken protocol `model` finds `property` broken.
/// The shortest trace is printed: `cargo test … -- --nocapture` shows it.
#[track_caller]
pub(crate) fn caught(model: &impl Model, property: Property) {
    let outcome = explore(model);
    let Some(trace) = &outcome.violation else {
        panic!("not caught in {:?}", outcome.size());
    };
    println!("after {} states: {trace}", outcome.states);
    assert_eq!(trace.violation.property, property, "{trace}");
}
