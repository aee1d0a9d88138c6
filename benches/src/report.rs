//! Results for readers, as Markdown.

use std::fmt::Write;

use crate::machine;
use crate::results::{Better, Extent, Goal, Measured, Results, Run, Spread, Subject};
use crate::table::Table;

/// All of a run, with a picture beside each table: those of [`plot_name`].
#[must_use]
pub fn of_results(results: &Results) -> String {
    let mut text = String::from("# Results\n\n");
    let Some(first) = results.runs.first() else {
        text += "Nothing was measured.\n";
        return text;
    };
    let command = if first.extent == Extent::Full {
        "cargo xtask bench"
    } else {
        "cargo xtask bench --quick"
    };
    let seconds: f64 = results.runs.iter().map(|run| run.seconds).sum();
    let _ = writeln!(
        text,
        "Written by `{command}`; how to read it: [Benches](README.md).\n\n\
         - machine: {}\n- compiler: {}\n- commit: {}\n- date: {}\n- measured for: {:.0} s",
        first.machine,
        first.rust,
        first.commit,
        machine::day(first.began),
        seconds,
    );
    text += "- disturbances: ";
    text += &disturbances(&results.runs);
    text += "\n\n## Goals\n\n";
    let goals = results.runs.iter().flat_map(|run| &run.section.goals);
    text += &goals_table(goals);
    for run in &results.runs {
        text.push('\n');
        text += &section(run, first, true);
    }
    text
}

/// One section alone, for whoever has started its program by hand.
#[must_use]
pub fn of_run(run: &Run) -> String {
    let mut text = section(run, run, false);
    if !run.section.goals.is_empty() {
        text.push('\n');
        text += &goals_table(run.section.goals.iter());
    }
    for disturbance in &run.disturbances {
        let _ = writeln!(text, "\nThe machine was not quiet {disturbance}.");
    }
    text
}

/// The name of the picture of a section's table, without a folder.
#[must_use]
pub fn plot_name(section: &str, table: usize) -> String {
    format!("{section}-{}.svg", table + 1)
}

fn disturbances(runs: &[Run]) -> String {
    let disturbed = runs.iter().filter(|run| !run.disturbances.is_empty());
    let told: Vec<String> = disturbed
        .map(|run| format!("\n  - `{}` {}", run.section.id, run.disturbances.join("; ")))
        .collect();
    if told.is_empty() {
        return "none; the machine was quiet before and after each section".to_owned();
    }
    format!(
        "the machine was not quiet, trust ratios alone{}",
        told.concat()
    )
}

fn section(run: &Run, first: &Run, with_plots: bool) -> String {
    let section = &run.section;
    let mut text = format!("## {}\n\n{}\n", section.title, section.about.trim());
    if (&run.commit, machine::day(run.began)) != (&first.commit, machine::day(first.began)) {
        let day = machine::day(run.began);
        let _ = writeln!(
            text,
            "\nMeasured at another time: {day}, commit {}.",
            run.commit
        );
    }
    for (number, table) in section.tables.iter().enumerate() {
        let _ = writeln!(text, "\n### {}\n", table.title);
        if let Some(base) = table.base {
            let to = &table.candidates[base].name;
            let _ = writeln!(text, "÷ {to}, {}:\n", wanted(table.better));
            text += &of_cells(table, |candidate, scenario| {
                table.ratio(candidate, base, scenario)
            });
            text.push('\n');
        }
        let _ = writeln!(text, "{}, {}:\n", table.unit, wanted(table.better));
        text += &of_cells(table, |candidate, scenario| {
            table.spread(candidate, scenario)
        });
        if with_plots {
            let name = plot_name(&section.id, number);
            let _ = writeln!(text, "\n![{}](plots/{name})", table.title);
        }
    }
    text + &versions(run)
}

fn wanted(better: Better) -> &'static str {
    match better {
        Better::Less => "less is better",
        Better::More => "more is better",
    }
}

fn of_cells(table: &Measured, cell: impl Fn(usize, usize) -> Option<Spread>) -> String {
    let head = ["by whom"]
        .into_iter()
        .chain(table.scenarios.iter().map(String::as_str));
    let mut cells = Table::headed(head);
    for (number, candidate) in table.candidates.iter().enumerate() {
        let name = name(candidate);
        let spreads = (0..table.scenarios.len()).map(|scenario| cell(number, scenario));
        let spreads = spreads.map(|spread| spread.map_or("–".to_owned(), spoken));
        cells.row([name].into_iter().chain(spreads));
    }
    cells.to_string()
}

/// A candidate's name, ours in bold.
pub(crate) fn name(candidate: &Subject) -> String {
    if candidate.ours {
        format!("**{}**", candidate.name)
    } else {
        candidate.name.clone()
    }
}

fn spoken(Spread { low, median, high }: Spread) -> String {
    let (low, median, high) = (number(low), number(median), number(high));
    if low == high {
        median
    } else {
        format!("{median} ({low}–{high})")
    }
}

/// Three digits, and zeros as `1,000` has them.
#[must_use]
pub fn number(value: f64) -> String {
    let size = value.abs();
    if size >= 1000.0 {
        let digits = format!("{:.0}", value.round());
        let (sign, digits) = digits.split_at(usize::from(value < 0.0));
        let groups: Vec<&str> = digits
            .as_bytes()
            .rchunks(3)
            .rev()
            .map(|group| std::str::from_utf8(group).unwrap_or_default())
            .collect();
        return format!("{sign}{}", groups.join(","));
    }
    match size {
        100.0.. => format!("{value:.0}"),
        10.0.. => format!("{value:.1}"),
        1.0.. => format!("{value:.2}"),
        0.0 => "0".to_owned(),
        _ => format!("{value:.3}"),
    }
}

fn goals_table<'a>(goals: impl Iterator<Item = &'a Goal>) -> String {
    let mut table =
        Table::headed(["what", "target", "measured", "", "tried"]).with_texts([0, 1, 3, 4]);
    for goal in goals {
        let (measured, met) = match goal.is_met() {
            None => ("–".to_owned(), "not measured".to_owned()),
            Some(true) => (number(goal.measured), "met".to_owned()),
            Some(false) => {
                let by = format!("missed by {:.0} %", goal.missed_by() * 100.0);
                (number(goal.measured), by)
            }
        };
        let tried = if goal.is_met() == Some(true) {
            ""
        } else {
            &goal.tried
        };
        table.row([&goal.what, &goal.target, &measured, &met, tried]);
    }
    table.to_string()
}

fn versions(run: &Run) -> String {
    let tables = run.section.tables.iter();
    let candidates = tables.flat_map(|table| &table.candidates);
    let mut versions: Vec<&str> = Vec::new();
    for candidate in candidates {
        let version = candidate.version.as_str();
        if !version.is_empty() && !versions.contains(&version) {
            versions.push(version);
        }
    }
    if versions.is_empty() {
        return String::new();
    }
    format!("\nVersions: {}.\n", versions.join(", "))
}

#[cfg(test)]
mod tests;
