//! Stores and caches, each before a function: what is missed is loaded and put
//! in. All are generic over what is asked for and what is found.

use std::io;

use cacheflow::{Cache, CacheFlow};
use cacheflow_benches::ready::wait;
use dashmap::DashMap;

use super::subject::{BOUND, Find, Forget, Key, TTL, Value};

/// A bare map, the floor: no bound, no lifetime.
pub(crate) struct Map<Q: Key + ?Sized, V>(DashMap<Q::Kept, V>);

pub(crate) fn map<Q: Key + ?Sized, V>() -> Map<Q, V> {
    Map(DashMap::new())
}

impl<Q: Key + ?Sized, V: Value> Find<Q, V> for Map<Q, V> {
    fn find(&self, key: &Q) -> V {
        if let Some(found) = self.0.get(key) {
            return found.clone();
        }
        let loaded = V::load(key.number());
        self.0.insert(key.to_owned(), loaded.clone());
        loaded
    }
}

/// moka with `sync`.
pub(crate) struct Moka<Q: Key + ?Sized, V>(moka::sync::Cache<Q::Kept, V>);

pub(crate) fn moka<Q: Key + ?Sized, V: Value>() -> Moka<Q, V> {
    let builder = moka::sync::Cache::builder().max_capacity(BOUND);
    Moka(builder.time_to_live(TTL).build())
}

impl<Q: Key + ?Sized, V: Value> Find<Q, V> for Moka<Q, V> {
    fn find(&self, key: &Q) -> V {
        self.0.get(key).unwrap_or_else(|| {
            let loaded = V::load(key.number());
            self.0.insert(key.to_owned(), loaded.clone());
            loaded
        })
    }
}

impl<Q: Key + ?Sized, V: Value> Forget<Q> for Moka<Q, V> {
    fn forget(&self, key: &Q) {
        self.0.invalidate(key);
    }
}

/// moka with `future`.
pub(crate) struct MokaFuture<Q: Key + ?Sized, V>(moka::future::Cache<Q::Kept, V>);

pub(crate) fn moka_future<Q: Key + ?Sized, V: Value>() -> MokaFuture<Q, V> {
    let builder = moka::future::Cache::builder().max_capacity(BOUND);
    MokaFuture(builder.time_to_live(TTL).build())
}

impl<Q: Key + ?Sized, V: Value> Find<Q, V> for MokaFuture<Q, V> {
    fn find(&self, key: &Q) -> V {
        wait(async {
            if let Some(found) = self.0.get(key).await {
                return found;
            }
            let loaded = V::load(key.number());
            self.0.insert(key.to_owned(), loaded.clone()).await;
            loaded
        })
    }
}

impl<Q: Key + ?Sized, V: Value> Forget<Q> for MokaFuture<Q, V> {
    fn forget(&self, key: &Q) {
        wait(self.0.invalidate(key));
    }
}

/// `quick_cache`, which knows no lifetimes.
pub(crate) struct Quick<Q: Key + ?Sized, V>(quick_cache::sync::Cache<Q::Kept, V>);

pub(crate) fn quick<Q: Key + ?Sized, V: Value>() -> Quick<Q, V> {
    Quick(quick_cache::sync::Cache::new(BOUND as usize))
}

impl<Q: Key + ?Sized, V: Value> Find<Q, V> for Quick<Q, V> {
    fn find(&self, key: &Q) -> V {
        self.0.get(key).unwrap_or_else(|| {
            let loaded = V::load(key.number());
            self.0.insert(key.to_owned(), loaded.clone());
            loaded
        })
    }
}

impl<Q: Key + ?Sized, V: Value> Forget<Q> for Quick<Q, V> {
    fn forget(&self, key: &Q) {
        self.0.remove(key);
    }
}

/// foyer's memory, which knows no lifetimes.
pub(crate) struct Foyer<Q: Key + ?Sized, V: Value>(foyer_memory::Cache<Q::Kept, V>);

pub(crate) fn foyer<Q: Key + ?Sized, V: Value>() -> Foyer<Q, V> {
    Foyer(foyer_memory::Cache::builder(BOUND as usize).build())
}

impl<Q: Key + ?Sized, V: Value> Find<Q, V> for Foyer<Q, V> {
    fn find(&self, key: &Q) -> V {
        if let Some(found) = self.0.get(key) {
            return found.value().clone();
        }
        let loaded = V::load(key.number());
        self.0.insert(key.to_owned(), loaded.clone());
        loaded
    }
}

impl<Q: Key + ?Sized, V: Value> Forget<Q> for Foyer<Q, V> {
    fn forget(&self, key: &Q) {
        self.0.remove(key);
    }
}

/// cachet over its memory.
pub(crate) struct Cachet<Q: Key + ?Sized, V>(cachet::Cache<Q::Kept, V>);

/// To be called within a runtime, for its clock.
pub(crate) fn cachet<Q: Key + ?Sized, V: Value>() -> Cachet<Q, V> {
    let clock = tick::Clock::new_tokio().with_fast_instant(true);
    let builder = cachet::Cache::builder::<Q::Kept, V>(clock);
    Cachet(
        builder
            .memory_with(|memory| memory.max_capacity(BOUND))
            .ttl(TTL)
            .build(),
    )
}

impl<Q: Key + ?Sized, V: Value> Find<Q, V> for Cachet<Q, V> {
    fn find(&self, key: &Q) -> V {
        wait(async {
            let found = self.0.get(key).await.expect("memory does not fail");
            if let Some(found) = found {
                return found.into_value();
            }
            let loaded = V::load(key.number());
            let put = self.0.insert(key.to_owned(), loaded.clone()).await;
            put.expect("memory does not fail");
            loaded
        })
    }
}

impl<Q: Key + ?Sized, V: Value> Forget<Q> for Cachet<Q, V> {
    fn forget(&self, key: &Q) {
        wait(self.0.invalidate(key)).expect("memory does not fail");
    }
}

/// Ours by a handle, with a loader.
pub(crate) struct Loading<Q: Key + ?Sized, V>(Cache<Q::Kept, V>);

/// Ours by a handle, asked before it is loaded and put.
pub(crate) struct Getting<Q: Key + ?Sized, V>(Cache<Q::Kept, V>);

fn handle<Q: Key + ?Sized, V: Value>(flow: &CacheFlow, name: &str) -> Cache<Q::Kept, V> {
    let builder = flow.cache(name).max_entries(BOUND).ttl(TTL);
    builder.build().expect("the options are valid")
}

pub(crate) fn loading<Q: Key + ?Sized, V: Value>(flow: &CacheFlow, name: &str) -> Loading<Q, V> {
    Loading(handle::<Q, V>(flow, name))
}

pub(crate) fn getting<Q: Key + ?Sized, V: Value>(flow: &CacheFlow, name: &str) -> Getting<Q, V> {
    Getting(handle::<Q, V>(flow, name))
}

impl<Q: Key + ?Sized, V: Value> Find<Q, V> for Loading<Q, V> {
    fn find(&self, key: &Q) -> V {
        let load = async || Ok::<_, io::Error>(V::load(key.number()));
        wait(self.0.get_or_load(key, load)).expect("loading does not fail")
    }
}

impl<Q: Key + ?Sized, V: Value> Forget<Q> for Loading<Q, V> {
    fn forget(&self, key: &Q) {
        let _ = wait(self.0.invalidate(key)).expect("it is forgotten");
    }
}

impl<Q: Key + ?Sized, V: Value> Find<Q, V> for Getting<Q, V> {
    fn find(&self, key: &Q) -> V {
        wait(async {
            if let Some(found) = self.0.get(key).await {
                return found;
            }
            let loaded = V::load(key.number());
            let _ = self.0.put(key, loaded.clone()).await.expect("it fits");
            loaded
        })
    }
}
