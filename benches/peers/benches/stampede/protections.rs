//! What each crate has against a stampede.

use std::convert::Infallible;
use std::future::Future;
use std::io;
use std::pin::Pin;
use std::sync::Arc;
use std::time::Duration;

use cached::macros::cached;
use cacheflow::{Cache, CacheFlow};
use cacheflow_benches::ready::now;
use hitbox::concurrency::BroadcastConcurrencyManager;
use hitbox::policy::PolicyConfig;
use hitbox_moka::MokaBackend;
use multi_tier_cache::{CacheStrategy, CacheSystemBuilder, MokaCache, MokaCacheConfig, TierConfig};

use super::crowd::{Answered, Source, ask};

const BOUND: u64 = 10_000;
const TTL: Duration = Duration::from_secs(3600);

/// The candidate to which the others' times are compared.
pub(crate) const BASE: &str = "moka `try_get_with`";

/// A way to ask.
pub(crate) struct Protection {
    pub(crate) name: &'static str,
    /// The peer; none for ours.
    pub(crate) crate_name: Option<&'static str>,
    /// Has all tasks ask for a key.
    pub(crate) answer: Box<Answer>,
}

type Answer = dyn Fn(u64) -> Pin<Box<dyn Future<Output = Answered>>>;

fn protection<F, Fut>(name: &'static str, crate_name: Option<&'static str>, find: F) -> Protection
where
    F: Fn(u64, Source) -> Fut + Clone + 'static,
    Fut: Future<Output = u64> + Send + 'static,
{
    let answer =
        move |key| -> Pin<Box<dyn Future<Output = Answered>>> { Box::pin(ask(key, find.clone())) };
    Protection {
        name,
        crate_name,
        answer: Box::new(answer),
    }
}

/// All of them; to be called within a runtime.
pub(crate) fn all() -> Vec<Protection> {
    vec![
        unprotected(),
        moka_future(),
        quick_cache(),
        protection("cached `#[cached]`", Some("cached"), cached_find),
        hitbox(),
        multi_tier_cache(),
        amalgam(),
        cachet(),
        foyer(),
        cacheflow_handle(),
        cacheflow_attribute(),
    ]
}

fn unprotected() -> Protection {
    let cache = moka::sync::Cache::<u64, u64>::builder()
        .max_capacity(BOUND)
        .build();
    protection("moka `get`, `insert`", Some("moka"), move |key, source| {
        let cache = cache.clone();
        async move {
            match cache.get(&key) {
                Some(found) => found,
                None => {
                    let loaded = source.load(key).await;
                    cache.insert(key, loaded);
                    loaded
                }
            }
        }
    })
}

fn moka_future() -> Protection {
    let builder = moka::future::Cache::<u64, u64>::builder().max_capacity(BOUND);
    let cache = builder.time_to_live(TTL).build();
    protection(BASE, Some("moka"), move |key, source| {
        let cache = cache.clone();
        async move {
            let load = async { Ok::<_, Infallible>(source.load(key).await) };
            cache.try_get_with(key, load).await.expect("it cannot fail")
        }
    })
}

fn quick_cache() -> Protection {
    let cache = Arc::new(quick_cache::sync::Cache::<u64, u64>::new(BOUND as usize));
    let name = "quick_cache `get_or_insert_async`";
    protection(name, Some("quick_cache"), move |key, source| {
        let cache = Arc::clone(&cache);
        async move {
            let load = async { Ok::<_, Infallible>(source.load(key).await) };
            let found = cache.get_or_insert_async(&key, load).await;
            found.expect("it cannot fail")
        }
    })
}

#[cached(
    max_size = 10_000,
    ttl_secs = 3600,
    sync_writes = "by_key",
    key = "u64",
    convert = "{ key }"
)]
async fn cached_find(key: u64, source: Source) -> u64 {
    source.load(key).await
}

#[hitbox_fn::cached(prefix = "found", skip(source))]
async fn hitbox_find(key: u64, source: Source) -> u64 {
    source.load(key).await
}

fn hitbox() -> Protection {
    let policy = PolicyConfig::builder().ttl(TTL);
    let policy = policy.concurrency(1.try_into().expect("one is allowed"));
    let cache = hitbox_fn::Cache::builder()
        .backend(MokaBackend::builder().max_entries(BOUND).build())
        .policy(policy.build())
        .concurrency_manager(BroadcastConcurrencyManager::<u64>::new())
        .build();
    protection("hitbox `#[cached]`", Some("hitbox"), move |key, source| {
        let cache = cache.clone();
        async move { hitbox_find(key, source).cache(&cache).await }
    })
}

fn multi_tier_cache() -> Protection {
    let memory = MokaCache::new(MokaCacheConfig {
        max_capacity: BOUND,
        time_to_live: TTL,
        time_to_idle: TTL,
    });
    let memory = Arc::new(memory.expect("the options are valid"));
    let builder = CacheSystemBuilder::new().with_tier(memory, TierConfig::as_l1());
    let system = now(builder.build()).expect("the options are valid");
    let manager = Arc::clone(system.cache_manager());
    let name = "multi-tier-cache `get_or_compute_typed`";
    protection(name, Some("multi-tier-cache"), move |key, source| {
        let manager = Arc::clone(&manager);
        async move {
            let load = || async move { Ok(source.load(key).await) };
            let name = key.to_string();
            let found = manager.get_or_compute_typed(&name, CacheStrategy::MediumTerm, load);
            found.await.expect("nothing fails")
        }
    })
}

fn amalgam() -> Protection {
    let cache: amalgam::Cache<u64> = amalgam::Cache::builder()
        .max_capacity(BOUND)
        .default_options(amalgam::EntryOptions::new(TTL))
        .try_build()
        .expect("the options are valid");
    protection(
        "amalgam `get_or_set`",
        Some("amalgam-cache"),
        move |key, source| {
            let cache = cache.clone();
            async move {
                let factory = amalgam::source::factory(move |context| async move {
                    let loaded = source.load(key).await;
                    Ok::<_, amalgam::FactoryError>(context.value(loaded))
                });
                let name = key.to_string();
                cache
                    .get_or_set(&name, factory)
                    .await
                    .expect("nothing fails")
            }
        },
    )
}

fn cachet() -> Protection {
    let cache = cachet::Cache::builder::<u64, u64>(tick::Clock::new_tokio())
        .memory_with(|memory| memory.max_capacity(BOUND))
        .ttl(TTL)
        .stampede_protection()
        .build();
    let cache = Arc::new(cache);
    protection(
        "cachet `get_or_insert`",
        Some("cachet"),
        move |key, source| {
            let cache = Arc::clone(&cache);
            async move {
                let found = cache.get_or_insert(&key, || source.load(key)).await;
                *found.expect("nothing fails").value()
            }
        },
    )
}

fn foyer() -> Protection {
    let cache: foyer_memory::Cache<u64, u64> = foyer_memory::Cache::builder(BOUND as usize).build();
    protection(
        "foyer `get_or_fetch`",
        Some("foyer-memory"),
        move |key, source| {
            let cache = cache.clone();
            async move {
                let fetch = move || async move { Ok::<_, io::Error>(source.load(key).await) };
                *cache
                    .get_or_fetch(&key, fetch)
                    .await
                    .expect("nothing fails")
                    .value()
            }
        },
    )
}

fn cacheflow_handle() -> Protection {
    let flow = now(CacheFlow::builder().build()).expect("the defaults are valid");
    let _ = flow.install_global();
    let builder = flow.cache("found").max_entries(BOUND).ttl(TTL);
    let cache: Cache<u64, u64> = builder.build().expect("the options are valid");
    protection("cacheflow `get_or_load`", None, move |key, source| {
        let cache = cache.clone();
        async move {
            let load = async || Ok::<_, io::Error>(source.load(key).await);
            cache.get_or_load(&key, load).await.expect("nothing fails")
        }
    })
}

#[cacheflow::cached(cache = "found.attribute", ttl = "1h", skip(source))]
async fn cacheflow_find(key: u64, source: Source) -> u64 {
    source.load(key).await
}

fn cacheflow_attribute() -> Protection {
    protection("cacheflow `#[cached]`", None, cacheflow_find)
}
