//! What is kept comes back, and goals are judged.

use super::*;

fn goal(better: Better, limit: f64, measured: f64) -> Goal {
    Goal {
        what: "a hit".to_owned(),
        target: "fast".to_owned(),
        limit,
        better,
        measured,
        tried: String::new(),
    }
}

fn run(id: &str, machine: &str, seconds: f64) -> Run {
    Run {
        began: 1,
        seconds,
        machine: machine.to_owned(),
        rust: "rustc 1.95.0".to_owned(),
        commit: "abc".to_owned(),
        extent: Extent::Quick,
        ..Run::of(Section {
            id: id.to_owned(),
            ..Section::default()
        })
    }
}

#[test]
fn a_goal_is_met_on_its_side_of_the_limit() {
    assert_eq!(goal(Better::Less, 2.0, 2.0).is_met(), Some(true));
    assert_eq!(goal(Better::Less, 2.0, 2.5).is_met(), Some(false));
    assert_eq!(goal(Better::Less, 2.0, 2.5).missed_by(), 0.25);
    assert_eq!(goal(Better::More, 2.0, 2.5).is_met(), Some(true));
    assert_eq!(goal(Better::More, 2.0, 1.5).is_met(), Some(false));
    assert_eq!(goal(Better::More, 2.0, 1.5).missed_by(), 0.25);
    assert_eq!(goal(Better::More, 2.0, f64::NAN).is_met(), None);
}

#[test]
fn spoilt_rounds_survive_the_file() {
    let mut written = run("hit", "a", 1.0);
    written.section.tables.push(Measured {
        title: "hits".to_owned(),
        unit: "ns".to_owned(),
        better: Better::Less,
        scenarios: vec!["hot".to_owned()],
        candidates: vec![
            Subject::ours("cacheflow"),
            Subject::peer("moka", "moka 0.12"),
        ],
        base: Some(1),
        samples: vec![vec![vec![1.5, f64::NAN]], vec![vec![]]],
    });
    written
        .section
        .goals
        .push(goal(Better::Less, 1.0, f64::NAN));
    let text = serde_json::to_string(&written).unwrap();
    let read: Run = serde_json::from_str(&text).unwrap();
    let table = &read.section.tables[0];
    assert_eq!(table.rounds(0, 0)[0], 1.5);
    assert!(table.rounds(0, 0)[1].is_nan());
    assert!(table.rounds(1, 0).is_empty());
    assert_eq!(read.section.goals[0].is_met(), None);
}

#[test]
fn scenarios_and_candidates_change_places() {
    let taken = [vec![vec![1.0], vec![2.0]], vec![vec![3.0]]];
    let expected = [vec![vec![1.0], vec![3.0]], vec![vec![2.0], vec![]]];
    assert_eq!(Measured::by_candidate(&taken), expected);
}

#[test]
fn a_section_takes_the_place_of_its_earlier_run() {
    let mut results = Results::default();
    results.take_in(run("hit", "a", 1.0));
    results.take_in(run("size", "a", 1.0));
    results.take_in(run("hit", "a", 2.0));
    let kept: Vec<_> = results
        .runs
        .iter()
        .map(|run| (&*run.section.id, run.seconds))
        .collect();
    assert_eq!(kept, [("hit", 2.0), ("size", 1.0)]);
}

#[test]
fn what_another_machine_measured_does_not_stay_beside_it() {
    let mut results = Results::default();
    results.take_in(run("hit", "a", 1.0));
    results.take_in(run("size", "b", 1.0));
    assert_eq!(results.runs.len(), 1);
    assert_eq!(results.runs[0].machine, "b");
}
