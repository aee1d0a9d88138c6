//! P1 to P3. (P4 is met where something is deleted.)

use super::state::{Node, State, matches};
use super::{NAME, Protocol, X, Y};
use crate::owed::Owed;
use crate::verdict::{Property, Standing, Violation};

impl Protocol {
    pub(super) fn judged(&self, state: &State) -> Result<Standing, Violation> {
        for x in [X, Y] {
            let node = &state.nodes[x];
            if let Some((version, _)) = node.l1 {
                let owed = Owed {
                    returned: node.returned,
                    applied: self.applied(state, node.pos),
                };
                owed.check(format_args!("a hit in L1 of {}", NAME[x]), version)?;
            }
        }
        if !self.quiescent(state) {
            return Ok(Standing::Moving);
        }
        let db = state.db;
        if let Some(entry) = state.redis.l2.filter(|entry| entry.version != db) {
            let journal = &state.redis.journal;
            let dead = matches(journal, entry.as_of, journal.count(), self.names());
            if !(dead && self.0.dead_bytes) {
                let dead = if dead { ", though dead" } else { "" };
                return Err(Violation::new(
                    Property::P1,
                    format_args!("all is over, L2 has {entry}{dead}, the database v{db}"),
                ));
            }
        }
        for x in [X, Y] {
            if let Some((version, _)) = state.nodes[x].l1.filter(|l1| l1.0 != db) {
                return Err(Violation::new(
                    Property::P1,
                    format_args!(
                        "all is over, L1 of {} has v{version}, the database v{db}",
                        NAME[x]
                    ),
                ));
            }
        }
        let cached = state.redis.l2.is_some() && state.nodes.iter().all(|node| node.l1.is_some());
        Ok(Standing::Quiescent { cached })
    }

    /// Whether everything is delivered, finished and expired that is not to
    /// stay. Reads may still begin.
    fn quiescent(&self, state: &State) -> bool {
        let redis = &state.redis;
        let idle = |node: &Node| node.flights.is_empty() && node.pos == redis.journal.count();
        let mut writers = state.writers.iter().zip(self.0.writers);
        state.nodes.iter().all(idle)
            && !redis.l2.is_some_and(|entry| entry.provisional)
            && (redis.open.is_empty() || !self.0.finished_by_all)
            && writers.all(|(writer, (_, calls))| usize::from(writer.call) == calls.len())
    }
}
