//! What a source gives its pairs to.

use std::borrow::Borrow;
use std::fmt;
use std::marker::PhantomData;
use std::sync::Arc;

use tokio::sync::mpsc;

use super::batch::{Batch, Rest, Tally};
use super::report::WarmReport;
use crate::cache::{CacheValue, Core, encoded};
use crate::key::CacheKey;

/// Takes the keys and values of a source, one after the other, and keeps them in batches (500
/// entries, or 1 MiB): in the shared store in one step for a batch, then in memory. Who sends waits while
/// two batches are on their way, so that no more than three are in this process at a time.
///
/// # What is forgotten meanwhile
///
/// A pair that was read before its key was forgotten must not come back after it. So all
/// that is sent belongs to a *page*: to be begun before the source is asked
/// ([`page_begins`](Self::page_begins)), since whatever is forgotten or put after that is
/// refused, key by key. The first page begins before the source is called, which is right for one
/// query, however many rows that has. Whoever asks the source again begins another.
///
/// While a page is open, this node keeps in mind all that is forgotten anywhere in the flow, up to
/// 500,000 keys and tags; beyond that, what is left of the page is refused. A source that takes minutes
/// is better read in pages than in one query:
/// [`CacheBuilder::warm_pages`](crate::CacheBuilder::warm_pages) does so.
///
/// What the source reads of other caches is not noticed: use a handle that
/// [depends on it](crate::Cache::depends_on).
pub struct Pairs<K, V: CacheValue> {
    core: Arc<Core<V>>,
    batch: Batch<V>,
    out: mpsc::Sender<Batch<V>>,
    rest: Rest<V>,
    tally: Arc<Tally>,
    key: PhantomData<fn(&K)>,
}

impl<K, V: CacheValue> Pairs<K, V> {
    /// Begins the first page.
    pub(super) fn new(
        core: &Arc<Core<V>>,
        out: mpsc::Sender<Batch<V>>,
        rest: &Rest<V>,
        tally: &Arc<Tally>,
    ) -> Self {
        Self {
            core: Arc::clone(core),
            batch: Batch::of(Arc::new(core.begin_page())),
            out,
            rest: rest.clone(),
            tally: Arc::clone(tally),
            key: PhantomData,
        }
    }

    /// Takes a pair, and waits if too many are on their way. Tags, lifetime and limits are the
    /// cache's, as if the value had been loaded. Of two pairs with one key the later stays.
    pub async fn send<Q>(&mut self, key: &Q, value: V)
    where
        K: Borrow<Q>,
        Q: CacheKey + ?Sized,
    {
        match self.core.pair(&encoded(key), value) {
            Some(pair) => self.batch.add(pair),
            None => self.tally.add(WarmReport {
                failed: 1,
                ..WarmReport::default()
            }),
        }
        if self.batch.is_full() {
            self.hand_on().await;
        }
    }

    /// To be called before the source is asked again: see [above](Self#what-is-forgotten-meanwhile).
    pub async fn page_begins(&mut self) {
        self.hand_on().await;
        // The one before ends when the last batch of it is kept.
        self.batch = Batch::of(Arc::new(self.core.begin_page()));
    }

    /// Says how many pairs there will be in all, for those who watch the progress.
    pub fn total(&mut self, pairs: u64) {
        self.tally.expect(pairs);
    }

    async fn hand_on(&mut self) {
        if let Some(batch) = self.batch.take() {
            // In vain only if the warming was given up, and this with it.
            let _ = self.out.send(batch).await;
        }
    }
}

impl<K, V: CacheValue> Drop for Pairs<K, V> {
    fn drop(&mut self) {
        self.rest.leave(self.batch.take());
    }
}

impl<K, V: CacheValue> fmt::Debug for Pairs<K, V> {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.debug_struct("Pairs")
            .field("cache", &self.core.name)
            .finish_non_exhaustive()
    }
}
