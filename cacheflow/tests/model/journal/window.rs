//! Applying records, trimming the window, losing one's place.

use super::config::{Mutant, Op};
use super::state::{Flight, KEY, Kind, Link, Names, Node, Record, Redis, Stage, State, Window};
use super::{NAME, Protocol};
use crate::explorer::Steps;

impl Node {
    /// Removes from L1 what has `names`.
    pub(super) fn remove(&mut self, names: Names) {
        self.l1 = self.l1.filter(|entry| entry.names & names == 0);
    }

    /// Detaches the flights whose value is known to have `names`.
    pub(super) fn cancel(&mut self, names: Names) {
        self.flights.each(|flight| {
            let known = KEY | flight.entry.map_or(0, |entry| entry.names);
            if flight.link == Link::Attached && known & names != 0 {
                flight.link = Link::Cancelled;
            }
        });
    }
}

impl Protocol {
    /// The next record reaches `x`, in order, as long as Redis still has it:
    /// cancel and detach the flights, remove the entries, `pos := n`.
    pub(super) fn apply(&self, state: &State, x: usize, out: &mut Steps<State>) {
        let Node {
            pos, half_applied, ..
        } = state.nodes[x];
        let redis = &state.redis;
        let mut next = *state;
        let node = &mut next.nodes[x];
        if let Some(record) = half_applied {
            node.cancel(redis.journal[usize::from(record) - 1].names);
            node.pos = record;
            node.half_applied = None;
            out.to(format_args!("{}: its position is {record}", NAME[x]), next);
            return;
        }
        if pos >= redis.n() || pos < redis.journal_start {
            return;
        }
        let Record { names, .. } = redis.journal[usize::from(pos)];
        let record = pos + 1;
        if self.broken(Mutant::ApplyNotAtomic) {
            node.remove(names);
            node.half_applied = Some(record);
            out.to(
                format_args!("{}: removes what record {record} matches", NAME[x]),
                next,
            );
            return;
        }
        node.remove(names);
        if !self.broken(Mutant::JoinsCancelled) {
            node.cancel(names);
        }
        node.pos = record;
        out.to(format_args!("{}: applies record {record}", NAME[x]), next);
        if self.broken(Mutant::RecordLost) {
            let mut next = *state;
            next.nodes[x].pos = record;
            next.nodes[x].window.dropped |= 1 << pos;
            out.to(format_args!("{}: loses record {record}", NAME[x]), next);
        }
    }

    /// `x` trims its window up to the last tag record such that it, and all
    /// before it, are done, and were so before any live flight or put began.
    pub(super) fn trim(&self, state: &State, x: usize, out: &mut Steps<State>) {
        if !self.0.trims {
            return;
        }
        let node = &state.nodes[x];
        let applied = &state.redis.journal[..usize::from(node.pos)];
        let mut top = 0;
        for (number, record) in (1..).zip(applied) {
            if record.kind != Kind::Tag {
                continue;
            }
            let done = if self.broken(Mutant::TrimBeforeDone) {
                Some(number)
            } else {
                (1..)
                    .zip(applied)
                    .find(|(_, r)| r.kind == Kind::Done(number))
                    .map(|(at, _)| at)
            };
            let Some(done) = done else { break };
            if node.window.lacks(number) {
                continue;
            }
            if self.flight_needs(node, done) || self.put_needs(state, x, done) {
                break;
            }
            top = number;
        }
        if top > 0 {
            let mut next = *state;
            next.nodes[x].window.dropped |= Window::after(top).dropped;
            out.to(
                format_args!("{}: trims its window up to {top}", NAME[x]),
                next,
            );
        }
    }

    /// Whether a live flight of `node` is older than record `done`.
    fn flight_needs(&self, node: &Node, done: u8) -> bool {
        let spared = [Mutant::TrimPastFlights, Mutant::FillBelowWindow];
        let unstamped = |flight: &Flight| {
            self.broken(Mutant::AsOfAfterGet)
                && matches!(flight.stage, Stage::Get | Stage::StampAfterGet)
        };
        !spared.iter().any(|mutant| self.broken(*mutant))
            && node.flights.iter().any(|flight| {
                flight.as_of < done && flight.link != Link::Lapsed && !unstamped(flight)
            })
    }

    /// Whether a live put on `x` is older than record `done`.
    fn put_needs(&self, state: &State, x: usize, done: u8) -> bool {
        let spared = [
            Mutant::TrimPastFlights,
            Mutant::TrimPastPuts,
            Mutant::FillBelowWindow,
        ];
        !spared.iter().any(|mutant| self.broken(*mutant))
            && (0..state.writers.len())
                .any(|w| self.puts_on(state, w, x) && state.writers[w].as_of < done)
    }

    /// A gap: `x` lost its place, or Redis trimmed the journal beyond it. It
    /// flushes, adopts `n` and takes the records that are not done; flights
    /// and puts from before insert nothing.
    pub(super) fn lose_place(&self, state: &State, x: usize, out: &mut Steps<State>) {
        let node = &state.nodes[x];
        let beyond = node.pos < state.redis.journal_start;
        if (node.gaps == 0 && !beyond) || node.half_applied.is_some() {
            return;
        }
        let n = state.redis.n();
        let mut next = *state;
        for w in 0..state.writers.len() {
            next.writers[w].lapsed |=
                self.puts_on(state, w, x) && !self.broken(Mutant::GapSparesPuts);
        }
        let node = &mut next.nodes[x];
        node.pos = n;
        node.l1 = None;
        node.gaps = node.gaps.saturating_sub(1);
        node.window = Window::after(n);
        if !self.broken(Mutant::GapForgetsOpen) {
            node.window.dropped &= !open(&state.redis);
        }
        node.flights.each(|flight| flight.link = Link::Lapsed);
        out.to(
            format_args!("{}: a gap: flushes, position {n}", NAME[x]),
            next,
        );
    }

    /// Whether writer `w` is in a put on `x`.
    fn puts_on(&self, state: &State, w: usize, x: usize) -> bool {
        let writer = &state.writers[w];
        let (on, calls) = self.0.writers[w];
        let call = calls.get(usize::from(writer.call));
        on == x && call == Some(&Op::Put) && writer.phase != Default::default()
    }
}

/// The tag records that are not done, as bits.
fn open(redis: &Redis) -> u8 {
    let being_reclaimed = redis.reclaims.iter();
    being_reclaimed.fold(0, |bits, reclaim| bits | 1 << (reclaim.record - 1))
}
