//! Functions with an attribute, and caches that keep their own kind of keys or
//! values.

use std::sync::{Arc, LazyLock};

use cached::macros::{cached as locked, concurrent_cached};
use cacheflow::{Cache, CacheFlow};
use cacheflow_benches::ready::{now, wait};
use hitbox::policy::PolicyConfig;
use hitbox_backend::format::BincodeFormat;
use hitbox_fn::cached as hitbox_cached;
use hitbox_moka::MokaBackend;
use multi_tier_cache::{
    CacheManager, CacheStrategy, CacheSystemBuilder, MokaCache, MokaCacheConfig, TierConfig,
};

use super::subject::{BOUND, Find, Key, TTL, User, Value};

/// The flow of attributes and handles.
pub(crate) static FLOW: LazyLock<CacheFlow> = LazyLock::new(|| {
    let flow = now(CacheFlow::builder().build()).expect("the defaults are valid");
    flow.install_global().expect("the first flow");
    // The bound of an attribute's cache is set by the first handle of its name.
    let shared = |name: &str| {
        let builder = flow.cache(name).max_entries(BOUND).ttl(TTL);
        let _: Cache<u64, Arc<User>> = builder.build().expect("the options are valid");
    };
    shared("numbers.attribute");
    shared("texts.attribute");
    let builder = flow.cache("owned.attribute").max_entries(BOUND).ttl(TTL);
    let _: Cache<u64, User> = builder.build().expect("the options are valid");
    flow
});

impl<Q: ?Sized, V, F: Fn(&Q) -> V + Send + Sync> Find<Q, V> for F {
    fn find(&self, key: &Q) -> V {
        self(key)
    }
}

#[concurrent_cached(max_size = 16_384, ttl_secs = 3600)]
fn cached_number(id: u64) -> Arc<User> {
    Value::load(id)
}

#[concurrent_cached(max_size = 16_384, ttl_secs = 3600)]
async fn cached_number_async(id: u64) -> Arc<User> {
    Value::load(id)
}

#[locked(max_size = 16_384, ttl_secs = 3600)]
fn cached_number_locked(id: u64) -> Arc<User> {
    Value::load(id)
}

#[concurrent_cached(max_size = 16_384, ttl_secs = 3600)]
fn cached_owned(id: u64) -> User {
    Value::load(id)
}

// It wants an owned key for a lookup as well.
#[concurrent_cached(
    max_size = 16_384,
    ttl_secs = 3600,
    key = "String",
    convert = { name.to_owned() }
)]
fn cached_text(name: &str) -> Arc<User> {
    Value::load(name.number())
}

#[cacheflow::cached(cache = "numbers.attribute", ttl = "1h")]
async fn cacheflow_number(id: u64) -> Arc<User> {
    Value::load(id)
}

#[cacheflow::cached(cache = "texts.attribute", ttl = "1h")]
async fn cacheflow_text(name: &str) -> Arc<User> {
    Value::load(name.number())
}

#[cacheflow::cached(cache = "owned.attribute", ttl = "1h")]
async fn cacheflow_owned(id: u64) -> User {
    Value::load(id)
}

pub(crate) fn by_cached(id: &u64) -> Arc<User> {
    cached_number(*id)
}

pub(crate) fn by_cached_async(id: &u64) -> Arc<User> {
    wait(cached_number_async(*id))
}

pub(crate) fn by_cached_locked(id: &u64) -> Arc<User> {
    cached_number_locked(*id)
}

pub(crate) fn by_cached_owned(id: &u64) -> User {
    cached_owned(*id)
}

pub(crate) fn by_cached_text(name: &str) -> Arc<User> {
    cached_text(name)
}

pub(crate) fn by_cacheflow(id: &u64) -> Arc<User> {
    wait(cacheflow_number(*id))
}

pub(crate) fn by_cacheflow_text(name: &str) -> Arc<User> {
    wait(cacheflow_text(name))
}

pub(crate) fn by_cacheflow_owned(id: &u64) -> User {
    wait(cacheflow_owned(*id))
}

/// amalgam without futures, which is its fastest way; its keys are texts.
pub(crate) struct Amalgam<V: Value>(amalgam::BlockingCache<V>);

pub(crate) fn amalgam<V: Value>() -> Amalgam<V> {
    let builder = amalgam::Cache::builder()
        .max_capacity(BOUND)
        .default_options(amalgam::EntryOptions::new(TTL));
    Amalgam(amalgam::BlockingCache::from_builder(builder).expect("the options are valid"))
}

impl<V: Value> Find<str, V> for Amalgam<V> {
    fn find(&self, key: &str) -> V {
        let number = key.number();
        let factory = amalgam::source::factory(move |context| {
            Ok::<_, amalgam::FactoryError>(context.value(V::load(number)))
        });
        let found = self.0.get_or_set(key, factory).execute();
        found.expect("nothing fails")
    }
}

#[hitbox_cached(prefix = "user")]
async fn hitbox_user(id: u64) -> User {
    Value::load(id)
}

/// hitbox over moka, with the fastest of its formats.
pub(crate) fn by_hitbox() -> impl Find<u64, User> {
    let backend = MokaBackend::builder().max_entries(BOUND);
    let cache = hitbox_fn::Cache::builder()
        .backend(backend.value_format(BincodeFormat).build())
        .policy(PolicyConfig::builder().ttl(TTL).build())
        .build();
    move |id: &u64| wait(async { hitbox_user(*id).cache(&cache).await })
}

/// multi-tier-cache with its memory alone; its keys are texts, its values bytes.
pub(crate) struct MultiTier(Arc<CacheManager>);

pub(crate) fn multi_tier() -> MultiTier {
    let memory = MokaCache::new(MokaCacheConfig {
        max_capacity: BOUND,
        time_to_live: TTL,
        time_to_idle: TTL,
    });
    let memory = Arc::new(memory.expect("the options are valid"));
    let builder = CacheSystemBuilder::new().with_tier(memory, TierConfig::as_l1());
    let system = now(builder.build()).expect("the options are valid");
    MultiTier(Arc::clone(system.cache_manager()))
}

impl Find<u64, User> for MultiTier {
    fn find(&self, key: &u64) -> User {
        let (number, name) = (*key, key.to_string());
        let load = || async move { Ok(User::load(number)) };
        let found = self
            .0
            .get_or_compute_typed(&name, CacheStrategy::MediumTerm, load);
        wait(found).expect("nothing fails")
    }
}
