//! The load (r4), which for a parent reads a child through the cache, and the
//! end of a flight, for which a parent may wait.

use super::config::Mutant;
use super::judge::check;
use super::read::At;
use super::state::{Entry, Flight, Joiner, KEYS, Node, Stage, State, Versions};
use super::{NAME, Protocol};
use crate::explorer::Steps;

impl Protocol {
    /// The loader begins: it reads its row, or, if it has a child, its row and
    /// then the child, or the other way round.
    pub(super) fn load(&self, at: &At<'_>, out: &mut Steps<State>) {
        let key = usize::from(at.flight.key);
        let row = at.state.db[key];
        if self.child_of(key).is_none() {
            let entry = Entry {
                versions: Versions::of(key, row),
                as_of: at.flight.as_of,
                names: self.own_names(key),
            };
            out.to(
                format_args!("{at} its loader reads row {row}"),
                at.has(entry, Stage::Return),
            );
            return;
        }
        let mut flight = at.flight;
        flight.stage = Stage::ReadChild;
        if self.0.child_first {
            out.to(format_args!("{at} its loader begins"), at.goes_on(flight));
        } else {
            flight.row = Some(row);
            out.to(
                format_args!("{at} its loader reads row {row}"),
                at.goes_on(flight),
            );
        }
    }

    /// The loader reads the child: from L1, or by joining its flight, or by
    /// beginning one.
    pub(super) fn read_child(&self, at: &At<'_>, out: &mut Steps<State>) {
        let key = usize::from(at.flight.key);
        let Some(child) = self.child_of(key) else {
            return;
        };
        let node = &at.state.nodes[at.x];
        if let Some(entry) = node.l1[child] {
            let next = at.goes_on(self.built(at.flight, entry));
            out.to(format_args!("{at} its loader finds {entry} in L1"), next);
        } else if let Some(slot) = node.attached(child) {
            let mut flight = at.flight;
            flight.stage = Stage::Await {
                slot: slot as u8,
                joined: Some(node.pos),
            };
            let next = at.goes_on(flight);
            out.to(
                format_args!("{at} its loader joins the flight of {}", KEYS[child]),
                next,
            );
        } else {
            let mut next = *at.state;
            let owed = self.owed(at.state, at.x);
            let slot = next.nodes[at.x].begin(child, owed);
            let mut flight = at.flight;
            flight.stage = Stage::Await {
                slot: slot as u8,
                joined: None,
            };
            next.nodes[at.x].flights[at.slot] = Some(flight);
            out.to(
                format_args!("{at} its loader begins a read of {}", KEYS[child]),
                next,
            );
        }
    }

    /// The loader reads its own row, after the child.
    pub(super) fn read_row(&self, at: &At<'_>, out: &mut Steps<State>) {
        let Some(mut entry) = at.flight.entry else {
            return;
        };
        let key = usize::from(at.flight.key);
        let row = at.state.db[key];
        entry.versions = entry.versions.with(key, row);
        out.to(
            format_args!("{at} its loader reads row {row}"),
            at.has(entry, Stage::Return),
        );
    }

    /// `flight`, whose loader has got `child`. The as-of stays the flight's
    /// own: it was taken before the child was read.
    fn built(&self, flight: Flight, child: Entry) -> Flight {
        let key = usize::from(flight.key);
        let mut versions = child.versions;
        versions.0[key] = flight.row;
        let mut as_of = flight.as_of;
        if self.broken(Mutant::AsOfOfChild) {
            as_of = as_of.min(child.as_of);
        }
        let entry = Entry {
            versions,
            as_of,
            names: self.names(key, child.names),
        };
        Flight {
            entry: Some(entry),
            stage: match flight.row {
                Some(_) => Stage::Return,
                None => Stage::ReadRow,
            },
            ..flight
        }
    }

    /// The flight is over: its reader gets `entry`, those who joined get it or
    /// begin anew, and the loaders that waited for it go on.
    pub(super) fn give(
        &self,
        at: &At<'_>,
        entry: Entry,
        kept: bool,
        how: &str,
        out: &mut Steps<State>,
    ) {
        let state = at.state;
        let node = &state.nodes[at.x];
        let key = usize::from(at.flight.key);
        let mut next = *state;
        let mut met = check(
            format_args!("a read on {}", NAME[at.x]),
            entry,
            at.flight.owed,
        );
        for Joiner { pos, owed } in at.flight.joiners.iter().copied() {
            if self.too_old(state, node, entry, pos) {
                next.nodes[at.x].unread[key] += 1;
            } else {
                met = met
                    .and_then(|()| check(format_args!("a joiner on {}", NAME[at.x]), entry, owed));
            }
        }
        if let Err(violation) = met {
            out.violates(format_args!("{at} {entry} {how}"), violation);
            return;
        }
        let after = &mut next.nodes[at.x];
        if kept {
            after.l1[key] = Some(entry);
        }
        after.flights[at.slot] = None;
        for parent in after.flights.iter_mut().flatten() {
            let Stage::Await { slot, joined } = parent.stage else {
                continue;
            };
            if usize::from(slot) != at.slot {
                continue;
            }
            if joined.is_some_and(|pos| self.too_old(state, node, entry, pos)) {
                parent.stage = Stage::ReadChild;
            } else {
                *parent = self.built(*parent, entry);
            }
        }
        out.to(format_args!("{at} {entry} {how}"), next);
    }

    /// r2: whether who joined at `pos` may be owed something newer than `entry`.
    fn too_old(&self, state: &State, node: &Node, entry: Entry, pos: u8) -> bool {
        !self.broken(Mutant::NoJoinerCheck) && node.matched(state, entry, entry.as_of, pos)
    }
}
