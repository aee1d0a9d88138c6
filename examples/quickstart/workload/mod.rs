//! What is done to the instances while it is measured: tasks that read, tasks that change rows, and a comparison with the
//! database at the end.

mod audit;
#[cfg(test)]
mod fake;
mod reader;
mod run;
mod tally;
#[cfg(test)]
mod tests;
mod writer;

pub(crate) use self::audit::{Audit, compare};
pub(crate) use self::run::{Load, Outcome, Scene, run};
pub(crate) use self::tally::Tally;
