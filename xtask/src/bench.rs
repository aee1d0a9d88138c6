//! `cargo xtask bench`: every figure beside its peers, in one run.
//!
//! A section is a program of `benches/peers`, started on its own, so that what one has left in
//! memory does not disturb the next.

use std::fs;
use std::time::Instant;

use anyhow::{Context, Result, bail, ensure};

use crate::nearest::nearest;
use crate::process::{self, spoken};
use crate::redis;

/// What `cargo xtask help` prints of it.
pub(crate) const HELP: &str = "
  bench [--quick] [--only SECTION]
         Measure CacheFlow beside its peers, section after section, in a release build:
         about 25 minutes on 2 cores, with --quick about 3, or one section alone. Writes
         benches/RESULTS.md, benches/plots and benches/results.json, with --quick the
         same in target/bench/quick. Leave the machine alone meanwhile: what else it
         does is noticed and told.
  bench --compare OLD.json
         Measure nothing; judge the newest results beside older ones. Fails if a figure
         is worse by more than 10 % and than the spread.
";

/// The programs, in the order in which they run, and whether they need a redis-server.
const SECTIONS: [(&str, bool); 9] = [
    ("hit", false),
    ("eviction", false),
    ("size", false),
    ("stampede", false),
    ("codec", false),
    ("l2", true),
    ("coherence", true),
    ("stampede-redis", true),
    ("l2-size", true),
];

/// What to do.
#[derive(Clone, Debug, PartialEq, Eq)]
pub(crate) enum Task {
    Measure { quick: bool, only: Option<String> },
    Compare { old: String },
}

/// Reads `--quick`, `--only SECTION` and `--compare OLD.json`. `None` asks for help.
///
/// # Errors
///
/// On anything else, on an unknown section, and on `--compare` with one of the others.
pub(crate) fn parse(mut args: impl Iterator<Item = String>) -> Result<Option<Task>> {
    let (mut quick, mut only, mut old) = (false, None, None);
    while let Some(name) = args.next() {
        let mut value = || {
            args.next()
                .with_context(|| format!("`{name}` wants a value"))
        };
        match name.as_str() {
            "--quick" => quick = true,
            "--only" => only = Some(section(value()?)?),
            "--compare" => old = Some(value()?),
            "-h" | "--help" => return Ok(None),
            _ => bail!(
                "`cargo xtask bench` takes --quick, --only SECTION and --compare OLD.json, but \
                 was given `{name}`"
            ),
        }
    }
    let Some(old) = old else {
        return Ok(Some(Task::Measure { quick, only }));
    };
    ensure!(
        !quick && only.is_none(),
        "`--compare` measures nothing, so that it goes with no other option"
    );
    Ok(Some(Task::Compare { old }))
}

fn section(wanted: String) -> Result<String> {
    let known = SECTIONS.map(|(id, _)| id);
    if known.contains(&wanted.as_str()) {
        return Ok(wanted);
    }
    match nearest(&wanted, &known) {
        Some(near) => bail!("`{wanted}` is no section; did you mean `{near}`?"),
        None => bail!("`{wanted}` is no section; there are: {}", known.join(", ")),
    }
}

/// Measures, or compares.
///
/// # Errors
///
/// If a section fails, there is no redis-server for one that needs it, or something has become
/// worse.
pub(crate) fn run(task: Option<Task>) -> Result<()> {
    match task {
        None => {
            print!("Usage: cargo xtask bench{HELP}");
            Ok(())
        }
        Some(Task::Measure { quick, only }) => measure(quick, only.as_deref()),
        Some(Task::Compare { old }) => compare(&old),
    }
}

fn measure(quick: bool, only: Option<&str>) -> Result<()> {
    let mut sections = SECTIONS.to_vec();
    sections.retain(|(id, _)| only.is_none_or(|only| only == *id));
    // Before the build, which takes minutes.
    let needs_server = sections.iter().any(|(_, needs_server)| *needs_server);
    let server = needs_server.then(redis::ensure).transpose()?;

    process::heading("build");
    let mut build = process::cargo(&["bench", "-p", "cacheflow-benches-peers", "--no-run"]);
    for (id, _) in &sections {
        build.args(["--bench", id]);
    }
    process::run(&mut build)?;

    let began = Instant::now();
    for (id, _) in &sections {
        process::heading(&format!("section {id}"));
        let mut command = process::cargo(&["bench", "-q", "-p", "cacheflow-benches-peers"]);
        command.args(["--bench", id, "--"]);
        command.args(quick.then_some("--quick"));
        if let Some(server) = &server {
            command.env(redis::SERVER_VARIABLE, server);
        }
        process::run(&mut command).with_context(|| format!("section `{id}` failed"))?;
    }
    println!("\nmeasured for {}", spoken(began.elapsed()));
    // One section alone leaves the others' results as they are.
    let verb = if only.is_some() { "add" } else { "collect" };
    let mut collect = program(&[verb, if quick { "quick" } else { "full" }]);
    process::run(collect.args(sections.iter().map(|(id, _)| id)))
}

fn compare(old: &str) -> Result<()> {
    // The program runs in the root of the workspace, we run anywhere.
    let old = fs::canonicalize(old).with_context(|| format!("`{old}` cannot be found"))?;
    process::run(program(&["compare"]).arg(old))
}

/// The program that collects and compares.
fn program(args: &[&str]) -> std::process::Command {
    let mut command = process::cargo(&["run", "-q", "-p", "cacheflow-benches", "--"]);
    command.args(args);
    command
}

#[cfg(test)]
mod tests {
    use super::*;

    fn parse_words(words: &[&str]) -> Result<Option<Task>, String> {
        parse(words.iter().map(|word| word.to_string())).map_err(|error| error.to_string())
    }

    #[test]
    fn options_come_in_any_order_or_not_at_all() {
        let measure = |quick, only: Option<&str>| {
            Ok(Some(Task::Measure {
                quick,
                only: only.map(str::to_owned),
            }))
        };
        assert_eq!(parse_words(&[]), measure(false, None));
        assert_eq!(
            parse_words(&["--only", "hit", "--quick"]),
            measure(true, Some("hit"))
        );
        assert_eq!(
            parse_words(&["--compare", "old.json"]),
            Ok(Some(Task::Compare {
                old: "old.json".to_owned()
            }))
        );
        assert_eq!(parse_words(&["--help"]), Ok(None));
    }

    #[test]
    fn what_is_no_option_or_no_section_is_refused() {
        for (words, part) in [
            (&["--fast"][..], "`--fast`"),
            (&["--only"], "`--only` wants a value"),
            (&["--only", "hits"], "did you mean `hit`?"),
            (&["--only", "everything"], "there are: hit"),
            (&["--compare", "a.json", "--quick"], "measures nothing"),
        ] {
            let error = parse_words(words).unwrap_err();
            assert!(error.contains(part), "{error}");
        }
    }

    #[test]
    fn every_section_is_a_program() {
        let manifest = process::root().join("benches/peers/Cargo.toml");
        let manifest = fs::read_to_string(manifest).unwrap();
        for (id, _) in SECTIONS {
            let target = format!("[[bench]]\nname = \"{id}\"\nharness = false\n");
            assert!(manifest.contains(&target), "{id}");
        }
    }
}
