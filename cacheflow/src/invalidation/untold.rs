//! How much records have removed from this node's memory, until it is told; and
//! telling it.

use std::collections::BTreeMap;
use std::sync::Arc;

use super::Node;
use crate::event::{Change, Deleted, Event, Forgotten, Record};

/// Of so many records; of more, the oldest are not told any more.
const MOST: usize = 1_024;

/// Entries that records have removed from memory, by number.
///
/// A record can be applied before it is known whose it is: out of the answer to a
/// change of this node, which brings along what was missed, or when the bus is
/// faster than the answer to this node's own.
#[derive(Debug, Default)]
pub(super) struct Untold(BTreeMap<u64, u64>);

impl Untold {
    pub(super) fn add(&mut self, number: u64, entries: u64) {
        self.0.insert(number, entries);
        if self.0.len() > MOST {
            self.0.pop_first();
        }
    }

    /// What the record `number` removed, if that is untold.
    pub(super) fn take(&mut self, number: u64) -> Option<u64> {
        self.0.remove(&number)
    }

    pub(super) fn clear(&mut self) {
        self.0.clear();
    }
}

impl Node {
    /// A record of another node has removed so much here.
    pub(super) fn tell_of_another(&self, record: &Record, entries: u64) {
        if let Change::Forgotten(forgotten) = &record.change {
            self.tell_invalidated(forgotten, Deleted::here(entries), true);
        }
    }

    pub(super) fn tell_invalidated(&self, forgotten: &Forgotten, deleted: Deleted, remote: bool) {
        // How much and not what: keys may be secrets.
        tracing::debug!(
            keys = forgotten.keys.len(),
            tags = forgotten.tags.len(),
            patterns = forgotten.patterns.len(),
            caches = forgotten.caches.len(),
            everything = forgotten.everything,
            deleted_in_memory = deleted.in_memory,
            deleted_in_store = deleted.in_store,
            remote,
            "invalidated"
        );
        self.events.tell(|| Event::Invalidated {
            forgotten: Arc::new(forgotten.clone()),
            deleted,
            remote,
        });
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn what_nobody_asks_for_is_bounded_and_the_newest_stay() {
        let mut untold = Untold::default();
        let most = MOST as u64;
        for number in 0..=most {
            untold.add(number, number * 2);
        }
        assert_eq!((untold.take(0), untold.take(1)), (None, Some(2)));
        assert_eq!(untold.take(most), Some(most * 2));
        assert_eq!(untold.take(most), None);
    }
}
