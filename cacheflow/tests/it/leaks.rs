//! No key stays behind, however callers come and go.

use std::future::poll_fn;
use std::pin::pin;
use std::task::Poll;

use cacheflow::Cache;
use cacheflow_testkit::{MemoryBackend, Shuffling, eventually};

use crate::support::{Draws, HOUR, WITHIN, load, numbers};

/// Polls a call a few times and then drops it.
async fn cancel_after(polls: u64, call: impl Future) {
    let mut call = pin!(call);
    for _ in 0..polls {
        let once = poll_fn(|context| Poll::Ready(call.as_mut().poll(context)));
        if once.await.is_ready() {
            return;
        }
        tokio::task::yield_now().await;
    }
}

async fn some_call(cache: &Cache<u64, u64>, draws: &mut Draws) {
    let (key, value) = (draws.below(20), draws.below(1_000));
    let (kind, steps, polls) = (draws.below(8), draws.below(5), draws.below(7));
    let loader = async || {
        for _ in 0..steps {
            tokio::task::yield_now().await;
        }
        if value == 0 {
            return Err("no rows");
        }
        Ok(value)
    };
    match kind {
        0 => cancel_after(polls, cache.get(&key)).await,
        1 => cancel_after(polls, cache.lookup(&key)).await,
        2 => cancel_after(polls, cache.put(&key, value)).await,
        3 => cancel_after(polls, cache.invalidate(&key)).await,
        4 => cancel_after(polls, cache.get_or_load_shared(&key, loader)).await,
        5 if value < 30 => cancel_after(polls, cache.clear()).await,
        6 => drop(cache.get_or_load(&key, loader).await),
        _ => cancel_after(polls, cache.get_or_load(&key, loader)).await,
    }
}

async fn ten_thousand_calls(cache: Cache<u64, u64>) {
    let tasks = (0..20).map(|task| {
        let cache = cache.clone();
        tokio::spawn(async move {
            let mut draws = Draws::new(task);
            for _ in 0..500 {
                some_call(&cache, &mut draws).await;
            }
        })
    });
    for task in tasks.collect::<Vec<_>>() {
        task.await.unwrap();
    }
    // Changes go on in the background when their callers have gone.
    let idle = cache.clone();
    eventually("nobody is under way", WITHIN, async move || {
        idle.under_way() == 0
    })
    .await;
    for key in 0..20 {
        let _ = cache.invalidate(&key).await.unwrap();
        assert_eq!(load(&cache, key, 2_000 + key).await, 2_000 + key);
    }
    assert_eq!(cache.under_way(), 0);
}

#[tokio::test(start_paused = true)]
async fn ten_thousand_cancelled_calls_leave_no_key_behind() {
    ten_thousand_calls(numbers().await).await;
}

#[tokio::test(flavor = "multi_thread", worker_threads = 4)]
async fn ten_thousand_cancelled_calls_on_many_threads_leave_no_key_behind() {
    ten_thousand_calls(numbers().await).await;
}

#[tokio::test(start_paused = true)]
async fn ten_thousand_cancelled_calls_on_two_levels_leave_no_key_behind() {
    for seed in 0..4 {
        let backend = Shuffling::new(MemoryBackend::new(), seed);
        let builder = cacheflow::CacheFlow::builder().backend(backend);
        let builder = builder.max_staleness(HOUR).operation_budget(WITHIN);
        let flow = builder.build().await.unwrap();
        let good = async || flow.health().is_good();
        eventually("the node has subscribed", WITHIN, good).await;
        ten_thousand_calls(flow.cache("numbers").build().unwrap()).await;
    }
}
