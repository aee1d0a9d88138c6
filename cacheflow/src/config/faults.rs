//! Faults in options, collected so that all are told at once.

use std::fmt;
use std::time::Duration;

use super::{LONGEST, SHORTEST};
use crate::error::{Error, ErrorKind, Result};

/// What is wrong with a set of options.
#[derive(Debug, Default)]
pub(crate) struct Faults(Vec<String>);

impl Faults {
    /// A fault that is known already is not told twice.
    pub(crate) fn add(&mut self, fault: impl Into<String>) {
        let fault = fault.into();
        if !self.has(&fault) {
            self.0.push(fault);
        }
    }

    /// The faults of one part of the options, which is told before each.
    pub(crate) fn add_of<'a>(&mut self, part: &str, faults: impl IntoIterator<Item = &'a String>) {
        for fault in faults {
            self.add(format!("{part}: {fault}"));
        }
    }

    pub(crate) fn add_all(&mut self, other: Self) {
        other.0.into_iter().for_each(|fault| self.add(fault));
    }

    pub(crate) fn has(&self, fault: &str) -> bool {
        self.0.iter().any(|known| known == fault)
    }

    pub(crate) fn into_list(self) -> Vec<String> {
        self.0
    }

    /// `name` must lie in the range in which durations are accepted.
    pub(crate) fn check_duration(&mut self, name: &str, value: Duration) {
        self.check_range(name, value, SHORTEST, LONGEST, |value| format!("{value:?}"));
    }

    /// `name` must lie between `least` and `most`.
    pub(crate) fn check_range<T: PartialOrd + fmt::Debug>(
        &mut self,
        name: &str,
        value: T,
        least: T,
        most: T,
        show: impl Fn(&T) -> String,
    ) {
        if value < least || value > most {
            self.add(format!(
                "{name} = {}: allowed is {} to {}",
                show(&value),
                show(&least),
                show(&most)
            ));
        }
    }

    /// An error that names every fault, if there is one.
    pub(crate) fn into_result(self, operation: &'static str) -> Result<()> {
        if self.0.is_empty() {
            return Ok(());
        }
        Err(Error::new(
            ErrorKind::InvalidConfig,
            operation,
            self.0.join("; "),
        ))
    }
}
