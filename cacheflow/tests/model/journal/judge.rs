//! P1 to P3. (P4 is met where something is refused.)

use super::config::Mutant;
use super::state::{Entry, Joiner, Link, Node, Owed, State, Window};
use super::{NAME, Protocol, X, Y};
use crate::explorer::Steps;
use crate::verdict::{Property, Standing, Violation};
use std::fmt;

impl Node {
    /// Whether a record of this node's window in `(after, upto]` matches `entry`.
    pub(super) fn matched(&self, state: &State, entry: Entry, after: u8, upto: u8) -> bool {
        self.window
            .matches(&state.redis.journal, after, upto, entry.names)
    }
}

impl Owed {
    fn check(&self, who: fmt::Arguments<'_>, version: u8) -> Result<(), Violation> {
        let broken = |property, owed| {
            Err(Violation::new(
                property,
                format_args!("{who} v{version}, owed was v{owed}"),
            ))
        };
        if let Some(owed) = self.returned.below(version) {
            return broken(Property::P2, owed);
        }
        if let Some(owed) = self.applied.below(version) {
            return broken(Property::P3, owed);
        }
        Ok(())
    }
}

impl Protocol {
    /// The flight at `at` of `x` is over: its reader gets the value, and so do
    /// those who joined, unless what they are owed may be newer. Then they
    /// begin anew. `kept` is what enters L1.
    pub(super) fn give(
        &self,
        state: &State,
        x: usize,
        at: usize,
        kept: Option<Entry>,
        label: fmt::Arguments<'_>,
        out: &mut Steps<State>,
    ) {
        let node = &state.nodes[x];
        let flight = &node.flights[at];
        let Some(entry) = flight.entry else { return };
        let mut next = *state;
        let mut met = flight
            .owed
            .check(format_args!("a read on {} got", NAME[x]), entry.version);
        for Joiner { pos, owed } in flight.joiners.iter() {
            let old = flight.link == Link::Lapsed || node.matched(state, entry, entry.as_of, *pos);
            if old && !self.broken(Mutant::NoJoinerCheck) {
                next.nodes[x].unread += 1;
            } else {
                met = met.and_then(|()| {
                    owed.check(format_args!("a joiner on {} got", NAME[x]), entry.version)
                });
            }
        }
        next.nodes[x].flights.remove(at);
        if kept.is_some() {
            next.nodes[x].l1 = kept;
        }
        match met {
            Ok(()) => out.to(label, next),
            Err(violation) => out.violates(label, violation),
        }
    }

    pub(super) fn judged(&self, state: &State) -> Result<Standing, Violation> {
        for x in [X, Y] {
            let node = &state.nodes[x];
            let Some(entry) = node.l1 else { continue };
            let mut owed = Owed {
                returned: node.returned,
                ..Owed::default()
            };
            if node.half_applied.is_none() {
                owed.applied = self.floor(&state.redis, node.pos);
            }
            owed.check(
                format_args!("a hit in L1 of {} gives", NAME[x]),
                entry.version,
            )?;
        }
        if !self.quiescent(state) {
            return Ok(Standing::Moving);
        }
        let stale = |place: fmt::Arguments<'_>, entry: Entry| {
            Err(Violation::new(
                Property::P1,
                format_args!(
                    "all is over, {place} has {entry}, the database v{}",
                    state.db
                ),
            ))
        };
        let redis = &state.redis;
        if let Some(entry) = redis.l2.filter(|entry| entry.version != state.db) {
            let dead = Window::WHOLE.matches(&redis.journal, entry.as_of, redis.n(), entry.names);
            if !(dead && self.0.dead_bytes) {
                return stale(format_args!("L2"), entry);
            }
        }
        for x in [X, Y] {
            if let Some(entry) = state.nodes[x].l1.filter(|l1| l1.version != state.db) {
                return stale(format_args!("L1 of {}", NAME[x]), entry);
            }
        }
        let cached = redis.l2.is_some() && state.nodes.iter().all(|node| node.l1.is_some());
        Ok(Standing::Quiescent { cached })
    }

    /// Whether everything is delivered and finished. Reads may still begin.
    fn quiescent(&self, state: &State) -> bool {
        let idle = |node: &Node| {
            node.flights.is_empty() && node.pos == state.redis.n() && node.half_applied.is_none()
        };
        let finished = || {
            let mut writers = state.writers.iter().zip(self.0.writers);
            writers.all(|(writer, (_, calls))| usize::from(writer.call) == calls.len())
        };
        state.nodes.iter().all(idle) && state.redis.reclaims.is_empty() && finished()
    }
}
