//! Writing: after the source, or through it.

use std::borrow::Borrow;
use std::future::Future;
use std::sync::Arc;

use super::change::{How, Putting};
use super::handle::encoded;
use super::{Cache, CacheValue};
use crate::error::Error;
use crate::flow::CacheFlow;
use crate::invalidation::Applied;
use crate::key::{Address, CacheKey};
use crate::source::Said;
use crate::strategy::CallOptions;

/// What became of a value that was [written
/// through](crate::Cache::write_through).
#[derive(Clone, Debug, PartialEq, Eq)]
#[non_exhaustive]
pub struct Written<V> {
    /// The value, as the source has it.
    pub value: V,
    /// How far it is known that what was kept before is old.
    pub applied: Applied,
    /// Whether the value is kept: not if another wrote or forgot its key at the same
    /// time, so that nobody can know whose value is the newest; nor if it is too
    /// large, or could not be stored. The key is then forgotten, so that the next
    /// reader asks the source.
    pub kept: bool,
}

impl<K, V: CacheValue> Cache<K, V> {
    /// Puts `value` in the place of whatever is kept for `key`, for the cache's
    /// TTL. Other nodes drop what they hold of it.
    ///
    /// To be called *after* the value stands in its source. Where two nodes put
    /// the same key at the same time, and nobody can know whose value is the
    /// newer, the key is forgotten instead. Not promised: the newest value where
    /// two writers put in the opposite order of their commits, one after the
    /// other. Where that can happen, [`write_through`](Self::write_through) instead.
    ///
    /// # Errors
    ///
    /// [`ErrorKind::Closed`](crate::ErrorKind::Closed) after a shutdown.
    ///
    /// # Panics
    ///
    /// If the value's own code does while it is written; what was kept before
    /// stays.
    ///
    /// # Cancellation
    ///
    /// Once polled, the put runs to its end in the background.
    pub async fn put<Q>(&self, key: &Q, value: V) -> Result<Applied, Error>
    where
        K: Borrow<Q>,
        Q: CacheKey + ?Sized,
    {
        let address = self.address("put", key)?;
        let (core, how) = (Arc::clone(&self.core), self.how());
        let put = async move {
            let putting = Putting::begin(&core, address);
            putting.put(value, &how).await.0
        };
        Ok(self.to_the_end(put).await)
    }

    /// Changes the source, then what is kept: `writer` writes and gives the new value,
    /// which takes the place of the old one on every node.
    ///
    /// Where this stands in the journal is taken before the writer runs. Of two
    /// writers that overlap, neither's value is kept unless it is known to be the
    /// newest: the key is forgotten instead. A value that could not be stored is
    /// forgotten as well, as soon as the shared store is there again.
    ///
    /// A writer that fails may have changed the source all the same, with its answer
    /// lost: the key is forgotten then, too, and so it is when the caller is cancelled
    /// or the writer panics.
    ///
    /// ```
    /// # use cacheflow::{Cache, CacheFlow};
    /// # #[tokio::main(flavor = "current_thread")] async fn main() -> Result<(), Box<dyn std::error::Error>> {
    /// # let flow = CacheFlow::builder().build().await?;
    /// let users: Cache<u64, String> = flow.cache("users").build()?;
    /// let written = users
    ///     .write_through(&7, async || {
    ///         // update users set name = 'Ada' where id = 7 returning name
    ///         Ok::<_, std::io::Error>("Ada".to_owned())
    ///     })
    ///     .await?;
    /// assert!(written.kept);
    /// assert_eq!(users.get(&7).await.as_deref(), Some("Ada"));
    /// # Ok(()) }
    /// ```
    ///
    /// # Errors
    ///
    /// The writer's own. A cache's trouble is never an error here: see
    /// [`Written`]. After a shutdown of the flow the writer runs, and nothing is kept.
    ///
    /// # Panics
    ///
    /// If the writer does, or the value's own code while it is written.
    ///
    /// # Cancellation
    ///
    /// Drops the writer, if that is under way, and forgets the key in the background.
    /// After the writer has ended it goes on to its end.
    pub async fn write_through<Q, F, Fut, E>(&self, key: &Q, writer: F) -> Result<Written<V>, E>
    where
        K: Borrow<Q>,
        Q: CacheKey + ?Sized,
        F: FnOnce() -> Fut,
        Fut: Future<Output = Result<V, E>>,
    {
        self.write_through_with(key, CallOptions::default(), Vec::new(), writer)
            .await
    }

    /// The same with options of this call, and tags that the value has as well.
    pub(crate) async fn write_through_with<Q, F, Fut, E>(
        &self,
        key: &Q,
        options: CallOptions,
        tags: Vec<String>,
        writer: F,
    ) -> Result<Written<V>, E>
    where
        K: Borrow<Q>,
        Q: CacheKey + ?Sized,
        F: FnOnce() -> Fut,
        Fut: Future<Output = Result<V, E>>,
    {
        let said = Said {
            tags,
            ..Said::default()
        };
        let how = How {
            options,
            said,
            everywhere: true,
            ..self.how()
        };
        let one = |value| vec![(0, value)];
        let mut written = self.written([key], how, writer, one).await?;
        Ok(written.remove(0))
    }

    /// As [`write_through`](Self::write_through), for several keys that one change of
    /// the source, a transaction for example, has new values for: `writer` gives them
    /// with the places of their keys in `keys`. Keys without a new value are forgotten.
    ///
    /// Returns what became of each value, in the order in which the writer gave them.
    ///
    /// ```
    /// # use cacheflow::{Cache, CacheFlow};
    /// # #[tokio::main(flavor = "current_thread")] async fn main() -> Result<(), Box<dyn std::error::Error>> {
    /// # let flow = CacheFlow::builder().build().await?;
    /// let stock: Cache<u64, u32> = flow.cache("stock").build()?;
    /// let written = stock
    ///     .write_through_many([&1, &2], async || {
    ///         // begin; move three from 1 to 2; commit
    ///         Ok::<_, std::io::Error>(vec![(0, 7), (1, 13)])
    ///     })
    ///     .await?;
    /// assert!(written.iter().all(|written| written.kept));
    /// assert_eq!(stock.get(&2).await, Some(13));
    /// # Ok(()) }
    /// ```
    ///
    /// # Errors
    ///
    /// The writer's own; all keys are forgotten then.
    ///
    /// # Panics
    ///
    /// As [`write_through`](Self::write_through); and if the writer gives a value for a
    /// place that no key has, or two for one: all keys are forgotten then.
    ///
    /// # Cancellation
    ///
    /// As [`write_through`](Self::write_through).
    pub async fn write_through_many<'q, Q, F, Fut, E>(
        &self,
        keys: impl IntoIterator<Item = &'q Q>,
        writer: F,
    ) -> Result<Vec<Written<V>>, E>
    where
        K: Borrow<Q>,
        Q: CacheKey + ?Sized + 'q,
        F: FnOnce() -> Fut,
        Fut: Future<Output = Result<Vec<(usize, V)>, E>>,
    {
        let how = How {
            everywhere: true,
            ..self.how()
        };
        self.written(keys, how, writer, |values| values).await
    }

    /// How this handle puts values.
    pub(super) fn how(&self) -> How {
        How {
            policy: Arc::clone(&self.policy),
            given: self.given.clone(),
            options: CallOptions::default(),
            said: Said::default(),
            everywhere: false,
        }
    }

    async fn written<'q, Q, F, Fut, W, E>(
        &self,
        keys: impl IntoIterator<Item = &'q Q>,
        how: How,
        writer: F,
        values: impl FnOnce(W) -> Vec<(usize, V)>,
    ) -> Result<Vec<Written<V>>, E>
    where
        Q: CacheKey + ?Sized + 'q,
        F: FnOnce() -> Fut,
        Fut: Future<Output = Result<W, E>>,
    {
        // Before the source is changed: whoever changes it meanwhile is noticed.
        let putting = keys
            .into_iter()
            .map(|key| Putting::begin(&self.core, Address::new(&self.core.name, &encoded(key))))
            .collect();
        let mut unsure = Unsure {
            flow: self.flow.clone(),
            putting,
        };
        let values = match writer().await {
            Ok(written) => values(written),
            Err(error) => {
                let forgotten = unsure.forgotten();
                self.flow.to_the_end(forgotten).await;
                return Err(error);
            }
        };
        let mut named = vec![false; unsure.putting.len()];
        for (at, _) in &values {
            let named = named
                .get_mut(*at)
                .expect("a value for a key that was named");
            assert!(!std::mem::replace(named, true), "one value for a key");
        }
        let put = unsure.put(values, how);
        Ok(self.flow.to_the_end(put).await.unwrap_or_default())
    }
}

/// Keys whose source is being changed. Dropped before its end, nobody knows whether
/// it was.
struct Unsure<V: CacheValue> {
    flow: CacheFlow,
    putting: Vec<Putting<V>>,
}

impl<V: CacheValue> Unsure<V> {
    /// Puts the values, and forgets what has none.
    fn put(
        &mut self,
        values: Vec<(usize, V)>,
        how: How,
    ) -> impl Future<Output = Vec<Written<V>>> + use<V> {
        let is_closed = self.flow.is_closed();
        let mut putting: Vec<_> = self.putting.drain(..).map(Some).collect();
        async move {
            let mut written = Vec::with_capacity(values.len());
            for (at, value) in values {
                let Some(putting) = putting[at].take().filter(|_| !is_closed) else {
                    let applied = Applied::Local;
                    let kept = false;
                    written.push(Written {
                        value,
                        applied,
                        kept,
                    });
                    continue;
                };
                let (applied, kept) = putting.put(value.clone(), &how).await;
                written.push(Written {
                    value,
                    applied,
                    kept,
                });
            }
            let without = putting.into_iter().flatten().filter(|_| !is_closed);
            let _ = Putting::forget_all(without.collect()).await;
            written
        }
    }

    fn forgotten(&mut self) -> impl Future<Output = ()> + use<V> {
        let putting = std::mem::take(&mut self.putting);
        async move {
            let _ = Putting::forget_all(putting).await;
        }
    }
}

impl<V: CacheValue> Drop for Unsure<V> {
    fn drop(&mut self) {
        if !self.putting.is_empty() && !self.flow.is_closed() {
            let forgotten = self.forgotten();
            self.flow.in_background(forgotten);
        }
    }
}
