//! Strategies by name.

use std::fmt;
use std::future::Future;
use std::time::Duration;

use super::CacheFlow;
use crate::cache::{Cache, CacheValue, Core};
use crate::config::Faults;
use crate::error::Result;
use crate::key::CacheName;
use crate::source::LoadError;
use crate::strategy::{CallOptions, Strategy, StrategyOptions};

/// A strategy by its name, at work on one cache: made by [`CacheFlow::strategy`].
pub struct NamedStrategy<V> {
    cache: Cache<String, V>,
    writes: bool,
}

/// What one [`execute`](NamedStrategy::execute) wants otherwise than its strategy
/// does.
#[derive(Clone, Debug, Default, PartialEq, Eq)]
pub struct ExecuteOptions {
    /// How long what is loaded is kept.
    pub ttl: Option<Duration>,
    /// For how long beyond that it is kept to stand in for a value that cannot be
    /// loaded.
    pub stale_ttl: Option<Duration>,
    /// By what it is forgotten, beside its key.
    pub tags: Vec<String>,
}

impl<V: CacheValue> NamedStrategy<V> {
    pub(super) fn new(
        flow: &CacheFlow,
        names: &str,
        cache: &str,
        options: &StrategyOptions,
    ) -> Result<Self> {
        let names: Vec<&str> = names.split('+').map(str::trim).collect();
        let mut strategy = Strategy::named(&names, options)?;
        let is = |name: &str| names.iter().any(|it| it.replace('_', "-") == name);
        let mut faults = Faults::default();
        if is("write-behind") {
            faults.add("write-behind: allowed with CacheBuilder::build_with_writer, which says how to write");
        }
        strategy
            .faults()
            .into_iter()
            .for_each(|fault| faults.add(fault));
        let name = match CacheName::new(cache) {
            Ok(name) => Some(name),
            Err(fault) => {
                faults.add(fault);
                None
            }
        };
        let values = std::any::type_name::<V>();
        let registered = |name| flow.registry().get::<Core<V>>(name, values);
        let built = match name.as_ref().and_then(registered) {
            Some(core) => {
                let core = core?;
                let config = core.config();
                let levels = &config.strategy.levels;
                if is("multi-level") && !levels.memory_before_shared {
                    faults.add(format!(
                        "multi-level: cache {cache} was built with cache-aside, which keeps nothing in memory"
                    ));
                }
                strategy.levels = levels.clone();
                let patience = config.loading.follower_timeout;
                Some((core, patience))
            }
            None => None,
        };
        faults.into_result("strategy")?;
        let cache = match (built, name) {
            (Some((core, patience)), Some(name)) => {
                let policy = flow.policies().get(&name, &strategy, patience)?;
                Cache::new(core, flow.clone()).with_policy(policy)
            }
            _ => flow.cache(cache).strategy(strategy).build()?,
        };
        Ok(Self {
            cache,
            writes: is("write-through"),
        })
    }

    /// The cache that it works on.
    #[must_use]
    pub fn cache(&self) -> &Cache<String, V> {
        &self.cache
    }

    /// The value of `key`: found, or got by `work` in the way of the strategy. With
    /// `write-through`, `work` is run in any case: it writes the source and gives what
    /// stands there now.
    ///
    /// # Errors
    ///
    /// The error of `work`, or what the strategy did in its place.
    ///
    /// # Panics
    ///
    /// If `work` panics.
    ///
    /// # Cancellation
    ///
    /// As [`Cache::get_or_refresh`], and with `write-through` as
    /// [`Cache::write_through`].
    pub async fn execute<F, Fut, E>(&self, key: &str, work: F) -> Result<V, LoadError<E>>
    where
        F: FnOnce() -> Fut,
        Fut: Future<Output = Result<V, E>> + Send + 'static,
        E: Send + 'static,
    {
        self.execute_with(key, &ExecuteOptions::default(), work)
            .await
    }

    /// As [`execute`](Self::execute), with options of this call.
    ///
    /// # Errors
    ///
    /// As [`execute`](Self::execute). Tags that are out of bounds are no error: the
    /// value is returned, and not kept ([`Event::MarksRefused`](crate::Event)).
    ///
    /// # Panics
    ///
    /// As [`execute`](Self::execute).
    ///
    /// # Cancellation
    ///
    /// As [`execute`](Self::execute).
    pub async fn execute_with<F, Fut, E>(
        &self,
        key: &str,
        options: &ExecuteOptions,
        work: F,
    ) -> Result<V, LoadError<E>>
    where
        F: FnOnce() -> Fut,
        Fut: Future<Output = Result<V, E>> + Send + 'static,
        E: Send + 'static,
    {
        if self.writes {
            let call = CallOptions {
                ttl: options.ttl,
                stale_ttl: options.stale_ttl,
                ..CallOptions::default()
            };
            let written = self
                .cache
                .write_through_with(key, call, options.tags.clone(), work)
                .await;
            return written
                .map(|written| written.value)
                .map_err(LoadError::Source);
        }
        let mut call = self.cache.entry(key);
        if let Some(ttl) = options.ttl {
            call = call.ttl(ttl);
        }
        if let Some(stale_ttl) = options.stale_ttl {
            call = call.stale_ttl(stale_ttl);
        }
        let tags = &options.tags;
        let found = call.load_or_refresh(|context| {
            context.tags(tags.iter().cloned());
            work()
        });
        Ok(found.await?.value)
    }
}

impl<V> Clone for NamedStrategy<V> {
    fn clone(&self) -> Self {
        Self {
            cache: self.cache.clone(),
            writes: self.writes,
        }
    }
}

impl<V> fmt::Debug for NamedStrategy<V> {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.debug_struct("NamedStrategy")
            .field("cache", &self.cache)
            .finish_non_exhaustive()
    }
}
