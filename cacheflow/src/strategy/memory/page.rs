//! A page: what is read of a source at once, before its keys are known.

use std::sync::Arc;

use super::Local;
use crate::entry::Entry;
use crate::key::{Address, Marks};
use crate::source::Ticket;

/// The right to put into memory whatever a source is about to give, taken before it is
/// asked. What changes after that is not put, key by key. Given back when it is dropped.
///
/// The records since stay in mind until then, as those since a flight do; so a page
/// should not take long.
pub(crate) struct Page<V: Clone + Send + Sync + 'static> {
    local: Arc<Local<V>>,
    ticket: Arc<Ticket>,
}

impl<V: Clone + Send + Sync + 'static> Page<V> {
    pub(crate) fn begin(local: &Arc<Local<V>>) -> Self {
        let ticket = {
            let mut inside = local.inside();
            inside.flights.open_page(local.start())
        };
        Self {
            local: Arc::clone(local),
            ticket,
        }
    }

    pub(crate) fn ticket(&self) -> &Ticket {
        &self.ticket
    }

    /// Whether what the page has for `address` is still current, as far as this node
    /// has heard.
    pub(crate) fn is_current(&self, address: &Address, marks: &Marks) -> bool {
        let has_changed = {
            let inside = self.local.inside();
            inside
                .flights
                .has_changed(&self.ticket, address.key.as_bytes())
        };
        !has_changed && self.local.is_current(address, &self.ticket, marks)
    }

    /// Puts what the page has for `address` into memory, unless that changed since the
    /// page was begun. Returns whether it may be taken for current.
    pub(crate) fn keep(&self, address: &Address, entry: Entry<V>) -> bool {
        let local = &self.local;
        // As `Local::keep`: under the lock under which records are applied.
        let mut inside = local.inside();
        let key = address.key.as_bytes();
        let current = !inside.flights.has_changed(&self.ticket, key)
            && local.is_current(address, &self.ticket, entry.marks());
        if current {
            local.insert(&mut inside, &address.key, entry);
        }
        current
    }
}

impl<V: Clone + Send + Sync + 'static> Drop for Page<V> {
    fn drop(&mut self) {
        self.local.inside().flights.close_page(&self.ticket);
    }
}
