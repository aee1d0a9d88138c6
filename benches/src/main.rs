//! What `cargo xtask bench` starts behind the sections: `collect` makes results of
//! them, `add` takes them into earlier results, `compare` judges the newest results
//! beside older ones.

use std::env;
use std::fs;
use std::io;
use std::path::Path;
use std::process::ExitCode;

use cacheflow_benches::collect;
use cacheflow_benches::compare::{Comparison, TOLERANCE, compared};
use cacheflow_benches::machine;
use cacheflow_benches::readme;
use cacheflow_benches::results::{Extent, Results};

fn main() -> ExitCode {
    let arguments: Vec<String> = env::args().skip(1).collect();
    let words: Vec<&str> = arguments.iter().map(String::as_str).collect();
    let done = match words.as_slice() {
        ["collect", "quick", ..] => collected(&arguments[2..], Extent::Quick, false),
        ["collect", "full", ..] => collected(&arguments[2..], Extent::Full, false),
        ["add", "quick", ..] => collected(&arguments[2..], Extent::Quick, true),
        ["add", "full", ..] => collected(&arguments[2..], Extent::Full, true),
        ["compare", old] => judged(Path::new(old)),
        _ => {
            eprintln!(
                "collect|add quick|full SECTION… or compare OLD.json; see `cargo xtask bench`"
            );
            return ExitCode::FAILURE;
        }
    };
    match done {
        Ok(code) => code,
        Err(error) => {
            eprintln!("{} cannot be done: {error}", words.join(" "));
            ExitCode::FAILURE
        }
    }
}

fn collected(ids: &[String], extent: Extent, add: bool) -> io::Result<ExitCode> {
    let folder = collect::folder(extent);
    fs::create_dir_all(&folder)?;
    let results = collect::collect(ids, &folder, add)?;
    if extent == Extent::Full {
        tell_readers(&results)?;
    }
    println!("written: {}", folder.join("RESULTS.md").display());
    Ok(ExitCode::SUCCESS)
}

/// Puts the figures into the README.
fn tell_readers(results: &Results) -> io::Result<()> {
    let path = machine::root().join("README.md");
    match readme::with_figures(&fs::read_to_string(&path)?, results) {
        Some(text) => fs::write(&path, text),
        None => {
            println!("the README stays as it is: not all of its tables were measured");
            Ok(())
        }
    }
}

fn judged(old: &Path) -> io::Result<ExitCode> {
    let old = Results::read(old)?;
    let (path, new) = collect::newest()?;
    println!("judged: {}", path.display());
    let extent = |results: &Results| results.runs.first().map(|run| run.extent);
    if extent(&old) != extent(&new) {
        println!("one of them is of a quick run, which is the less certain one");
    }
    let comparison = compared(&old, &new);
    tell(&comparison);
    Ok(if comparison.worse.is_empty() {
        ExitCode::SUCCESS
    } else {
        ExitCode::FAILURE
    })
}

fn tell(comparison: &Comparison) {
    for missing in &comparison.missing {
        println!("not measured again: {missing}");
    }
    for worse in &comparison.worse {
        println!("worse: {worse}");
    }
    println!(
        "{} of {} figures are worse by more than {:.0} % and than the spread",
        comparison.worse.len(),
        comparison.compared,
        TOLERANCE * 100.0
    );
}
