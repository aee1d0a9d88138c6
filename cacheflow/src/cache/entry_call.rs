//! One call that says more than a key.

use std::fmt;
use std::future::Future;
use std::time::Duration;

use super::core::{Load, Reply, ShareError, Terms};
use super::{Cache, CacheValue};
use crate::entry::{Found, Lookup};
use crate::key::{Address, KeyBuf};
use crate::source::{LoadContext, LoadError, Loaded};
use crate::strategy::CallOptions;

/// One call with options of its own, made by [`Cache::entry`]: it ends with what is
/// done.
///
/// ```
/// # #[tokio::main(flavor = "current_thread")] async fn main() -> Result<(), Box<dyn std::error::Error>> {
/// # use cacheflow::{Cache, CacheFlow, Level};
/// # use std::time::Duration;
/// # let flow = CacheFlow::builder().build().await?;
/// let pages: Cache<String, String> = flow.cache("pages").build()?;
/// let page = pages
///     .entry("/about")
///     .ttl(Duration::from_secs(3600))
///     .load(async |_| Ok::<_, std::io::Error>("<h1>About</h1>".to_owned()))
///     .await?;
/// assert_eq!(page.level, Level::Source);
/// assert!(!page.stale);
/// # Ok(()) }
/// ```
#[must_use = "a call does nothing until it is ended"]
pub struct EntryCall<'c, K, V> {
    cache: &'c Cache<K, V>,
    key: KeyBuf,
    options: CallOptions,
}

impl<'c, K, V: CacheValue> EntryCall<'c, K, V> {
    pub(super) fn new(cache: &'c Cache<K, V>, key: KeyBuf) -> Self {
        Self {
            cache,
            key,
            options: CallOptions::default(),
        }
    }

    /// How long what is loaded is kept, in place of the cache's lifetime. Zero keeps
    /// nothing; more than 366 days are 366 days.
    pub fn ttl(mut self, ttl: Duration) -> Self {
        self.options.ttl = Some(ttl);
        self
    }

    /// For how long beyond its lifetime what is loaded is kept, to stand in for a
    /// value that cannot be loaded, in place of what the strategy says. It is of use
    /// where that has a breaker or is fail-safe.
    pub fn stale_ttl(mut self, stale_ttl: Duration) -> Self {
        self.options.stale_ttl = Some(stale_ttl);
        self
    }

    /// Leaves memory out: it is neither read nor filled.
    pub fn skip_memory(mut self) -> Self {
        let skip = &mut self.options.skip;
        (skip.reading_memory, skip.filling_memory) = (true, true);
        self
    }

    /// Leaves the shared store out: it is neither read nor filled.
    pub fn skip_shared(mut self) -> Self {
        let skip = &mut self.options.skip;
        (skip.reading_shared, skip.filling_shared) = (true, true);
        self
    }

    /// Reads no level: the value is loaded, and replaces what is kept on this node and
    /// in the shared store. Others serve what they have in memory to its end; to have
    /// them read the new value at once, [invalidate](Cache::invalidate) or
    /// [put](Cache::put).
    pub fn reload(mut self) -> Self {
        let skip = &mut self.options.skip;
        (skip.reading_memory, skip.reading_shared) = (true, true);
        self
    }

    /// What the levels have. Does not load.
    pub async fn get(self) -> Lookup<V> {
        let core = &self.cache.core;
        Box::pin(core.lookup(&self.key, &self.options)).await
    }

    /// The value, loaded if no level has it: as [`Cache::get_or_load`], with what is
    /// known of it.
    ///
    /// # Errors
    ///
    /// As [`Cache::get_or_load`].
    ///
    /// # Panics
    ///
    /// As [`Cache::get_or_load`].
    ///
    /// # Cancellation
    ///
    /// As [`Cache::get_or_load`].
    pub async fn load<F, Fut, E>(self, loader: F) -> Result<Found<V>, LoadError<E>>
    where
        F: FnOnce(LoadContext<V>) -> Fut,
        Fut: Future<Output = Result<V, E>>,
        E: 'static,
    {
        let loader = async |context| loader(context).await.map(Loaded::Value);
        super::loading::only(self.run(loader, self.terms(ShareError::never())).await)
    }

    /// As [`load`](Self::load); those who waited for a load that failed get a copy of
    /// its error, which is kept where the cache [is asked
    /// to](crate::CacheBuilder::cache_err).
    ///
    /// # Errors
    ///
    /// As [`Cache::get_or_load_shared`].
    ///
    /// # Panics
    ///
    /// As [`Cache::get_or_load`].
    ///
    /// # Cancellation
    ///
    /// As [`Cache::get_or_load`].
    pub async fn load_shared<F, Fut, E>(self, loader: F) -> Result<Found<V>, LoadError<E>>
    where
        F: FnOnce(LoadContext<V>) -> Fut,
        Fut: Future<Output = Result<V, E>>,
        E: Clone + Send + Sync + 'static,
    {
        let loader = async |context| loader(context).await.map(Loaded::Value);
        super::loading::only(self.run(loader, self.terms(ShareError::cloned())).await)
    }

    /// As [`load`](Self::load), for a source that may have no value: as
    /// [`Cache::get_or_load_optional`].
    ///
    /// # Errors
    ///
    /// As [`Cache::get_or_load`].
    ///
    /// # Panics
    ///
    /// As [`Cache::get_or_load`].
    ///
    /// # Cancellation
    ///
    /// As [`Cache::get_or_load`].
    pub async fn load_optional<F, Fut, E>(self, loader: F) -> Result<Option<Found<V>>, LoadError<E>>
    where
        F: FnOnce(LoadContext<V>) -> Fut,
        Fut: Future<Output = Result<Option<V>, E>>,
        E: 'static,
    {
        let loader = async |context| loader(context).await.map(Loaded::from);
        let terms = self.terms(ShareError::never()).or_absent(true);
        let loaded = self.run(loader, terms).await?;
        Ok(loaded.into_option())
    }

    /// As [`load`](Self::load), by a load that goes on without its caller: as
    /// [`Cache::get_or_refresh`].
    ///
    /// # Errors
    ///
    /// As [`Cache::get_or_load`].
    ///
    /// # Panics
    ///
    /// As [`Cache::get_or_load`].
    ///
    /// # Cancellation
    ///
    /// As [`Cache::get_or_refresh`].
    pub async fn load_or_refresh<F, Fut, E>(self, loader: F) -> Result<Found<V>, LoadError<E>>
    where
        F: FnOnce(LoadContext<V>) -> Fut,
        Fut: Future<Output = Result<V, E>> + Send + 'static,
        E: Send + 'static,
    {
        let loader = |context| {
            let loading = loader(context);
            async move { loading.await.map(Loaded::Value) }
        };
        let core = &self.cache.core;
        let hit = self.reads_memory().then(|| core.hit_entry(&self.key));
        let address = Address::new(&core.name, &self.key);
        let load = Load::new(loader, self.terms(ShareError::never()));
        let reply = match hit.flatten() {
            Some(entry) => {
                core.load_due_in_background(&address, &entry, load);
                Ok(Loaded::Value(entry.made()))
            }
            None => Box::pin(core.miss_in_background(&address, load)).await,
        };
        super::loading::only(self.found(reply))
    }

    async fn run<F, Fut, E>(
        &self,
        loader: F,
        terms: Terms<V, E>,
    ) -> Result<Loaded<Found<V>>, LoadError<E>>
    where
        F: FnOnce(LoadContext<V>) -> Fut,
        Fut: Future<Output = Result<Loaded<V>, E>>,
    {
        let core = &self.cache.core;
        let hit = self.reads_memory().then(|| core.hit_entry(&self.key));
        let reply = Box::pin(async {
            let address = Address::new(&core.name, &self.key);
            let load = Load::new(loader, terms);
            match hit.flatten() {
                Some(entry) => core.load_due(&address, entry, load).await,
                None => core.miss(&address, load).await,
            }
        });
        self.found(reply.await)
    }

    fn reads_memory(&self) -> bool {
        !self.options.skip.reading_memory
    }

    fn terms<E>(&self, errors: ShareError<E>) -> Terms<V, E> {
        let mut terms = Terms::new(&self.cache.policy, &self.cache.given, errors);
        terms.options = self.options.clone();
        terms
    }

    fn found<E>(&self, reply: Reply<V, E>) -> Result<Loaded<Found<V>>, LoadError<E>> {
        let now = self.cache.core.now();
        reply.map(|loaded| loaded.map(|made| Found::new(made, now)))
    }
}

impl<K, V> fmt::Debug for EntryCall<'_, K, V> {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.debug_struct("EntryCall")
            .field("options", &self.options)
            .finish_non_exhaustive()
    }
}
