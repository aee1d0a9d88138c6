//! Batches: pairs on their way from a source to the levels, and the count of them.

use std::collections::HashMap;
use std::sync::atomic::{AtomicU64, Ordering};
use std::sync::{Arc, Mutex, PoisonError};

use super::WarmReport;
use crate::cache::CacheValue;
use crate::key::EntryKey;
use crate::strategy::{Page, Pair};

/// So many pairs are kept in one step,
const MOST_PAIRS: usize = 500;

/// or so many bytes of them.
const MOST_BYTES: usize = 1 << 20;

/// Pairs of one page, each key once.
pub(super) struct Batch<V: CacheValue> {
    pub(super) page: Arc<Page<V>>,
    pub(super) pairs: Vec<Pair<V>>,
    places: HashMap<EntryKey, usize, foldhash::fast::RandomState>,
    bytes: usize,
}

impl<V: CacheValue> Batch<V> {
    pub(super) fn of(page: Arc<Page<V>>) -> Self {
        Self {
            page,
            pairs: Vec::new(),
            places: HashMap::default(),
            bytes: 0,
        }
    }

    /// Adds a pair; one that has the same key makes place for it.
    pub(super) fn add(&mut self, pair: Pair<V>) {
        self.bytes += pair.payload.as_ref().map_or(0, |bytes| bytes.stored());
        match self.places.get(&pair.address.key) {
            Some(place) => self.pairs[*place] = pair,
            None => {
                let key = pair.address.key.clone();
                self.places.insert(key, self.pairs.len());
                self.pairs.push(pair);
            }
        }
    }

    pub(super) fn is_full(&self) -> bool {
        self.pairs.len() >= MOST_PAIRS || self.bytes >= MOST_BYTES
    }

    /// What is in it, which leaves it empty.
    pub(super) fn take(&mut self) -> Option<Self> {
        let rest = Self::of(Arc::clone(&self.page));
        let all = std::mem::replace(self, rest);
        (!all.pairs.is_empty()).then_some(all)
    }
}

/// What a source has left behind when it came to its end: nobody waits there any more to
/// hand it on.
pub(super) struct Rest<V: CacheValue>(Arc<Mutex<Option<Batch<V>>>>);

impl<V: CacheValue> Rest<V> {
    pub(super) fn leave(&self, batch: Option<Batch<V>>) {
        *self.0.lock().unwrap_or_else(PoisonError::into_inner) = batch;
    }

    pub(super) fn take(&self) -> Option<Batch<V>> {
        let mut rest = self.0.lock().unwrap_or_else(PoisonError::into_inner);
        rest.take()
    }
}

impl<V: CacheValue> Default for Rest<V> {
    fn default() -> Self {
        Self(Arc::default())
    }
}

impl<V: CacheValue> Clone for Rest<V> {
    fn clone(&self) -> Self {
        Self(Arc::clone(&self.0))
    }
}

/// How many pairs have come how far.
#[derive(Debug, Default)]
pub(super) struct Tally {
    warmed: AtomicU64,
    refused: AtomicU64,
    failed: AtomicU64,
    /// One more than that; zero if nobody has said it.
    total: AtomicU64,
}

impl Tally {
    pub(super) fn add(&self, report: WarmReport) {
        let WarmReport {
            items_warmed,
            refused,
            failed,
        } = report;
        self.warmed.fetch_add(items_warmed, Ordering::Relaxed);
        self.refused.fetch_add(refused, Ordering::Relaxed);
        self.failed.fetch_add(failed, Ordering::Relaxed);
    }

    /// There will be so many in all.
    pub(super) fn expect(&self, total: u64) {
        self.total.store(total.saturating_add(1), Ordering::Relaxed);
    }

    pub(super) fn total(&self) -> Option<u64> {
        self.total.load(Ordering::Relaxed).checked_sub(1)
    }

    pub(super) fn report(&self) -> WarmReport {
        WarmReport {
            items_warmed: self.warmed.load(Ordering::Relaxed),
            refused: self.refused.load(Ordering::Relaxed),
            failed: self.failed.load(Ordering::Relaxed),
        }
    }
}
