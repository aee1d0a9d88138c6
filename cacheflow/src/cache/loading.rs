//! Reading with a loader.

use std::borrow::Borrow;
use std::future::Future;

use super::core::{Load, Reply, ShareError, Terms};
use super::handle::{Missed, encoded};
use super::{Cache, CacheValue, EntryCall};
use crate::key::CacheKey;
use crate::source::{LoadContext, LoadError, Loaded};

impl<K, V: CacheValue> Cache<K, V> {
    /// The value of `key`, loaded if no level has it.
    ///
    /// All who ask for a key while it is loaded share one load. An error is not
    /// kept. Who waited for a load that failed runs its own loader, because the
    /// error is the leader's; with [`get_or_load_shared`](Self::get_or_load_shared)
    /// it gets a copy.
    ///
    /// The load is a part of this call, and may borrow. In a cache that [refreshes
    /// ahead](crate::Strategy::refresh_ahead), the one caller who finds the value due
    /// waits for its load; with [`get_or_refresh`](Self::get_or_refresh) nobody does.
    ///
    /// ```
    /// # use cacheflow::{Cache, CacheFlow};
    /// # #[tokio::main(flavor = "current_thread")] async fn main() -> Result<(), Box<dyn std::error::Error>> {
    /// # let flow = CacheFlow::builder().build().await?;
    /// let squares: Cache<u64, u64> = flow.cache("squares").build()?;
    /// let square = squares.get_or_load(&7, async || Ok::<_, std::io::Error>(7 * 7)).await?;
    /// assert_eq!(square, 49);
    /// // The second call does not load.
    /// let square = squares.get_or_load(&7, async || Err(std::io::Error::other("not run"))).await?;
    /// assert_eq!(square, 49);
    /// # Ok(()) }
    /// ```
    ///
    /// # Errors
    ///
    /// The loader's own error, or what the cache's strategy did in its place. A
    /// cache's trouble is never an error here.
    ///
    /// # Panics
    ///
    /// If the loader panics; those who waited for it load for themselves.
    ///
    /// # Cancellation
    ///
    /// Dropping the future drops the load; one of those who wait for it begins
    /// anew.
    pub async fn get_or_load<Q, F, Fut, E>(&self, key: &Q, loader: F) -> Result<V, LoadError<E>>
    where
        K: Borrow<Q>,
        Q: CacheKey + ?Sized,
        F: FnOnce() -> Fut,
        Fut: Future<Output = Result<V, E>>,
        E: 'static,
    {
        let loader = async |_| loader().await.map(Loaded::Value);
        only(self.load(key, loader, ShareError::never(), false).await)
    }

    /// As [`get_or_load`](Self::get_or_load); those who waited for a load that
    /// failed get a copy of its error.
    ///
    /// # Errors
    ///
    /// The loader's own error, or a copy of the leader's.
    ///
    /// # Panics
    ///
    /// If the loader panics; those who waited for it load for themselves.
    ///
    /// # Cancellation
    ///
    /// As [`get_or_load`](Self::get_or_load).
    pub async fn get_or_load_shared<Q, F, Fut, E>(
        &self,
        key: &Q,
        loader: F,
    ) -> Result<V, LoadError<E>>
    where
        K: Borrow<Q>,
        Q: CacheKey + ?Sized,
        F: FnOnce() -> Fut,
        Fut: Future<Output = Result<V, E>>,
        E: Clone + Send + Sync + 'static,
    {
        let loader = async |_| loader().await.map(Loaded::Value);
        only(self.load(key, loader, ShareError::cloned(), false).await)
    }

    /// As [`get_or_load`](Self::get_or_load), for a source that may have no value:
    /// `None` is kept where the cache [is asked
    /// to](crate::CacheBuilder::cache_none).
    ///
    /// # Errors
    ///
    /// As [`get_or_load`](Self::get_or_load).
    ///
    /// # Panics
    ///
    /// As [`get_or_load`](Self::get_or_load).
    ///
    /// # Cancellation
    ///
    /// As [`get_or_load`](Self::get_or_load).
    pub async fn get_or_load_optional<Q, F, Fut, E>(
        &self,
        key: &Q,
        loader: F,
    ) -> Result<Option<V>, LoadError<E>>
    where
        K: Borrow<Q>,
        Q: CacheKey + ?Sized,
        F: FnOnce() -> Fut,
        Fut: Future<Output = Result<Option<V>, E>>,
        E: 'static,
    {
        let loader = async |_| loader().await.map(Loaded::from);
        let loaded = self.load(key, loader, ShareError::never(), true).await?;
        Ok(loaded.into_option())
    }

    /// As [`get_or_load`](Self::get_or_load), by a load that goes on without its
    /// caller: a refresh keeps nobody waiting, an old value can be given while the load
    /// goes on ([`soft_timeout`](crate::Strategy::soft_timeout)), and a caller that is
    /// cancelled does not end the load that others wait for.
    ///
    /// `loader` may borrow; the future that it makes may not. It is called when a load
    /// may be needed, and its future runs if one is.
    ///
    /// ```
    /// # use cacheflow::{Cache, CacheFlow, Strategy};
    /// # use std::sync::Arc;
    /// # struct Db;
    /// # impl Db { async fn name(&self, id: u64) -> Result<String, std::io::Error> { Ok(format!("user {id}")) } }
    /// # #[tokio::main(flavor = "current_thread")] async fn main() -> Result<(), Box<dyn std::error::Error>> {
    /// # let flow = CacheFlow::builder().build().await?;
    /// # let db = Arc::new(Db);
    /// let strategy = Strategy::multi_level().refresh_ahead(0.8);
    /// let names: Cache<u64, String> = flow.cache("names").strategy(strategy).build()?;
    /// let name = names
    ///     .get_or_refresh(&7, || {
    ///         let db = Arc::clone(&db);
    ///         async move { db.name(7).await }
    ///     })
    ///     .await?;
    /// # assert_eq!(name, "user 7");
    /// # Ok(()) }
    /// ```
    ///
    /// # Errors
    ///
    /// As [`get_or_load`](Self::get_or_load).
    ///
    /// # Panics
    ///
    /// As [`get_or_load`](Self::get_or_load).
    ///
    /// # Cancellation
    ///
    /// The load goes on to its end, on the runtime of the caller; outside of a tokio
    /// runtime it is as with [`get_or_load`](Self::get_or_load).
    pub async fn get_or_refresh<Q, F, Fut, E>(&self, key: &Q, loader: F) -> Result<V, LoadError<E>>
    where
        K: Borrow<Q>,
        Q: CacheKey + ?Sized,
        F: FnOnce() -> Fut,
        Fut: Future<Output = Result<V, E>> + Send + 'static,
        E: Send + 'static,
    {
        let loader = |_| {
            let loading = loader();
            async move { loading.await.map(Loaded::Value) }
        };
        only(
            self.load_in_background(key, loader, ShareError::never())
                .await,
        )
    }

    /// Begins a call that says more than a key: lifetimes of its own, levels that it
    /// leaves out; and whose loader is told what it replaces and can say more than a
    /// value.
    pub fn entry<Q>(&self, key: &Q) -> EntryCall<'_, K, V>
    where
        K: Borrow<Q>,
        Q: CacheKey + ?Sized,
    {
        EntryCall::new(self, encoded(key))
    }

    pub(super) fn terms<E>(&self, errors: ShareError<E>) -> Terms<V, E> {
        Terms::new(&self.policy, &self.given, errors)
    }

    async fn load<Q, F, Fut, E>(
        &self,
        key: &Q,
        loader: F,
        errors: ShareError<E>,
        takes_absent: bool,
    ) -> Result<Loaded<V>, LoadError<E>>
    where
        Q: CacheKey + ?Sized,
        F: FnOnce(LoadContext<V>) -> Fut,
        Fut: Future<Output = Result<Loaded<V>, E>>,
    {
        let Missed { address, watched } = match self.in_memory(key) {
            Ok(value) => return Ok(Loaded::Value(value)),
            Err(missed) => missed,
        };
        // Boxed, so that the future of a hit stays small.
        let reply = Box::pin(async {
            let terms = self.terms(errors).or_absent(takes_absent);
            let load = Load::new(loader, terms);
            match watched {
                // What is rare is boxed: the others need not make room for it.
                Some(entry) => Box::pin(self.core.load_due(&address, entry, load)).await,
                None => self.core.miss(&address, load).await,
            }
        });
        values(reply.await)
    }

    pub(super) async fn load_in_background<Q, F, Fut, E>(
        &self,
        key: &Q,
        loader: F,
        errors: ShareError<E>,
    ) -> Result<Loaded<V>, LoadError<E>>
    where
        Q: CacheKey + ?Sized,
        F: FnOnce(LoadContext<V>) -> Fut,
        Fut: Future<Output = Result<Loaded<V>, E>> + Send + 'static,
        E: Send + 'static,
    {
        let Missed { address, watched } = match self.in_memory(key) {
            Ok(value) => return Ok(Loaded::Value(value)),
            Err(missed) => missed,
        };
        if let Some(entry) = watched {
            let load = Load::new(loader, self.terms(errors));
            self.core.load_due_in_background(&address, &entry, load);
            return Ok(Loaded::Value(entry.value.clone()));
        }
        let reply = Box::pin(async {
            let load = Load::new(loader, self.terms(errors));
            self.core.miss_in_background(&address, load).await
        });
        values(reply.await)
    }
}

/// The values of a reply, without what is known of them.
fn values<V, E>(reply: Reply<V, E>) -> Result<Loaded<V>, LoadError<E>> {
    reply.map(|loaded| loaded.map(|made| made.value))
}

/// The value of a loader that gives one or an error.
pub(super) fn only<V, E>(loaded: Result<Loaded<V>, LoadError<E>>) -> Result<V, LoadError<E>> {
    match loaded? {
        Loaded::Value(value) => Ok(value),
        Loaded::Absent => unreachable!("this loader gives a value or an error"),
    }
}
