//! The handle.

use std::borrow::Borrow;
use std::fmt;
use std::future::Future;
use std::marker::PhantomData;
use std::sync::Arc;

use super::Write;
use super::core::Hit;
use super::{CacheValue, Core};
use crate::config::Faults;
use crate::entry::{Entry, Found, Lookup};
use crate::error::{Error, Result};
use crate::event::CacheStats;
use crate::flow::CacheFlow;
use crate::invalidation::Applied;
use crate::key::{Address, CacheKey, FullKey, KeyBuf, MAX_TAGS, Tag};
use crate::strategy::{CallOptions, Given, Policy};

/// A handle to one named cache, whose keys are `K` and whose values are `V`.
///
/// Clones are handles to the same cache. Keys may be given borrowed, as with a
/// `HashMap`: a `Cache<String, V>` is asked with a `&str`.
///
/// ```text
/// get_or_load ─▶ memory ──hit──▶ value            no lock, no allocation, no await
///                  └─miss─▶ shared store ──hit──▶ kept in memory ─▶ value
///                             └─miss─▶ loader, once for all who ask
///                                        └▶ kept in both, unless forgotten meanwhile
/// ```
pub struct Cache<K, V> {
    pub(crate) core: Arc<Core<V>>,
    pub(crate) flow: CacheFlow,
    pub(crate) policy: Arc<Policy>,
    pub(crate) given: Given,
    key: PhantomData<fn(&K)>,
}

impl<K, V: CacheValue> Cache<K, V> {
    pub(crate) fn new(core: Arc<Core<V>>, flow: CacheFlow) -> Self {
        Self {
            policy: Arc::clone(&core.policy),
            core,
            flow,
            given: Given::default(),
            key: PhantomData,
        }
    }

    /// The same cache through a handle that gives these tags to everything that it
    /// loads or puts, beside those that it gives already and those that the
    /// [values tell](crate::CacheBuilder::tags).
    ///
    /// ```
    /// # #[tokio::main(flavor = "current_thread")] async fn main() -> Result<(), Box<dyn std::error::Error>> {
    /// # use cacheflow::{Cache, CacheFlow};
    /// # let flow = CacheFlow::builder().build().await?;
    /// # let users: Cache<u64, String> = flow.cache("users").build()?;
    /// let of_org = users.tagged(["org:3"])?;
    /// let name = of_org.get_or_load(&7, async || Ok::<_, String>("Ada".to_owned())).await?;
    ///
    /// let _ = flow.invalidate().tags(["org:3"]).send().await?;
    /// assert!(users.get(&7).await.is_none());
    /// # Ok(()) }
    /// ```
    ///
    /// # Errors
    ///
    /// [`ErrorKind::InvalidConfig`](crate::ErrorKind) if a tag is empty or longer
    /// than 128 bytes, or if there are more than 32.
    pub fn tagged<T: AsRef<str>>(&self, tags: impl IntoIterator<Item = T>) -> Result<Self> {
        let mut faults = Faults::default();
        let mut all = self.given.tags.to_vec();
        for tag in tags {
            match Tag::new(tag.as_ref()) {
                Ok(tag) => all.push(tag),
                Err(fault) => faults.add(fault),
            }
        }
        all.sort_unstable();
        all.dedup();
        faults.check_range("tags", all.len(), 0, MAX_TAGS, usize::to_string);
        faults.into_result("tagged")?;
        let mut tagged = self.clone();
        tagged.given.tags = all.into();
        Ok(tagged)
    }

    /// The same cache through a handle that makes everything that it loads or puts
    /// depend on these entries, of whatever cache: when one of them is forgotten,
    /// or put, so is what depends on it.
    ///
    /// What a loader reads from caches of the same flow need not be declared: it
    /// is a dependency by itself. What is declared is for all else: what a task
    /// that the loader spawned has read, or what the source made the value of.
    /// It has to be read within the load: what is forgotten between a read before
    /// it and its beginning is not noticed.
    ///
    /// ```
    /// # #[tokio::main(flavor = "current_thread")] async fn main() -> Result<(), Box<dyn std::error::Error>> {
    /// # use cacheflow::{Cache, CacheFlow};
    /// # let flow = CacheFlow::builder().build().await?;
    /// let users: Cache<u64, String> = flow.cache("users").build()?;
    /// let pages: Cache<u64, String> = flow.cache("pages").build()?;
    /// let of_user = pages.depends_on([users.full_key(&7)]);
    /// let _ = of_user.put(&1, "<h1>Ada</h1>".to_owned()).await?;
    ///
    /// let _ = users.invalidate(&7).await?;
    /// assert!(pages.get(&1).await.is_none());
    /// # Ok(()) }
    /// ```
    #[must_use]
    pub fn depends_on(&self, keys: impl IntoIterator<Item = FullKey>) -> Self {
        let mut all = self.given.dependencies.to_vec();
        all.extend(keys);
        let mut dependent = self.clone();
        // Before anything is loaded with it.
        self.flow.standing().declare();
        dependent.given.dependencies = all.into();
        dependent
    }

    /// The value of `key`, if any level has it. Does not load.
    ///
    /// Trouble with the shared store is a miss.
    pub async fn get<Q>(&self, key: &Q) -> Option<V>
    where
        K: Borrow<Q>,
        Q: CacheKey + ?Sized,
    {
        let Missed { address, watched } = match self.in_memory(key) {
            Ok(value) => return Some(value),
            Err(missed) => missed,
        };
        if let Some(entry) = watched {
            self.core.is_read(&entry, || address);
            return Some(entry.value.clone());
        }
        let lookup = Box::pin(self.core.lookup_shared(address, &CallOptions::default())).await;
        lookup.found().map(|found| found.value)
    }

    /// The value of `key` with the level it came from, its age and how long it
    /// may still be served. Does not load.
    pub async fn lookup<Q>(&self, key: &Q) -> Lookup<V>
    where
        K: Borrow<Q>,
        Q: CacheKey + ?Sized,
    {
        Box::pin(self.core.lookup(&encoded(key), &CallOptions::default())).await
    }

    /// Whether any level has a value for `key`. Counts as a lookup, and brings
    /// a value of the shared store into memory.
    pub async fn contains<Q>(&self, key: &Q) -> bool
    where
        K: Borrow<Q>,
        Q: CacheKey + ?Sized,
    {
        self.get(key).await.is_some()
    }

    /// What memory alone has for `key`. Asks nobody and counts nothing.
    pub fn peek<Q>(&self, key: &Q) -> Option<Found<V>>
    where
        K: Borrow<Q>,
        Q: CacheKey + ?Sized,
    {
        self.core.peek(&encoded(key))
    }

    /// Forgets `key` on every node: what is kept, and what is being loaded.
    ///
    /// To be called *after* the change is committed in the source. When it has
    /// returned, nothing that was loaded before is stored or served again.
    ///
    /// # Errors
    ///
    /// [`ErrorKind::Closed`](crate::ErrorKind::Closed) after a shutdown. A
    /// shared store that is away is no error: [`Applied`] tells.
    ///
    /// # Cancellation
    ///
    /// Once polled, the invalidation runs to its end in the background.
    pub async fn invalidate<Q>(&self, key: &Q) -> Result<Applied>
    where
        K: Borrow<Q>,
        Q: CacheKey + ?Sized,
    {
        self.invalidate_many([key]).await
    }

    /// Forgets several keys, five hundred in one step.
    ///
    /// # Errors
    ///
    /// As [`invalidate`](Self::invalidate).
    ///
    /// # Cancellation
    ///
    /// As [`invalidate`](Self::invalidate).
    pub async fn invalidate_many<'q, Q>(
        &self,
        keys: impl IntoIterator<Item = &'q Q>,
    ) -> Result<Applied>
    where
        K: Borrow<Q>,
        Q: CacheKey + ?Sized + 'q,
    {
        let addresses = keys
            .into_iter()
            .map(|key| self.address("invalidate", key))
            .collect::<Result<Vec<_>>>()?;
        let core = Arc::clone(&self.core);
        Ok(self
            .to_the_end(async move { core.forget(addresses).await.applied })
            .await)
    }

    /// Forgets everything of this cache on every node. Takes time in proportion
    /// to the whole namespace in the shared store, in bounded steps.
    ///
    /// # Errors
    ///
    /// As [`invalidate`](Self::invalidate).
    ///
    /// # Cancellation
    ///
    /// As [`invalidate`](Self::invalidate).
    pub async fn clear(&self) -> Result<Applied> {
        if self.flow.is_closed() {
            return Err(Error::closed("clear"));
        }
        let core = Arc::clone(&self.core);
        Ok(self
            .to_the_end(async move { core.clear().await.applied })
            .await)
    }

    /// Begins a write to `key`: until [`Write::finish`] nothing is kept of it, on
    /// any node, nor of anything that is made of it.
    ///
    /// For changes inside of a database transaction: a reader between the change
    /// and the commit would else load the old value and keep it. Begin before the
    /// transaction, finish after its commit or rollback.
    ///
    /// ```
    /// # #[tokio::main(flavor = "current_thread")] async fn main() -> Result<(), Box<dyn std::error::Error>> {
    /// # use cacheflow::{Cache, CacheFlow};
    /// # let flow = CacheFlow::builder().build().await?;
    /// # let users: Cache<u64, String> = flow.cache("users").build()?;
    /// let write = users.begin_write(&7).await?;
    /// // transaction.commit().await?;
    /// let _ = write.finish().await?;
    /// # Ok(()) }
    /// ```
    ///
    /// Several writes to a key may be under way; it can be kept again when the
    /// last has ended. A write whose process dies ends by itself after the
    /// cache's [`write_timeout`](crate::CacheBuilder::write_timeout).
    ///
    /// Not promised while the shared store cannot be reached: see
    /// [`Write::begun`].
    ///
    /// # Errors
    ///
    /// [`ErrorKind::Closed`](crate::ErrorKind) after the flow was shut down.
    ///
    /// # Cancellation
    ///
    /// The write may have begun or not; if it has, it ends at once.
    pub async fn begin_write<Q>(&self, key: &Q) -> Result<Write>
    where
        K: Borrow<Q>,
        Q: CacheKey + ?Sized,
    {
        let address = self.address("begin_write", key)?;
        let timeout = self.core.config().write_timeout;
        let node = Arc::clone(self.core.node());
        Write::begin(self.flow.clone(), node, address.full, timeout).await
    }

    /// The key of an entry with the name of its cache before it: what names it
    /// across caches, as in [`Cache::depends_on`].
    pub fn full_key<Q>(&self, key: &Q) -> FullKey
    where
        K: Borrow<Q>,
        Q: CacheKey + ?Sized,
    {
        Address::new(&self.core.name, &encoded(key)).full
    }

    /// The text of `key`, as it stands after the cache's name in Redis.
    pub fn key<Q>(&self, key: &Q) -> String
    where
        K: Borrow<Q>,
        Q: CacheKey + ?Sized,
    {
        encoded(key).entry_key().to_string()
    }

    /// The cache's name.
    #[must_use]
    pub fn name(&self) -> &str {
        self.core.name.as_str()
    }

    /// What the cache has done on this node.
    #[must_use]
    pub fn stats(&self) -> CacheStats {
        self.core.stats()
    }

    /// How many keys are being loaded, read or put at this moment.
    #[must_use]
    pub fn under_way(&self) -> usize {
        self.core.under_way()
    }

    /// The same cache through a handle that goes by another policy.
    pub(crate) fn with_policy(mut self, policy: Arc<Policy>) -> Self {
        self.policy = policy;
        self
    }

    /// The value that memory has for `key`, if nobody has to look further. No future of
    /// a call holds the key's text, which is longer than most values.
    #[inline]
    pub(super) fn in_memory<Q: CacheKey + ?Sized>(
        &self,
        key: &Q,
    ) -> std::result::Result<V, Missed<V>> {
        // Written where it lies: to return the buffer would be to copy it.
        let mut text = KeyBuf::new();
        key.write_key(&mut text);
        let watched = match self.core.hit(&text) {
            Some(Hit::Value(value)) => return Ok(value),
            Some(Hit::Watched(entry)) => Some(entry),
            None => None,
        };
        let address = Address::new(&self.core.name, &text);
        Err(Missed { address, watched })
    }

    pub(super) fn address<Q: CacheKey + ?Sized>(
        &self,
        operation: &'static str,
        key: &Q,
    ) -> Result<Address> {
        if self.flow.is_closed() {
            return Err(Error::closed(operation));
        }
        Ok(Address::new(&self.core.name, &encoded(key)))
    }

    pub(super) async fn to_the_end(
        &self,
        change: impl Future<Output = Applied> + Send + 'static,
    ) -> Applied {
        self.flow.to_the_end(change).await.unwrap_or(Applied::Local)
    }
}

/// What a call of a handle has found out before it has to wait.
pub(super) struct Missed<V> {
    /// Where to look.
    pub(super) address: Address,
    /// What memory has, if somebody is to look closer.
    pub(super) watched: Option<Arc<Entry<V>>>,
}

pub(crate) fn encoded<Q: CacheKey + ?Sized>(key: &Q) -> KeyBuf {
    let mut buf = KeyBuf::new();
    key.write_key(&mut buf);
    buf
}

impl<K, V> Clone for Cache<K, V> {
    fn clone(&self) -> Self {
        Self {
            core: Arc::clone(&self.core),
            flow: self.flow.clone(),
            policy: Arc::clone(&self.policy),
            given: self.given.clone(),
            key: PhantomData,
        }
    }
}

impl<K, V> fmt::Debug for Cache<K, V> {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.debug_struct("Cache")
            .field("name", &self.core.name)
            .finish_non_exhaustive()
    }
}
