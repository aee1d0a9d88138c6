//! A cache whose values are put before their source knows them.

use std::fmt;
use std::future::Future;
use std::ops::Deref;
use std::sync::Arc;

use super::change::Putting;
use super::handle::encoded;
use super::{Cache, CacheValue};
use crate::error::{BoxError, Error, Result};
use crate::event::EventSink;
use crate::invalidation::Applied;
use crate::key::{Address, CacheKey, EntryKey};
use crate::strategy::WriteBehind;
use crate::strategy::write_behind::{Behind, Pending, Writer};

/// A cache whose values are put at once and written to their source later, made by
/// [`CacheBuilder::build_with_writer`](crate::CacheBuilder::build_with_writer).
///
/// It is a [`Cache`] in every other respect.
///
/// ```text
/// write ─▶ waits ─▶ kept on both levels ─▶ returns
///            └▶ with others, in batches ─▶ source ─▶ kept once more
/// ```
///
/// **What can be lost:** what waits when the process dies, at most what was written
/// within [`flush_every`](WriteBehind::flush_every) and what the source has refused
/// since. [`CacheFlow::shutdown`](crate::CacheFlow::shutdown) writes all of it first.
///
/// The values of a key are written in their order, one at a time; of those that come
/// while one waits, only the newest is. A batch that fails is tried again, from 50 ms
/// to 30 s later, for ever ([`Event::WriteFailed`](crate::Event)). So the writer must
/// bear to write a value twice.
///
/// On this node a value that waits is read until its source has it, even if memory
/// and the shared store have lost it. Not promised: that other nodes do; nor anything
/// about two nodes that write the same key at the same time.
pub struct WriteBehindCache<K, V> {
    cache: Cache<K, V>,
    behind: Arc<Behind<K, V>>,
}

impl<K, V> WriteBehindCache<K, V>
where
    K: CacheKey + Clone + Send + Sync + 'static,
    V: CacheValue,
{
    pub(super) fn new<F, Fut, E>(
        cache: Cache<K, V>,
        config: WriteBehind,
        writer: F,
        events: EventSink,
    ) -> Option<Self>
    where
        F: Fn(Vec<(K, V)>) -> Fut + Send + Sync + 'static,
        Fut: Future<Output = std::result::Result<(), E>> + Send + 'static,
        E: Into<BoxError>,
    {
        let writer: Writer<K, V> = Box::new(move |batch| {
            let writing = writer(batch);
            Box::pin(async move { writing.await.map_err(Into::into) })
        });
        let (name, clock) = (cache.core.name.clone(), cache.flow.clock().clone());
        let ended = cache.flow.background().ended();
        let behind = Arc::new(Behind::new(config, name, writer, ended, clock, events));
        let waiting = Arc::clone(&behind);
        let pending = move |key: &EntryKey| waiting.pending(key);
        cache.core.set_pending(Box::new(pending)).then_some(())?;
        cache
            .flow
            .add_pending(Arc::clone(&behind) as Arc<dyn Pending>);
        let this = Self { cache, behind };
        this.start();
        Some(this)
    }

    /// Puts `value` at once, for all to read, and lets it wait to be written to the
    /// source.
    ///
    /// Waits for room if as many keys wait as [may](WriteBehind::max_pending).
    ///
    /// # Errors
    ///
    /// [`ErrorKind::Closed`](crate::ErrorKind) after a shutdown: the value does not
    /// wait then.
    ///
    /// # Cancellation
    ///
    /// While it waits for room, nothing has happened. After that the value waits to be
    /// written, and what was kept before is replaced in the background.
    pub async fn write(&self, key: &K, value: V) -> Result<Applied> {
        let address = self.cache.address("write", key)?;
        let entry_key = address.key.clone();
        // First among those that wait: whoever loads from here on reads it there.
        let waits = self.behind.put(entry_key, key.clone(), value.clone());
        waits.await.ok_or_else(|| Error::closed("write"))?;
        let (core, how) = (Arc::clone(&self.cache.core), self.cache.how());
        let put = async move {
            let putting = Putting::begin(&core, address);
            putting.put(value, &how).await.0
        };
        Ok(self.cache.to_the_end(put).await)
    }

    /// Has everything that waits written now, and waits for that; not beyond the end of
    /// the flow.
    ///
    /// # Cancellation
    ///
    /// It is written all the same.
    pub async fn flush(&self) {
        self.behind.flush().await;
    }

    /// How many keys wait to be written, or are being written.
    #[must_use]
    pub fn pending(&self) -> usize {
        self.behind.len()
    }

    fn start(&self) {
        let (core, how) = (Arc::clone(&self.cache.core), self.cache.how());
        let behind = Arc::clone(&self.behind);
        let background = self.cache.flow.background();
        background.spawn_idle(async move {
            // Where this node stands is taken before the source is changed: what
            // others have loaded until then is old.
            let before = |batch: &[(EntryKey, K, V)]| -> Vec<Putting<V>> {
                let address = |key: &K| Address::new(&core.name, &encoded(key));
                let begin = |(_, key, _): &(EntryKey, K, V)| Putting::begin(&core, address(key));
                batch.iter().map(begin).collect()
            };
            let after = async |putting: Vec<Putting<V>>, batch: Vec<(EntryKey, K, V)>| {
                for (putting, (key, _, value)) in putting.into_iter().zip(batch) {
                    // A newer one was put meanwhile, and will be written.
                    if !behind.is_overtaken(&key) {
                        let _ = putting.put(value, &how).await;
                    }
                }
            };
            behind.write_forever(before, after).await;
        });
    }
}

impl<K, V> Deref for WriteBehindCache<K, V> {
    type Target = Cache<K, V>;

    fn deref(&self) -> &Cache<K, V> {
        &self.cache
    }
}

impl<K, V> Clone for WriteBehindCache<K, V> {
    fn clone(&self) -> Self {
        Self {
            cache: self.cache.clone(),
            behind: Arc::clone(&self.behind),
        }
    }
}

impl<K, V> fmt::Debug for WriteBehindCache<K, V> {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.debug_struct("WriteBehindCache")
            .field("name", &self.cache.core.name)
            .finish_non_exhaustive()
    }
}
