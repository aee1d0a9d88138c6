//! The tables of a full run that the README shows.

use std::fmt::Write;

use crate::machine;
use crate::report;
use crate::results::{Measured, Results, Run};
use crate::table::Table;

/// Between these two lines of the README stands what [`figures`] makes.
const BEGIN: &str = "<!-- figures: written by `cargo xtask bench` -->\n";
const END: &str = "<!-- end of figures -->\n";

/// The tables that matter most: section, table, and what it says in a sentence.
const SHOWN: [(&str, &str, &str); 3] = [
    (
        "hit",
        "`fn(u64) -> Arc<V>`",
        "A hit in memory, of one hot key and of 10,000 skewed ones",
    ),
    (
        "l2",
        "hit",
        "A value read from Redis and kept in memory, by 1 and by 64 tasks",
    ),
    (
        "coherence",
        "until a key is gone from another node's memory",
        "From `invalidate` on one node until the key is gone from another's memory",
    ),
];

/// The README with the figures of these results; `None` if it has no place for them, or
/// they lack one of the tables.
#[must_use]
pub fn with_figures(readme: &str, results: &Results) -> Option<String> {
    let (before, rest) = readme.split_once(BEGIN)?;
    let (_, after) = rest.split_once(END)?;
    let figures = figures(results)?;
    Some(format!("{before}{BEGIN}{figures}{END}{after}"))
}

fn figures(results: &Results) -> Option<String> {
    let first = results.runs.first()?;
    let mut text = format!(
        "\nMedians of `cargo xtask bench` on {}, {}, everything side by side on one machine; less is better.\n",
        first.machine,
        machine::day(first.began)
    );
    for (section, title, says) in SHOWN {
        let is_it = |run: &&Run| run.section.id == section;
        let run = results.runs.iter().find(is_it)?;
        let mut tables = run.section.tables.iter();
        let table = tables.find(|table| table.title == title)?;
        let _ = writeln!(text, "\n{says}, in {}:\n\n{}", table.unit, medians(table));
    }
    text += "All tables, with their spread, what was aimed at and what was missed: [Results](benches/RESULTS.md).\n\n";
    Some(text)
}

fn medians(table: &Measured) -> String {
    let head = ["by whom"]
        .into_iter()
        .chain(table.scenarios.iter().map(String::as_str));
    let mut cells = Table::headed(head);
    for (number, candidate) in table.candidates.iter().enumerate() {
        let name = report::name(candidate);
        let medians = (0..table.scenarios.len()).map(|scenario| {
            let spread = table.spread(number, scenario);
            spread.map_or("–".to_owned(), |spread| report::number(spread.median))
        });
        cells.row([name].into_iter().chain(medians));
    }
    cells.to_string()
}

#[cfg(test)]
mod tests {
    use std::fs;

    use super::*;
    use crate::results::{Better, Section, Subject};

    fn run(id: &str, title: &str) -> Run {
        let table = Measured {
            title: title.to_owned(),
            unit: "ns".to_owned(),
            better: Better::Less,
            scenarios: vec!["hot".to_owned()],
            candidates: vec![Subject::peer("peer", ""), Subject::ours("ours")],
            base: None,
            samples: vec![vec![vec![1.0, 2.0, 9.0]], vec![vec![]]],
        };
        Run::of(Section {
            id: id.to_owned(),
            tables: vec![table],
            ..Section::default()
        })
    }

    #[test]
    fn figures_take_the_place_of_older_ones_and_all_else_stays() {
        let runs: Vec<Run> = SHOWN.map(|(id, title, _)| run(id, title)).into();
        let readme = format!("before\n{BEGIN}old\n{END}after\n");
        let written = with_figures(&readme, &Results { runs: runs.clone() }).unwrap();
        assert!(written.starts_with("before\n") && written.ends_with("after\n"));
        assert!(!written.contains("old"));
        assert_eq!(
            written.matches("| peer     | 2.00 |").count(),
            3,
            "{written}"
        );
        assert_eq!(
            written.matches("| **ours** |    – |").count(),
            3,
            "{written}"
        );
        let again = with_figures(&written, &Results { runs: runs.clone() });
        assert_eq!(again, Some(written));

        let fewer = Results {
            runs: runs[..2].to_vec(),
        };
        assert_eq!(with_figures(&readme, &fewer), None);
        assert_eq!(with_figures("no place", &Results { runs }), None);
    }

    /// Nobody has written a figure by hand, and none is of an older run.
    #[test]
    fn the_readme_shows_the_results_that_lie_beside_it() {
        let root = machine::root();
        let results = Results::read(&root.join("benches/results.json")).unwrap();
        let readme = fs::read_to_string(root.join("README.md")).unwrap();
        assert_eq!(with_figures(&readme, &results).as_ref(), Some(&readme));
    }
}
