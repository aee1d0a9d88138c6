//! Newer results beside older ones: what has become worse.
//!
//! Ratios to the base candidate of the same run are compared, so that the two
//! runs may come from two machines. Tables without a base hold what does not
//! depend on the machine, and are compared as they are.

use std::fmt;

use crate::report::number;
use crate::results::{Better, Measured, Results, Section, Spread};

/// By which share something may be worse without being listed.
pub const TOLERANCE: f64 = 0.1;

/// Something of ours that has become worse by more than the tolerance and more
/// than the spread of both runs explains.
#[derive(Clone, Debug, PartialEq)]
pub struct Worse {
    /// Section, table, candidate and scenario.
    pub what: [String; 4],
    /// The older samples, as ratios where the table has a base.
    pub old: Spread,
    /// The newer ones.
    pub new: Spread,
}

/// What [`compared`] finds.
#[derive(Clone, Debug, Default, PartialEq)]
pub struct Comparison {
    /// What has become worse, in the order of the tables.
    pub worse: Vec<Worse>,
    /// How many figures were compared.
    pub compared: usize,
    /// What the older results have and the newer ones have not.
    pub missing: Vec<String>,
}

impl fmt::Display for Worse {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        let (old, new) = (self.old.median, self.new.median);
        write!(
            f,
            "{}: {} → {} ({:+.0} %)",
            self.what.join(" · "),
            number(old),
            number(new),
            (new / old - 1.0) * 100.0
        )
    }
}

/// Compares each figure of ours with the one of the same section, table,
/// candidate and scenario.
#[must_use]
pub fn compared(old: &Results, new: &Results) -> Comparison {
    let mut comparison = Comparison::default();
    for run in &old.runs {
        let id = &run.section.id;
        let newer = new.runs.iter().find(|run| run.section.id == *id);
        match newer {
            Some(newer) => sections(&run.section, &newer.section, &mut comparison),
            None => comparison.missing.push(format!("section {id}")),
        }
    }
    comparison
}

fn sections(old: &Section, new: &Section, comparison: &mut Comparison) {
    for table in &old.tables {
        let newer = new.tables.iter().find(|newer| newer.title == table.title);
        match newer {
            Some(newer) => tables(&old.id, table, newer, comparison),
            None => comparison
                .missing
                .push(format!("{} · {}", old.id, table.title)),
        }
    }
}

fn tables(id: &str, old: &Measured, new: &Measured, comparison: &mut Comparison) {
    let ours = old.candidates.iter().enumerate().filter(|(_, it)| it.ours);
    for (number, candidate) in ours {
        for (place, scenario) in old.scenarios.iter().enumerate() {
            let Some(before) = figure(old, number, place) else {
                continue;
            };
            let what = [id, &old.title, &candidate.name, scenario].map(str::to_owned);
            let newer = new.scenarios.iter().position(|newer| newer == scenario);
            let newer = new.candidate(&candidate.name).zip(newer);
            let Some(after) = newer.and_then(|(number, place)| figure(new, number, place)) else {
                comparison.missing.push(what.join(" · "));
                continue;
            };
            comparison.compared += 1;
            if is_worse(before, after, old.better) {
                comparison.worse.push(Worse {
                    what,
                    old: before,
                    new: after,
                });
            }
        }
    }
}

fn figure(table: &Measured, candidate: usize, scenario: usize) -> Option<Spread> {
    match table.base {
        Some(base) => table.ratio(candidate, base, scenario),
        None => table.spread(candidate, scenario),
    }
}

fn is_worse(old: Spread, new: Spread, better: Better) -> bool {
    match better {
        Better::Less => new.median > old.median * (1.0 + TOLERANCE) && new.low > old.high,
        Better::More => new.median < old.median * (1.0 - TOLERANCE) && new.high < old.low,
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::results::{Run, Subject};

    /// The figures of ours in one scenario, beside a base that takes 10.
    fn results(ours: &[f64], better: Better, base: Option<usize>) -> Results {
        let table = Measured {
            title: "hits".to_owned(),
            unit: "ns".to_owned(),
            better,
            scenarios: vec!["hot".to_owned()],
            candidates: vec![Subject::peer("moka", ""), Subject::ours("cacheflow")],
            base,
            samples: vec![vec![vec![10.0; ours.len()]], vec![ours.to_vec()]],
        };
        let section = Section {
            id: "hit".to_owned(),
            tables: vec![table],
            ..Section::default()
        };
        let run = Run::of(section);
        Results { runs: vec![run] }
    }

    fn worse(old: &[f64], new: &[f64], better: Better) -> usize {
        let base = Some(0);
        compared(&results(old, better, base), &results(new, better, base))
            .worse
            .len()
    }

    #[test]
    fn more_than_a_tenth_is_worse() {
        assert_eq!(worse(&[10.0], &[10.9], Better::Less), 0);
        assert_eq!(worse(&[10.0], &[11.1], Better::Less), 1);
        assert_eq!(worse(&[10.0], &[5.0], Better::Less), 0);
        assert_eq!(worse(&[10.0], &[9.1], Better::More), 0);
        assert_eq!(worse(&[10.0], &[8.9], Better::More), 1);
        assert_eq!(worse(&[10.0], &[20.0], Better::More), 0);
    }

    #[test]
    fn what_the_spread_explains_is_not_worse() {
        let (old, wide) = ([9.0, 10.0, 14.0, 15.0], [8.0, 14.0, 15.0, 16.0]);
        assert_eq!(worse(&old, &wide, Better::Less), 0);
        assert_eq!(worse(&wide, &[7.0, 12.0, 12.5, 13.0], Better::More), 0);
    }

    #[test]
    fn a_machine_twice_as_slow_changes_no_ratio() {
        let old = results(&[20.0], Better::Less, Some(0));
        let mut new = results(&[40.0], Better::Less, Some(0));
        new.runs[0].section.tables[0].samples[0] = vec![vec![20.0]];
        assert!(compared(&old, &new).worse.is_empty());
        assert_eq!(compared(&old, &new).compared, 1);
        // Without a base the figures themselves count.
        old_and_new_without_base(old, new);
    }

    fn old_and_new_without_base(mut old: Results, mut new: Results) {
        for results in [&mut old, &mut new] {
            results.runs[0].section.tables[0].base = None;
        }
        let found = compared(&old, &new).worse;
        assert_eq!(found.len(), 1);
        let told = "hit · hits · cacheflow · hot: 20.0 → 40.0 (+100 %)";
        assert_eq!(found[0].to_string(), told);
    }

    #[test]
    fn what_a_peer_does_is_its_own_affair() {
        let old = results(&[10.0], Better::Less, None);
        let mut new = results(&[10.0], Better::Less, None);
        new.runs[0].section.tables[0].samples[0] = vec![vec![99.0]];
        assert!(compared(&old, &new).worse.is_empty());
    }

    #[test]
    fn what_was_not_measured_again_is_told() {
        let old = results(&[10.0], Better::Less, Some(0));
        let mut new = results(&[10.0], Better::Less, Some(0));
        new.runs[0].section.tables[0].scenarios[0] = "cold".to_owned();
        let missing = compared(&old, &new).missing;
        assert_eq!(missing, ["hit · hits · cacheflow · hot"]);
        assert_eq!(compared(&old, &Results::default()).missing, ["section hit"]);
    }
}
