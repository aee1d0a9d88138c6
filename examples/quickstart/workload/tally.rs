//! What one task has counted, and all of them together.

use std::time::Duration;

use hdrhistogram::Histogram;

use crate::instance::Acknowledged;
use crate::oracle::Verdict;

/// Latencies above this are counted as this. No request takes as long: the run gives up before.
const LONGEST: Duration = Duration::from_secs(60);

/// Two digits of a latency are more than two runs have in common.
const DIGITS: u8 = 2;

/// The counts of a task. Each task has its own, so that counting costs nothing but the counting.
#[derive(Clone, Debug)]
pub(crate) struct Tally {
    latency: Histogram<u64>,
    /// Reads of an old version that an invalidation on its way explains, and how late the worst of them was.
    pub(crate) raced: u64,
    pub(crate) worst_race: Duration,
    /// Reads of a version that was too old.
    pub(crate) stale: u64,
    /// Rows changed and invalidated, and how many of these invalidations reached only their own instance.
    pub(crate) changes: u64,
    pub(crate) only_here: u64,
    /// Requests, changes and invalidations that failed, and what the first one said.
    pub(crate) failed: u64,
    pub(crate) first_failure: Option<String>,
}

impl Tally {
    pub(crate) fn new() -> Self {
        let longest = u64::try_from(LONGEST.as_nanos()).expect("a minute has few nanoseconds");
        Self {
            latency: Histogram::new_with_bounds(1, longest, DIGITS)
                .expect("these bounds are constant and valid"),
            raced: 0,
            worst_race: Duration::ZERO,
            stale: 0,
            changes: 0,
            only_here: 0,
            failed: 0,
            first_failure: None,
        }
    }

    /// A request was answered.
    pub(crate) fn answered(&mut self, took: Duration, verdict: Verdict) {
        let nanos = u64::try_from(took.as_nanos()).unwrap_or(u64::MAX);
        self.latency.saturating_record(nanos.max(1));
        match verdict {
            Verdict::Fresh => {}
            Verdict::Raced(delay) => {
                self.raced += 1;
                self.worst_race = self.worst_race.max(delay);
            }
            Verdict::Stale => self.stale += 1,
        }
    }

    /// A row was changed and invalidated.
    pub(crate) fn changed(&mut self, reach: Acknowledged) {
        self.changes += 1;
        if reach == Acknowledged::OnlyHere {
            self.only_here += 1;
        }
    }

    /// Something failed.
    pub(crate) fn failed(&mut self, why: impl ToString) {
        self.failed += 1;
        self.first_failure.get_or_insert_with(|| why.to_string());
    }

    /// Adds what another task has counted.
    pub(crate) fn add(&mut self, other: Self) {
        self.latency
            .add(other.latency)
            .expect("all histograms have the same bounds");
        self.raced += other.raced;
        self.worst_race = self.worst_race.max(other.worst_race);
        self.stale += other.stale;
        self.changes += other.changes;
        self.only_here += other.only_here;
        self.failed += other.failed;
        self.first_failure = self.first_failure.take().or(other.first_failure);
    }

    /// Requests that were answered.
    pub(crate) fn answers(&self) -> u64 {
        self.latency.len()
    }

    /// The time within which this part (0 to 1) of the requests was answered.
    pub(crate) fn latency(&self, part: f64) -> Duration {
        Duration::from_nanos(self.latency.value_at_quantile(part))
    }
}
