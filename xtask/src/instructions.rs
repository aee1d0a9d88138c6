//! `cargo xtask instructions`: what a hit costs, in a unit that no other work on the machine
//! disturbs.
//!
//! callgrind counts what a program does, on a processor that it imitates. A case runs twice, the
//! second time with more hits; the rest of both runs is the same. The counts depend on the
//! compiler and on the C library, which copies and compares: they are judged beside counts of the
//! same compiler alone.

use std::fmt::Write as _;
use std::fs;
use std::path::{Path, PathBuf};
use std::process::Command;

use anyhow::{Context, Result, bail, ensure};

use crate::process::{self, cargo, stdout};

/// What `cargo xtask help` prints of it.
pub(crate) const HELP: &str = "
  instructions [--write]
         Count the instructions of a hit in memory with callgrind, case by case, and
         compare them with benches/instructions.txt: fails if one needs more. Counts
         of another compiler are shown, not judged. With --write the file is written
         anew. Needs valgrind.
";

const BASELINE: &str = "benches/instructions.txt";

/// Hits of both runs.
const HITS: [u64; 2] = [1_000, 11_000];

/// What one hit of a case costs.
#[derive(Clone, Debug, PartialEq)]
struct Count {
    case: String,
    instructions: f64,
}

/// Reads `--write`. `None` asks for help.
///
/// # Errors
///
/// On anything else.
pub(crate) fn parse(args: impl Iterator<Item = String>) -> Result<Option<bool>> {
    let mut writes = false;
    for arg in args {
        match arg.as_str() {
            "--write" => writes = true,
            "-h" | "--help" => return Ok(None),
            _ => bail!("`cargo xtask instructions` takes --write, but was given `{arg}`"),
        }
    }
    Ok(Some(writes))
}

/// Counts, and compares or writes.
///
/// # Errors
///
/// If there is no valgrind, or a case needs more than it did.
pub(crate) fn run(writes: Option<bool>) -> Result<()> {
    let Some(writes) = writes else {
        print!("Usage: cargo xtask instructions{HELP}");
        return Ok(());
    };
    let program = build()?;
    let compiler = compiler()?;
    let mut counts = Vec::new();
    for case in stdout(Command::new(&program).arg("--list"))?.lines() {
        let count = Count {
            case: case.to_owned(),
            instructions: count(&program, case)?,
        };
        println!("{:<20} {:>7.1}", count.case, count.instructions);
        counts.push(count);
    }
    let path = process::root().join(BASELINE);
    if writes {
        fs::write(&path, text(&compiler, &counts))?;
        println!("written: {BASELINE}");
        return Ok(());
    }
    let baseline = fs::read_to_string(&path).with_context(|| format!("reading {BASELINE}"))?;
    let (of, before) = read(&baseline)?;
    if of != compiler {
        println!("{BASELINE} is of {of}; this is {compiler}: not compared");
        return Ok(());
    }
    let more = more(&before, &counts);
    ensure!(
        more.is_empty(),
        "a hit needs more than it did: {}",
        more.join("; ")
    );
    println!("none needs more than in {BASELINE}");
    Ok(())
}

/// The program of the cases.
fn build() -> Result<PathBuf> {
    let mut command = cargo(&["bench", "--package", "cacheflow-benches", "--bench"]);
    command.args(["instructions", "--no-run", "--message-format=json"]);
    process::announce(&command);
    let messages = stdout(&mut command)?;
    let program = messages.lines().find_map(|line| {
        let message: serde_json::Value = serde_json::from_str(line).ok()?;
        let is_it = message["target"]["name"] == "instructions";
        is_it.then(|| message["executable"].as_str().map(PathBuf::from))?
    });
    program.context("cargo names no program that it has built")
}

fn compiler() -> Result<String> {
    Ok(stdout(Command::new("rustc").arg("--version"))?
        .trim()
        .to_owned())
}

fn count(program: &Path, case: &str) -> Result<f64> {
    let [few, many] = HITS.map(|hits| collected(program, case, hits));
    let more = many?.saturating_sub(few?);
    Ok(more as f64 / (HITS[1] - HITS[0]) as f64)
}

/// The instructions of one run.
fn collected(program: &Path, case: &str, hits: u64) -> Result<u64> {
    let mut command = Command::new("valgrind");
    command.args(["--tool=callgrind", "--callgrind-out-file=/dev/null"]);
    command.arg(program).args([case, &hits.to_string()]);
    let output = command
        .output()
        .context("valgrind cannot be started: install it with the platform's package manager")?;
    let said = String::from_utf8_lossy(&output.stderr);
    ensure!(output.status.success(), "`{case}` has failed: {said}");
    let collected = said.lines().find_map(|line| {
        let (_, number) = line.split_once("Collected :")?;
        number.trim().parse().ok()
    });
    collected.with_context(|| format!("valgrind has counted nothing: {said}"))
}

/// The counts as they lie in a file: the compiler, then a case and its count in each line.
fn text(compiler: &str, counts: &[Count]) -> String {
    let mut text = format!("{compiler}\n");
    for Count { case, instructions } in counts {
        let _ = writeln!(text, "{case} {instructions:.1}");
    }
    text
}

fn read(text: &str) -> Result<(String, Vec<Count>)> {
    let mut lines = text.lines();
    let compiler = lines.next().context("the file is empty")?.to_owned();
    let counts = lines.map(|line| {
        let count = line.split_once(' ').and_then(|(case, number)| {
            Some(Count {
                case: case.to_owned(),
                instructions: number.parse().ok()?,
            })
        });
        count.with_context(|| format!("`{line}` is no case with its count"))
    });
    Ok((compiler, counts.collect::<Result<_>>()?))
}

/// Which cases need more than before. What is kept for long (of entries that the store is told
/// of, of the clock that is read anew) falls on more or fewer hits by chance: one in a hundred is
/// not judged.
fn more(before: &[Count], now: &[Count]) -> Vec<String> {
    let more = now.iter().filter_map(|count| {
        let before = before.iter().find(|before| before.case == count.case)?;
        let (old, new) = (before.instructions, count.instructions);
        (new > old * 1.01).then(|| format!("{}: {new:.1}, it was {old:.1}", count.case))
    });
    more.collect()
}

#[cfg(test)]
mod tests {
    use super::*;

    fn count(case: &str, instructions: f64) -> Count {
        Count {
            case: case.to_owned(),
            instructions,
        }
    }

    #[test]
    fn counts_are_read_as_they_were_written() {
        let counts = vec![count("get", 321.5), count("get_or_load", 345.0)];
        let text = text("rustc 1.95.0", &counts);
        assert_eq!(text, "rustc 1.95.0\nget 321.5\nget_or_load 345.0\n");
        assert_eq!(read(&text).unwrap(), ("rustc 1.95.0".to_owned(), counts));
        assert!(read("rustc 1.95.0\nget\n").is_err());
    }

    #[test]
    fn what_needs_more_is_named_with_both_counts() {
        let before = [
            count("get", 300.0),
            count("load", 400.0),
            count("gone", 1.0),
        ];
        let now = [count("get", 310.0), count("load", 402.0), count("new", 9.0)];
        assert_eq!(more(&before, &now), ["get: 310.0, it was 300.0"]);
    }

    #[test]
    fn anything_but_its_option_is_refused() {
        let parse = |words: &[&str]| parse(words.iter().map(|word| word.to_string()));
        assert_eq!(parse(&[]).unwrap(), Some(false));
        assert_eq!(parse(&["--write"]).unwrap(), Some(true));
        assert_eq!(parse(&["--help"]).unwrap(), None);
        assert!(
            parse(&["--wirte"])
                .unwrap_err()
                .to_string()
                .contains("`--wirte`")
        );
    }
}
