//! Keeping what nobody has asked for: pages of the source, read by a warmer.

use std::sync::Arc;

use super::{CacheValue, Core};
use crate::key::{Address, KeyBuf};
use crate::strategy::{Given, Page, PageKept, Pair, Policy};

impl<V: CacheValue> Core<V> {
    /// To be called before the source is read.
    pub(crate) fn begin_page(&self) -> Page<V> {
        Page::begin(&self.local)
    }

    /// A value as it is kept; `None`, counted and told, if it is too large.
    pub(crate) fn pair(&self, key: &KeyBuf, value: V) -> Option<Pair<V>> {
        let address = Address::new(&self.name, key);
        let (payload, weight) = self.strategy.levels.encode_put(&address, &value)?;
        Some(Pair {
            address,
            value,
            payload,
            weight,
        })
    }

    /// Keeps what the source gave since `page` was begun.
    pub(crate) async fn fill_page(
        &self,
        page: &Page<V>,
        pairs: Vec<Pair<V>>,
        given: &Given,
        policy: &Arc<Policy>,
    ) -> PageKept {
        self.strategy.fill_page(page, pairs, given, policy).await
    }

    /// Whether values wait to be written to the source, which has older ones meanwhile.
    pub(crate) fn is_written_behind(&self) -> bool {
        self.config().strategy.write_behind.is_some()
    }
}
