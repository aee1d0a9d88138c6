//! Statistics add up, on many threads as well.

use std::sync::Arc;
use std::sync::atomic::{AtomicU64, Ordering};

use cacheflow::{Cache, CacheFlow, CacheStats};
use cacheflow_testkit::{MemoryBackend, Shuffling, eventually};

use crate::support::{Fault, HOUR, HeldLoad, Node, WITHIN, caller, joined, load, numbers};

#[tokio::test]
async fn each_lookup_counts_once_as_what_it_was() {
    let server = MemoryBackend::new();
    let (one, two) = (Node::on(&server).await, Node::on(&server).await);
    load(&one.cache, 1, 10).await;
    load(&one.cache, 1, 10).await;
    let _ = one.cache.get(&1).await;
    let _ = one.cache.get(&2).await;
    let _ = one.cache.lookup(&1).await;
    let _ = one.cache.contains(&3).await;
    // These are no lookups.
    let _ = one.cache.peek(&1);
    let _ = one.cache.put(&4, 40).await.unwrap();
    let _ = one.cache.invalidate(&4).await.unwrap();
    let expected = |stats: CacheStats| {
        (
            stats.memory_hits,
            stats.shared_hits,
            stats.misses,
            stats.loads,
            stats.lookups(),
        )
    };
    assert_eq!(expected(one.cache.stats()), (3, 0, 3, 1, 6));
    assert_eq!(one.cache.stats().hit_rate(), 0.5);

    load(&two.cache, 1, 99).await;
    let _ = two.cache.get(&1).await;
    let _ = two.cache.lookup(&5).await;
    assert_eq!(expected(two.cache.stats()), (1, 1, 1, 0, 3));
}

#[tokio::test]
async fn who_joins_counts_as_a_miss_and_as_joined_and_once() {
    let cache = numbers().await;
    let held = HeldLoad::begin(&cache, 1).await;
    let callers: Vec<_> = (0..10).map(|_| caller(&cache, 1, 20)).collect();
    joined(&cache, 10).await;
    // Its leader gone, one of them leads: they are not counted again.
    held.task.abort();
    for caller in callers {
        caller.await.unwrap();
    }
    let stats = cache.stats();
    assert_eq!((stats.misses, stats.joined, stats.loads), (11, 10, 2));
    assert_eq!((stats.memory_hits, stats.load_failures), (0, 0));
}

#[tokio::test]
async fn a_failed_load_counts_as_a_load() {
    let cache = numbers().await;
    for _ in 0..3 {
        let failed = cache.get_or_load(&1, async || Err::<u64, _>("no rows"));
        failed.await.unwrap_err();
    }
    let stats = cache.stats();
    assert_eq!((stats.misses, stats.loads, stats.load_failures), (3, 3, 3));
}

/// What the callers of one cache counted themselves.
#[derive(Default)]
struct Tally {
    calls: AtomicU64,
    loads: AtomicU64,
}

async fn busy(caches: Vec<Cache<u64, u64>>) -> Vec<Arc<Tally>> {
    let tallies: Vec<_> = caches.iter().map(|_| Arc::new(Tally::default())).collect();
    let mut tasks = Vec::new();
    for task in 0..16_u64 {
        for (cache, tally) in caches.iter().zip(&tallies) {
            let (cache, tally) = (cache.clone(), Arc::clone(tally));
            tasks.push(tokio::spawn(async move {
                for step in 0..400 {
                    let key = (task * 7 + step * 13) % 23;
                    if step % 41 == 0 {
                        let _ = cache.invalidate(&key).await.unwrap();
                    }
                    if step % 197 == 0 {
                        let _ = cache.put(&key, step).await.unwrap();
                    }
                    tally.calls.fetch_add(1, Ordering::Relaxed);
                    let load = async || {
                        tally.loads.fetch_add(1, Ordering::Relaxed);
                        tokio::task::yield_now().await;
                        Ok::<_, Fault>(step)
                    };
                    cache.get_or_load(&key, load).await.unwrap();
                }
            }));
        }
    }
    for task in tasks {
        task.await.unwrap();
    }
    tallies
}

fn assert_adds_up(stats: CacheStats, tally: &Tally) {
    assert_eq!(stats.lookups(), tally.calls.load(Ordering::Relaxed));
    assert_eq!(
        stats.memory_hits + stats.shared_hits + stats.misses,
        stats.lookups()
    );
    assert_eq!(stats.loads, tally.loads.load(Ordering::Relaxed));
    // Every miss loads or joins. Nobody does both, because no load failed; but
    // who joined just when the key was forgotten may find the value outdated.
    assert!(stats.misses <= stats.loads + stats.joined);
    assert!(stats.loads + stats.joined - stats.misses < 100);
    assert!(stats.memory_hits > 0 && stats.loads > 0);
    assert_eq!(
        (stats.load_failures, stats.store_failures, stats.unreadable),
        (0, 0, 0)
    );
}

#[tokio::test(flavor = "multi_thread", worker_threads = 4)]
async fn counts_of_many_threads_add_up() {
    let cache = numbers().await;
    let tallies = busy(vec![cache.clone()]).await;
    assert_adds_up(cache.stats(), &tallies[0]);
    assert_eq!((cache.stats().shared_hits, cache.under_way()), (0, 0));
}

#[tokio::test(flavor = "multi_thread", worker_threads = 4)]
async fn counts_of_two_nodes_on_two_levels_add_up() {
    let server = MemoryBackend::new();
    let mut caches = Vec::new();
    for seed in [1, 2] {
        let builder = CacheFlow::builder().backend(Shuffling::new(server.clone(), seed));
        let builder = builder.max_staleness(HOUR).operation_budget(WITHIN);
        let flow = builder.build().await.unwrap();
        let subscribed = flow.clone();
        let good = async move || subscribed.health().is_good();
        eventually("the node has subscribed", WITHIN, good).await;
        caches.push(flow.cache("numbers").build().unwrap());
    }
    let tallies = busy(caches.clone()).await;
    for (cache, tally) in caches.iter().zip(tallies) {
        assert_adds_up(cache.stats(), &tally);
    }
    let hits: u64 = caches.iter().map(|cache| cache.stats().shared_hits).sum();
    assert!(hits > 0, "nobody ever read what another had filled");
}
