//! Random histories, told in random orders, to the checker and to the naive judge.

use std::collections::HashSet;

use cacheflow_testkit::history::{At, Checker, Event, NodeId, Outcome};

use crate::naive::{Verdict, verdict};
use crate::telling::{MAX_STALENESS, forget, read, write};

const NODES: usize = 3;
const KEYS: u32 = 3;

/// SplitMix64.
struct Random(u64);

impl Random {
    fn below(&mut self, bound: u64) -> u64 {
        self.0 = self.0.wrapping_add(0x9E37_79B9_7F4A_7C15);
        let mut z = self.0;
        z = (z ^ (z >> 30)).wrapping_mul(0xBF58_476D_1CE4_E5B9);
        z = (z ^ (z >> 27)).wrapping_mul(0x94D0_49BB_1331_11EB);
        (z ^ (z >> 31)) % bound
    }

    fn history(&mut self) -> Vec<(NodeId, Event)> {
        let mut history = Vec::new();
        // Few times and versions, so that they meet.
        let span = [60, 3000, 8000][self.below(3) as usize];
        for key in 0..KEYS {
            let mut committed_at = 0;
            for version in 1..=self.below(6) {
                committed_at += 1 + self.below(span / 4);
                history.push((key as usize % NODES, write(key, version, committed_at)));
            }
        }
        let mut returned = HashSet::new();
        for _ in 0..self.below(8) {
            let keys: Vec<u32> = (0..KEYS).filter(|_| self.below(2) == 0).collect();
            let begun = self.below(span);
            let returned_at = begun + self.below(span / 8);
            // Of two that return together none is the first.
            if !returned.insert(returned_at) {
                continue;
            }
            let outcome = match self.below(8) {
                0 => Outcome::Everywhere,
                1 | 2 => Outcome::Local,
                _ => Outcome::Recorded,
            };
            let node = self.below(NODES as u64) as usize;
            history.push((node, forget(&keys, begun, returned_at, outcome)));
        }
        for _ in 0..self.below(6) {
            let key = self.below(u64::from(KEYS)) as u32;
            let node = self.below(NODES as u64) as usize;
            history.push((node, read(key, self.below(6), self.below(span + 3000))));
        }
        history
    }

    /// Another order of the same.
    fn shuffled(&mut self, mut history: Vec<(NodeId, Event)>) -> Vec<(NodeId, Event)> {
        for place in (1..history.len()).rev() {
            history.swap(place, self.below(place as u64 + 1) as usize);
        }
        history
    }
}

/// Tells the checker everything in this order; after each event some nodes say
/// how far they have come.
fn checked(random: &mut Random, history: &[(NodeId, Event)]) -> Verdict {
    let mut checker = Checker::new(NODES, MAX_STALENESS);
    for (told, (node, event)) in history.iter().enumerate() {
        checker.record(*node, event.clone());
        for node in 0..NODES {
            if random.below(3) == 0 {
                checker.reached(node, untold(&history[told + 1..], node));
            }
        }
    }
    let summary = checker.finish();
    assert_eq!(summary.unjudged, 0);
    Verdict {
        broken: summary.violation.is_some(),
        stale: summary.stale,
        worst: summary.calm.worst(),
    }
}

/// The first that a node has yet to tell.
fn untold(rest: &[(NodeId, Event)], node: NodeId) -> At {
    let times = rest
        .iter()
        .filter(|(by, _)| *by == node)
        .filter_map(|(_, event)| match event {
            Event::Write { committed_at, .. } => Some(*committed_at),
            Event::Forget { returned_at, .. } => Some(*returned_at),
            Event::Read { .. } => None,
        });
    times.min().unwrap_or(At(u64::MAX - 1))
}

fn agree(seed: u64, history: &[(NodeId, Event)]) -> bool {
    checked(&mut Random(seed), history) == verdict(history)
}

/// The same without what does not matter for the disagreement.
fn shrunk(seed: u64, mut history: Vec<(NodeId, Event)>) -> Vec<(NodeId, Event)> {
    let mut place = 0;
    while place < history.len() {
        let mut without = history.clone();
        without.remove(place);
        if agree(seed, &without) {
            place += 1;
        } else {
            (history, place) = (without, 0);
        }
    }
    history
}

#[test]
fn the_checker_agrees_with_one_that_looks_at_everything() {
    let mut random = Random(20);
    let (mut broken, mut stale) = (0, 0);
    for _ in 0..20_000 {
        let history = random.history();
        let history = random.shuffled(history);
        let seed = random.below(u64::MAX);
        if !agree(seed, &history) {
            let history = shrunk(seed, history);
            panic!(
                "the checker says {:?}, the naive judge {:?} of {history:#?}",
                checked(&mut Random(seed), &history),
                verdict(&history)
            );
        }
        let verdict = verdict(&history);
        broken += u32::from(verdict.broken);
        stale += u32::from(verdict.stale > 0 && !verdict.broken);
    }
    // The histories are of all kinds.
    assert!(broken > 1000, "{broken} were broken");
    assert!(stale > 500, "{stale} were stale and not broken");
}
