//! A bar on a terminal; where there is none, one line per step instead.

use std::io::{IsTerminal, stderr};
use std::time::Duration;

use indicatif::{ProgressBar, ProgressStyle};

use crate::report::count;

/// Shows how far one step of the run is. It goes when the step is over.
pub(crate) struct Bar(ProgressBar);

impl Bar {
    /// A step that makes a number of rows.
    pub(crate) fn rows(step: &str, rows: u64) -> Self {
        Self::new(
            step,
            rows,
            "{prefix:<24} {bar:30} {human_pos} of {human_len} rows",
        )
    }

    /// A step that takes a given time.
    pub(crate) fn time(step: &str, length: Duration) -> Self {
        Self::new(step, millis(length), "{prefix:<24} {bar:30} {msg}")
    }

    fn new(step: &str, length: u64, template: &str) -> Self {
        if !stderr().is_terminal() {
            eprintln!("{step} …");
            return Self(ProgressBar::hidden());
        }
        let style = ProgressStyle::with_template(template)
            .unwrap_or_else(|_| ProgressStyle::default_bar())
            .progress_chars("━━─");
        let bar = ProgressBar::new(length).with_style(style);
        bar.set_prefix(step.to_owned());
        Self(bar)
    }

    /// A bar that nobody sees.
    #[cfg(test)]
    pub(crate) fn hidden() -> Self {
        Self(ProgressBar::hidden())
    }

    /// So many rows are made.
    pub(crate) fn made(&self, rows: u64) {
        self.0.set_position(rows);
    }

    /// So much time has gone, and so many requests were answered.
    pub(crate) fn at(&self, elapsed: Duration, requests: u64) {
        self.0.set_position(millis(elapsed));
        self.0.set_message(format!("{} requests", count(requests)));
    }
}

impl Drop for Bar {
    fn drop(&mut self) {
        self.0.finish_and_clear();
    }
}

fn millis(duration: Duration) -> u64 {
    u64::try_from(duration.as_millis()).unwrap_or(u64::MAX)
}
