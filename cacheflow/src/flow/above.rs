//! What stands on a flow: parts of the rows above, which it begins and ends without
//! knowing them.

use std::any::Any;
use std::sync::{Arc, Mutex, PoisonError, Weak};

use tokio::sync::Notify;

use super::{CacheFlow, Inner};
use crate::config::{CacheWarming, Faults};
use crate::error::Result;
use crate::key::{CacheName, FullKey};

/// A part that stands on a flow, once in each.
#[async_trait::async_trait]
pub(crate) trait Above: Any + Send + Sync {
    /// Adds all that is wrong with it.
    fn check(&self, faults: &mut Faults);

    /// The flow is built: goes before its builder returns.
    async fn begin(self: Arc<Self>, flow: &CacheFlow) -> Result<()>;

    /// A cache of these options was built. Returns whether they were of use.
    fn built(
        self: Arc<Self>,
        flow: &CacheFlow,
        name: &CacheName,
        options: &CacheWarming,
        cache: Arc<dyn AnyCache>,
    ) -> bool;

    /// The flow is about to end; its memory is still there. Does not take long.
    async fn stop(&self, flow: &CacheFlow);
}

/// A cache, whatever its keys and values are.
#[async_trait::async_trait]
pub(crate) trait AnyCache: Send + Sync {
    /// From now on `forgotten` is told when much of the cache was forgotten at once: all of it, or
    /// something in memory by a tag or a pattern.
    fn tell_forgotten(&self, forgotten: Arc<Notify>);

    /// The keys in memory; of more than `most`, those that were put there last.
    fn newest(&self, most: usize) -> Vec<FullKey>;

    /// Reads these entries from the shared store into memory; returns how many were there.
    async fn bring(&self, keys: &[FullKey]) -> u64;
}

/// All that stands on a flow.
#[derive(Default)]
pub(crate) struct Storeys(Mutex<Vec<Arc<dyn Above>>>);

impl Storeys {
    /// The part of this type, which is made if there is none.
    pub(crate) fn of<T: Above + Default>(&self) -> Arc<T> {
        let mut all = self.0.lock().unwrap_or_else(PoisonError::into_inner);
        for storey in &*all {
            let storey: Arc<dyn Any + Send + Sync> = Arc::clone(storey) as _;
            if let Ok(found) = storey.downcast::<T>() {
                return found;
            }
        }
        let made: Arc<T> = Arc::default();
        all.push(Arc::clone(&made) as _);
        made
    }

    pub(crate) fn all(&self) -> Vec<Arc<dyn Above>> {
        let all = self.0.lock().unwrap_or_else(PoisonError::into_inner);
        all.clone()
    }
}

/// A flow for those who must not keep it alive.
#[derive(Clone)]
pub(crate) struct WeakFlow(Weak<Inner>);

impl WeakFlow {
    pub(crate) fn upgrade(&self) -> Option<CacheFlow> {
        self.0.upgrade().map(CacheFlow)
    }
}

impl CacheFlow {
    pub(crate) fn downgrade(&self) -> WeakFlow {
        WeakFlow(Arc::downgrade(&self.0))
    }

    pub(crate) fn storeys(&self) -> &Storeys {
        &self.0.storeys
    }

    /// Tells all that stands on the flow that it is about to end.
    pub(super) async fn stop_storeys(&self) {
        for storey in self.storeys().all() {
            storey.stop(self).await;
        }
    }

    /// Tells all that stands on the flow that a cache was built.
    pub(crate) fn tell_built(
        &self,
        name: &CacheName,
        options: &CacheWarming,
        cache: &Arc<dyn AnyCache>,
    ) {
        let mut was_of_use = false;
        for storey in self.storeys().all() {
            was_of_use |= storey.built(self, name, options, Arc::clone(cache));
        }
        if options.is_scheduled() && !was_of_use {
            tracing::warn!(
                cache = name.as_str(),
                "the cache is to be warmed, and nobody knows how: give it warm_with, or register a warmer for it"
            );
        }
    }
}
