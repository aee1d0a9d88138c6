//! The report as a person sees it.

use std::time::Duration;

use super::{Report, Setting};
use crate::instance::{Acknowledged, LevelStats};
use crate::oracle::Verdict;
use crate::workload::{Audit, Outcome, Tally};

/// An outcome with so many answers in two seconds, each of which took as long.
fn outcome(answers: u64, took: Duration, queries: u64) -> Outcome {
    let mut tally = Tally::new();
    for _ in 0..answers {
        tally.answered(took, Verdict::Fresh);
    }
    for _ in 0..3 {
        tally.changed(Acknowledged::Everywhere);
    }
    Outcome {
        tally,
        elapsed: Duration::from_secs(2),
        queries,
        levels: LevelStats {
            loads: queries,
            ..LevelStats::default()
        },
    }
}

fn report() -> Report {
    let mut with = outcome(30_000, Duration::from_nanos(643), 600);
    with.levels.memory_hits = 29_300;
    Report {
        setting: Setting {
            lines: vec![
                ("shop", "a small one".to_owned()),
                ("requests", "some".to_owned()),
            ],
            instances: 1,
            shared: false,
            bound: Duration::ZERO,
        },
        without: outcome(2_000, Duration::from_micros(1_250), 2_000),
        with,
        audit: Audit {
            compared: 3,
            ..Audit::default()
        },
    }
}

#[test]
fn a_good_run_with_one_instance_in_full() {
    let expected = "\
CacheFlow quickstart

  shop      a small one
  requests  some

                             without cache   with cache
  ─────────────────────────────────────────────────────
  requests per second                1,000       15,000   15.0 times as many
  latency p50                      1.25 ms       643 ns
  latency p99                      1.25 ms       643 ns
  hits in memory                         –      97.67 %
  loaded from the database               –       2.00 %
  shared another's load                  –       0.33 %
  database queries                   2,000          600   of 30,000 requests
  queries saved                          –       29,400   98.00 %
  rows changed                           3            3
  failed requests                        0            0   must be 0
  stale reads                            0            0   must be 0
  differ from the database               –            0   of 3 compared at the end, must be 0

  p50, p99     half of the requests, and 99 of 100, took no longer than this
  memory       the instance that was asked had the answer itself
  shared load  somebody was loading it already, and the request waited for that answer
  stale read   older than a change whose invalidation had returned before the read began

All went well: no failed request, no stale read.
";
    let shown = report().to_string();
    assert_eq!(shown, expected, "\n{shown}");
}

#[test]
fn several_instances_and_a_redis_that_was_away_have_rows_of_their_own() {
    let mut report = report();
    report.setting.instances = 3;
    report.setting.shared = true;
    report.setting.bound = Duration::from_secs(2);
    report.with.levels.shared_hits = 100;
    let tally = &mut report.with.tally;
    tally.answered(
        Duration::from_nanos(643),
        Verdict::Raced(Duration::from_micros(410)),
    );
    tally.changed(Acknowledged::OnlyHere);
    let shown = report.to_string();
    let words = shown.split_whitespace().collect::<Vec<_>>().join(" ");
    for text in [
        "hits in Redis – 0.33 %",
        "told to no other at first 0 1 Redis was away; others learn it when it is back",
        "reads that raced the news 0 1 worst delay seen: 410 µs; allowed: 2.00 s",
        "Redis Redis had it",
        "raced the same on another instance",
    ] {
        assert!(words.contains(text), "{text}\n{shown}");
    }
    assert_eq!(report.faults(), [""; 0], "a race is no fault");
}

#[test]
fn every_fault_is_named_at_the_end() {
    let mut report = report();
    report.with.tally.answered(Duration::ZERO, Verdict::Stale);
    report.without.tally.failed("the database failed");
    report.without.tally.failed("and failed again");
    report.audit.differ = 2;
    report.audit.failure = Some("no answer".to_owned());
    assert_eq!(
        report.faults(),
        [
            "2 failed requests without the cache, the first: the database failed",
            "1 stale reads with the cache",
            "2 rows differ from the database at the end",
            "the comparison with the database failed: no answer",
        ]
    );
    let shown = report.to_string();
    assert!(shown.contains("FAILED: 2 failed requests") && !shown.contains("All went well"));
}

#[test]
fn a_run_in_which_nothing_happened_is_shown_too() {
    let nothing = outcome(0, Duration::ZERO, 0);
    let report = Report {
        without: nothing.clone(),
        with: nothing,
        ..report()
    };
    let shown = report.to_string();
    assert!(shown.contains("requests per second"), "{shown}");
    assert!(!shown.contains("NaN") && !shown.contains("inf"), "{shown}");
}
