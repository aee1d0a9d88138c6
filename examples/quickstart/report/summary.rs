//! The report: what was run, what came of it, what the words mean, and whether all went well.

use std::fmt;
use std::time::Duration;

use super::format::{count, duration, per_second, ratio, share};
use super::table::Table;
use crate::workload::{Audit, Outcome};

/// What was run.
#[derive(Clone, Debug)]
pub(crate) struct Setting {
    /// Lines of "name: text", printed above the table.
    pub(crate) lines: Vec<(&'static str, String)>,
    pub(crate) instances: usize,
    /// Whether there is a level behind the memory.
    pub(crate) shared: bool,
    /// How long an invalidation may take to another instance.
    pub(crate) bound: Duration,
}

/// Everything that the run found out.
#[derive(Clone, Debug)]
pub(crate) struct Report {
    pub(crate) setting: Setting,
    pub(crate) without: Outcome,
    pub(crate) with: Outcome,
    pub(crate) audit: Audit,
}

impl Report {
    /// What must not happen and did, one sentence each. Empty: the run was good.
    pub(crate) fn faults(&self) -> Vec<String> {
        let mut faults = Vec::new();
        for (phase, outcome) in [
            ("without the cache", &self.without),
            ("with the cache", &self.with),
        ] {
            let tally = &outcome.tally;
            if tally.stale > 0 {
                faults.push(format!("{} stale reads {phase}", count(tally.stale)));
            }
            if let Some(first) = &tally.first_failure {
                let failed = count(tally.failed);
                faults.push(format!(
                    "{failed} failed requests {phase}, the first: {first}"
                ));
            }
        }
        if self.audit.differ > 0 {
            faults.push(format!(
                "{} rows differ from the database at the end",
                count(self.audit.differ)
            ));
        }
        if let Some(failure) = &self.audit.failure {
            faults.push(format!(
                "the comparison with the database failed: {failure}"
            ));
        }
        faults
    }

    fn speed(&self, table: &mut Table) {
        let (without, with) = (&self.without, &self.with);
        let rate = |outcome: &Outcome| per_second(outcome.tally.answers(), outcome.elapsed);
        let (slow, fast) = (rate(without), rate(with));
        table.row("", "without cache", "with cache", "");
        table.row(
            "requests per second",
            count(slow),
            count(fast),
            ratio(fast, slow),
        );
        for (name, part) in [("latency p50", 0.5), ("latency p99", 0.99)] {
            let at = |outcome: &Outcome| duration(outcome.tally.latency(part));
            table.row(name, at(without), at(with), "");
        }
    }

    fn levels(&self, table: &mut Table) {
        let (requests, levels) = (self.with.tally.answers(), self.with.levels);
        let mut level = |name, hits| table.row(name, "–", share(hits, requests), "");
        level("hits in memory", levels.memory_hits);
        if self.setting.shared {
            level("hits in Redis", levels.shared_hits);
        }
        level("loaded from the database", levels.loads);
        let counted = levels.memory_hits + levels.shared_hits + levels.loads;
        if let Some(joined @ 1..) = requests.checked_sub(counted) {
            level("shared another's load", joined);
        }
    }

    fn queries(&self, table: &mut Table) {
        let (without, with) = (&self.without, &self.with);
        let requests = with.tally.answers();
        let saved = requests.saturating_sub(with.queries);
        let remark = format!("of {} requests", count(requests));
        table.row(
            "database queries",
            count(without.queries),
            count(with.queries),
            remark,
        );
        table.row("queries saved", "–", count(saved), share(saved, requests));
    }

    fn changes(&self, table: &mut Table) {
        let (without, with) = (&self.without.tally, &self.with.tally);
        let mut both = |name, of_without, of_with, remark: &str| {
            table.row(name, count(of_without), count(of_with), remark);
        };
        both("rows changed", without.changes, with.changes, "");
        if with.only_here > 0 {
            let remark = "Redis was away; others learn it when it is back";
            both(
                "  told to no other at first",
                without.only_here,
                with.only_here,
                remark,
            );
        }
        both("failed requests", without.failed, with.failed, "must be 0");
        both("stale reads", without.stale, with.stale, "must be 0");
        if self.setting.instances > 1 {
            let remark = if with.raced > 0 {
                format!(
                    "worst delay seen: {}; allowed: {}",
                    duration(with.worst_race),
                    duration(self.setting.bound)
                )
            } else {
                format!("allowed up to {}", duration(self.setting.bound))
            };
            both(
                "reads that raced the news",
                without.raced,
                with.raced,
                &remark,
            );
        }
        let compared = format!(
            "of {} compared at the end, must be 0",
            count(self.audit.compared)
        );
        table.row(
            "differ from the database",
            "–",
            count(self.audit.differ),
            compared,
        );
    }

    fn words(&self) -> Vec<(&'static str, &'static str)> {
        let mut words = vec![
            (
                "p50, p99",
                "half of the requests, and 99 of 100, took no longer than this",
            ),
            (
                "memory",
                "the instance that was asked had the answer itself",
            ),
        ];
        if self.setting.shared {
            words.push((
                "Redis",
                "Redis had it: this or another instance had loaded it before",
            ));
        }
        words.push((
            "shared load",
            "somebody was loading it already, and the request waited for that answer",
        ));
        words.push((
            "stale read",
            "older than a change whose invalidation had returned before the read began",
        ));
        if self.setting.instances > 1 {
            words.push((
                "raced",
                "the same on another instance, while the news was still on its way to it",
            ));
        }
        words
    }
}

impl fmt::Display for Report {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        writeln!(f, "CacheFlow quickstart\n")?;
        for (name, text) in &self.setting.lines {
            writeln!(f, "  {name:<9} {text}")?;
        }
        let mut table = Table::default();
        self.speed(&mut table);
        self.levels(&mut table);
        self.queries(&mut table);
        self.changes(&mut table);
        writeln!(f, "\n{table}")?;
        for (word, meaning) in self.words() {
            writeln!(f, "  {word:<12} {meaning}")?;
        }
        let faults = self.faults();
        if faults.is_empty() {
            writeln!(f, "\nAll went well: no failed request, no stale read.")
        } else {
            writeln!(f, "\nFAILED: {}.", faults.join("; "))
        }
    }
}
