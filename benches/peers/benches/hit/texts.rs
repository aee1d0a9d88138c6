//! `fn(&str) -> Arc<User>`.

use std::sync::{Arc, LazyLock};

use cached::macros::concurrent_cached;
use cacheflow::{Cache, cached};
use cacheflow_benches::keys::text;
use cacheflow_benches::ready::now;
use cacheflow_benches::rounds::Candidate;
use dashmap::DashMap;

use super::subject::{BOUND, FLOW, KEYS, TTL, User, ask, load};

static DASHMAP: LazyLock<DashMap<String, Arc<User>>> =
    LazyLock::new(|| (0..KEYS as u64).map(|id| (text(id), load(id))).collect());

static MOKA: LazyLock<moka::sync::Cache<String, Arc<User>>> = LazyLock::new(|| {
    moka::sync::Cache::builder()
        .max_capacity(BOUND)
        .time_to_live(TTL)
        .build()
});

fn moka_find(name: &str) -> Arc<User> {
    MOKA.get(name).unwrap_or_else(|| {
        let user = load(name.len() as u64);
        MOKA.insert(name.to_owned(), Arc::clone(&user));
        user
    })
}

// It wants an owned key for a lookup as well.
#[concurrent_cached(
    max_size = 16_384,
    ttl_secs = 3600,
    key = "String",
    convert = { name.to_owned() }
)]
fn cached_find(name: &str) -> Arc<User> {
    load(name.len() as u64)
}

#[cached(cache = "texts.attribute", ttl = "1h")]
async fn cacheflow_find(name: &str) -> Arc<User> {
    load(name.len() as u64)
}

fn handle(name: &str) -> Cache<String, Arc<User>> {
    let builder = FLOW.cache(name).max_entries(BOUND).ttl(TTL);
    builder.build().expect("the options are valid")
}

static HANDLE: LazyLock<Cache<String, Arc<User>>> = LazyLock::new(|| handle("texts.handle"));

async fn handle_find(name: &str) -> Arc<User> {
    let load = async || Ok::<_, std::io::Error>(load(name.len() as u64));
    let found = HANDLE.get_or_load(name, load);
    found.await.expect("loading does not fail")
}

/// Puts all keys into all candidates.
pub(crate) fn fill() {
    let _ = handle("texts.attribute");
    let all: Vec<String> = (0..KEYS as u64).map(text).collect();
    for candidate in candidates(&all) {
        (candidate.run)(0, KEYS);
        (candidate.run)(0, KEYS);
    }
}

/// All who find a user by name.
pub(crate) fn candidates(keys: &[String]) -> Vec<Candidate<'_>> {
    vec![
        Candidate::new("`DashMap::get`", |from, to| {
            ask(keys, from, to, |name| {
                Arc::clone(&DASHMAP.get(name.as_str()).expect("all keys are in it"))
            });
        }),
        Candidate::new("moka `get`", |from, to| {
            ask(keys, from, to, |name| moka_find(name));
        }),
        Candidate::new("cached `#[concurrent_cached]`", |from, to| {
            ask(keys, from, to, |name| cached_find(name));
        }),
        Candidate::new("**cacheflow `#[cached]`**", |from, to| {
            ask(keys, from, to, |name| now(cacheflow_find(name)));
        }),
        Candidate::new("**cacheflow `get_or_load`**", |from, to| {
            ask(keys, from, to, |name| now(handle_find(name)));
        }),
    ]
}
