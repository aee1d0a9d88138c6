//! The same oracle on real threads, where steps overlap in their middles.

use std::sync::Arc;

use cacheflow::{Cache, CacheFlow};
use cacheflow_testkit::{MemoryBackend, Shuffling, eventually};
use tokio::task::yield_now;

use super::known::{KEYS, Known};
use crate::support::{Draws, Fault, HOUR, WITHIN};

const TASKS: u64 = 12;
const STEPS: u64 = 600;

async fn work(node: usize, cache: Cache<u64, u64>, known: Arc<Known>, mut draws: Draws) {
    for _ in 0..STEPS {
        let key = draws.below(KEYS);
        match draws.below(20) {
            0 => {
                let _row = known.lock(&[key]).await;
                let version = known.change(key);
                let _ = cache.put(&key, known.value(key)).await.unwrap();
                known.returned(node, key, version);
            }
            1 | 2 => {
                let _row = known.lock(&[key]).await;
                let version = known.change(key);
                let _ = cache.invalidate(&key).await.unwrap();
                known.returned(node, key, version);
            }
            kind => {
                let (floor, pauses) = (known.floor(node, key), draws.below(4));
                let got = match kind {
                    3 => cache.get(&key).await,
                    _ => {
                        let source = Arc::clone(&known);
                        let load = async move || {
                            let value = source.value(key);
                            for _ in 0..pauses {
                                yield_now().await;
                            }
                            Ok::<_, Fault>(value)
                        };
                        Some(cache.get_or_load(&key, load).await.unwrap())
                    }
                };
                if let Some(value) = got {
                    known.check(node, key, floor, value);
                }
            }
        }
    }
}

#[tokio::test(flavor = "multi_thread", worker_threads = 4)]
async fn nodes_on_many_threads_serve_nothing_that_they_know_to_be_old() {
    let (server, known) = (MemoryBackend::new(), Arc::new(Known::default()));
    let mut nodes = Vec::new();
    for seed in [1, 2] {
        let builder = CacheFlow::builder().backend(Shuffling::new(server.clone(), seed));
        let builder = builder.max_staleness(HOUR).operation_budget(WITHIN);
        let flow = builder.build().await.unwrap();
        let subscribed = flow.clone();
        let good = async move || subscribed.health().is_good();
        eventually("the node has subscribed", WITHIN, good).await;
        nodes.push(flow.cache("numbers").build().unwrap());
    }
    let tasks = (0..TASKS).map(|task| {
        let node = (task % 2) as usize;
        let known = Arc::clone(&known);
        tokio::spawn(work(node, nodes[node].clone(), known, Draws::new(task)))
    });
    for task in tasks.collect::<Vec<_>>() {
        task.await.unwrap();
    }
    for cache in nodes {
        let known = Arc::clone(&known);
        eventually("memory is as new as the source", WITHIN, async move || {
            let newest = |key| {
                let found: Option<cacheflow::Found<u64>> = cache.peek(&key);
                found.is_none_or(|found| found.value == known.value(key))
            };
            (0..KEYS).all(newest) && cache.under_way() == 0
        })
        .await;
    }
}
