//! The judge.

use std::collections::VecDeque;
use std::sync::Arc;
use std::time::Duration;

use super::floors::{Floor, Stair};
use super::key::KeyState;
use super::{At, Event, Key, Line, NodeId, Noted, Outcome, ReadOf, Rule, Summary, Violation};

/// How long what a read may be judged by is kept.
const HORIZON: Duration = Duration::from_secs(60);
/// How many remarks are kept.
const REMARKS: usize = 256;
/// What was remarked so long before a history begins belongs to it: faults, for
/// the most part.
const BEFORE: Duration = Duration::from_secs(5);

/// Takes events and judges reads; see the [module](super).
#[derive(Debug)]
pub struct Checker {
    max_staleness: Duration,
    /// Up to where each node has told its writes and forgettings.
    reached: Vec<At>,
    /// The least of them.
    all_reached: At,
    keys: Vec<KeyState>,
    forgettings: Vec<Forgetting>,
    reads: Vec<ReadOf>,
    quiet: Quiet,
    remarks: VecDeque<Line>,
    summary: Summary,
}

#[derive(Debug)]
struct Forgetting {
    keys: Arc<[Key]>,
    /// Its version is not known yet.
    floor: Floor,
}

impl Checker {
    /// For so many nodes, and with what they were built with. All is calm.
    #[must_use]
    pub fn new(nodes: usize, max_staleness: Duration) -> Self {
        Self {
            max_staleness,
            reached: vec![At::ZERO; nodes],
            all_reached: At::ZERO,
            keys: Vec::new(),
            forgettings: Vec::new(),
            reads: Vec::new(),
            quiet: Quiet::default(),
            remarks: VecDeque::new(),
            summary: Summary::default(),
        }
    }

    /// Takes an event of a node.
    pub fn record(&mut self, node: NodeId, event: Event) {
        match event {
            Event::Write {
                key,
                version,
                committed_at,
            } => {
                self.summary.writes += 1;
                let key = self.key(key);
                key.write(version, committed_at);
                key.trail.add(Line {
                    at: committed_at,
                    node: Some(node),
                    noted: Noted::Wrote(version),
                });
            }
            Event::Forget {
                how,
                keys,
                begun,
                returned_at,
                outcome,
            } => {
                match outcome {
                    Outcome::Local => self.summary.local += 1,
                    Outcome::Recorded | Outcome::Everywhere => self.summary.recorded += 1,
                }
                let floor = Floor {
                    version: 0,
                    begun,
                    returned_at,
                    node,
                    how,
                    outcome,
                };
                let forgetting = Forgetting { keys, floor };
                if begun < self.all_reached {
                    self.forget(&forgetting);
                } else {
                    self.forgettings.push(forgetting);
                }
            }
            Event::Read {
                key,
                version,
                began,
                ended,
                source,
                part_of,
            } => {
                let read = ReadOf {
                    key,
                    version,
                    node,
                    began,
                    ended,
                    source,
                    part_of,
                };
                if began < self.all_reached {
                    self.judge(read);
                } else {
                    self.reads.push(read);
                }
            }
        }
    }

    /// The node has told all writes that it committed, and all forgettings that
    /// returned to it, before `at`.
    pub fn reached(&mut self, node: NodeId, at: At) {
        self.reached[node] = self.reached[node].max(at);
        let all = self.reached.iter().copied().min().unwrap_or(At::END);
        if all <= self.all_reached {
            return;
        }
        self.all_reached = all;
        // First what sets floors: a read is never judged before what it is to be
        // judged by.
        let ready = self
            .forgettings
            .extract_if(.., |waiting| waiting.floor.begun < all);
        for forgetting in ready.collect::<Vec<_>>() {
            self.forget(&forgetting);
        }
        let ready = self.reads.extract_if(.., |waiting| waiting.began < all);
        for read in ready.collect::<Vec<_>>() {
            self.judge(read);
        }
    }

    /// From `at` on there is a fault; what is read late from now on is no measure
    /// of a live bus.
    pub fn disturbed(&mut self, at: At) {
        self.quiet.disturbed(at);
    }

    /// From `at` on there is no fault, and the last has been overcome.
    pub fn calmed(&mut self, at: At) {
        self.quiet.calmed(at);
    }

    /// Notes something that helps to understand a violation: a fault, or what a
    /// node says of itself.
    pub fn remark(&mut self, node: Option<NodeId>, at: At, text: impl Into<Arc<str>>) {
        if self.remarks.len() >= REMARKS {
            self.remarks.pop_front();
        }
        self.remarks.push_back(Line {
            at,
            node,
            noted: Noted::Remark(text.into()),
        });
    }

    /// The first violation so far.
    #[must_use]
    pub fn violation(&self) -> Option<&Violation> {
        self.summary.violation.as_ref()
    }

    /// How many reads were judged so far.
    #[must_use]
    pub fn judged(&self) -> u64 {
        self.summary.reads()
    }

    /// Judges what still waits: all nodes have ended, and told everything.
    #[must_use]
    pub fn finish(mut self) -> Summary {
        for node in 0..self.reached.len() {
            self.reached(node, At::END);
        }
        let Self {
            keys,
            quiet,
            mut summary,
            ..
        } = self;
        for stair in keys.iter().flat_map(|key| key.recorded.iter()) {
            quiet.count(&mut summary, stair);
        }
        summary
    }

    fn key(&mut self, key: Key) -> &mut KeyState {
        let (place, nodes) = (key as usize, self.reached.len());
        if self.keys.len() <= place {
            self.keys.resize_with(place + 1, || KeyState::new(nodes));
        }
        &mut self.keys[place]
    }

    fn forget(&mut self, forgetting: &Forgetting) {
        let floor = forgetting.floor;
        // By the time of what comes now: when all have ended, all is long past.
        let before = At(floor.begun.0.saturating_sub(HORIZON.as_nanos() as u64));
        for &key in &*forgetting.keys {
            let state = self.key(key);
            state.trail.add(Line {
                at: floor.returned_at,
                node: Some(floor.node),
                noted: Noted::Forgot {
                    how: floor.how,
                    begun: floor.begun,
                    outcome: floor.outcome,
                },
            });
            if let Some(version) = state.committed(floor.begun) {
                state.forget(Floor { version, ..floor });
            }
            let (quiet, summary) = (&self.quiet, &mut self.summary);
            self.keys[key as usize].prune(before, |stair| quiet.count(summary, stair));
        }
    }

    fn judge(&mut self, read: ReadOf) {
        let max_staleness = self.max_staleness;
        let ReadOf {
            key,
            version,
            node,
            began,
            ..
        } = read;
        let state = self.key(key);
        state.trail.read(node, line(&read));
        if state.is_too_late(node, began) {
            self.summary.unjudged += 1;
            return;
        }
        let broken = broken(state, &read, max_staleness);
        let stale = state.recorded.observe(node, version, began);
        self.summary.stale += u64::from(stale);
        self.summary.reads[read.source as usize] += 1;
        if let Some((rule, floor)) = broken
            && self.summary.violation.is_none()
        {
            let history = self.history(&read, &floor);
            self.summary.violation = Some(Violation {
                rule,
                read,
                floor,
                history,
            });
        }
    }

    /// From the last that is of no more interest, the commit before the one that
    /// the forgetting was for, to the read.
    fn history(&self, read: &ReadOf, floor: &Floor) -> Vec<Line> {
        let all = self.keys[read.key as usize]
            .trail
            .between(At::ZERO, read.ended);
        let is_floors = |line: &Line| line.noted == Noted::Wrote(floor.version);
        let is_reads = |line: &Line| line.noted == Noted::Wrote(read.version);
        let from = all.iter().find(|line| is_reads(line));
        let from = from.or_else(|| all.iter().find(|line| is_floors(line)));
        let from = from.map_or(floor.begun, |line| line.at).min(floor.begun);
        let mut lines: Vec<Line> = all.into_iter().filter(|line| line.at >= from).collect();
        let from = At(from.0.saturating_sub(BEFORE.as_nanos() as u64));
        let is_near = |line: &&Line| (from..=read.ended).contains(&line.at);
        lines.extend(self.remarks.iter().filter(is_near).cloned());
        lines.sort_by_key(|line| line.at);
        lines
    }
}

fn broken(state: &KeyState, read: &ReadOf, max_staleness: Duration) -> Option<(Rule, Floor)> {
    let ReadOf {
        version,
        node,
        began,
        ..
    } = *read;
    let own = state.own(node, version, began);
    let everywhere = || state.everywhere(version, began);
    let recorded = || {
        let floor = state.recorded.broken_by(version, began)?;
        (floor.returned_at + max_staleness < began).then_some(floor)
    };
    own.map(|floor| (Rule::OwnNode, *floor))
        .or_else(|| everywhere().map(|floor| (Rule::Everywhere, *floor)))
        .or_else(|| recorded().map(|floor| (Rule::MaxStaleness, *floor)))
}

fn line(read: &ReadOf) -> Line {
    Line {
        at: read.ended,
        node: Some(read.node),
        noted: Noted::Read {
            version: read.version,
            source: read.source,
            part_of: read.part_of,
            began: read.began,
            times: 1,
        },
    }
}

/// When there was no fault.
#[derive(Debug)]
struct Quiet {
    /// From, to.
    times: Vec<(At, At)>,
}

impl Default for Quiet {
    fn default() -> Self {
        Self {
            times: vec![(At::ZERO, At::END)],
        }
    }
}

impl Quiet {
    fn disturbed(&mut self, at: At) {
        if let Some((_, to)) = self.times.last_mut() {
            *to = at.min(*to);
        }
    }

    fn calmed(&mut self, at: At) {
        if self.times.last().is_some_and(|(_, to)| *to != At::END) {
            self.times.push((at, At::END));
        }
    }

    /// Puts what a floor has shown where it belongs.
    fn count(&self, summary: &mut Summary, stair: &Stair) {
        if !stair.seen {
            return;
        }
        let (begun, end) = (stair.floor.begun, stair.floor.returned_at + stair.worst);
        let covers = |(from, to): &(At, At)| *from <= begun && end <= *to;
        if self.times.iter().any(covers) {
            summary.calm.add(stair.worst);
        } else {
            summary.disturbed.add(stair.worst);
        }
    }
}
