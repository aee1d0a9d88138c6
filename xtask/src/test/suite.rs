//! `cargo test`: unit, integration, UI and documentation tests.

use std::io::{self, BufRead, BufReader, Write};
use std::path::Path;
use std::process::{Command, Stdio};

use anyhow::{Context, Result};

use super::summary::{Summary, Tally};
use crate::{process, redis};

/// One `cargo test` runs them all, the documentation's included. The peers that are measured are
/// left out: they compile longer than the project, and clippy (`cargo xtask ci`) sees that they do.
const ARGS: [&str; 5] = [
    "test",
    "--workspace",
    "--exclude=cacheflow-benches-peers",
    "--all-features",
    "--no-fail-fast",
];

/// The flight table and the gate, with the steps of all threads in orders that shuttle chooses. In
/// a folder of its own: other flags would have everything built anew each time.
const INTERLEAVED: [&str; 7] = [
    "test",
    "--package=cacheflow",
    "--lib",
    "--all-features",
    "--target-dir=target/shuttle",
    "--",
    "interleaved",
];

/// Runs them, passing the output on while it comes.
pub(super) fn run(server: &Path) -> Result<Summary> {
    let mut command = process::cargo(&ARGS);
    command.env(redis::SERVER_VARIABLE, server);
    counted(command)
}

/// Runs what is interleaved by shuttle.
pub(super) fn interleaved() -> Result<Summary> {
    let mut command = process::cargo(&INTERLEAVED);
    command.env("RUSTFLAGS", "--cfg cacheflow_shuttle");
    counted(command)
}

fn counted(mut command: Command) -> Result<Summary> {
    let line = process::announce(&command);
    let mut child = command
        .stdout(Stdio::piped())
        .spawn()
        .with_context(|| format!("`{line}` cannot be started"))?;
    let output = child.stdout.take().context("no output to read")?;
    let tally = pass_on(BufReader::new(output), io::stdout())?;
    Ok(tally.finish(child.wait()?.success()))
}

/// Copies line by line: whoever watches sees each test as it ends.
fn pass_on(mut from: impl BufRead, mut to: impl Write) -> Result<Tally> {
    let mut tally = Tally::default();
    let mut line = Vec::new();
    while from.read_until(b'\n', &mut line)? > 0 {
        to.write_all(&line)?;
        to.flush()?;
        // A test may print anything, so this need not be UTF-8.
        tally.line(String::from_utf8_lossy(&line).trim_end());
        line.clear();
    }
    Ok(tally)
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn output_is_passed_on_as_it_is() {
        let output = b"running 1 test\n\xff\ntest result: ok. 1 passed; 0 failed\nno end of line";
        let mut passed_on = Vec::new();
        let tally = pass_on(&output[..], &mut passed_on).unwrap();
        assert_eq!(passed_on, output);
        assert_eq!(tally.finish(true), Summary::ONE_PASSED);
    }
}
