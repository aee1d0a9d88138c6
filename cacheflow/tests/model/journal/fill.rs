//! The end of a read: the fill (r5) and the insert (r6).

use super::config::Mutant;
use super::read::{dead, go_on, refused};
use super::state::{Link, Stage, State, Window};
use super::{NAME, Protocol};
use crate::explorer::Steps;

impl Protocol {
    /// r5: the local half of the fill's check.
    pub(super) fn check_window(&self, state: &State, x: usize, at: usize, out: &mut Steps<State>) {
        let node = &state.nodes[x];
        let mut flight = node.flights[at];
        let Some(entry) = flight.entry else { return };
        let (as_of, pos) = (flight.as_of, node.pos);
        let matched = !self.broken(Mutant::NoLocalCheck) && node.matched(state, entry, as_of, pos);
        let below =
            self.0.trims && as_of < node.window.start() && !self.broken(Mutant::FillBelowWindow);
        let lapsed = flight.link == Link::Lapsed;
        if matched || below || lapsed {
            if self.0.progress && !lapsed && !below && !dead(state, entry, as_of) {
                let violation = refused("the local check", entry);
                out.violates(format_args!("{}: local check", NAME[x]), violation);
            }
            self.give(
                state,
                x,
                at,
                None,
                format_args!("{}: {entry} is not tried to be stored", NAME[x]),
                out,
            );
            return;
        }
        if self.broken(Mutant::P1AfterLocalCheck) {
            flight.stage = Stage::TakeP1;
        } else {
            flight.stage = Stage::Fill;
            flight.p1 = pos;
        }
        let next = go_on(state, x, at, flight);
        out.to(
            format_args!("{}: the window up to {pos} allows {entry}", NAME[x]),
            next,
        );
    }

    /// r5: the script.
    pub(super) fn fill(&self, state: &State, x: usize, at: usize, out: &mut Steps<State>) {
        let mut flight = state.nodes[x].flights[at];
        let Some(entry) = flight.entry else { return };
        let redis = &state.redis;
        let there = Window::after(redis.journal_start);
        let matched = !self.broken(Mutant::NoScriptCheck)
            && there.matches(&redis.journal, flight.p1, redis.n(), entry.names);
        let unreached = self.0.redis_trims
            && flight.p1 < redis.journal_start
            && !self.broken(Mutant::FillBelowJournal);
        if matched || unreached || flight.link == Link::Lapsed {
            if self.0.progress && !dead(state, entry, flight.as_of) {
                out.violates(format_args!("{}: FILL", NAME[x]), refused("FILL", entry));
            }
            self.give(
                state,
                x,
                at,
                None,
                format_args!("{}: FILL {entry} is refused", NAME[x]),
                out,
            );
            return;
        }
        flight.stage = Stage::Insert;
        let mut next = go_on(state, x, at, flight);
        next.redis.store(entry);
        out.to(format_args!("{}: FILL {entry}", NAME[x]), next);
    }

    /// r6: check and insert, in one step.
    pub(super) fn insert(&self, state: &State, x: usize, at: usize, out: &mut Steps<State>) {
        let node = &state.nodes[x];
        let mut flight = node.flights[at];
        let Some(entry) = flight.entry else { return };
        let checked = flight.stage == Stage::InsertLate;
        let matched = !self.broken(Mutant::NoCheckAtInsert)
            && node.matched(state, entry, entry.as_of, node.pos);
        if !checked && (matched || flight.link == Link::Lapsed) {
            self.give(
                state,
                x,
                at,
                None,
                format_args!("{}: r6 keeps {entry} out of L1", NAME[x]),
                out,
            );
        } else if !checked && self.broken(Mutant::InsertNotAtomic) {
            flight.stage = Stage::InsertLate;
            flight.p1 = 0;
            let next = go_on(state, x, at, flight);
            out.to(format_args!("{}: r6 allows {entry}", NAME[x]), next);
        } else {
            self.give(
                state,
                x,
                at,
                Some(entry),
                format_args!("{}: {entry} enters L1", NAME[x]),
                out,
            );
        }
    }
}
