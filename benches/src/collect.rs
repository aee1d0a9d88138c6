//! From the sections of a run to its files: `RESULTS.md`, `plots/` and
//! `results.json`.

use std::fs;
use std::io;
use std::path::{Path, PathBuf};

use crate::machine;
use crate::plot;
use crate::report;
use crate::results::{Extent, Results, Run};
use crate::section;

/// Where the files of a run lie. Only a full run may change what is published
/// with the sources; a quick one has a place beside what is built.
#[must_use]
pub fn folder(extent: Extent) -> PathBuf {
    machine::root().join(match extent {
        Extent::Full => "benches",
        Extent::Quick | Extent::Trial => "target/bench/quick",
    })
}

/// Writes the results of these sections into `folder`. If they are added to
/// earlier ones, those of other sections stay where they come from the same machine.
///
/// # Errors
///
/// If a section was not measured, or a file cannot be read or written.
pub fn collect(ids: &[String], folder: &Path, add: bool) -> io::Result<Results> {
    let kept = folder.join("results.json");
    let mut results = if add && kept.exists() {
        Results::read(&kept)?
    } else {
        Results::default()
    };
    for id in ids {
        let run: Run = serde_json::from_slice(&fs::read(section::kept(id))?)?;
        results.take_in(run);
    }
    write(&results, folder)?;
    Ok(results)
}

fn write(results: &Results, folder: &Path) -> io::Result<()> {
    let plots = folder.join("plots");
    // Of a table that is no longer there no picture should be left.
    if plots.exists() {
        fs::remove_dir_all(&plots)?;
    }
    fs::create_dir_all(&plots)?;
    for run in &results.runs {
        for (number, table) in run.section.tables.iter().enumerate() {
            let name = report::plot_name(&run.section.id, number);
            fs::write(plots.join(name), plot::svg(table))?;
        }
    }
    fs::write(folder.join("RESULTS.md"), report::of_results(results))?;
    results.write(&folder.join("results.json"))
}

/// The newest results, full or quick, with where they lie.
///
/// # Errors
///
/// If there are none.
pub fn newest() -> io::Result<(PathBuf, Results)> {
    let read = |extent| {
        let path = folder(extent).join("results.json");
        Results::read(&path).map(|results| (path, results))
    };
    match (read(Extent::Full), read(Extent::Quick)) {
        (Ok(full), Ok(quick)) if quick.1.newest() > full.1.newest() => Ok(quick),
        (Ok(full), _) => Ok(full),
        (Err(_), quick) => quick,
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::results::{Better, Measured, Section, Subject};

    #[test]
    fn a_run_becomes_a_text_a_picture_and_a_file_that_is_read_again() {
        let table = Measured {
            title: "hits".to_owned(),
            unit: "ns".to_owned(),
            better: Better::Less,
            scenarios: vec!["hot".to_owned()],
            candidates: vec![Subject::ours("cacheflow")],
            base: None,
            samples: vec![vec![vec![1.0]]],
        };
        let section = Section {
            id: "hit".to_owned(),
            tables: vec![table],
            ..Section::default()
        };
        let run = Run {
            began: 7,
            ..Run::of(section)
        };
        let results = Results { runs: vec![run] };

        let folder = tempfile::tempdir().unwrap();
        let left_over = folder.path().join("plots/gone-1.svg");
        fs::create_dir(folder.path().join("plots")).unwrap();
        fs::write(&left_over, "").unwrap();
        write(&results, folder.path()).unwrap();
        assert!(!left_over.exists());
        assert!(folder.path().join("plots/hit-1.svg").exists());
        let text = fs::read_to_string(folder.path().join("RESULTS.md")).unwrap();
        assert!(text.contains("![hits](plots/hit-1.svg)"), "{text}");
        let read = Results::read(&folder.path().join("results.json")).unwrap();
        assert_eq!(read, results);
    }
}
