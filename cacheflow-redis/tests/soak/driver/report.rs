//! What is said at the end.

use std::collections::BTreeMap;
use std::time::Duration;

use cacheflow_testkit::history::{Lateness, Source, Summary};

use super::round::Outcome;
use crate::args::Soak;
use crate::wire::Counts;

/// What a live bus is to keep to, 999 times in 1000.
const LIVE: Duration = Duration::from_millis(20);

/// The sum of all rounds.
#[derive(Default)]
pub(crate) struct Report {
    summary: Summary,
    counts: Counts,
    faults: BTreeMap<&'static str, u32>,
    broken: Option<String>,
    slowest_recovery: Duration,
}

impl Report {
    pub(crate) fn add(&mut self, outcome: Outcome) {
        self.summary.merge(outcome.summary);
        self.counts.add(&outcome.counts);
        for (fault, times) in outcome.faults {
            *self.faults.entry(fault).or_default() += times;
        }
        self.broken = self.broken.take().or(outcome.broken);
        self.slowest_recovery = self.slowest_recovery.max(outcome.slowest_recovery);
    }

    pub(crate) fn has_failed(&self) -> bool {
        self.broken.is_some() || self.summary.violation.is_some()
    }

    /// Says it all, and whether the run has passed.
    pub(crate) fn print(&self, soak: &Soak) -> bool {
        let Self {
            summary, counts, ..
        } = self;
        println!(
            "\nseed {}, {} nodes, {:?}",
            soak.seed,
            soak.nodes,
            soak.time()
        );
        println!("values read by callers   {}", counts.values);
        let by_source =
            Source::ALL.map(|source| format!("{source:?} {}", summary.reads[source as usize]));
        println!(
            "versions checked         {} ({})",
            summary.reads(),
            by_source.join(", ")
        );
        println!("too late to be checked   {}", summary.unjudged);
        println!(
            "levels                   {} memory hits, {} shared hits, {} misses, {} joined, {} loads",
            counts.memory_hits, counts.shared_hits, counts.misses, counts.joined, counts.loads
        );
        println!(
            "changes                  {} commits, {} forgettings recorded, {} local at first",
            summary.writes, summary.recorded, summary.local
        );
        println!("stale reads within bound {}", summary.stale);
        println!("staleness, live bus      {}", spoken(&summary.calm));
        println!("staleness, else          {}", spoken(&summary.disturbed));
        println!(
            "gaps {}, replays {} of {} records, storms {}, gate closures {}, bus down {}, store down {}",
            counts.gaps,
            counts.replays,
            counts.replayed,
            counts.storms,
            counts.closures,
            counts.bus_downs,
            counts.store_downs
        );
        println!(
            "fills refused            {} ({} needlessly), unreadable {}, marks refused {}",
            counts.refused, counts.needlessly, counts.unreadable, counts.marks_refused
        );
        for (why, times) in &counts.unreadable_by {
            println!("  {times:>5}  unreadable: {why}");
        }
        println!("events missed            {}", counts.lost_events);
        println!("slowest recovery         {:?}", self.slowest_recovery);
        println!(
            "faults                   {}",
            self.faults.values().sum::<u32>()
        );
        for (fault, times) in &self.faults {
            println!("  {times:>3}  {fault}");
        }
        self.verdict(soak)
    }

    fn verdict(&self, soak: &Soak) -> bool {
        if let Some(violation) = &self.summary.violation {
            println!("\nVIOLATION\n{violation}");
        }
        if let Some(broken) = &self.broken {
            println!("\nBROKEN\n{broken}");
        }
        if self.has_failed() {
            return false;
        }
        println!("\n0 violations");
        // A few seconds in a debug build beside other tests measure nothing.
        let is_live = self.summary.calm.quantile(0.999) <= LIVE;
        if soak.minutes.is_some() && !is_live {
            println!("but the live bus did not keep to {LIVE:?} at p99.9");
            return false;
        }
        true
    }
}

fn spoken(lateness: &Lateness) -> String {
    format!(
        "p50 {:?}, p99 {:?}, p99.9 {:?}, worst {:?}, of {} floors",
        lateness.quantile(0.5),
        lateness.quantile(0.99),
        lateness.quantile(0.999),
        lateness.worst(),
        lateness.count()
    )
}
