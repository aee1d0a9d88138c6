//! P1 to P3. (A failover refuses more than it must: P4 is not asked.)

use super::config::Mutant;
use super::state::{Node, Primary, Server, State};
use super::{NAME, Protocol, X, Y};
use crate::verdict::{Property, Standing, Violation};

impl Protocol {
    pub(super) fn judged(&self, state: &State) -> Result<Standing, Violation> {
        for x in [X, Y] {
            let node = &state.nodes[x];
            if let Some(entry) = node.l1.filter(|_| !self.closed(node)) {
                node.owed
                    .check(format_args!("a hit in L1 of {}", NAME[x]), entry.version)?;
            }
        }
        let Some(primary) = self.quiescent(state) else {
            return Ok(Standing::Moving);
        };
        let places = [
            ("L2", primary.l2),
            ("L1 of X", state.nodes[X].l1),
            ("L1 of Y", state.nodes[Y].l1),
        ];
        for (place, held) in places {
            if let Some(entry) = held.filter(|entry| entry.version != state.db) {
                return Err(Violation::new(
                    Property::P1,
                    format_args!(
                        "all is over, {place} has {entry}, the database v{}",
                        state.db
                    ),
                ));
            }
        }
        let cached = state.new.is_some() && places.iter().all(|(_, held)| held.is_some());
        Ok(Standing::Quiescent { cached })
    }

    /// The primary, if everything is delivered, noticed and finished. Reads
    /// may still begin.
    fn quiescent<'a>(&self, state: &'a State) -> Option<&'a Primary> {
        let server = if state.new.is_some() {
            Server::New
        } else {
            Server::Old
        };
        let primary = state.primary(server);
        let idle = |node: &Node| {
            node.flights.is_empty()
                && node.replays.is_empty()
                && node.pos() >= primary.journal.count()
                && (server == Server::Old || node.moved || self.broken(Mutant::RunIdIgnored))
        };
        let mut writers = state.writers.iter().zip(self.0.writers);
        let over = state.nodes.iter().all(idle)
            && writers.all(|(writer, (_, calls))| usize::from(writer.call) == calls.len());
        over.then_some(primary)
    }
}
