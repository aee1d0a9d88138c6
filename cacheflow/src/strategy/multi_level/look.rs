//! The shared store as people look at it.

use super::layer::Layer;
use crate::error::Unreadable;
use crate::key::Address;
use crate::store::Stored;

impl<V: Clone + Send + Sync + 'static> Layer<V> {
    /// Whether there is a store that others share.
    pub(crate) fn has_shared(&self) -> bool {
        self.0.shared.is_some()
    }

    /// The value in `stored`, if a reader would be served it now; nothing is counted,
    /// and what cannot be read stays where it is.
    pub(crate) fn look(&self, address: &Address, stored: &Stored) -> Result<Option<V>, Unreadable> {
        Ok(self.open(address, stored, None)?.value)
    }
}
