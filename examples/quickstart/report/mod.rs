//! What the run prints at its end: a table that needs no explanation, and then the explanation.

mod format;
mod summary;
mod table;
#[cfg(test)]
mod tests;

pub(crate) use self::format::count;
pub(crate) use self::summary::{Report, Setting};
