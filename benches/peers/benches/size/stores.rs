//! The stores, each filled alone.

use std::fs;
use std::hint::black_box;
use std::sync::Arc;
use std::time::{Duration, Instant};

use cached::{ConcurrentCached, ShardedLruTtlCache};
use cacheflow::{Cache, CacheFlow, Eviction};
use cacheflow_benches::keys::Numbers;
use cacheflow_benches::ready::now;
use dashmap::DashMap;
use serde::{Deserialize, Serialize};

/// What a filled store does and weighs.
#[derive(Clone, Copy, Debug, Serialize, Deserialize)]
pub(crate) struct Figures {
    /// Bytes by which the resident memory has grown.
    pub(crate) grown: f64,
    /// Nanoseconds of a hit.
    pub(crate) hit: f64,
    /// Nanoseconds of writing over a value.
    pub(crate) put: f64,
}

/// What is kept: two values of 32 bytes, because `serde` knows no longer arrays.
type Value = Arc<([u8; 32], [u8; 32])>;

/// Far enough that nothing expires.
const TTL: Duration = Duration::from_secs(3600);

/// So many hits, and a tenth as many puts, are timed.
const HITS: usize = 1_000_000;

fn value() -> Value {
    Arc::new(([1; 32], [2; 32]))
}

/// Fills a store, and measures it.
pub(crate) fn fill(store: &str, entries: usize) -> Figures {
    let bound = 2 * entries;
    match store {
        "Vec" => {
            let mut pairs: Vec<(u64, Value)> = Vec::with_capacity(entries);
            let before = resident();
            pairs.extend((0..entries as u64).map(|key| (key, value())));
            let mut pairs = black_box(pairs);
            let grown = resident() - before;
            let hit = timed(HITS, entries, |key| Arc::clone(&pairs[key as usize].1));
            let put = timed(HITS / 10, entries, |key| pairs[key as usize].1 = value());
            Figures { grown, hit, put }
        }
        "DashMap" => {
            let map = DashMap::new();
            measured(
                entries,
                |key| map.get(&key).map(|found| Arc::clone(&found)),
                |key| drop(map.insert(key, value())),
            )
        }
        "quick_cache" => {
            let cache = quick_cache::sync::Cache::new(bound);
            measured(
                entries,
                |key| cache.get(&key),
                |key| cache.insert(key, value()),
            )
        }
        "cached" => {
            let builder = ShardedLruTtlCache::builder().max_size(bound).ttl(TTL);
            let cache = builder.build().expect("the options are valid");
            measured(
                entries,
                |key| ConcurrentCached::cache_get(&cache, &key).expect("nothing fails"),
                |key| drop(ConcurrentCached::cache_set(&cache, key, value())),
            )
        }
        "moka" => {
            let builder = moka::sync::Cache::builder().max_capacity(bound as u64);
            let cache = builder.time_to_live(TTL).build();
            measured(
                entries,
                |key| cache.get(&key),
                |key| cache.insert(key, value()),
            )
        }
        "cacheflow" | "cacheflow, tiny-lfu" => {
            let eviction = match store {
                "cacheflow" => Eviction::ClockPro,
                _ => Eviction::TinyLfu,
            };
            let flow = now(CacheFlow::builder().build()).expect("the defaults are valid");
            let builder = flow.cache("filled").max_entries(bound as u64).ttl(TTL);
            let builder = builder.eviction(eviction);
            let cache: Cache<u64, Value> = builder.build().expect("the options are valid");
            measured(
                entries,
                |key| now(cache.get(&key)),
                |key| {
                    let _ = now(cache.put(&key, value())).expect("it fits");
                },
            )
        }
        _ => panic!("`{store}` is no store"),
    }
}

fn measured(entries: usize, get: impl Fn(u64) -> Option<Value>, put: impl Fn(u64)) -> Figures {
    let before = resident();
    (0..entries as u64).for_each(&put);
    // What a store puts off until it is read for a while is memory as well.
    let mut resident_keys = 0;
    (0..entries as u64).for_each(|key| resident_keys += usize::from(get(key).is_some()));
    assert!(
        resident_keys * 100 >= entries * 99,
        "only {resident_keys} entries are left"
    );
    let grown = resident() - before;
    let hit = timed(HITS, entries, &get);
    let put = timed(HITS / 10, entries, put);
    Figures { grown, hit, put }
}

/// Nanoseconds of one `work` on a random key.
fn timed<T>(times: usize, entries: usize, mut work: impl FnMut(u64) -> T) -> f64 {
    let mut numbers = Numbers::seeded(1);
    let keys: Vec<u64> = (0..times).map(|_| numbers.below(entries) as u64).collect();
    let mut all = |keys: &[u64]| {
        for key in keys {
            black_box(work(black_box(*key)));
        }
    };
    all(&keys[..times / 4]);
    let start = Instant::now();
    all(&keys);
    start.elapsed().as_nanos() as f64 / times as f64
}

/// The resident memory of this process in bytes (proc(5)).
fn resident() -> f64 {
    let status = fs::read_to_string("/proc/self/status").expect("this is Linux");
    let line = status.lines().find_map(|line| line.strip_prefix("VmRSS:"));
    let kibibytes = line.and_then(|line| line.split_whitespace().next()?.parse::<f64>().ok());
    kibibytes.expect("the resident memory is told") * 1024.0
}
