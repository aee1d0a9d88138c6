//! Records as messages: one line of JSON each.

mod read;
mod write;

pub(crate) use read::{Heard, read};
pub(crate) use write::{Parts, QUESTION, released, write};

/// An incarnation as it stands in Redis and in messages.
pub(crate) fn incarnation_text(incarnation: u64) -> String {
    format!("{incarnation:016x}")
}

/// Reads an incarnation.
pub(crate) fn incarnation(text: &str) -> Option<u64> {
    u64::from_str_radix(text, 16).ok()
}

#[cfg(test)]
mod tests;
