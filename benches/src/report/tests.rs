//! A report is compared with a file that a person has looked at.

use super::*;
use crate::results::{Section, Subject};

fn goal(measured: f64) -> Goal {
    Goal {
        what: "a hit".to_owned(),
        target: "≤ 0.5 × moka".to_owned(),
        limit: 0.5,
        better: Better::Less,
        measured,
        tried: "a front before the store".to_owned(),
    }
}

fn results() -> Results {
    let timed = Measured {
        title: "a hot key".to_owned(),
        unit: "ns".to_owned(),
        better: Better::Less,
        scenarios: vec!["1 thread".to_owned(), "2 threads".to_owned()],
        candidates: vec![
            Subject::peer("moka `get`", "moka 0.12.16"),
            Subject::ours("`get`"),
        ],
        base: Some(0),
        samples: vec![
            vec![vec![100.0, 200.0, 300.0], vec![400.0; 3]],
            vec![vec![150.0, 100.0, 300.0], vec![]],
        ],
    };
    let counted = Measured {
        title: "memory".to_owned(),
        unit: "bytes".to_owned(),
        better: Better::More,
        scenarios: vec!["all".to_owned()],
        candidates: vec![Subject::ours("`get`")],
        base: None,
        samples: vec![vec![vec![1_234_567.0]]],
    };
    let run = |id: &str, began, tables, goals| Run {
        began,
        seconds: 30.0,
        machine: "a processor, 2 cores".to_owned(),
        rust: "rustc 1.95.0".to_owned(),
        commit: "abc1234".to_owned(),
        ..Run::of(Section {
            id: id.to_owned(),
            title: format!("Section {id}"),
            about: "What was done.\n".to_owned(),
            tables,
            goals,
        })
    };
    let goals = vec![goal(0.4), goal(0.75), goal(f64::NAN)];
    let mut late = run("size", 86_400 * 20_454, vec![counted], Vec::new());
    late.disturbances
        .push("after: others used 50 % of the processors".to_owned());
    Results {
        runs: vec![run("hit", 86_400 * 20_453, vec![timed], goals), late],
    }
}

#[test]
fn a_report_is_as_it_was_looked_at() {
    let text = of_results(&results());
    let path = concat!(env!("CARGO_MANIFEST_DIR"), "/src/report/golden.md");
    if std::env::var_os("OVERWRITE").is_some() {
        std::fs::write(path, &text).unwrap();
    }
    let looked_at = std::fs::read_to_string(path).unwrap();
    assert_eq!(text, looked_at, "another report? test it with OVERWRITE=1");
}

#[test]
fn a_section_alone_has_its_goals_and_no_pictures() {
    let results = results();
    let text = of_run(&results.runs[0]);
    assert!(text.contains("missed by 50 %"), "{text}");
    assert!(!text.contains("plots/"), "{text}");
    assert!(of_run(&results.runs[1]).contains("not quiet after: others used 50 %"));
}

#[test]
fn numbers_have_three_digits() {
    let said = [
        0.0,
        0.0123,
        1.234,
        12.34,
        123.4,
        1234.5,
        1_234_567.0,
        -1234.0,
    ]
    .map(number);
    let expected = [
        "0",
        "0.012",
        "1.23",
        "12.3",
        "123",
        "1,235",
        "1,234,567",
        "-1,234",
    ];
    assert_eq!(said, expected);
}
