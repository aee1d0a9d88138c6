//! The frame of a program that measures a section.

use std::env;
use std::fs;
use std::path::PathBuf;
use std::time::{Instant, SystemTime};

use crate::machine;
use crate::quiet;
use crate::results::{Extent, Run, Section};

/// Measures a section and keeps it in `target/bench`, from which
/// `cargo xtask bench` collects it. To be called by `main` alone.
///
/// The command line tells the extent: `cargo bench` says `--bench`, without
/// which it is only a trial; `--quick` asks for little.
///
/// # Panics
///
/// If `measure` does, or if the file cannot be written.
pub fn run(measure: impl FnOnce(Extent) -> Section) {
    let extent = extent(env::args().skip(1));
    let began = SystemTime::now().duration_since(SystemTime::UNIX_EPOCH);
    let began = began.expect("the clock is right").as_secs();
    let mut disturbances = quiet::disturbances("before");
    let start = Instant::now();
    let section = measure(extent);
    let seconds = start.elapsed().as_secs_f64();
    disturbances.extend(quiet::disturbances("after"));
    let run = Run {
        section,
        began,
        seconds,
        machine: machine::processors(),
        rust: machine::rust(),
        commit: machine::commit(),
        extent,
        disturbances,
    };
    println!("{}", crate::report::of_run(&run));
    if extent != Extent::Trial {
        let path = kept(&run.section.id);
        let text = serde_json::to_vec(&run).expect("it can be written as JSON");
        fs::create_dir_all(path.parent().expect("a folder")).expect("the folder can be made");
        fs::write(&path, text).expect("the results can be kept");
    }
}

/// Where a section is kept until it is collected.
#[must_use]
pub fn kept(id: &str) -> PathBuf {
    machine::root().join(format!("target/bench/{id}.json"))
}

fn extent(arguments: impl Iterator<Item = String>) -> Extent {
    let arguments: Vec<String> = arguments.collect();
    let says = |word: &str| arguments.iter().any(|argument| argument == word);
    match (says("--bench"), says("--quick")) {
        (false, _) => Extent::Trial,
        (true, true) => Extent::Quick,
        (true, false) => Extent::Full,
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn without_cargo_bench_it_is_a_trial() {
        let of = |words: &[&str]| extent(words.iter().map(|word| word.to_string()));
        assert_eq!(of(&["--bench"]), Extent::Full);
        assert_eq!(of(&["--quick", "--bench"]), Extent::Quick);
        assert_eq!(of(&["--quick"]), Extent::Trial);
        assert_eq!(of(&[]), Extent::Trial);
    }
}
