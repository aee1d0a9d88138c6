//! What is cached, and the peers as all scenarios use them.

use std::hint::black_box;
use std::sync::Arc;
use std::sync::LazyLock;
use std::sync::atomic::{AtomicU64, Ordering};
use std::time::Duration;

use cacheflow::CacheFlow;
use cacheflow_benches::ready::now;
use serde::{Deserialize, Serialize};

/// So many keys are asked for, and are resident everywhere.
pub(crate) const KEYS: usize = 10_000;

/// The bound of every candidate that has one: some room above the keys, because
/// a cache in shards has to be full in one before it is full in all.
pub(crate) const BOUND: u64 = 16_384;

/// The lifetime of every entry of a candidate that has one.
pub(crate) const TTL: Duration = Duration::from_secs(3600);

/// What is found.
#[derive(Debug, Serialize, Deserialize)]
pub(crate) struct User {
    id: u64,
    name: String,
}

static LOADS: AtomicU64 = AtomicU64::new(0);

/// Makes a user, and counts it.
#[cold]
pub(crate) fn load(id: u64) -> Arc<User> {
    LOADS.fetch_add(1, Ordering::Relaxed);
    Arc::new(User {
        id,
        name: format!("user {id}"),
    })
}

/// How many were made.
pub(crate) fn loads() -> u64 {
    LOADS.load(Ordering::Relaxed)
}

/// The flow of attributes and handles.
pub(crate) static FLOW: LazyLock<CacheFlow> = LazyLock::new(|| {
    let flow = now(CacheFlow::builder().build()).expect("the defaults are valid");
    flow.install_global().expect("the first flow");
    flow
});

/// Asks `find` for each of `keys[from..to]`, which begin anew at their end.
pub(crate) fn ask<K>(keys: &[K], from: usize, to: usize, find: impl Fn(&K) -> Arc<User>) {
    for index in from..to {
        let key = black_box(&keys[index % keys.len()]);
        black_box(find(key));
    }
}
