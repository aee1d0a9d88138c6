//! The guard of a flight that is led.

use std::sync::Arc;

use crate::key::Address;
use crate::source::{Flight, Outcome};
use crate::strategy::Local;

/// Leads a flight; dropped in whatever way, the flight is off its key and its
/// followers know.
pub(super) struct Leading<'a, V: Clone + Send + Sync + 'static> {
    local: &'a Local<V>,
    pub(super) address: &'a Address,
    pub(super) flight: Arc<Flight<V>>,
}

impl<'a, V: Clone + Send + Sync + 'static> Leading<'a, V> {
    pub(super) fn new(local: &'a Local<V>, address: &'a Address, flight: &Arc<Flight<V>>) -> Self {
        Self {
            local,
            address,
            flight: Arc::clone(flight),
        }
    }
}

impl<V: Clone + Send + Sync + 'static> Drop for Leading<'_, V> {
    fn drop(&mut self) {
        // Off the key first: a follower that begins again must not join it.
        self.local.leave(&self.address.key, &self.flight.ticket);
        self.flight.land(Outcome::Abandoned);
    }
}
