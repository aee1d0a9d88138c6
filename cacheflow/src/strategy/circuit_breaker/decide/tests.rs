//! Every order of admissions, ends and steps of time, up to a depth, against
//! what the rules say; and the rules that are about numbers by themselves.

use std::collections::HashSet;

use super::*;

/// The time between two steps; the breaker stays open for two.
const STEP: Duration = Duration::from_millis(500);
const RESET: Duration = Duration::from_secs(1);

/// A load that was admitted.
#[derive(Clone, Copy, Debug, PartialEq, Eq, PartialOrd, Ord, Hash)]
struct Running {
    permit: u64,
    since: Tick,
    /// How often the breaker had changed between closed, open and half-open.
    round: u32,
    is_probe: bool,
    /// A later probe has its place.
    has_lost: bool,
}

/// The breaker, the loads under way, and what a plain log of the ends says.
#[derive(Clone, Debug, PartialEq, Eq, Hash)]
struct World {
    state: State,
    now: Tick,
    running: Vec<Running>,
    round: u32,
    /// What ended since the breaker closed, and when: whether it failed.
    log: Vec<(Tick, bool)>,
    /// When it opened the last time.
    opened: Option<Tick>,
}

impl World {
    fn new() -> Self {
        Self {
            state: State::new(),
            now: Tick::ZERO.after(STEP),
            running: Vec::new(),
            round: 0,
            log: Vec::new(),
            opened: None,
        }
    }

    /// Whether the log trips the breaker.
    fn trips(&self, trip: Trip) -> bool {
        match trip {
            Trip::InARow(failures) => {
                let run = self.log.iter().rev().take_while(|(_, failed)| *failed);
                run.count() >= failures as usize
            }
            Trip::Rate {
                share,
                window,
                minimum,
            } => {
                let width = window.as_nanos() as u64 / 10;
                let bucket = |at: Tick| at.nanos() / width;
                let within = |(at, _): &&(Tick, bool)| bucket(*at) + 10 > bucket(self.now);
                let ended = self.log.iter().filter(within).count();
                let failed = self.log.iter().filter(within).filter(|(_, failed)| *failed);
                ended >= minimum as usize && failed.count() as f64 >= share * ended as f64
            }
        }
    }

    fn wait(&self) -> Self {
        let mut next = self.clone();
        next.now = next.now.after(STEP);
        next
    }

    fn admit(&self, config: &CircuitBreaker) -> Self {
        let mut next = self.clone();
        let now = self.now;
        let admission = admit(config, &mut next.state, now);
        let young = |running: &&Running| {
            running.is_probe && running.round == self.round && now.since(running.since) < RESET
        };
        let is_probed = self.running.iter().filter(young).any(|r| !r.has_lost);
        let Admission::Go { permit, transition } = admission else {
            assert_eq!(next.state, self.state, "a refusal changes nothing");
            let Admission::Refused { until } = admission else {
                unreachable!()
            };
            match self.state {
                State::Closed { .. } => panic!("refused while closed"),
                State::Open { .. } => {
                    assert_eq!(Some(until), self.opened.map(|at| at.after(RESET)));
                    assert!(now < until);
                }
                State::HalfOpen { .. } => {
                    assert!(is_probed, "refused, but nobody probes: {self:?}");
                    assert_eq!(until, now);
                }
            }
            return next;
        };
        let is_probe = !self.state.is_closed();
        match self.state {
            State::Closed { .. } => {
                assert_eq!(transition, None);
                assert_eq!(next.state, self.state);
            }
            State::Open { .. } => {
                assert!(now >= self.opened.unwrap().after(RESET), "too early");
                assert_eq!(transition, Some(Transition::HalfOpened));
                next.round += 1;
            }
            State::HalfOpen { .. } => {
                assert!(!is_probed, "two probes: {self:?}");
                assert_eq!(transition, None);
                for running in next.running.iter_mut().filter(|r| r.round == self.round) {
                    running.has_lost = true;
                }
            }
        }
        let of_another = |r: &Running| r.permit == permit && r.round != next.round;
        assert!(!next.running.iter().any(of_another), "a permit twice");
        next.running.push(Running {
            permit,
            since: now,
            round: next.round,
            is_probe,
            has_lost: false,
        });
        next.running.sort_unstable();
        next
    }

    fn end(&self, config: &CircuitBreaker, index: usize, outcome: Outcome) -> Self {
        let mut next = self.clone();
        let load = next.running.remove(index);
        let transition = ended(config, &mut next.state, load.permit, outcome, self.now);
        let counts = load.round == self.round;
        let expected = match (&self.state, outcome) {
            _ if !counts => None,
            (_, Outcome::Unknown) => None,
            (State::Closed { .. }, _) => {
                next.log.push((self.now, outcome == Outcome::Failed));
                next.trips(config.trip).then_some(Transition::Opened)
            }
            (State::HalfOpen { .. }, Outcome::Succeeded) => Some(Transition::Closed),
            (State::HalfOpen { .. }, Outcome::Failed) => {
                (!load.has_lost).then_some(Transition::Opened)
            }
            (State::Open { .. }, _) => unreachable!("nobody is admitted while open"),
        };
        assert_eq!(transition, expected, "{load:?} {outcome:?} in {self:?}");
        match transition {
            None => {
                let same =
                    std::mem::discriminant(&next.state) == std::mem::discriminant(&self.state);
                assert!(same, "changed and told nobody");
                let is_place = counts && load.is_probe && !load.has_lost;
                if !is_place && (!counts || load.is_probe || outcome == Outcome::Unknown) {
                    assert_eq!(next.state, self.state, "{load:?} does not count");
                }
            }
            Some(Transition::Opened) => {
                next.opened = Some(self.now);
                next.round += 1;
                assert!(
                    matches!(next.state, State::Open { until, .. } if until == self.now.after(RESET))
                );
            }
            Some(Transition::Closed) => {
                next.round += 1;
                next.log.clear();
                let clean = |run: u32, recent: &Recent| run == 0 && *recent == Recent::default();
                assert!(
                    matches!(&next.state, State::Closed { run, recent, .. } if clean(*run, recent))
                );
            }
            Some(Transition::HalfOpened) => panic!("half-open without a probe"),
        }
        next
    }

    fn nexts(&self, config: &CircuitBreaker, most_running: usize) -> Vec<Self> {
        let mut nexts = vec![self.wait()];
        if self.running.len() < most_running {
            nexts.push(self.admit(config));
        }
        for index in 0..self.running.len() {
            // The same load twice brings the same.
            if index > 0 && self.running[index] == self.running[index - 1] {
                continue;
            }
            for outcome in [Outcome::Succeeded, Outcome::Failed, Outcome::Unknown] {
                nexts.push(self.end(config, index, outcome));
            }
        }
        nexts
    }
}

/// Breadth first; returns which states were seen.
fn explore(config: &CircuitBreaker, depth: usize, most_running: usize) -> usize {
    let mut seen = HashSet::from([World::new()]);
    let mut edge = vec![World::new()];
    let mut kinds = HashSet::new();
    for _ in 0..depth {
        let mut next_edge = Vec::new();
        for world in edge {
            for next in world.nexts(config, most_running) {
                kinds.insert(std::mem::discriminant(&next.state));
                if seen.insert(next.clone()) {
                    next_edge.push(next);
                }
            }
        }
        edge = next_edge;
    }
    assert_eq!(kinds.len(), 3, "not every state was reached");
    seen.len()
}

#[test]
fn in_every_order_failures_in_a_row_open_it_and_one_probe_decides() {
    for (failures, depth) in [(1, 12), (2, 12), (3, 13)] {
        let config = CircuitBreaker::new().failures(failures).reset_after(RESET);
        let worlds = explore(&config, depth, 3);
        assert!(worlds > 10_000, "{failures}: {worlds}");
    }
}

#[test]
fn in_every_order_a_rate_opens_it_and_one_probe_decides() {
    // Windows of two and of twenty steps, so that what ended long ago is seen to
    // leave.
    for (share, window, minimum, depth) in [
        (0.5, Duration::from_secs(1), 2, 10),
        (0.5, Duration::from_secs(1), 1, 10),
        (1.0, Duration::from_secs(10), 2, 10),
        (0.3, Duration::from_secs(10), 3, 11),
    ] {
        let config = CircuitBreaker::new()
            .failure_rate(share, window, minimum)
            .reset_after(RESET);
        let worlds = explore(&config, depth, 2);
        assert!(worlds > 2_000, "{share} {minimum}: {worlds}");
    }
}

fn rate(share: f64, window: u64, minimum: u32) -> CircuitBreaker {
    CircuitBreaker::new().failure_rate(share, Duration::from_secs(window), minimum)
}

/// Ends loads one after the other, `step` apart, until the breaker opens; returns
/// how many ended.
fn opens_after(
    config: &CircuitBreaker,
    step: Duration,
    fails: impl Fn(u32) -> bool,
) -> Option<u32> {
    let mut state = State::new();
    let mut now = Tick::ZERO.after(Duration::from_secs(1_000));
    for number in 1..=1_000 {
        let Admission::Go { permit, .. } = admit(config, &mut state, now) else {
            panic!("refused");
        };
        let outcome = if fails(number) {
            Outcome::Failed
        } else {
            Outcome::Succeeded
        };
        if ended(config, &mut state, permit, outcome, now).is_some() {
            return Some(number);
        }
        now = now.after(step);
    }
    None
}

#[test]
fn a_share_that_is_no_binary_fraction_is_met_exactly() {
    // After 100 loads, 7 of which failed, and not before.
    for percent in 1..=100_u32 {
        let config = rate(f64::from(percent) / 100.0, 3600, 100);
        let opened = opens_after(&config, Duration::ZERO, |number| number <= percent);
        assert_eq!(opened, Some(100), "{percent} %");
        let config = rate(f64::from(percent) / 100.0, 3600, 100);
        let opened = opens_after(&config, Duration::ZERO, |number| {
            number < percent && number <= 100
        });
        assert_eq!(opened, None, "less than {percent} %");
    }
}

#[test]
fn only_what_ended_within_the_window_counts() {
    // Two of three that fail are too few in a window that holds no three.
    let step = Duration::from_secs(5);
    assert_eq!(opens_after(&rate(0.5, 10, 3), step, |_| true), None);
    assert_eq!(opens_after(&rate(0.5, 16, 3), step, |_| true), Some(3));
    // Long after the last, nothing of it is left, in whichever bucket it was.
    let config = rate(1.0, 10, 2);
    for pause in 0..40 {
        let opened = opens_after(&config, Duration::from_secs(pause), |_| true);
        assert_eq!(opened.is_some(), pause < 10, "{pause}");
    }
}

#[test]
fn a_clock_that_was_read_before_another_load_ended_counts_with_it() {
    let config = rate(1.0, 10, 2);
    let mut state = State::new();
    let late = Tick::ZERO.after(Duration::from_secs(20));
    let early = Tick::ZERO.after(Duration::from_secs(2));
    assert_eq!(ended(&config, &mut state, 0, Outcome::Failed, late), None);
    let opened = ended(&config, &mut state, 0, Outcome::Failed, early);
    assert_eq!(opened, Some(Transition::Opened));
}

#[test]
fn probes_that_all_take_longer_than_the_reset_still_close_it() {
    let config = CircuitBreaker::new().failures(1).reset_after(RESET);
    let mut state = State::new();
    let mut now = Tick::ZERO;
    assert_eq!(
        ended(&config, &mut state, 0, Outcome::Failed, now),
        Some(Transition::Opened)
    );
    let mut probes = Vec::new();
    for _ in 0..3 {
        now = now.after(RESET);
        let Admission::Go { permit, .. } = admit(&config, &mut state, now) else {
            panic!("refused");
        };
        probes.push(permit);
    }
    let [first, second, third] = probes[..] else {
        panic!("{probes:?}");
    };
    let mut end = |permit, outcome| ended(&config, &mut state, permit, outcome, now);
    assert_eq!(end(first, Outcome::Failed), None);
    assert_eq!(end(second, Outcome::Succeeded), Some(Transition::Closed));
    assert_eq!(end(third, Outcome::Failed), None, "of the time before");
}
