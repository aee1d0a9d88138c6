//! A cache with a loader of its own.

use std::collections::HashSet;
use std::error::Error as StdError;
use std::fmt;
use std::future::Future;
use std::ops::Deref;
use std::pin::Pin;
use std::sync::{Arc, Mutex, MutexGuard, PoisonError};

use super::core::{Load, ShareError, Terms};
use super::handle::encoded;
use super::{Cache, CacheValue};
use crate::clock::Tick;
use crate::error::BoxError;
use crate::key::{Address, CacheKey, EntryKey};
use crate::source::{LoadContext, LoadError, Loaded};
use crate::strategy::refresh_ahead;

/// A cache that knows how its values are loaded, made by
/// [`CacheBuilder::build_with_loader`](crate::CacheBuilder::build_with_loader).
///
/// It is a [`Cache`] in every other respect. Its loads go on without their callers,
/// so that every strategy works; and values can be loaded anew without anybody who
/// calls ([`RefreshAhead::by_itself`](crate::RefreshAhead::by_itself)).
pub struct LoadingCache<K, V> {
    cache: Cache<K, V>,
    own: Arc<Own<K, V>>,
}

type Loading<V> = Pin<Box<dyn Future<Output = Result<V, SourceError>> + Send>>;

struct Own<K, V> {
    loader: Box<dyn Fn(K) -> Loading<V> + Send + Sync>,
    /// The keys that are loaded anew by themselves.
    scheduled: Mutex<HashSet<EntryKey>>,
}

/// An error of a cache's own loader. All who waited for the load have the same.
///
/// To tell errors apart, [`get_ref`](Self::get_ref) and `downcast_ref`.
#[derive(Clone)]
pub struct SourceError(Arc<dyn StdError + Send + Sync>);

impl SourceError {
    /// The loader's error.
    #[must_use]
    pub fn get_ref(&self) -> &(dyn StdError + Send + Sync + 'static) {
        &*self.0
    }
}

impl fmt::Debug for SourceError {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        self.0.fmt(f)
    }
}

impl fmt::Display for SourceError {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        self.0.fmt(f)
    }
}

impl StdError for SourceError {
    fn source(&self) -> Option<&(dyn StdError + 'static)> {
        self.0.source()
    }
}

impl<K, V> LoadingCache<K, V>
where
    K: CacheKey + Clone + Send + Sync + 'static,
    V: CacheValue,
{
    pub(super) fn new<F, Fut, E>(cache: Cache<K, V>, loader: F) -> Self
    where
        F: Fn(K) -> Fut + Send + Sync + 'static,
        Fut: Future<Output = Result<V, E>> + Send + 'static,
        E: Into<BoxError>,
    {
        let loader = move |key| -> Loading<V> {
            let loading = loader(key);
            Box::pin(async move {
                loading
                    .await
                    .map_err(|error| SourceError(error.into().into()))
            })
        };
        let own = Own {
            loader: Box::new(loader),
            scheduled: Mutex::default(),
        };
        Self {
            cache,
            own: Arc::new(own),
        }
    }

    /// The value of `key`, loaded if no level has it.
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
    /// As [`Cache::get_or_refresh`].
    pub async fn fetch(&self, key: &K) -> Result<V, LoadError<SourceError>> {
        let loader = |_| {
            let loading = (self.own.loader)(key.clone());
            async move { loading.await.map(Loaded::Value) }
        };
        let loaded = self
            .cache
            .load_in_background(key, loader, ShareError::cloned())
            .await;
        if loaded.is_ok() && self.cache.policy.refreshes_by_itself() {
            self.schedule(key);
        }
        super::loading::only(loaded)
    }

    /// Sees to it that a value is loaded anew as long as somebody asks for it.
    fn schedule(&self, key: &K) {
        let entry_key = encoded(key).entry_key();
        if !self.own.scheduled().insert(entry_key.clone()) {
            return;
        }
        let scheduled = Scheduled {
            own: Arc::clone(&self.own),
            entry_key,
        };
        let (cache, key) = (self.cache.clone(), key.clone());
        let background = self.cache.flow.background();
        background.spawn_idle(async move { scheduled.run(&cache, &key).await });
    }
}

impl<K, V> Own<K, V> {
    fn scheduled(&self) -> MutexGuard<'_, HashSet<EntryKey>> {
        self.scheduled
            .lock()
            .unwrap_or_else(PoisonError::into_inner)
    }
}

/// A key that is loaded anew by itself, until nobody asks for it any more.
struct Scheduled<K, V> {
    own: Arc<Own<K, V>>,
    entry_key: EntryKey,
}

impl<K: CacheKey + Clone, V: CacheValue> Scheduled<K, V> {
    async fn run(self, cache: &Cache<K, V>, key: &K) {
        let core = &cache.core;
        let address = Address::new(&core.name, &encoded(key));
        let mut retry_at = None;
        // As long as there is a value; who misses it begins anew.
        while let Some(entry) = core.entry(&address) {
            let life = entry.life();
            if life.refresh_at == Tick::NEVER {
                return;
            }
            let at = retry_at.take().unwrap_or(life.refresh_at);
            let wait = at.since(core.now());
            if !wait.is_zero() {
                tokio::time::sleep(wait).await;
                // Forgotten, replaced or evicted meanwhile: its successor has a time
                // of its own.
                let present = core.entry(&address);
                if !present.is_some_and(|present| Arc::ptr_eq(&present, &entry)) {
                    continue;
                }
            }
            // The first who reads an entry takes it off watch.
            if entry.is_watched() {
                return;
            }
            let loader = |_: LoadContext<V>| {
                let loading = (self.own.loader)(key.clone());
                async move { loading.await.map(Loaded::Value) }
            };
            let terms = Terms::new(&cache.policy, &cache.given, ShareError::cloned());
            let load = Load::new(loader, terms);
            let refreshed = core.refresh(&address, &entry, load).await;
            if !matches!(refreshed, Some(Ok(_))) {
                // It failed, or somebody else is under way with it. Watched again:
                // whether somebody asks for it meanwhile is to be known.
                entry.postpone(Tick::ZERO);
                let window = life.ends.since(life.refresh_at);
                let pause = refresh_ahead::retry_after(window, entry.failures().max(1));
                retry_at = Some(core.now().after(pause));
            }
        }
    }
}

impl<K, V> Drop for Scheduled<K, V> {
    fn drop(&mut self) {
        self.own.scheduled().remove(&self.entry_key);
    }
}

impl<K, V> Deref for LoadingCache<K, V> {
    type Target = Cache<K, V>;

    fn deref(&self) -> &Cache<K, V> {
        &self.cache
    }
}

impl<K, V> Clone for LoadingCache<K, V> {
    fn clone(&self) -> Self {
        Self {
            cache: self.cache.clone(),
            own: Arc::clone(&self.own),
        }
    }
}

impl<K, V> fmt::Debug for LoadingCache<K, V> {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.debug_struct("LoadingCache")
            .field("name", &self.cache.core.name)
            .finish_non_exhaustive()
    }
}
