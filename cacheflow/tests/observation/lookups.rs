//! Every lookup counts once, whatever it is and whatever happens meanwhile.

use std::sync::Arc;
use std::sync::atomic::{AtomicU64, Ordering};
use std::time::Duration;

use cacheflow::clock::Clock;
use cacheflow::{Cache, CacheFlow, FailSafe, Strategy, cached};
use cacheflow_testkit::MemoryBackend;

use crate::world::{Fault, HOUR, builder, node, subscribed};

const KEYS: u64 = 31;

/// By attribute, into the cache that the test has built.
#[cached(cache = "numbers", key = "{key}", flow = flow)]
async fn number(flow: &CacheFlow, key: u64, fails: bool) -> Result<u64, Fault> {
    from_source(key, fails).await
}

async fn from_source(key: u64, fails: bool) -> Result<u64, Fault> {
    tokio::task::yield_now().await;
    match fails {
        false => Ok(10 * key),
        true => Err("no rows".to_owned()),
    }
}

/// One of many callers, who count for themselves.
struct Caller {
    flow: CacheFlow,
    cache: Cache<u64, u64>,
    clock: Clock,
    /// How often something was looked up, on all threads.
    asked: Arc<AtomicU64>,
}

impl Caller {
    fn asks(&self, keys: u64) {
        self.asked.fetch_add(keys, Ordering::Relaxed);
    }

    /// One call of each kind there is, in turn.
    async fn step(&self, step: u64) {
        let key = step * 13 % KEYS;
        let fails = step.is_multiple_of(7);
        match step % 10 {
            0 => {
                self.asks(1);
                let _ = self.cache.get(&key).await;
            }
            1 => {
                self.asks(1);
                let _ = self.cache.lookup(&key).await;
            }
            2 => {
                self.asks(1);
                let load = || from_source(key, fails);
                let _ = self.cache.get_or_load_shared(&key, load).await;
            }
            3 => {
                let keys: Vec<u64> = (key..key + 5).collect();
                self.asks(5);
                let load = async |missing: Vec<&u64>| {
                    from_source(key, fails).await?;
                    let pairs = missing.into_iter().map(|key| (*key, 10 * key));
                    Ok::<Vec<(u64, u64)>, Fault>(pairs.collect())
                };
                let _ = self.cache.get_or_load_many(&keys, load).await;
            }
            4 | 5 => {
                self.asks(1);
                let _ = number(&self.flow, key, fails).await;
            }
            6 => {
                // The second of them finds what the request has read.
                self.asks(2);
                let read = || self.cache.get_or_load(&key, || from_source(key, fails));
                let both = async { (read().await, read().await) };
                let _ = self.flow.request_scope(both).await;
            }
            7 => {
                self.asks(1);
                let entry = self.cache.entry(&key).skip_memory();
                let _ = entry.load(|_| from_source(key, fails)).await;
            }
            8 => {
                // These are no lookups.
                let _ = self.cache.peek(&key);
                let _ = self.cache.put(&key, step).await;
            }
            _ => {
                let _ = self.cache.invalidate(&key).await;
                // What was loaded expires; what has expired may stand in.
                self.clock.advance(Duration::from_secs(7));
            }
        }
    }
}

async fn busy(flow: CacheFlow, clock: Clock) {
    let strategy = Strategy::multi_level()
        .refresh_ahead(0.5)
        .fail_safe(FailSafe::new(HOUR));
    let cache: Cache<u64, u64> = flow
        .cache("numbers")
        .ttl(Duration::from_secs(60))
        .cache_none(Duration::from_secs(20))
        .cache_err(Duration::from_secs(1))
        .strategy(strategy)
        .build()
        .unwrap();
    let asked = Arc::new(AtomicU64::new(0));
    let mut tasks = Vec::new();
    for task in 0..12_u64 {
        let caller = Caller {
            flow: flow.clone(),
            cache: cache.clone(),
            clock: clock.clone(),
            asked: Arc::clone(&asked),
        };
        tasks.push(tokio::spawn(async move {
            for step in 0..300 {
                caller.step(task * 17 + step).await;
            }
        }));
    }
    for task in tasks {
        task.await.unwrap();
    }
    let stats = flow.stats().caches["numbers"];
    assert_eq!(stats.lookups(), asked.load(Ordering::Relaxed), "{stats:?}");
    assert_eq!(stats.hits() + stats.misses, stats.lookups());
    // Of each kind there was some.
    for (what, count) in [
        ("memory_hits", stats.memory_hits),
        ("misses", stats.misses),
        ("joined", stats.joined),
        ("stale", stats.stale),
        ("load_failures", stats.load_failures),
        ("refreshed", stats.refreshed),
    ] {
        assert!(count > 0, "{what} in {stats:?}");
    }
    assert_eq!(stats.load_time.count, stats.loads, "{stats:?}");
}

#[tokio::test(flavor = "multi_thread", worker_threads = 4)]
async fn of_mixed_calls_on_many_threads_each_counts_once() {
    let clock = Clock::manual();
    let flow = builder().clock(clock.clone()).build().await;
    busy(flow.unwrap(), clock).await;
}

#[tokio::test(flavor = "multi_thread", worker_threads = 4)]
async fn of_mixed_calls_on_two_levels_each_counts_once() {
    let clock = Clock::manual();
    let server = MemoryBackend::with_clock(clock.clone());
    let mut nodes = Vec::new();
    for _ in 0..2 {
        let builder = node(&server).clock(clock.clone());
        nodes.push(subscribed(builder).await);
    }
    let [one, two] = nodes.try_into().unwrap();
    tokio::join!(
        busy(one.clone(), clock.clone()),
        busy(two.clone(), clock.clone())
    );
    for flow in [one, two] {
        let stats = flow.stats().caches["numbers"];
        assert!(stats.shared_hits > 0 && stats.shared_latency.count > 0);
    }
}
