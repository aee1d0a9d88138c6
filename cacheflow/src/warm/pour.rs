//! From a source into the levels.

use std::future::Future;
use std::pin::pin;
use std::sync::Arc;

use tokio::sync::mpsc;

use super::batch::{Batch, Rest, Tally};
use super::run::Run;
use super::{Pairs, WarmProgress, WarmReport};
use crate::cache::{CacheValue, Core};
use crate::error::{BoxError, Error, ErrorKind};
use crate::key::CacheKey;
use crate::strategy::{Given, Policy};

/// A warming whose shared store did not take so many batches in a row is given up.
const MOST_FAILURES: u32 = 3;

/// Where pairs go.
pub(super) struct Sink<V: CacheValue> {
    pub(super) core: Arc<Core<V>>,
    pub(super) policy: Arc<Policy>,
    pub(super) given: Given,
}

impl<V: CacheValue> Sink<V> {
    /// Keeps all that `source` sends, while it goes on sending.
    pub(super) async fn pour<K, F, Fut, E>(
        &self,
        run: &Run,
        source: F,
    ) -> Result<WarmReport, BoxError>
    where
        F: FnOnce(Pairs<K, V>) -> Fut,
        Fut: Future<Output = Result<(), E>>,
        E: Into<BoxError>,
    {
        if self.core.is_written_behind() {
            return Err(Box::new(Error::new(
                ErrorKind::InvalidConfig,
                "warm",
                "allowed without write_behind: the source has older values than the cache",
            )));
        }
        let tally = Arc::new(Tally::default());
        let rest = Rest::default();
        let (out, batches) = mpsc::channel(1);
        let pairs = Pairs::new(&self.core, out, &rest, &tally);
        // Both in this task: the source is asked while what it gave is kept.
        let mut reading = pin!(source(pairs));
        let mut keeping = pin!(self.keep(run, batches, &rest, &tally));
        let mut read = None;
        let kept = loop {
            tokio::select! {
                end = &mut reading, if read.is_none() => read = Some(end),
                // After the end of the source, and of whatever it gave the pairs to.
                kept = &mut keeping => break kept,
            }
        };
        kept?;
        match read {
            Some(Ok(())) => Ok(tally.report()),
            Some(Err(error)) => Err(error.into()),
            // The pairs were dropped: it may still have an error.
            None => reading.await.map(|()| tally.report()).map_err(E::into),
        }
    }

    async fn keep(
        &self,
        run: &Run,
        mut batches: mpsc::Receiver<Batch<V>>,
        rest: &Rest<V>,
        tally: &Tally,
    ) -> Result<(), BoxError> {
        let (mut failures, mut told) = (0, WarmReport::default());
        loop {
            let batch = match batches.recv().await {
                Some(batch) => batch,
                None => match rest.take() {
                    Some(batch) => batch,
                    None => {
                        run.add(tally.report().since(told));
                        return Ok(());
                    }
                },
            };
            let Batch { page, pairs, .. } = batch;
            let kept = self
                .core
                .fill_page(&page, pairs, &self.given, &self.policy)
                .await;
            tally.add(WarmReport {
                items_warmed: kept.kept,
                refused: kept.refused,
                failed: kept.failed,
            });
            let all = tally.report();
            run.add(all.since(told));
            told = all;
            run.tell(WarmProgress {
                warmer: Arc::clone(run.warmer()),
                cache: self.core.name.as_str().into(),
                done: all.items_warmed + all.refused + all.failed,
                total: tally.total(),
            });
            failures = match kept.error {
                Some(error) if failures + 1 == MOST_FAILURES => return Err(Box::new(error)),
                Some(_) => failures + 1,
                None => 0,
            };
        }
    }
}

/// What a source has in one page, and where the next one begins; see
/// [`CacheBuilder::warm_pages`](crate::CacheBuilder::warm_pages).
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct WarmPage<K, V, C> {
    pairs: Vec<(K, V)>,
    next: Option<C>,
}

impl<K, V, C> WarmPage<K, V, C> {
    /// A page after which another comes, which begins at `next`.
    pub fn then(pairs: impl IntoIterator<Item = (K, V)>, next: C) -> Self {
        Self {
            pairs: pairs.into_iter().collect(),
            next: Some(next),
        }
    }

    /// The last page.
    pub fn last(pairs: impl IntoIterator<Item = (K, V)>) -> Self {
        Self {
            pairs: pairs.into_iter().collect(),
            next: None,
        }
    }

    /// Asks `load` for one page after the other, and sends what they have.
    pub(super) async fn send_all<Fut, E>(
        load: impl Fn(Option<C>) -> Fut,
        mut pairs: Pairs<K, V>,
    ) -> Result<(), E>
    where
        K: CacheKey,
        V: CacheValue,
        Fut: Future<Output = Result<Self, E>>,
    {
        // The first has begun already.
        let mut page = load(None).await?;
        loop {
            for (key, value) in page.pairs {
                pairs.send(&key, value).await;
            }
            let Some(next) = page.next else {
                return Ok(());
            };
            pairs.page_begins().await;
            page = load(Some(next)).await?;
        }
    }
}
