//! Pages: what is read of a source before anybody knows which keys are in it.

use std::collections::HashSet;
use std::sync::Arc;

use super::flight::Ticket;
use crate::key::EntryKey;

/// A page of which more keys change while it is open is kept nowhere.
const MOST_CHANGED: usize = 10_000;

/// The open pages of one cache.
///
/// A ticket stands under the key that it is for, and is cancelled there. A page has one
/// ticket for whatever keys it will turn out to have: which of them changed meanwhile
/// on this node is written down here. (What was recorded in a journal, the window
/// tells as well; a put of a node without one, nobody else does.)
#[derive(Default)]
pub(super) struct Pages(Vec<Open>);

struct Open {
    ticket: Arc<Ticket>,
    changed: HashSet<EntryKey, foldhash::fast::RandomState>,
}

impl Pages {
    pub(super) fn open(&mut self, ticket: Ticket) -> Arc<Ticket> {
        let ticket = Arc::new(ticket);
        self.0.push(Open {
            ticket: Arc::clone(&ticket),
            changed: HashSet::default(),
        });
        ticket
    }

    pub(super) fn close(&mut self, ticket: &Arc<Ticket>) {
        self.0.retain(|open| !Arc::ptr_eq(&open.ticket, ticket));
    }

    /// What an open page has of `key` is old.
    pub(super) fn change(&mut self, key: &[u8]) {
        for open in &mut self.0 {
            if open.changed.len() < MOST_CHANGED {
                open.changed.insert(EntryKey::new(key));
            } else if !open.changed.contains(key) {
                open.ticket.cancel();
            }
        }
    }

    /// What all open pages have is old.
    pub(super) fn cancel_all(&mut self) {
        for open in &self.0 {
            open.ticket.cancel();
        }
    }

    pub(super) fn has_changed(&self, ticket: &Arc<Ticket>, key: &[u8]) -> bool {
        let open = self.0.iter().find(|open| Arc::ptr_eq(&open.ticket, ticket));
        open.is_none_or(|open| open.changed.contains(key))
    }
}
