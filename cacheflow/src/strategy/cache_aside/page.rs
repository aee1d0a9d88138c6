//! Keeping what a page of the source has, without anybody who asked for it.

use super::decide::{LoadEnd, SHORTEST, Wanted, after_load, stale_within};
use super::layer::Layer;
use crate::runtime::draw;
use crate::source::{Parts, Said};
use crate::strategy::levels::{FillWith, Given, Levels, PageKept, Pair};
use crate::strategy::{CallOptions, Page, Policy};

impl<V, L> Layer<V, L>
where
    V: Clone + Send + Sync + 'static,
    L: Levels<V>,
{
    /// Keeps `pairs` with the lifetime and the marks that a load would give each of
    /// them, unless they have changed since `page` was begun. No key is there twice.
    pub(crate) async fn fill_page(
        &self,
        page: &Page<V>,
        pairs: Vec<Pair<V>>,
        given: &Given,
        policy: &Policy,
    ) -> PageKept {
        let mut fills = Vec::with_capacity(pairs.len());
        let mut unkept = 0;
        for pair in pairs {
            match self.fill_of(&pair, given, policy) {
                Some(fill) => fills.push((pair, fill)),
                None => unkept += 1,
            }
        }
        if fills.is_empty() {
            return PageKept {
                failed: unkept,
                ..PageKept::default()
            };
        }
        let kept = self.levels.fill_page(page, fills).await;
        PageKept {
            failed: kept.failed + unkept,
            ..kept
        }
    }

    /// How a pair is kept; `None` if it is not.
    fn fill_of(&self, pair: &Pair<V>, given: &Given, policy: &Policy) -> Option<FillWith> {
        let (said, parts) = (Said::default(), Parts::default());
        let marks = self.marks(&pair.address, given, &said, &pair.value, parts)?;
        if !self.may_be_kept(&pair.address, &pair.value) {
            return None;
        }
        let wanted = Wanted {
            by_value: self.timer.as_ref().and_then(|timer| timer(&pair.value)),
            ..Wanted::default()
        };
        let config = self.config.get();
        let ttl = after_load(&config, self.max_ttl, LoadEnd::Value, wanted, draw());
        let ttl = ttl.filter(|ttl| *ttl >= SHORTEST)?;
        let stale = policy.stale(&CallOptions::default()).unwrap_or_default();
        Some(FillWith {
            ttl,
            stale: stale_within(self.max_ttl, ttl, stale),
            idle: config.idle,
            refresh: policy.strategy.refresh,
            // What one of them alone would have taken, nobody knows.
            cost: std::time::Duration::ZERO,
            version: None,
            skip_shared: false,
            skip_memory: false,
            marks,
        })
    }
}
