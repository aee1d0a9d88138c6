//! What a key must not be read below, since when.

use std::collections::VecDeque;
use std::time::Duration;

use super::{At, How, NodeId, Outcome, Version};

/// What a forgetting demands of later reads of one key.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub struct Floor {
    /// The version that was committed before it began.
    pub version: Version,
    /// When it began.
    pub begun: At,
    /// When it had returned.
    pub returned_at: At,
    /// Who forgot.
    pub node: NodeId,
    /// By what call.
    pub how: How,
    /// What the call answered.
    pub outcome: Outcome,
}

/// A floor and how well it was kept elsewhere.
#[derive(Clone, Copy, Debug)]
pub(super) struct Stair {
    pub(super) floor: Floor,
    /// How long after the return the last read below it began.
    pub(super) worst: Duration,
    /// Whether another node has read the key after the return.
    pub(super) seen: bool,
}

/// Floors in the order of their returns; each is higher than the one before, since
/// one that is not demands nothing new.
#[derive(Debug, Default)]
pub(super) struct Floors {
    stairs: VecDeque<Stair>,
    /// What reads that began up to here are judged by may be gone.
    forgotten: Option<At>,
}

impl Floors {
    pub(super) fn insert(&mut self, floor: Floor) {
        let returned_at = floor.returned_at;
        let place = self
            .stairs
            .partition_point(|stair| stair.floor.returned_at <= returned_at);
        let demanded = |stair: &Stair| stair.floor.version >= floor.version;
        if place > 0 && demanded(&self.stairs[place - 1]) {
            return;
        }
        // Those behind it that are not higher: they came later and demand less.
        let behind = self.stairs.range(place..);
        let lower = behind
            .take_while(|stair| stair.floor.version <= floor.version)
            .count();
        drop(self.stairs.drain(place..place + lower));
        self.stairs.insert(
            place,
            Stair {
                floor,
                worst: Duration::ZERO,
                seen: false,
            },
        );
    }

    /// The earliest floor above `version` that had returned before `began`.
    pub(super) fn broken_by(&self, version: Version, began: At) -> Option<&Floor> {
        // The last is the highest: most reads are asked no more than this.
        if self.stairs.back()?.floor.version <= version {
            return None;
        }
        let place = self.place_above(version);
        let floor = &self.stairs[place].floor;
        (floor.returned_at < began).then_some(floor)
    }

    /// Notes what a read shows of the floors that other nodes had set before it.
    /// Whether it was stale.
    pub(super) fn observe(&mut self, node: NodeId, version: Version, began: At) -> bool {
        // From behind: reads come soon after what they show.
        let before = self
            .stairs
            .iter()
            .rposition(|stair| stair.floor.returned_at < began);
        let Some(before) = before else { return false };
        self.stairs[before].seen |= self.stairs[before].floor.node != node;
        let above = self.place_above(version);
        let mut stale = false;
        for stair in self.stairs.range_mut(above.min(before + 1)..=before) {
            if stair.floor.node != node {
                stair.worst = stair.worst.max(began.since(stair.floor.returned_at));
                stair.seen = true;
                stale = true;
            }
        }
        stale
    }

    fn place_above(&self, version: Version) -> usize {
        self.stairs
            .partition_point(|stair| stair.floor.version <= version)
    }

    /// Whether too much was thrown away to judge a read that began then.
    pub(super) fn is_too_late(&self, began: At) -> bool {
        self.forgotten.is_some_and(|forgotten| began <= forgotten)
    }

    /// Throws away what returned before `before`, but for the last of it, which is
    /// in force for all that begins later.
    pub(super) fn prune(&mut self, before: At, mut done: impl FnMut(&Stair)) {
        while let Some(second) = self.stairs.get(1).map(|stair| stair.floor.returned_at)
            && second < before
        {
            if let Some(stair) = self.stairs.pop_front() {
                done(&stair);
            }
            self.forgotten = Some(second);
        }
    }

    pub(super) fn iter(&self) -> impl Iterator<Item = &Stair> {
        self.stairs.iter()
    }
}
