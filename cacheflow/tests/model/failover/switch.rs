//! The failover, and what each node does about it: flush and adopt the new
//! incarnation, repeat every record it knows above the last position that both
//! servers share, and keep away from L2 until that is done.

use super::config::Mutant;
use super::state::{Link, Node, Own, Primary, Record, Replay, Replays, Server, State};
use super::{NAME, Protocol};
use crate::explorer::Steps;

impl Protocol {
    /// The replica catches up, or becomes the primary as it is.
    pub(super) fn fail_over(&self, state: &State, out: &mut Steps<State>) {
        if state.new.is_some() {
            return;
        }
        let State { old, replica, .. } = state;
        if replica != old {
            let mut next = *state;
            next.replica = *old;
            out.to(format_args!("the replica catches up"), next);
        }
        let shared = replica.journal.count();
        let mut next = *state;
        next.new = Some(*replica);
        next.replica = Primary::default();
        next.shared = shared;
        let n = old.journal.count();
        out.to(
            format_args!("failover: {shared} of {n} records remain"),
            next,
        );
    }

    /// `x` notices that the run id is another.
    pub(super) fn notice(&self, state: &State, x: usize, out: &mut Steps<State>) {
        let unaware = state.new.is_some() && !state.nodes[x].moved;
        if unaware && !self.broken(Mutant::RunIdIgnored) {
            let mut next = *state;
            self.adopt(&mut next, x);
            let pos = next.nodes[x].pos();
            out.to(
                format_args!("{}: notices the failover, position {pos}", NAME[x]),
                next,
            );
        }
    }

    /// `x` flushes, adopts `(inc, n)` of the new primary, and knows what it has to repeat.
    pub(super) fn adopt(&self, next: &mut State, x: usize) {
        let journal = next.primary(Server::New).journal;
        let shared = next.shared;
        let node = &mut next.nodes[x];
        let replays = self.to_repeat(node, shared);
        node.moved = true;
        node.applied = journal;
        if !self.broken(Mutant::NoFlush) {
            node.l1 = None;
        }
        for record in journal.iter().filter(|record| record.matches) {
            node.owed.applied = record.version.max(node.owed.applied);
        }
        node.flights.each(|flight| flight.link = Link::Lapsed);
        node.replays = replays;
        node.ring = Default::default();
    }

    /// Every record that `node` knows, its own or applied, that the new
    /// primary may lack.
    fn to_repeat(&self, node: &Node, shared: u8) -> Replays {
        let mut versions = Vec::new();
        if !self.broken(Mutant::NoReplay) {
            let own = node.ring.iter().filter(|own| own.record > shared);
            versions.extend(own.map(|Own { version, .. }| *version));
            if !self.broken(Mutant::OwnRecordsOnly) {
                let above = node.applied.iter().skip(usize::from(shared));
                let known = above.filter(|record| record.matches);
                versions.extend(known.map(|record| record.version));
            }
        }
        versions.sort_unstable();
        versions.dedup();
        let mut replays = Replays::default();
        versions
            .into_iter()
            .for_each(|version| replays.push(Replay::Due(version)));
        replays
    }

    /// `x` repeats one record on the new primary.
    pub(super) fn replay(&self, state: &State, x: usize, out: &mut Steps<State>) {
        let Some(Replay::Due(version)) = state.nodes[x].replays.first().copied() else {
            return;
        };
        let mut next = *state;
        let record = next.primary_mut(Server::New).forget(Record {
            matches: true,
            version,
        });
        let replays = &mut next.nodes[x].replays;
        replays.remove(0);
        replays.push(Replay::Issued(record));
        out.to(
            format_args!("{}: repeats the record of v{version} as {record}", NAME[x]),
            next,
        );
    }

    /// The next record reaches `x`, unless it shows by its incarnation that it
    /// is not the next.
    pub(super) fn apply(&self, state: &State, x: usize, out: &mut Steps<State>) {
        let Some(server) = self.reached(state, x) else {
            return;
        };
        let node = &state.nodes[x];
        let journal = &state.primary(server).journal;
        let Some(record) = journal.get(usize::from(node.pos())).copied() else {
            return;
        };
        let foreign = server == Server::New && !node.moved;
        if foreign && !self.broken(Mutant::RecordWithoutIncarnation) {
            return;
        }
        let mut next = *state;
        let node = &mut next.nodes[x];
        node.applied.push(record);
        let number = node.pos();
        if record.matches {
            node.l1 = None;
            node.owed.applied = record.version.max(node.owed.applied);
            node.flights.each(|flight| {
                if flight.link == Link::Attached {
                    flight.link = Link::Cancelled;
                }
            });
        }
        let issued = Replay::Issued(number);
        if let Some(at) = node.replays.iter().position(|replay| *replay == issued) {
            node.replays.remove(at);
        }
        out.to(format_args!("{}: applies record {number}", NAME[x]), next);
    }
}
