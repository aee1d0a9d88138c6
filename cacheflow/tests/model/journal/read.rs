//! The read: r2 to r4. What follows is in `fill`.

use super::config::{Mutant, Tags};
use super::state::{Entry, Flight, Floor, Joiner, KEY, Link, Names, Owed, Redis, Stage, State};
use super::state::{TAG_OF_EVEN, TAG_OF_ODD, Window};
use super::{NAME, Protocol};
use crate::explorer::Steps;
use crate::verdict::{Property, Violation};

impl Protocol {
    /// The names of a version: its key and its tags.
    pub(super) fn names(&self, version: u8) -> Names {
        match self.0.tags {
            Tags::None => KEY,
            Tags::Constant => KEY | TAG_OF_EVEN,
            Tags::ByVersion if version & 1 == 0 => KEY | TAG_OF_EVEN,
            Tags::ByVersion => KEY | TAG_OF_ODD,
        }
    }

    pub(super) fn value(&self, version: u8, as_of: u8) -> Entry {
        let names = self.names(version);
        Entry {
            version,
            as_of,
            names,
        }
    }

    /// After a record of `version` that matches `names`, what may be read.
    pub(super) fn raise(&self, floor: &mut Floor, version: u8, names: Names) {
        let named = [0, 1].map(|parity| names & self.names(parity) != 0);
        floor.raise(version, named);
    }

    /// What may be read where the records up to `pos` are applied.
    pub(super) fn floor(&self, redis: &Redis, pos: u8) -> Floor {
        let mut floor = Floor::default();
        for record in &redis.journal[..usize::from(pos)] {
            self.raise(&mut floor, record.version, record.names);
        }
        floor
    }

    /// r2: a reader comes to `x` (r1: it found nothing in L1, or something
    /// that it might as well not have found). It joins the attached flight, of
    /// which there is at most one, or begins its own.
    pub(super) fn begin_read(&self, state: &State, x: usize, out: &mut Steps<State>) {
        let node = &state.nodes[x];
        if node.unread == 0 {
            return;
        }
        let pos = node.pos;
        let applied = node.half_applied.map_or(pos, |record| record - 1);
        let owed = Owed {
            returned: node.returned,
            applied: self.floor(&state.redis, applied),
        };
        let mut next = *state;
        next.nodes[x].unread -= 1;
        let flights = &mut next.nodes[x].flights;
        let attached = flights.iter().position(|f| f.link == Link::Attached);
        if let Some(at) = attached {
            let mut flight = flights[at];
            flight.joiners.insert(Joiner { pos, owed });
            flights.replace(at, flight);
            let as_of = flight.as_of;
            out.to(
                format_args!(
                    "{}: a read joins the flight as of {as_of}, at {pos}",
                    NAME[x]
                ),
                next,
            );
        } else {
            flights.insert(Flight {
                as_of: pos,
                owed,
                ..Flight::default()
            });
            out.to(
                format_args!("{}: a read begins, as of {pos}", NAME[x]),
                next,
            );
        }
    }

    /// The next step of every flight of `x`.
    pub(super) fn read_on(&self, state: &State, x: usize, out: &mut Steps<State>) {
        let flights = &state.nodes[x].flights;
        for (at, flight) in flights.iter().enumerate() {
            if at > 0 && flights[at - 1] == *flight {
                continue; // the same flight twice has the same next step
            }
            match flight.stage {
                Stage::Get => self.get(state, x, at, out),
                Stage::CheckL2 => self.check_l2(state, x, at, out),
                Stage::Load | Stage::Loading(_) => self.load(state, x, at, out),
                Stage::CheckWindow => self.check_window(state, x, at, out),
                Stage::Fill => self.fill(state, x, at, out),
                Stage::Insert | Stage::InsertLate => self.insert(state, x, at, out),
                Stage::StampAfterGet | Stage::StampAfterLoad | Stage::TakeP1 => {
                    self.stamp(state, x, at, out);
                }
            }
        }
    }

    /// r3: GET from L2, perhaps from a replica of it.
    fn get(&self, state: &State, x: usize, at: usize, out: &mut Steps<State>) {
        let late = self.broken(Mutant::AsOfAfterGet);
        let mut get = |source: &str, entry: Option<Entry>| {
            let mut flight = state.nodes[x].flights[at];
            flight.entry = entry;
            flight.stage = match entry {
                _ if late => Stage::StampAfterGet,
                Some(_) => Stage::CheckL2,
                None => Stage::Load,
            };
            let next = go_on(state, x, at, flight);
            match entry {
                Some(entry) => out.to(format_args!("{}: GET{source}: {entry}", NAME[x]), next),
                None => out.to(format_args!("{}: GET{source}: nothing", NAME[x]), next),
            }
        };
        let Redis { l2, replica, .. } = state.redis;
        get("", l2);
        if self.0.lagging_replica && replica != l2 {
            get(" from the lagging replica", replica);
        }
    }

    /// r3: an entry counts only if no record of the window since its as-of matches it.
    fn check_l2(&self, state: &State, x: usize, at: usize, out: &mut Steps<State>) {
        let node = &state.nodes[x];
        let mut flight = node.flights[at];
        let Some(entry) = flight.entry else { return };
        let matched = node.matched(state, entry, entry.as_of, node.pos);
        if matched && !self.broken(Mutant::NoCheckOfL2) {
            if self.0.progress && !dead(state, entry, entry.as_of) {
                out.violates(format_args!("{}: r3", NAME[x]), refused("r3", entry));
            }
            flight.entry = None;
            flight.stage = Stage::Load;
            let next = go_on(state, x, at, flight);
            out.to(format_args!("{}: r3 rejects {entry}", NAME[x]), next);
        } else if flight.link == Link::Lapsed {
            flight.entry = None;
            flight.stage = Stage::Load;
            let next = go_on(state, x, at, flight);
            out.to(
                format_args!("{}: the flight has lapsed, {entry} is ignored", NAME[x]),
                next,
            );
        } else {
            flight.stage = Stage::Insert;
            let next = go_on(state, x, at, flight);
            let pos = node.pos;
            out.to(
                format_args!("{}: r3 accepts {entry} at {pos}", NAME[x]),
                next,
            );
        }
    }

    /// r4. Where there are tags the load is two steps: what it read decides
    /// its tags, and they are known only when it returns.
    fn load(&self, state: &State, x: usize, at: usize, out: &mut Steps<State>) {
        let mut flight = state.nodes[x].flights[at];
        let version = match flight.stage {
            Stage::Loading(version) => version,
            _ if self.0.tags == Tags::None => state.db,
            _ => {
                let version = state.db;
                flight.stage = Stage::Loading(version);
                let next = go_on(state, x, at, flight);
                out.to(
                    format_args!("{}: the loader reads v{version}", NAME[x]),
                    next,
                );
                return;
            }
        };
        flight.entry = Some(self.value(version, flight.as_of));
        flight.stage = if self.broken(Mutant::AsOfAfterLoad) {
            Stage::StampAfterLoad
        } else {
            Stage::CheckWindow
        };
        let next = go_on(state, x, at, flight);
        out.to(
            format_args!("{}: the loader returns v{version}", NAME[x]),
            next,
        );
    }

    /// Mutants only: an as-of, or p1, taken too late.
    fn stamp(&self, state: &State, x: usize, at: usize, out: &mut Steps<State>) {
        let node = &state.nodes[x];
        let mut flight = node.flights[at];
        let pos = node.pos;
        match flight.stage {
            Stage::TakeP1 => {
                flight.p1 = pos;
                flight.stage = Stage::Fill;
            }
            Stage::StampAfterLoad => {
                flight.as_of = pos;
                flight.entry = flight.entry.map(|entry| Entry {
                    as_of: pos,
                    ..entry
                });
                flight.stage = Stage::CheckWindow;
            }
            _ => {
                flight.as_of = pos;
                flight.stage = match flight.entry {
                    Some(_) => Stage::CheckL2,
                    None => Stage::Load,
                };
            }
        }
        let next = go_on(state, x, at, flight);
        out.to(
            format_args!("{}: the position {pos} is taken only now", NAME[x]),
            next,
        );
    }
}

/// `state` with the flight at `at` of `x` as it is now.
pub(super) fn go_on(state: &State, x: usize, at: usize, flight: Flight) -> State {
    let mut next = *state;
    next.nodes[x].flights.replace(at, flight);
    next
}

/// Whether some record of the whole journal since `as_of` matches `entry`.
pub(super) fn dead(state: &State, entry: Entry, as_of: u8) -> bool {
    let Redis { journal, .. } = &state.redis;
    Window::WHOLE.matches(journal, as_of, journal.count(), entry.names)
}

pub(super) fn refused(by: &str, entry: Entry) -> Violation {
    Violation::new(
        Property::P4,
        format_args!("{by} refuses {entry}, which no record matches"),
    )
}
