//! `cargo xtask ci`: all that must hold before a change lands.

use std::time::Instant;

use anyhow::{Context, Result};

use crate::metadata::Metadata;
use crate::process::{self, cargo, heading, spoken};
use crate::test::{self, Summary};
use crate::{msrv, package, redis, tidy};

type Step = fn(&mut Option<Summary>) -> Result<()>;

/// In the order of what they cost, so that a fault shows early.
const STEPS: [(&str, Step); 9] = [
    // First, because a missing server would else be noticed only after all the compiling.
    ("redis", |_| redis::ensure().map(drop)),
    ("fmt", |_| {
        process::run(&mut cargo(&["fmt", "--all", "--check"]))
    }),
    ("tidy", |_| tidy::run()),
    ("msrv", |_| msrv::run()),
    ("clippy", |_| {
        clippy(&["--workspace", "--all-targets", "--all-features"])
    }),
    ("features", |_| features()),
    ("doc", |_| doc()),
    ("test", run_tests),
    ("package", |_| package::run()),
];

/// Runs step after step. `summary` is filled as soon as the tests have run, even if some failed.
///
/// # Errors
///
/// Names the first step that fails; those behind it do not run.
pub(crate) fn run(summary: &mut Option<Summary>) -> Result<()> {
    let began = Instant::now();
    for (number, (name, step)) in STEPS.iter().enumerate() {
        heading(&format!("step {} of {}: {name}", number + 1, STEPS.len()));
        let step_began = Instant::now();
        let result = step(summary);
        println!("--- {name}: {}", spoken(step_began.elapsed()));
        result.with_context(|| format!("step `{name}` failed"))?;
    }
    println!(
        "\nall {} steps passed in {}",
        STEPS.len(),
        spoken(began.elapsed())
    );
    Ok(())
}

fn clippy(selection: &[&str]) -> Result<()> {
    let mut command = cargo(&["clippy"]);
    process::run(command.args(selection).args(["--", "-D", "warnings"]))
}

/// With all features on, code that forgot to ask for one still compiles; here it does not.
fn features() -> Result<()> {
    let metadata = Metadata::of_workspace()?;
    // `--lib`: the tests may need features together.
    let bare = ["--package", "cacheflow", "--lib", "--no-default-features"];
    clippy(&bare)?;
    let features = &metadata.member("cacheflow")?.features;
    for feature in features.iter().filter(|feature| *feature != "default") {
        clippy(&[&bare[..], &["--features", feature]].concat())?;
    }
    Ok(())
}

fn doc() -> Result<()> {
    let mut command = cargo(&["doc", "--workspace", "--no-deps", "--all-features"]);
    process::run(command.env("RUSTDOCFLAGS", "-D warnings"))
}

fn run_tests(summary: &mut Option<Summary>) -> Result<()> {
    let tests = summary.insert(test::run()?);
    anyhow::ensure!(tests.failed == 0, "{tests}");
    Ok(())
}
