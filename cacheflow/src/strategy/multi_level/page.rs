//! Filling many keys at once, with what a page of the source has.

use super::decide;
use super::layer::{Layer, term};
use super::shared::never_heard;
use crate::error::Error;
use crate::store::{Fill, Filled, Guarded};
use crate::strategy::Page;
use crate::strategy::levels::{FillWith, PageKept, Pair};

/// What becomes of a pair in the shared store.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
enum Shared {
    /// It is there, or there is none.
    Kept,
    Refused,
    /// Nobody knows; memory may keep it.
    Failed,
}

impl<V: Clone + Send + Sync + 'static> Layer<V> {
    /// Fills the levels as [`filled`](Self::filled) and memory do with one value, in the
    /// same order: as-of, the look at the window, the shared store, memory.
    pub(super) async fn fill_all(
        &self,
        page: &Page<V>,
        pairs: Vec<(Pair<V>, FillWith)>,
    ) -> PageKept {
        // Before the fill is sent: memory must not outlive the shared store.
        let now = self.0.clock.now();
        let mut all = PageKept::default();
        let outcomes = match &self.0.shared {
            Some(shared) => {
                let filled = self.fill_all_shared(shared, page, &pairs).await;
                filled.unwrap_or_else(|error| {
                    self.store_failed(&pairs[0].0.address, &error);
                    all.error = Some(error);
                    vec![Shared::Failed; pairs.len()]
                })
            }
            None => vec![Shared::Kept; pairs.len()],
        };
        for ((pair, fill), outcome) in pairs.into_iter().zip(outcomes) {
            if outcome == Shared::Refused {
                self.refused(&pair.address);
                all.refused += 1;
                continue;
            }
            if outcome == Shared::Failed {
                all.failed += 1;
            } else if let Some(payload) = &pair.payload {
                self.stored(&pair.address, payload);
            }
            if self.keep_of_page(page, pair, now, &fill) {
                all.kept += u64::from(outcome == Shared::Kept);
            } else if outcome == Shared::Kept {
                all.refused += 1;
            }
        }
        all
    }

    async fn fill_all_shared(
        &self,
        shared: &Guarded,
        page: &Page<V>,
        pairs: &[(Pair<V>, FillWith)],
    ) -> Result<Vec<Shared>, Error> {
        // As for one value: the position first, then the look at the window.
        let Some(checked) = self.0.standing.position() else {
            return Err(never_heard("fill_many", shared));
        };
        let mut written = Vec::with_capacity(pairs.len());
        for (pair, fill) in pairs {
            written.push(match page.is_current(&pair.address, &fill.marks) {
                true => Some(self.written(&pair.address, checked, pair.payload.as_ref(), fill)?),
                false => None,
            });
        }
        let current = pairs.iter().zip(&written);
        let fills: Vec<Fill<'_>> = current
            .filter_map(|((pair, fill), bytes)| {
                let stay = decide::shared(term(fill));
                Some(Fill {
                    key: &pair.address.full,
                    bytes: bytes.as_deref()?,
                    marks: &fill.marks,
                    ttl: stay.now,
                    longest: stay.longest,
                    checked,
                })
            })
            .collect();
        let filled = match fills.is_empty() {
            true => Vec::new(),
            false => shared.fill_many(&fills).await?,
        };
        let mut filled = filled.into_iter();
        Ok(written
            .iter()
            .map(|bytes| match bytes.as_ref().and_then(|_| filled.next()) {
                Some(Filled::Kept) => Shared::Kept,
                Some(Filled::Refused) | None => Shared::Refused,
            })
            .collect())
    }

    /// Returns whether the value may be taken for current.
    fn keep_of_page(
        &self,
        page: &Page<V>,
        pair: Pair<V>,
        now: crate::clock::Tick,
        fill: &FillWith,
    ) -> bool {
        let Some(life) = self.new_life(now, page.ticket(), fill) else {
            return true;
        };
        let entry = self.entry(page.ticket(), pair.value, life, pair.weight, fill);
        let is_current = page.keep(&pair.address, entry);
        if !is_current {
            self.refused(&pair.address);
        }
        is_current
    }
}
