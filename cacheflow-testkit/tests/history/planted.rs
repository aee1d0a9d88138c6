//! One fault in each history, and its neighbour without.

use std::time::{Duration, Instant};

use cacheflow_testkit::history::{Checker, Event, NodeId, Noted, Outcome, Rule, Summary};

use crate::telling::{MAX_STALENESS, at, forget, read, write};

fn judged(events: impl IntoIterator<Item = (NodeId, Event)>) -> Summary {
    let mut checker = Checker::new(3, MAX_STALENESS);
    for (node, event) in events {
        checker.record(node, event);
    }
    checker.finish()
}

/// Node 0 forgets version 1 of key 7 from 11 to 12, and `node` reads it at `began`.
fn late_read(outcome: Outcome, node: NodeId, began: u64) -> Option<Rule> {
    let events = [
        (0, write(7, 1, 1)),
        (0, write(7, 2, 10)),
        (0, forget(&[7], 11, 12, outcome)),
        (node, read(7, 1, began)),
    ];
    judged(events).violation.map(|violation| violation.rule)
}

#[test]
fn the_node_that_forgot_reads_nothing_older_however_far_it_got() {
    for outcome in [Outcome::Local, Outcome::Recorded, Outcome::Everywhere] {
        assert_eq!(late_read(outcome, 0, 12), None, "it began while forgetting");
        assert_eq!(late_read(outcome, 0, 13), Some(Rule::OwnNode));
        assert_eq!(late_read(outcome, 0, 30_000), Some(Rule::OwnNode));
    }
}

#[test]
fn others_have_max_staleness() {
    assert_eq!(late_read(Outcome::Recorded, 1, 2012), None);
    assert_eq!(
        late_read(Outcome::Recorded, 1, 2013),
        Some(Rule::MaxStaleness)
    );
}

#[test]
fn others_have_no_time_once_it_was_applied_everywhere() {
    assert_eq!(late_read(Outcome::Everywhere, 1, 12), None);
    assert_eq!(
        late_read(Outcome::Everywhere, 1, 13),
        Some(Rule::Everywhere)
    );
}

#[test]
fn others_do_not_know_of_what_is_local() {
    assert_eq!(late_read(Outcome::Local, 1, 30_000), None);
}

#[test]
fn what_was_local_counts_from_when_it_was_sent() {
    let told = |began| {
        judged([
            (0, write(7, 1, 1)),
            (0, write(7, 2, 10)),
            (0, forget(&[7], 11, 12, Outcome::Local)),
            (0, forget(&[7], 11, 5000, Outcome::Recorded)),
            (1, read(7, 1, began)),
        ])
        .violation
    };
    assert_eq!(told(7000), None);
    assert_eq!(told(7001).unwrap().rule, Rule::MaxStaleness);
}

#[test]
fn only_what_was_committed_before_a_forgetting_began_is_demanded_after_it() {
    let summary = judged([
        (0, write(7, 1, 1)),
        (0, forget(&[7], 11, 20, Outcome::Recorded)),
        (0, write(7, 2, 12)),
        (0, read(7, 1, 30)),
        (1, read(7, 1, 30_000)),
    ]);
    assert_eq!(summary.violation, None);
    assert_eq!(summary.reads(), 2);
}

#[test]
fn a_forgetting_demands_of_all_keys_that_it_covers_and_of_no_other() {
    let events = |key| {
        [
            (1, write(1, 3, 1)),
            (2, write(2, 4, 1)),
            (2, write(3, 5, 1)),
            (0, forget(&[1, 2], 11, 12, Outcome::Recorded)),
            (0, read(key, 2, 13)),
        ]
    };
    assert_eq!(judged(events(1)).violation.unwrap().floor.version, 3);
    assert_eq!(judged(events(2)).violation.unwrap().floor.version, 4);
    assert_eq!(judged(events(3)).violation, None);
}

#[test]
fn an_older_floor_stays_in_force_when_a_newer_one_is_set() {
    let mut events = vec![(0, write(7, 1, 1))];
    for version in 2..60 {
        let now = version * 100;
        events.push((0, write(7, version, now)));
        events.push((0, forget(&[7], now + 1, now + 2, Outcome::Recorded)));
    }
    let with = |version, began| {
        let mut events = events.clone();
        events.push((1, read(7, version, began)));
        judged(events).violation
    };
    // Version 38 was forgotten at 3902, and until 5902 that is no fault.
    assert_eq!(with(38, 5902), None);
    let violation = with(38, 5903).unwrap();
    assert_eq!(violation.floor.version, 39);
    assert_eq!(violation.late(), Duration::from_millis(2001));
}

#[test]
fn a_read_waits_until_all_nodes_have_told_what_it_is_judged_by() {
    let mut checker = Checker::new(2, MAX_STALENESS);
    checker.record(1, read(7, 1, 20));
    checker.reached(1, at(100));
    assert_eq!(checker.judged(), 0);
    checker.record(0, forget(&[7], 11, 12, Outcome::Everywhere));
    checker.record(0, write(7, 2, 10));
    checker.reached(0, at(21));
    assert_eq!(checker.judged(), 1);
    assert_eq!(checker.violation().unwrap().rule, Rule::Everywhere);
}

#[test]
fn a_floor_is_found_where_calls_return_in_another_order_than_they_began() {
    let events = |began| {
        [
            (0, write(7, 1, 1)),
            (0, write(7, 2, 10)),
            // Two tasks of a node: the one that began later, and covers more, is
            // back sooner.
            (0, forget(&[7], 11, 50, Outcome::Recorded)),
            (0, write(7, 3, 12)),
            (0, forget(&[7], 13, 20, Outcome::Recorded)),
            (0, read(7, 2, began)),
        ]
    };
    assert_eq!(judged(events(19)).violation, None);
    assert_eq!(judged(events(21)).violation.unwrap().floor.version, 3);
}

#[test]
fn the_first_violation_is_told_with_what_led_to_it_and_no_more() {
    let mut checker = Checker::new(2, MAX_STALENESS);
    for version in 1..40 {
        checker.record(0, write(7, version, version * 10));
        checker.record(1, read(7, version, version * 10 + 2));
        checker.record(1, read(8, version, version * 10 + 2));
    }
    checker.remark(None, at(395), "the network is cut");
    checker.record(0, forget(&[7], 393, 394, Outcome::Recorded));
    checker.record(1, read(7, 38, 400));
    checker.record(1, read(7, 38, 3000));
    checker.record(1, read(7, 37, 3001));
    let violation = checker.finish().violation.unwrap();
    assert_eq!(violation.read.version, 38);
    let lines: Vec<&Noted> = violation.history.iter().map(|line| &line.noted).collect();
    assert_eq!(*lines[0], Noted::Wrote(38));
    assert!(matches!(
        lines[1],
        Noted::Read {
            version: 38,
            times: 1,
            ..
        }
    ));
    assert_eq!(*lines[2], Noted::Wrote(39));
    assert!(matches!(lines[3], Noted::Read { version: 39, .. }));
    assert!(matches!(lines[4], Noted::Forgot { .. }));
    assert_eq!(*lines[5], Noted::Remark("the network is cut".into()));
    assert!(matches!(lines[6], Noted::Read { version: 38, .. }));
    let text = violation.to_string();
    assert!(text.contains("node 1 read version 38 of key 7"), "{text}");
    assert!(text.contains("committed version 39"), "{text}");
    assert!(!text.contains("key 8"), "{text}");
}

#[test]
fn staleness_is_measured_apart_where_there_was_a_fault() {
    let round = |start: u64, stale: u64, version| {
        [
            (0, write(7, version, start)),
            (0, forget(&[7], start + 1, start + 2, Outcome::Recorded)),
            (1, read(7, version - 1, start + 2 + stale)),
            (1, read(7, version, start + 900)),
        ]
    };
    let mut checker = Checker::new(2, MAX_STALENESS);
    checker.record(0, write(7, 1, 1));
    checker.disturbed(at(2000));
    checker.calmed(at(4000));
    for (start, stale, version) in [(1000, 3, 2), (1990, 500, 3), (3000, 700, 4), (4001, 5, 5)] {
        for (node, event) in round(start, stale, version) {
            checker.record(node, event);
        }
    }
    // Nobody else has looked: this says nothing.
    checker.record(0, write(7, 6, 8000));
    checker.record(0, forget(&[7], 8001, 8002, Outcome::Recorded));
    let summary = checker.finish();
    assert_eq!((summary.calm.count(), summary.disturbed.count()), (2, 2));
    assert_eq!(summary.calm.worst(), Duration::from_millis(5));
    assert_eq!(summary.violation, None);
}

#[test]
fn what_is_long_past_is_thrown_away_and_does_not_judge_those_who_were_there() {
    let mut checker = Checker::new(2, MAX_STALENESS);
    checker.record(0, write(7, 1, 1));
    for version in 2..300 {
        let now = version * 1000;
        checker.record(0, write(7, version, now));
        checker.record(0, forget(&[7], now + 1, now + 2, Outcome::Recorded));
        checker.reached(0, at(now + 10));
        checker.reached(1, at(now + 10));
    }
    // Began when this was the newest, and was held up for minutes.
    checker.record(1, read(7, 20, 20_500));
    // What is in force is not forgotten.
    assert_eq!(checker.violation(), None);
    checker.record(1, read(7, 200, 290_000));
    let summary = checker.finish();
    assert_eq!((summary.reads(), summary.unjudged), (1, 1));
    assert!(summary.violation.is_some());
}

/// Not a measurement: a bound that a checker which looks at everything for each
/// read would miss by far.
#[test]
fn millions_of_reads_are_cheap() {
    let started = Instant::now();
    let mut checker = Checker::new(4, MAX_STALENESS);
    let mut reads = 0;
    for round in 0..2000_u64 {
        let now = 10 + round * 5;
        let key = (round % 300) as u32;
        checker.record(0, write(key, round / 300 + 1, now));
        checker.record(0, forget(&[key], now + 1, now + 2, Outcome::Recorded));
        for read_key in 0..300 {
            let version = if read_key <= key {
                round / 300 + 1
            } else {
                round / 300
            };
            checker.record(1, read(read_key, version, now + 3));
            reads += 1;
        }
        for node in 0..4 {
            checker.reached(node, at(now + 3));
        }
    }
    let summary = checker.finish();
    assert_eq!(summary.reads(), reads);
    assert_eq!(summary.violation, None);
    assert!(started.elapsed() < Duration::from_secs(60));
}
