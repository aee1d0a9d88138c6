//! What memory knows of why there is no value.

use std::sync::Arc;

use super::Local;
use crate::entry::{Entry, Life};
use crate::key::Address;
use crate::source::{SharedError, Ticket};

/// That there is no value, and why. Kept beside the values and in a bound of its
/// own: a flood of keys that do not exist must not drive out what does.
#[derive(Clone)]
pub(crate) enum Nothing {
    /// The source has none.
    Absent,
    /// The loader failed.
    Failed(SharedError),
    /// What the shared store has could not be refreshed, so often.
    Unrefreshed(u32),
}

impl<V: Clone + Send + Sync + 'static> Local<V> {
    /// Whether there is room for what is known of why there is no value.
    pub(crate) fn keeps_nothings(&self) -> bool {
        self.nothings.memory().is_some()
    }

    /// What is known of why there is no value.
    pub(crate) fn nothing(&self, key: &[u8]) -> Option<Arc<Entry<Nothing>>> {
        let now = self.clock.now();
        let may = |entry: &Entry<Nothing>| self.serves(entry, now) || self.serves_now(entry);
        let (entry, _) = self.nothings.get(key, may, Arc::clone)?;
        Some(entry)
    }

    /// How often what the shared store has of `key` could not be refreshed.
    pub(crate) fn unrefreshed(&self, key: &[u8]) -> u32 {
        match self.nothings.kept(key).as_deref() {
            Some(Entry {
                value: Nothing::Unrefreshed(failures),
                ..
            }) => *failures,
            _ => 0,
        }
    }

    /// Notes that what the shared store has could not be refreshed.
    pub(crate) fn note_unrefreshed(&self, address: &Address, life: Life, failures: u32) {
        let nothing = Nothing::Unrefreshed(failures);
        let entry = Entry::new(nothing, self.clock.now(), life, self.epoch(), 1);
        let mut inside = self.inside();
        if self.is_off() {
            return;
        }
        self.nothings
            .insert(&mut inside.nothings, &address.key, entry);
    }

    /// The same for what is known of why there is no value.
    pub(crate) fn keep_nothing(
        &self,
        address: &Address,
        ticket: &Arc<Ticket>,
        mut entry: Entry<Nothing>,
    ) -> bool {
        let mut inside = self.inside();
        let current = self.is_current(address, ticket, entry.marks());
        let now = self.clock.now();
        let key = address.key.as_bytes();
        // An error takes the place of no value.
        let has_value = matches!(entry.value, Nothing::Failed(_))
            && self.values.kept(key).is_some_and(|value| {
                let epoch = self.epoch();
                self.at_once.look_closer(&value, epoch);
                value.is_live(now, epoch) || value.may_stand_in(now, epoch)
            });
        let takes = !self.is_off() && self.may_serve(entry.begun, now);
        if current && !has_value && takes {
            self.values.remove(key);
            entry.as_of = entry.as_of.max(self.here().unwrap_or(0));
            self.nothings
                .insert(&mut inside.nothings, &address.key, entry);
        }
        inside.flights.leave(&address.key, ticket);
        current
    }
}
