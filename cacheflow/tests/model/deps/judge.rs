//! P1 to P3. (P4 is met where a fill is refused.)

use std::fmt;

use super::state::{C, Entry, G, KEYS, Node, Owed, P, State, matches};
use super::{NAME, Protocol, X, Y};
use crate::verdict::{Property, Standing, Violation};

/// Whether `who` may get `entry`.
pub(super) fn check(who: fmt::Arguments<'_>, entry: Entry, owed: Owed) -> Result<(), Violation> {
    for (property, rows) in [(Property::P2, owed.returned), (Property::P3, owed.applied)] {
        if entry.versions.older_than(rows) {
            return Err(Violation::new(
                property,
                format_args!("{who} gets {entry}, owed were the rows {rows:?} of C, P, G"),
            ));
        }
    }
    Ok(())
}

impl Protocol {
    pub(super) fn judged(&self, state: &State) -> Result<Standing, Violation> {
        for x in [X, Y] {
            if state.nodes[x].l1 == [None; 3] {
                continue;
            }
            let owed = self.owed(state, x);
            for entry in state.nodes[x].l1.iter().flatten() {
                check(format_args!("a hit in L1 of {}", NAME[x]), *entry, owed)?;
            }
        }
        if !self.quiescent(state) {
            return Ok(Standing::Moving);
        }
        for key in [C, P, G] {
            let journal = &state.redis.journal;
            let counts = |entry: &Entry| {
                !self.0.dead_bytes || !matches(journal, entry.as_of, journal.count(), entry.names)
            };
            stale(state, "L2", key, state.redis.l2[key].filter(counts))?;
            for x in [X, Y] {
                stale(state, NAME[x], key, state.nodes[x].l1[key])?;
            }
        }
        let cached = state.redis.l2[P].is_some() && state.nodes[X].l1[P].is_some();
        Ok(Standing::Quiescent { cached })
    }

    /// Whether everything is delivered and finished. Reads may still begin.
    fn quiescent(&self, state: &State) -> bool {
        let idle = |node: &Node| {
            node.flights.iter().all(Option::is_none) && node.pos == state.redis.journal.count()
        };
        let mut writers = state.writers.iter().zip(self.0.writers);
        state.nodes.iter().all(idle)
            && state.redis.reclaims.is_empty()
            && writers.all(|(writer, (_, calls))| usize::from(writer.call) == calls.len())
    }
}

/// P1: what `place` has of `key` must not be older than the database.
fn stale(state: &State, place: &str, key: usize, held: Option<Entry>) -> Result<(), Violation> {
    match held {
        Some(entry) if entry.versions.older_than(state.db) => Err(Violation::new(
            Property::P1,
            format_args!(
                "all is over, {} in {place} is {entry}, the rows {:?}",
                KEYS[key], state.db
            ),
        )),
        _ => Ok(()),
    }
}
