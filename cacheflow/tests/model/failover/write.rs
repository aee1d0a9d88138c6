//! The writers: forget the key, or another one.

use super::config::{Mutant, Op};
use super::state::{Own, Phase, Record, Server, State, Writer};
use super::{NAME, Protocol};
use crate::explorer::Steps;

impl Protocol {
    /// The next step of writer `w`.
    pub(super) fn write_on(&self, state: &State, w: usize, out: &mut Steps<State>) {
        let (x, calls) = self.0.writers[w];
        let Some(op) = calls.get(usize::from(state.writers[w].call)).copied() else {
            return;
        };
        match state.writers[w].phase {
            Phase::Commit => commit(state, w, x, op, out),
            Phase::Script => self.script(state, w, x, op, out),
            Phase::Return => self.returns(state, w, x, out),
        }
    }

    /// The script appends and deletes. If its answer carries another
    /// incarnation than the node's, the node notices the failover by that.
    fn script(&self, state: &State, w: usize, x: usize, op: Op, out: &mut Steps<State>) {
        let Some(server) = self.reached(state, x) else {
            return;
        };
        let version = state.writers[w].version;
        let matches = op == Op::Forget;
        let mut next = *state;
        let record = next.primary_mut(server).forget(Record { matches, version });
        let node = &mut next.nodes[x];
        if server == Server::New && !node.moved && !self.broken(Mutant::AnswerWithoutIncarnation) {
            self.adopt(&mut next, x);
        } else if server == Server::Old && matches {
            node.ring.push(Own { record, version });
        }
        next.writers[w] = Writer {
            phase: Phase::Return,
            record,
            moved: next.nodes[x].moved,
            ..state.writers[w]
        };
        let what = if matches { "the key" } else { "another key" };
        let place = match server {
            Server::Old => "",
            Server::New => " of the new primary",
        };
        out.to(
            format_args!(
                "{}: writer {} forgets {what}: record {record}{place}",
                NAME[x],
                w + 1
            ),
            next,
        );
    }

    /// The call returns when its record is applied here, or, if the epoch
    /// changed meanwhile, when all that may be lost is repeated.
    fn returns(&self, state: &State, w: usize, x: usize, out: &mut Steps<State>) {
        let node = &state.nodes[x];
        let now = state.writers[w];
        let same = now.moved == node.moved;
        let ready = if same {
            node.pos() >= now.record && !self.closed(node)
        } else {
            node.replays.is_empty()
        };
        if !ready {
            return;
        }
        let mut next = *state;
        next.writers[w] = Writer {
            call: now.call + 1,
            ..Writer::default()
        };
        // Where nothing is repeated, a call whose record is lost promises nothing.
        if same || !self.broken(Mutant::NoReplay) {
            let returned = &mut next.nodes[x].owed.returned;
            *returned = now.version.max(*returned);
        }
        out.to(format_args!("{}: writer {} returns", NAME[x], w + 1), next);
    }
}

fn commit(state: &State, w: usize, x: usize, op: Op, out: &mut Steps<State>) {
    let mut next = *state;
    next.writers[w].phase = Phase::Script;
    if op == Op::Forget {
        next.db += 1;
        next.writers[w].version = next.db;
        out.to(format_args!("{}: writer {} commits", NAME[x], w + 1), next);
    } else {
        out.to(format_args!("{}: writer {} begins", NAME[x], w + 1), next);
    }
}
