//! The read: r2, r3, r5 and r6.

use super::config::Mutant;
use super::state::{C, Entry, Flight, Joiner, KEYS, Node, Owed, P, Stage, State, matches};
use super::{NAME, Protocol};
use crate::bounded::Bag;
use crate::explorer::Steps;
use crate::verdict::{Property, Violation};

impl Node {
    /// The attached flight of `key`: there is at most one.
    pub(super) fn attached(&self, key: usize) -> Option<usize> {
        let joinable = |f: &Flight| f.attached && usize::from(f.key) == key;
        self.flights
            .iter()
            .position(|slot| slot.as_ref().is_some_and(joinable))
    }

    /// r2: begins a flight, and answers in which slot.
    pub(super) fn begin(&mut self, key: usize, owed: Owed) -> usize {
        let slot = self.flights.iter().position(Option::is_none);
        let slot = slot.expect("a configuration has no more flights than slots");
        self.flights[slot] = Some(Flight {
            key: key as u8,
            attached: true,
            stage: Stage::Get,
            as_of: self.pos,
            p1: 0,
            entry: None,
            owed,
            joiners: Bag::default(),
            row: None,
        });
        slot
    }
}

impl Protocol {
    /// What a reader is owed that comes to `x` now.
    pub(super) fn owed(&self, state: &State, x: usize) -> Owed {
        let node = &state.nodes[x];
        let mut owed = Owed {
            returned: node.returned,
            ..Owed::default()
        };
        for record in &state.redis.journal[..usize::from(node.pos)] {
            let row = &mut owed.applied[usize::from(record.row)];
            *row = record.version.max(*row);
        }
        owed
    }

    /// r2: a reader comes and joins the attached flight or begins its own.
    pub(super) fn begin_reads(&self, state: &State, x: usize, out: &mut Steps<State>) {
        let pos = state.nodes[x].pos;
        for key in [P, C] {
            if state.nodes[x].unread[key] == 0 {
                continue;
            }
            let mut next = *state;
            let node = &mut next.nodes[x];
            let owed = self.owed(state, x);
            node.unread[key] -= 1;
            if let Some(slot) = node.attached(key) {
                if let Some(flight) = &mut node.flights[slot] {
                    flight.joiners.insert(Joiner { pos, owed });
                }
                out.to(
                    format_args!(
                        "{}: a read joins the flight of {} at {pos}",
                        NAME[x], KEYS[key]
                    ),
                    next,
                );
            } else {
                node.begin(key, owed);
                out.to(
                    format_args!("{}: a read of {} begins, as of {pos}", NAME[x], KEYS[key]),
                    next,
                );
            }
        }
    }

    /// The next step of every flight of `x`.
    pub(super) fn read_on(&self, state: &State, x: usize, out: &mut Steps<State>) {
        for slot in 0..state.nodes[x].flights.len() {
            let Some(flight) = state.nodes[x].flights[slot] else {
                continue;
            };
            let at = At {
                state,
                x,
                slot,
                flight,
            };
            match flight.stage {
                Stage::Get => get(&at, out),
                Stage::CheckL2 => self.check_l2(&at, out),
                Stage::Load => self.load(&at, out),
                Stage::ReadChild => self.read_child(&at, out),
                Stage::Await { .. } => {}
                Stage::ReadRow => self.read_row(&at, out),
                Stage::Return => {
                    let next = at.goes_on(Flight {
                        stage: Stage::CheckWindow,
                        ..flight
                    });
                    out.to(format_args!("{at} its loader returns"), next);
                }
                Stage::CheckWindow => self.check_window(&at, out),
                Stage::Fill => self.fill(&at, out),
                Stage::Insert => self.insert(&at, out),
            }
        }
    }

    /// r3: an entry counts only if no record of the window since its as-of matches it.
    fn check_l2(&self, at: &At<'_>, out: &mut Steps<State>) {
        let Some(entry) = at.flight.entry else { return };
        let node = &at.state.nodes[at.x];
        let matched = node.matched(at.state, entry, entry.as_of, node.pos);
        let mut flight = at.flight;
        if matched && !self.broken(Mutant::NoCheckOfL2) {
            flight.entry = None;
            flight.stage = Stage::Load;
            out.to(format_args!("{at} r3 rejects {entry}"), at.goes_on(flight));
        } else {
            flight.stage = Stage::Insert;
            out.to(format_args!("{at} r3 accepts {entry}"), at.goes_on(flight));
        }
    }

    /// r5: the local half of the fill's check.
    fn check_window(&self, at: &At<'_>, out: &mut Steps<State>) {
        let Some(entry) = at.flight.entry else { return };
        let (state, node) = (at.state, &at.state.nodes[at.x]);
        let matched =
            !self.broken(Mutant::NoLocalCheck) && node.matched(state, entry, entry.as_of, node.pos);
        if matched || entry.as_of < node.window {
            let journal = &state.redis.journal;
            if matches(journal, at.flight.as_of, journal.count(), entry.names) {
                self.give(at, entry, false, "is not tried to be stored", out);
            } else {
                out.violates(
                    format_args!("{at} the window from {} on is looked at", node.window),
                    Violation::new(
                        Property::P4,
                        format_args!("{entry}, which no record matches, is not stored"),
                    ),
                );
            }
            return;
        }
        let next = at.goes_on(Flight {
            stage: Stage::Fill,
            p1: node.pos,
            ..at.flight
        });
        out.to(
            format_args!("{at} the window up to {} allows {entry}", node.pos),
            next,
        );
    }

    /// r5: the script.
    fn fill(&self, at: &At<'_>, out: &mut Steps<State>) {
        let Some(entry) = at.flight.entry else { return };
        let journal = &at.state.redis.journal;
        let matched = matches(journal, at.flight.p1, journal.count(), entry.names);
        if matched && !self.broken(Mutant::NoScriptCheck) {
            self.give(at, entry, false, "is refused by FILL", out);
            return;
        }
        let mut next = at.goes_on(Flight {
            stage: Stage::Insert,
            ..at.flight
        });
        next.redis.store(usize::from(at.flight.key), entry);
        out.to(format_args!("{at} FILL {entry}"), next);
    }

    /// r6: check and insert, in one step.
    fn insert(&self, at: &At<'_>, out: &mut Steps<State>) {
        let Some(entry) = at.flight.entry else { return };
        let node = &at.state.nodes[at.x];
        let matched = node.matched(at.state, entry, entry.as_of, node.pos);
        if matched && !self.broken(Mutant::NoCheckAtInsert) {
            self.give(at, entry, false, "is kept out of L1 by r6", out);
        } else {
            self.give(at, entry, true, "enters L1", out);
        }
    }
}

/// r3: GET.
fn get(at: &At<'_>, out: &mut Steps<State>) {
    let mut flight = at.flight;
    flight.entry = at.state.redis.l2[usize::from(flight.key)];
    if let Some(entry) = flight.entry {
        flight.stage = Stage::CheckL2;
        out.to(format_args!("{at} GET: {entry}"), at.goes_on(flight));
    } else {
        flight.stage = Stage::Load;
        out.to(format_args!("{at} GET: nothing"), at.goes_on(flight));
    }
}

/// A flight, at the step where it is.
pub(super) struct At<'a> {
    pub(super) state: &'a State,
    pub(super) x: usize,
    pub(super) slot: usize,
    pub(super) flight: Flight,
}

impl At<'_> {
    /// The state in which the flight is `flight`.
    pub(super) fn goes_on(&self, flight: Flight) -> State {
        let mut next = *self.state;
        next.nodes[self.x].flights[self.slot] = Some(flight);
        next
    }

    /// The state in which the flight has made `entry`, at `stage`.
    pub(super) fn has(&self, entry: Entry, stage: Stage) -> State {
        self.goes_on(Flight {
            entry: Some(entry),
            stage,
            ..self.flight
        })
    }
}

impl std::fmt::Display for At<'_> {
    fn fmt(&self, f: &mut std::fmt::Formatter<'_>) -> std::fmt::Result {
        let key = KEYS[usize::from(self.flight.key)];
        write!(f, "{}: read of {key}:", NAME[self.x])
    }
}
