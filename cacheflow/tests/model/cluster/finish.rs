//! What records bring about: apply, the deletes that any node may finish, the
//! reclaim of a tag, and the trimming of windows once a record is done.

use super::config::{Index, Mutant, Op};
use super::state::{Deletes, KEY, Kind, Node, Open, Record, State};
use super::{NAME, Protocol};
use crate::explorer::Steps;

impl Protocol {
    /// The next record reaches `x`: remove what it matches, detach the flights
    /// whose names are known to match, `pos := n`.
    pub(super) fn apply(&self, state: &State, x: usize, out: &mut Steps<State>) {
        let pos = state.nodes[x].pos;
        if pos >= state.redis.journal.count() {
            return;
        }
        let names = state.redis.journal[usize::from(pos)].names;
        let all = self.names();
        let mut next = *state;
        let node = &mut next.nodes[x];
        node.pos = pos + 1;
        node.l1 = node.l1.filter(|_| names & all == 0);
        node.flights.each(|flight| {
            let known = if flight.entry.is_some() { all } else { KEY };
            flight.attached &= known & names == 0;
        });
        out.to(
            format_args!("{}: applies record {}", NAME[x], pos + 1),
            next,
        );
    }

    /// `x` trims its window up to the last record such that it, and all before
    /// it, are done, and were so before any live flight or put began.
    pub(super) fn trim(&self, state: &State, x: usize, out: &mut Steps<State>) {
        if !self.0.trims {
            return;
        }
        let node = &state.nodes[x];
        let applied = &state.redis.journal[..usize::from(node.pos)];
        let mut top = 0;
        for (number, record) in (1..).zip(applied) {
            if matches!(record.kind, Kind::Done(_)) {
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
            if number > node.window {
                if self.needs(state, x, done) {
                    break;
                }
                top = number;
            }
        }
        if top > 0 {
            let mut next = *state;
            next.nodes[x].window = top;
            out.to(
                format_args!("{}: trims its window up to {top}", NAME[x]),
                next,
            );
        }
    }

    /// Whether a live flight or put on `x` is older than record `done`.
    fn needs(&self, state: &State, x: usize, done: u8) -> bool {
        if self.broken(Mutant::TrimPastFlights) {
            return false;
        }
        let Node { flights, .. } = &state.nodes[x];
        let mut puts = state.writers.iter().zip(self.0.writers);
        flights.iter().any(|flight| flight.as_of < done)
            || puts.any(|(writer, (on, calls))| {
                let call = calls.get(usize::from(writer.call));
                *on == x
                    && call == Some(&Op::Put)
                    && writer.phase != Default::default()
                    && writer.as_of < done
            })
    }

    /// What goes on without a caller: a provisional entry expires, and any
    /// node finishes what a record demands.
    pub(super) fn finish(&self, state: &State, out: &mut Steps<State>) {
        if state.redis.l2.is_some_and(|entry| entry.provisional) {
            let mut next = *state;
            next.redis.l2 = None;
            out.to(format_args!("the provisional entry expires"), next);
        }
        for (place, open) in state.redis.open.iter().enumerate() {
            let number = open.record;
            let tag = state.redis.journal[usize::from(number) - 1].kind == Kind::Tag;
            let mut next = *state;
            match open.deletes {
                Deletes::Due if !self.0.finished_by_all => {}
                Deletes::Due if tag => {
                    self.take(&mut next, place);
                    out.to(
                        format_args!("any node takes the members for record {number}"),
                        next,
                    );
                }
                Deletes::Due => {
                    next.redis.delete_older(number);
                    set(&mut next, place, Deletes::Over);
                    out.to(format_args!("any node deletes for record {number}"), next);
                }
                Deletes::Taken(true) => {
                    next.redis.delete_older(number);
                    set(&mut next, place, Deletes::Deleted);
                    out.to(format_args!("the reclaim of record {number} deletes"), next);
                }
                Deletes::Taken(false) => {
                    set(&mut next, place, Deletes::Over);
                    out.to(
                        format_args!("the reclaim of record {number} finds nothing"),
                        next,
                    );
                }
                Deletes::Deleted => {
                    let older = |as_of: &u8| *as_of < number;
                    match self.0.index {
                        Index::ByAsOf => {
                            next.redis.member = next.redis.member.filter(|m| !older(m))
                        }
                        Index::Renamed => {}
                        Index::Plain => next.redis.member = None,
                    }
                    set(&mut next, place, Deletes::Over);
                    out.to(
                        format_args!("the reclaim of record {number} drops the member"),
                        next,
                    );
                }
                Deletes::Over => {
                    next.redis.open.remove(place);
                    if self.0.trims {
                        next.redis.journal.push(Record {
                            kind: Kind::Done(number),
                            ..Record::default()
                        });
                    }
                    out.to(format_args!("record {number} is done"), next);
                }
            }
        }
    }

    /// The members that the open record at `place` is about: all that are
    /// there. (A filler may have raised a member's as-of and died before its
    /// SET: what the value's as-of is only the value can tell.)
    pub(super) fn take(&self, next: &mut State, place: usize) {
        let redis = &mut next.redis;
        let taken = redis.member.is_some();
        if self.0.index == Index::Renamed {
            redis.member = None;
        }
        set(next, place, Deletes::Taken(taken));
    }
}

/// How far the deletes of the open record at `place` are.
pub(super) fn set(next: &mut State, place: usize, deletes: Deletes) {
    let Open { record, .. } = next.redis.open[place];
    next.redis.open.replace(place, Open { record, deletes });
}
