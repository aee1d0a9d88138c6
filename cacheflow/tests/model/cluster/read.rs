//! The read: r2 to r4, and r6.

use super::config::Mutant;
use super::state::{Entry, Flight, Node, Stage, State, matches};
use super::{NAME, Protocol};
use crate::explorer::Steps;
use crate::owed::{Joiner, Owed};

/// A flight, at the step where it is.
pub(super) struct At<'a> {
    pub(super) state: &'a State,
    pub(super) x: usize,
    /// Its place among the flights of `x`.
    pub(super) place: usize,
    pub(super) flight: Flight,
}

impl<'a> At<'a> {
    pub(super) fn node(&self) -> &'a Node {
        &self.state.nodes[self.x]
    }

    /// The state in which the flight is `flight`.
    pub(super) fn is(&self, flight: Flight) -> State {
        let mut next = *self.state;
        next.nodes[self.x].flights.replace(self.place, flight);
        next
    }

    /// The state in which the flight is at `stage`.
    pub(super) fn goes_on(&self, stage: Stage) -> State {
        self.is(Flight {
            stage,
            ..self.flight
        })
    }
}

impl std::fmt::Display for At<'_> {
    fn fmt(&self, f: &mut std::fmt::Formatter<'_>) -> std::fmt::Result {
        write!(f, "{}: the read as of {}:", NAME[self.x], self.flight.as_of)
    }
}

impl Protocol {
    /// Whether a record of `node`'s window in `(after, upto]` matches the value.
    pub(super) fn matched(&self, state: &State, node: &Node, after: u8, upto: u8) -> bool {
        let after = after.max(node.window);
        matches(&state.redis.journal, after, upto, self.names())
    }

    /// What may be read where the records up to `pos` are applied.
    pub(super) fn applied(&self, state: &State, pos: u8) -> u8 {
        let records = state.redis.journal[..usize::from(pos)].iter();
        records.map(|record| record.version).max().unwrap_or(0)
    }

    /// r2: a reader comes to `x` and joins the attached flight, of which there
    /// is at most one, or begins its own.
    pub(super) fn begin_read(&self, state: &State, x: usize, out: &mut Steps<State>) {
        let node = &state.nodes[x];
        if node.unread == 0 {
            return;
        }
        let pos = node.pos;
        let owed = Owed {
            returned: node.returned,
            applied: self.applied(state, pos),
        };
        let mut next = *state;
        next.nodes[x].unread -= 1;
        let flights = &mut next.nodes[x].flights;
        if let Some(place) = flights.iter().position(|flight| flight.attached) {
            let mut flight = flights[place];
            flight.joiners.insert(Joiner { pos, owed });
            flights.replace(place, flight);
            out.to(
                format_args!("{}: a read joins the flight, at {pos}", NAME[x]),
                next,
            );
        } else {
            flights.insert(Flight {
                attached: true,
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
        for (place, flight) in flights.iter().copied().enumerate() {
            if place > 0 && flights[place - 1] == flight {
                continue; // the same flight twice has the same next step
            }
            let at = At {
                state,
                x,
                place,
                flight,
            };
            match flight.stage {
                Stage::Get => get(&at, out),
                Stage::CheckL2 => self.check_l2(&at, out),
                Stage::Load => {
                    let version = state.db;
                    let next = at.goes_on(Stage::Loading(version));
                    out.to(format_args!("{at} the loader reads v{version}"), next);
                }
                Stage::Loading(version) => {
                    let next = at.is(Flight {
                        entry: Some(Entry {
                            version,
                            as_of: flight.as_of,
                            ..Entry::default()
                        }),
                        stage: Stage::CheckWindow,
                        ..flight
                    });
                    out.to(format_args!("{at} the loader returns v{version}"), next);
                }
                Stage::Insert => self.insert(&at, out),
                _ => self.fill_on(&at, out),
            }
        }
    }

    /// r3: an entry counts only if no record of the window since its as-of
    /// matches it, and, if it is provisional, the window reaches back to its as-of.
    fn check_l2(&self, at: &At<'_>, out: &mut Steps<State>) {
        let Some(entry) = at.flight.entry else { return };
        let matched = !self.broken(Mutant::NoCheckOfL2)
            && self.matched(at.state, at.node(), entry.as_of, at.node().pos);
        if matched || self.unproven(at, entry) {
            let next = at.is(Flight {
                entry: None,
                stage: Stage::Load,
                ..at.flight
            });
            out.to(format_args!("{at} r3 rejects {entry}"), next);
        } else {
            out.to(
                format_args!("{at} r3 accepts {entry}"),
                at.goes_on(Stage::Insert),
            );
        }
    }

    /// Whether `entry` is provisional and older than the window.
    fn unproven(&self, at: &At<'_>, entry: Entry) -> bool {
        entry.provisional
            && entry.as_of < at.node().window
            && !self.broken(Mutant::ProvisionalBelieved)
    }

    /// r6: check and insert, in one step.
    fn insert(&self, at: &At<'_>, out: &mut Steps<State>) {
        let Some(entry) = at.flight.entry else { return };
        let matched = !self.broken(Mutant::NoCheckAtInsert)
            && self.matched(at.state, at.node(), entry.as_of, at.node().pos);
        let mut next = *at.state;
        if matched || self.unproven(at, entry) {
            self.give(
                at,
                next,
                format_args!("{at} r6 keeps {entry} out of L1"),
                out,
            );
        } else {
            next.nodes[at.x].l1 = Some((entry.version, entry.as_of));
            self.give(at, next, format_args!("{at} {entry} enters L1"), out);
        }
    }

    /// The flight is over, and leaves `next` behind: its reader gets the
    /// value, those who joined get it or begin anew.
    pub(super) fn give(
        &self,
        at: &At<'_>,
        mut next: State,
        label: std::fmt::Arguments<'_>,
        out: &mut Steps<State>,
    ) {
        let Some(entry) = at.flight.entry else { return };
        let mut met = at
            .flight
            .owed
            .check(format_args!("a read on {}", NAME[at.x]), entry.version);
        let after = &mut next.nodes[at.x];
        for Joiner { pos, owed } in at.flight.joiners.iter() {
            if self.matched(at.state, at.node(), entry.as_of, *pos) {
                after.unread += 1;
            } else {
                met = met.and_then(|()| {
                    owed.check(format_args!("a joiner on {}", NAME[at.x]), entry.version)
                });
            }
        }
        after.flights.remove(at.place);
        match met {
            Ok(()) => out.to(label, next),
            Err(violation) => out.violates(label, violation),
        }
    }
}

/// r3: GET.
fn get(at: &At<'_>, out: &mut Steps<State>) {
    let entry = at.state.redis.l2;
    let stage = match entry {
        Some(_) => Stage::CheckL2,
        None => Stage::Load,
    };
    let next = at.is(Flight {
        entry,
        stage,
        ..at.flight
    });
    match entry {
        Some(entry) => out.to(format_args!("{at} GET: {entry}"), next),
        None => out.to(format_args!("{at} GET: nothing"), next),
    }
}
