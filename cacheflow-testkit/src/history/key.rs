//! What is kept of one key.

use std::collections::VecDeque;

use super::floors::{Floor, Floors, Stair};
use super::trail::Trail;
use super::{At, NodeId, Outcome, Version};

#[derive(Debug)]
pub(super) struct KeyState {
    /// Commits in the order of their versions.
    writes: VecDeque<(At, Version)>,
    /// Set by each node for itself.
    own: Vec<Floors>,
    /// Set for all nodes, in time.
    pub(super) recorded: Floors,
    /// Set for all nodes, at once.
    everywhere: Floors,
    pub(super) trail: Trail,
}

impl KeyState {
    pub(super) fn new(nodes: usize) -> Self {
        Self {
            writes: VecDeque::new(),
            own: (0..nodes).map(|_| Floors::default()).collect(),
            recorded: Floors::default(),
            everywhere: Floors::default(),
            trail: Trail::new(nodes),
        }
    }

    pub(super) fn write(&mut self, version: Version, committed_at: At) {
        let place = self.writes.partition_point(|(_, other)| *other < version);
        self.writes.insert(place, (committed_at, version));
    }

    /// The highest version that was committed before `begun`.
    pub(super) fn committed(&self, begun: At) -> Option<Version> {
        let before = |(committed_at, _): &&(At, Version)| *committed_at <= begun;
        self.writes
            .iter()
            .rev()
            .find(before)
            .map(|(_, version)| *version)
    }

    pub(super) fn forget(&mut self, floor: Floor) {
        self.own[floor.node].insert(floor);
        if floor.outcome != Outcome::Local {
            self.recorded.insert(floor);
        }
        if floor.outcome == Outcome::Everywhere {
            self.everywhere.insert(floor);
        }
    }

    /// The floor of the reader's own node that a read breaks.
    pub(super) fn own(&self, node: NodeId, version: Version, began: At) -> Option<&Floor> {
        self.own[node].broken_by(version, began)
    }

    /// The floor that is in force everywhere, and that a read breaks.
    pub(super) fn everywhere(&self, version: Version, began: At) -> Option<&Floor> {
        self.everywhere.broken_by(version, began)
    }

    pub(super) fn is_too_late(&self, node: NodeId, began: At) -> bool {
        let all = [&self.own[node], &self.recorded, &self.everywhere];
        all.iter().any(|floors| floors.is_too_late(began))
    }

    pub(super) fn prune(&mut self, before: At, done: impl FnMut(&Stair)) {
        self.recorded.prune(before, done);
        self.everywhere.prune(before, |_| ());
        for floors in &mut self.own {
            floors.prune(before, |_| ());
        }
        while self.writes.get(1).is_some_and(|(at, _)| *at < before) {
            self.writes.pop_front();
        }
    }
}
