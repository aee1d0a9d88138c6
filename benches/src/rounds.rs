//! Candidates in turns: A B C, B C A, C A B, …

use std::hint;
use std::sync::atomic::{AtomicUsize, Ordering};
use std::thread;
use std::time::Instant;

/// Something that is measured beside others.
pub struct Candidate<'a> {
    /// What a table calls it.
    pub name: &'static str,
    /// Does the operations of `from..to` of a sequence that all candidates
    /// share. Called by several threads at once.
    pub run: Box<Run<'a>>,
}

/// The operations of `from..to`.
pub type Run<'a> = dyn Fn(usize, usize) + Sync + 'a;

impl<'a> Candidate<'a> {
    /// A candidate that does `run(from, to)`.
    pub fn new(name: &'static str, run: impl Fn(usize, usize) + Sync + 'a) -> Self {
        Self {
            name,
            run: Box::new(run),
        }
    }
}

impl std::fmt::Debug for Candidate<'_> {
    fn fmt(&self, f: &mut std::fmt::Formatter<'_>) -> std::fmt::Result {
        f.debug_tuple("Candidate").field(&self.name).finish()
    }
}

/// How much is measured.
#[derive(Clone, Copy, Debug)]
pub struct Plan {
    /// How many turns each candidate has in each scenario.
    pub rounds: usize,
    /// Operations of one thread in one turn. Before them, a quarter as many
    /// are done unmeasured, because the turn before left the processor's caches
    /// to another candidate.
    pub operations: usize,
}

/// Candidates for the same work.
#[derive(Debug)]
pub struct Scenario<'a> {
    /// How many threads do it at the same time.
    pub threads: usize,
    /// Who does it.
    pub candidates: Vec<Candidate<'a>>,
}

/// The nanoseconds per operation and thread: for each scenario, of each of its
/// candidates, in each round; not a number where other work on the machine kept
/// the threads apart.
///
/// # Panics
///
/// If a candidate does.
#[must_use]
pub fn measure(plan: Plan, scenarios: &[Scenario<'_>]) -> Vec<Vec<Vec<f64>>> {
    let mut taken: Vec<Vec<Vec<f64>>> = scenarios
        .iter()
        .map(|scenario| vec![Vec::with_capacity(plan.rounds); scenario.candidates.len()])
        .collect();
    for round in 0..plan.rounds {
        for (scenario, taken) in scenarios.iter().zip(&mut taken) {
            for turn in 0..scenario.candidates.len() {
                // Another one begins in each round.
                let candidate = (round + turn) % scenario.candidates.len();
                let run = &scenario.candidates[candidate].run;
                taken[candidate].push(turn_of(plan, scenario.threads, run, round));
            }
        }
    }
    taken
}

/// How often a turn is repeated that other work on the machine has spoilt.
const ATTEMPTS: usize = 5;

fn turn_of(plan: Plan, threads: usize, run: &Run<'_>, round: usize) -> f64 {
    let mut attempts = (0..ATTEMPTS).map(|_| spans_of(plan, threads, run, round));
    let Some(spans) = attempts.find(|spans| were_together(spans)) else {
        return f64::NAN;
    };
    let sum: f64 = spans.iter().map(|span| nanos(span.0, span.1)).sum();
    sum / (spans.len() * plan.operations) as f64
}

/// When each thread has begun and ended its operations.
fn spans_of(plan: Plan, threads: usize, run: &Run<'_>, round: usize) -> Vec<(Instant, Instant)> {
    let Plan { operations, .. } = plan;
    let warm_up = operations / 4;
    let arrived = AtomicUsize::new(0);
    let work = |thread: usize| {
        // Threads are apart in the sequence, as callers in a service are.
        let from = (round + thread * 31) * operations / 3;
        run(from, from + warm_up);
        arrived.fetch_add(1, Ordering::AcqRel);
        while arrived.load(Ordering::Acquire) < threads {
            hint::spin_loop();
        }
        let began = Instant::now();
        run(from + warm_up, from + warm_up + operations);
        (began, Instant::now())
    };
    if threads == 1 {
        return vec![work(0)];
    }
    thread::scope(|scope| {
        let work = &work;
        let threads: Vec<_> = (0..threads)
            .map(|thread| scope.spawn(move || work(thread)))
            .collect();
        let spans = threads.into_iter().map(thread::ScopedJoinHandle::join);
        spans
            .map(|span| span.expect("a candidate panicked"))
            .collect()
    })
}

/// Whether the threads were at work at the same time for nearly all of it: on a
/// processor that has other work they may have run one after the other, and not
/// disturbed each other at all.
fn were_together(spans: &[(Instant, Instant)]) -> bool {
    let last_begin = spans.iter().map(|span| span.0).max();
    let first_end = spans.iter().map(|span| span.1).min();
    let (Some(begin), Some(end)) = (last_begin, first_end) else {
        return true;
    };
    let together = nanos(begin, end);
    let longest = spans.iter().map(|span| nanos(span.0, span.1));
    together >= 0.8 * longest.fold(0.0, f64::max)
}

fn nanos(from: Instant, to: Instant) -> f64 {
    to.saturating_duration_since(from).as_nanos() as f64
}

/// The median of those values that are numbers; none if there are none.
#[must_use]
pub fn median(mut values: Vec<f64>) -> f64 {
    values.retain(|value| !value.is_nan());
    values.sort_unstable_by(f64::total_cmp);
    let middle = values.len() / 2;
    match values.len() {
        0 => f64::NAN,
        length if length % 2 == 1 => values[middle],
        _ => f64::midpoint(values[middle - 1], values[middle]),
    }
}

/// The median of the ratios that two candidates had within the same round.
#[must_use]
pub fn ratio(of: &[f64], to: &[f64]) -> f64 {
    median(of.iter().zip(to).map(|(of, to)| of / to).collect())
}

#[cfg(test)]
mod tests {
    use super::*;
    use std::sync::Mutex;
    use std::time::Duration;

    #[test]
    fn every_candidate_has_its_turn_in_every_round() {
        let turns = Mutex::new(Vec::new());
        let candidates = ["a", "b", "c"].map(|name| {
            let turns = &turns;
            Candidate::new(name, move |_, _| turns.lock().unwrap().push(name))
        });
        let plan = Plan {
            rounds: 3,
            operations: 8,
        };
        let scenario = Scenario {
            threads: 1,
            candidates: candidates.into(),
        };
        let taken = measure(plan, &[scenario]);
        assert!(taken[0].iter().all(|rounds| rounds.len() == 3));
        // Each turn runs twice: unmeasured, and measured.
        let order: String = turns.lock().unwrap().iter().step_by(2).copied().collect();
        assert_eq!(order, "abcbcacab");
    }

    #[test]
    fn each_thread_does_all_operations_of_its_turn() {
        let done = AtomicUsize::new(0);
        let run = |from: usize, to: usize| {
            done.fetch_add(to - from, Ordering::Relaxed);
        };
        let plan = Plan {
            rounds: 1,
            operations: 8,
        };
        assert_eq!(spans_of(plan, 3, &run, 0).len(), 3);
        assert_eq!(done.into_inner(), 3 * (8 + 2));
    }

    #[test]
    fn threads_that_ran_one_after_the_other_were_not_together() {
        let start = Instant::now();
        let at = |millis| start + Duration::from_millis(millis);
        assert!(were_together(&[(at(0), at(10))]));
        assert!(were_together(&[(at(0), at(10)), (at(1), at(11))]));
        assert!(!were_together(&[(at(0), at(10)), (at(5), at(15))]));
        assert!(!were_together(&[(at(0), at(10)), (at(20), at(30))]));
    }

    #[test]
    fn a_ratio_is_taken_within_each_round() {
        assert_eq!(median(vec![3.0, 1.0, 2.0]), 2.0);
        assert_eq!(median(vec![4.0, 1.0, 2.0, 3.0]), 2.5);
        assert_eq!(median(vec![f64::NAN, 1.0, f64::NAN]), 1.0);
        assert!(median(vec![f64::NAN]).is_nan());
        // Twice as long in each round, whatever else the machine did.
        assert_eq!(ratio(&[2.0, 20.0, 200.0], &[1.0, 10.0, 100.0]), 2.0);
    }
}
