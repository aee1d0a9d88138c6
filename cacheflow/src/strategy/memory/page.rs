//! A page: what is read of a source at once, before its keys are known.

use std::sync::Arc;

use super::Local;
use crate::entry::Entry;
use crate::key::{Address, Marks};
use crate::source::Ticket;

/// The right to put into memory whatever a source is about to give, taken before it is
/// asked: of all that, what is forgotten or put since is not put.
///
/// There is no key under which it could be cancelled, and need not be: every change is in the
/// window before it is applied here, and stays there while the page is open, as it does for
/// a flight. So a page should not take long.
pub(crate) struct Page<V> {
    local: Arc<Local<V>>,
    ticket: Ticket,
}

impl<V: Clone + Send + Sync + 'static> Page<V> {
    pub(crate) fn begin(local: &Arc<Local<V>>) -> Self {
        Self {
            ticket: Ticket::of_page(local.start()),
            local: Arc::clone(local),
        }
    }

    pub(crate) fn ticket(&self) -> &Ticket {
        &self.ticket
    }

    /// Whether what the page has for `address` is still current, as far as this node
    /// has heard.
    pub(crate) fn is_current(&self, address: &Address, marks: &Marks) -> bool {
        self.local.is_current(address, &self.ticket, marks)
    }

    /// Puts what the page has for `address` into memory, unless that changed since the
    /// page was begun. Returns whether it may be taken for current.
    pub(crate) fn keep(&self, address: &Address, entry: Entry<V>) -> bool {
        // As `Local::keep`: under the lock under which records are applied.
        let mut inside = self.local.inside();
        let current = self.is_current(address, entry.marks());
        if current {
            self.local.insert(&mut inside, &address.key, entry);
        }
        current
    }
}
