//! Options that are out of range, in words.

use std::fmt::Display;
use std::time::Duration;

/// No option is a duration shorter or longer than this, unless it says so.
const SHORTEST: Duration = Duration::from_millis(1);
const LONGEST: Duration = Duration::from_secs(366 * 24 * 60 * 60);

/// What is wrong with the options of a strategy.
#[derive(Debug, Default)]
pub(super) struct Range(Vec<String>);

impl Range {
    /// A number that must lie between `least` and `most`.
    pub(super) fn number<T: PartialOrd + Copy + Display>(
        &mut self,
        name: &str,
        value: T,
        least: T,
        most: T,
    ) {
        if !(least..=most).contains(&value) {
            self.add(format!("{name} = {value}: allowed is {least} to {most}"));
        }
    }

    /// A duration that must lie between `least` and `most`.
    pub(super) fn within(&mut self, name: &str, value: Duration, least: Duration, most: Duration) {
        if !(least..=most).contains(&value) {
            self.add(format!(
                "{name} = {value:?}: allowed is {least:?} to {most:?}"
            ));
        }
    }

    /// A duration of 1 ms to 366 days.
    pub(super) fn duration(&mut self, name: &str, value: Duration) {
        self.within(name, value, SHORTEST, LONGEST);
    }

    pub(super) fn add(&mut self, fault: String) {
        self.0.push(fault);
    }

    pub(super) fn into_faults(self) -> Vec<String> {
        self.0
    }
}
