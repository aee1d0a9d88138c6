//! `fn(u64) -> Arc<User>`.

use std::sync::{Arc, LazyLock};

use cached::macros::concurrent_cached;
use cacheflow::{Cache, cached};
use cacheflow_benches::ready::now;
use cacheflow_benches::rounds::Candidate;
use dashmap::DashMap;

use super::subject::{BOUND, FLOW, KEYS, TTL, User, ask, load};

static VEC: LazyLock<Vec<Arc<User>>> = LazyLock::new(|| (0..KEYS as u64).map(load).collect());

static DASHMAP: LazyLock<DashMap<u64, Arc<User>>> =
    LazyLock::new(|| (0..KEYS as u64).map(|id| (id, load(id))).collect());

static MOKA: LazyLock<moka::sync::Cache<u64, Arc<User>>> = LazyLock::new(|| {
    moka::sync::Cache::builder()
        .max_capacity(BOUND)
        .time_to_live(TTL)
        .build()
});

fn moka_find(id: u64) -> Arc<User> {
    MOKA.get(&id).unwrap_or_else(|| {
        let user = load(id);
        MOKA.insert(id, Arc::clone(&user));
        user
    })
}

#[concurrent_cached(max_size = 16_384, ttl_secs = 3600)]
fn cached_find(id: u64) -> Arc<User> {
    load(id)
}

#[concurrent_cached(max_size = 16_384, ttl_secs = 3600)]
async fn cached_find_async(id: u64) -> Arc<User> {
    load(id)
}

#[cached(cache = "numbers.attribute", ttl = "1h")]
async fn cacheflow_find(id: u64) -> Arc<User> {
    load(id)
}

#[cached(cache = "numbers.attribute-flow", flow = FLOW, ttl = "1h")]
async fn cacheflow_find_flow(id: u64) -> Arc<User> {
    load(id)
}

fn handle(name: &str) -> Cache<u64, Arc<User>> {
    let builder = FLOW.cache(name).max_entries(BOUND).ttl(TTL);
    builder.build().expect("the options are valid")
}

static HANDLE: LazyLock<Cache<u64, Arc<User>>> = LazyLock::new(|| handle("numbers.handle"));

async fn handle_find(id: u64) -> Arc<User> {
    let found = HANDLE.get_or_load(&id, async || Ok::<_, std::io::Error>(load(id)));
    found.await.expect("loading does not fail")
}

/// Puts all keys into all candidates.
pub(crate) fn fill() {
    // The bound of an attribute's cache is set by the first handle of its name.
    for name in ["numbers.attribute", "numbers.attribute-flow"] {
        let _ = handle(name);
    }
    for candidate in candidates(&Vec::from_iter(0..KEYS as u64)) {
        (candidate.run)(0, KEYS);
        // What a store puts off until it has read for a while, it does here.
        (candidate.run)(0, KEYS);
    }
}

/// All who find a user by number, first those without bound and lifetime.
pub(crate) fn candidates(keys: &[u64]) -> Vec<Candidate<'_>> {
    vec![
        Candidate::new("no cache: `Vec<Arc<_>>`", |from, to| {
            ask(keys, from, to, |id| Arc::clone(&VEC[*id as usize]));
        }),
        Candidate::new("`DashMap::get`", |from, to| {
            ask(keys, from, to, |id| {
                Arc::clone(&DASHMAP.get(id).expect("all keys are in it"))
            });
        }),
        Candidate::new("moka `get`", |from, to| {
            ask(keys, from, to, |id| moka_find(*id));
        }),
        Candidate::new("cached `#[concurrent_cached]`", |from, to| {
            ask(keys, from, to, |id| cached_find(*id));
        }),
        Candidate::new("cached, `async fn`", |from, to| {
            ask(keys, from, to, |id| now(cached_find_async(*id)));
        }),
        Candidate::new("**cacheflow `#[cached]`**", |from, to| {
            ask(keys, from, to, |id| now(cacheflow_find(*id)));
        }),
        Candidate::new("**cacheflow, `flow = …`**", |from, to| {
            ask(keys, from, to, |id| now(cacheflow_find_flow(*id)));
        }),
        Candidate::new("**cacheflow `get_or_load`**", |from, to| {
            ask(keys, from, to, |id| now(handle_find(*id)));
        }),
    ]
}
