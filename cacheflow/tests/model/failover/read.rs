//! The read: r2 to r6.

use super::config::Mutant;
use super::state::{Entry, Flight, Link, Server, Stage, State, matches};
use super::{NAME, Protocol};
use crate::explorer::Steps;
use crate::owed::Joiner;

/// A flight, at the step where it is.
struct At<'a> {
    state: &'a State,
    x: usize,
    /// Its place among the flights of `x`.
    place: usize,
    flight: Flight,
}

impl At<'_> {
    /// The state in which the flight is `flight`.
    fn is(&self, flight: Flight) -> State {
        let mut next = *self.state;
        next.nodes[self.x].flights.replace(self.place, flight);
        next
    }

    /// The state in which the flight is at `stage`.
    fn goes_on(&self, stage: Stage) -> State {
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
    /// r2: a reader comes to `x` and joins the attached flight, of which there
    /// is at most one, or begins its own.
    pub(super) fn begin_read(&self, state: &State, x: usize, out: &mut Steps<State>) {
        let node = &state.nodes[x];
        if node.unread == 0 || self.closed(node) {
            return;
        }
        let (pos, owed) = (node.pos(), node.owed);
        let mut next = *state;
        next.nodes[x].unread -= 1;
        let flights = &mut next.nodes[x].flights;
        if let Some(place) = flights.iter().position(|f| f.link == Link::Attached) {
            let mut flight = flights[place];
            flight.joiners.insert(Joiner { pos, owed });
            flights.replace(place, flight);
            out.to(
                format_args!("{}: a read joins the flight, at {pos}", NAME[x]),
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
                Stage::Get => self.get(&at, out),
                Stage::CheckL2 => self.check_l2(&at, out),
                Stage::Load => {
                    let version = state.db;
                    let next = at.is(Flight {
                        entry: Some(Entry {
                            version,
                            as_of: flight.as_of,
                        }),
                        stage: Stage::CheckWindow,
                        ..flight
                    });
                    out.to(format_args!("{at} loads v{version}"), next);
                }
                Stage::CheckWindow => self.check_window(&at, out),
                Stage::Fill => self.fill(&at, out),
                Stage::Insert => self.insert(&at, out),
            }
        }
    }

    /// r3: GET, if there is a primary and its L2 is open.
    fn get(&self, at: &At<'_>, out: &mut Steps<State>) {
        let reached = self.reached(at.state, at.x);
        let Some(server) = reached.filter(|_| !self.closed(&at.state.nodes[at.x])) else {
            out.to(format_args!("{at} cannot GET"), at.goes_on(Stage::Load));
            return;
        };
        let Some(entry) = at.state.primary(server).l2 else {
            out.to(format_args!("{at} GET: nothing"), at.goes_on(Stage::Load));
            return;
        };
        let next = at.is(Flight {
            entry: Some(entry),
            stage: Stage::CheckL2,
            ..at.flight
        });
        out.to(format_args!("{at} GET: {entry}"), next);
    }

    /// Whether the flight is from before the epoch.
    fn lapsed(&self, at: &At<'_>) -> bool {
        at.flight.link == Link::Lapsed && !self.broken(Mutant::InsertAcrossEpochs)
    }

    /// r3: the check.
    fn check_l2(&self, at: &At<'_>, out: &mut Steps<State>) {
        let Some(entry) = at.flight.entry else { return };
        if at.state.nodes[at.x].matched(entry.as_of) || self.lapsed(at) {
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

    /// r5: the local half of the check.
    fn check_window(&self, at: &At<'_>, out: &mut Steps<State>) {
        let Some(entry) = at.flight.entry else { return };
        let node = &at.state.nodes[at.x];
        let lapsed = at.flight.link == Link::Lapsed && !self.broken(Mutant::FillAcrossIncarnations);
        if lapsed || node.matched(at.flight.as_of) {
            self.give(at, entry, false, "is not tried to be stored", out);
            return;
        }
        let p1 = node.pos();
        let next = at.is(Flight {
            stage: Stage::Fill,
            p1,
            ..at.flight
        });
        out.to(
            format_args!("{at} the window up to {p1} allows {entry}"),
            next,
        );
    }

    /// r5: the script, which refuses another incarnation than its own.
    fn fill(&self, at: &At<'_>, out: &mut Steps<State>) {
        let Some(entry) = at.flight.entry else { return };
        let Some(server) = self.reached(at.state, at.x) else {
            self.give(at, entry, false, "cannot be stored", out);
            return;
        };
        let journal = &at.state.primary(server).journal;
        let moved = at.state.nodes[at.x].moved;
        let other = moved != (server == Server::New) || at.flight.link == Link::Lapsed;
        let refused = other && !self.broken(Mutant::FillAcrossIncarnations);
        if refused || matches(journal, at.flight.p1, journal.count()) {
            self.give(at, entry, false, "is refused by FILL", out);
            return;
        }
        let mut next = at.goes_on(Stage::Insert);
        next.primary_mut(server).l2 = Some(entry);
        out.to(format_args!("{at} FILL {entry}"), next);
    }

    /// r6: check and insert, in one step.
    fn insert(&self, at: &At<'_>, out: &mut Steps<State>) {
        let Some(entry) = at.flight.entry else { return };
        if at.state.nodes[at.x].matched(entry.as_of) || self.lapsed(at) {
            self.give(at, entry, false, "is kept out of L1 by r6", out);
        } else {
            self.give(at, entry, true, "enters L1", out);
        }
    }

    /// The flight is over: its reader gets the value, those who joined get it
    /// or begin anew.
    fn give(&self, at: &At<'_>, entry: Entry, kept: bool, how: &str, out: &mut Steps<State>) {
        let node = &at.state.nodes[at.x];
        let Flight {
            link,
            owed,
            joiners,
            ..
        } = at.flight;
        let mut next = *at.state;
        let after = &mut next.nodes[at.x];
        let mut met = owed.check(format_args!("a read on {}", NAME[at.x]), entry.version);
        for Joiner { pos, owed } in joiners.iter() {
            if link == Link::Lapsed || matches(&node.applied, entry.as_of, *pos) {
                after.unread += 1;
            } else {
                met = met.and_then(|()| {
                    owed.check(format_args!("a joiner on {}", NAME[at.x]), entry.version)
                });
            }
        }
        after.flights.remove(at.place);
        if kept {
            after.l1 = Some(entry);
        }
        match met {
            Ok(()) => out.to(format_args!("{at} {entry} {how}"), next),
            Err(violation) => out.violates(format_args!("{at} {entry} {how}"), violation),
        }
    }
}
