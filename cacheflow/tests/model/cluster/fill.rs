//! r5 in a cluster: index, SET with a short PX and the provisional flag, read
//! the journal, then make it permanent or delete it, if it is still the same.

use super::Protocol;
use super::config::Mutant;
use super::read::At;
use super::state::{Entry, Flight, Stage, State, matches};
use crate::explorer::Steps;
use crate::verdict::{Property, Violation};

impl Protocol {
    /// The next step of a fill, or its end: a filler may die.
    pub(super) fn fill_on(&self, at: &At<'_>, out: &mut Steps<State>) {
        let (state, flight) = (at.state, at.flight);
        let Some(entry) = flight.entry else { return };
        let journal = &state.redis.journal;
        let matched = matches(journal, flight.p1, journal.count(), self.names());
        match flight.stage {
            Stage::CheckWindow => self.check_window(at, entry, out),
            Stage::Index => {
                let mut next = at.goes_on(Stage::Set);
                next.redis.index(self.member(flight.as_of));
                out.to(format_args!("{at} adds the key to the index"), next);
            }
            Stage::Set => self.set(at, entry, out),
            Stage::IndexLate => {
                let mut next = at.goes_on(Stage::Insert);
                next.redis.index(self.member(flight.as_of));
                out.to(format_args!("{at} adds the key to the index, late"), next);
            }
            Stage::ReadJournalEarly if matched => {
                self.give(
                    at,
                    *state,
                    format_args!("{at} the journal forbids {entry}"),
                    out,
                );
            }
            Stage::ReadJournalEarly => {
                let next = at.goes_on(Stage::Set);
                out.to(format_args!("{at} the journal allows {entry}"), next);
            }
            Stage::ReadJournal if matched => {
                let next = at.goes_on(Stage::Undo);
                out.to(format_args!("{at} the journal forbids {entry}"), next);
            }
            Stage::ReadJournal => {
                let next = at.goes_on(Stage::Keep);
                out.to(format_args!("{at} the journal allows {entry}"), next);
            }
            Stage::Keep => self.keep(at, out),
            Stage::Undo => self.undo(at, out),
            _ => {}
        }
        let begun = !matches!(
            flight.stage,
            Stage::CheckWindow | Stage::Index | Stage::ReadJournalEarly
        );
        if self.0.fillers_die && begun {
            let mut next = *state;
            next.nodes[at.x].flights.remove(at.place);
            out.to(format_args!("{at} the filler dies"), next);
        }
    }

    /// The local half of the check.
    fn check_window(&self, at: &At<'_>, entry: Entry, out: &mut Steps<State>) {
        let (node, as_of) = (at.node(), at.flight.as_of);
        let matched =
            !self.broken(Mutant::NoLocalCheck) && self.matched(at.state, node, as_of, node.pos);
        if matched || as_of < node.window {
            self.give(
                at,
                *at.state,
                format_args!("{at} {entry} is not tried to be stored"),
                out,
            );
            return;
        }
        let stage = if self.broken(Mutant::JournalBeforeSet) {
            Stage::ReadJournalEarly
        } else if self.0.tagged && !self.broken(Mutant::IndexAfterValue) {
            Stage::Index
        } else {
            Stage::Set
        };
        let next = at.is(Flight {
            stage,
            p1: node.pos,
            ..at.flight
        });
        out.to(
            format_args!("{at} the window up to {} allows {entry}", node.pos),
            next,
        );
    }

    fn set(&self, at: &At<'_>, entry: Entry, out: &mut Steps<State>) {
        let unread = self.broken(Mutant::JournalBeforeSet) || self.broken(Mutant::NoJournalCheck);
        let set = Entry {
            provisional: !unread && !self.broken(Mutant::PermanentAtOnce),
            mark: at.state.new_mark(),
            ..entry
        };
        let stage = if unread {
            Stage::Insert
        } else {
            Stage::ReadJournal
        };
        let mut next = at.is(Flight {
            stage,
            mark: set.mark,
            ..at.flight
        });
        next.redis.l2 = Some(set);
        out.to(format_args!("{at} SET {set}"), next);
    }

    /// Nothing matches: permanent, if it is still mine.
    fn keep(&self, at: &At<'_>, out: &mut Steps<State>) {
        let late = self.0.tagged && self.broken(Mutant::IndexAfterValue);
        let stage = if late {
            Stage::IndexLate
        } else {
            Stage::Insert
        };
        let mut next = at.is(Flight {
            stage,
            mark: 0,
            ..at.flight
        });
        let mine = at.state.redis.has_mark(at.flight.mark);
        if mine || self.broken(Mutant::PermanentUncompared) {
            next.redis.l2 = at.state.redis.l2.map(Entry::permanent);
        }
        let whose = if mine { "its" } else { "not its" };
        out.to(format_args!("{at} makes permanent: {whose} own"), next);
    }

    /// A record matches: delete it, if it is still mine. The reader gets the
    /// value all the same; it is kept nowhere.
    fn undo(&self, at: &At<'_>, out: &mut Steps<State>) {
        let redis = &at.state.redis;
        let mut next = *at.state;
        let mine = redis.has_mark(at.flight.mark);
        if mine || self.broken(Mutant::UndoneUncompared) {
            if let Some(entry) = redis.l2.filter(|_| !mine) {
                self.must_be_dead(at.state, entry, out);
            }
            next.redis.l2 = None;
        }
        let whose = if mine { "its" } else { "not its" };
        self.give(at, next, format_args!("{at} deletes: {whose} own"), out);
    }

    /// P4: an entry of somebody else is deleted only if a record matches it.
    pub(super) fn must_be_dead(&self, state: &State, entry: Entry, out: &mut Steps<State>) {
        let journal = &state.redis.journal;
        let dead = matches(journal, entry.as_of, journal.count(), self.names());
        if self.0.progress && !dead {
            out.violates(
                format_args!("{entry} is deleted"),
                Violation::new(Property::P4, format_args!("no record matches {entry}")),
            );
        }
    }
}

impl Entry {
    pub(super) fn permanent(self) -> Self {
        Self {
            provisional: false,
            mark: 0,
            ..self
        }
    }
}
