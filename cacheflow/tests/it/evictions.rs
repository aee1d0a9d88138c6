//! What is told of entries that leave memory.

use std::time::Duration;

use cacheflow::{Cache, Event, Evicted};
use cacheflow_testkit::eventually;

use crate::support::{WITHIN, alone, causes, load};

#[tokio::test]
async fn each_eviction_is_told_with_its_cause() {
    let flow = alone().await;
    let mut events = flow.events();
    let soon = Duration::from_millis(1);
    let brief: Cache<u64, u64> = flow
        .cache("brief")
        .ttl(soon)
        .ttl_jitter(0.0)
        .build()
        .unwrap();
    load(&brief, 1, 10).await;
    let tidy = async || brief.stats().entries == 0;
    eventually("the entry has expired", WITHIN, tidy).await;
    assert_eq!(causes(&mut events), [Evicted::Expired]);

    let cache: Cache<u64, u64> = flow.cache("numbers").build().unwrap();
    load(&cache, 1, 10).await;
    let _ = cache.put(&1, 11).await.unwrap();
    assert_eq!(causes(&mut events), [Evicted::Replaced]);
    let _ = cache.invalidate(&1).await.unwrap();
    let _ = cache.invalidate(&2).await.unwrap();
    assert_eq!(causes(&mut events), [Evicted::Forgotten]);
    load(&cache, 1, 10).await;
    load(&cache, 2, 20).await;
    let _ = cache.clear().await.unwrap();
    assert_eq!(cache.stats().entries, 0);
    assert_eq!(causes(&mut events), [Evicted::Forgotten; 2]);
}

#[tokio::test]
async fn an_eviction_names_its_cache_and_key() {
    let flow = alone().await;
    let cache: Cache<(u64, String), u64> = flow.cache("pairs").build().unwrap();
    let key = (7, "a:b".to_owned());
    let _ = cache.put(&key, 1).await.unwrap();
    let mut events = flow.events();
    let _ = cache.invalidate(&key).await.unwrap();
    let Some(Ok(Event::Evicted {
        cache: name,
        key: entry,
        cause,
    })) = events.try_next()
    else {
        panic!("another event");
    };
    assert_eq!(name.as_str(), "pairs");
    assert_eq!(entry.to_string(), cache.key(&key));
    assert_eq!(cause, Evicted::Forgotten);
}

#[tokio::test]
async fn events_that_a_slow_listener_loses_are_counted_and_hold_nobody() {
    let flow = alone().await;
    let cache: Cache<u64, u64> = flow.cache("numbers").build().unwrap();
    let mut slow = flow.events();
    for value in 0..5_000 {
        let _ = cache.put(&1, value).await.unwrap();
    }
    // The first put has replaced nothing.
    let mut told = 0;
    let mut lost = 0;
    while let Some(event) = slow.try_next() {
        match event {
            Ok(_) => told += 1,
            Err(count) => lost += count,
        }
    }
    assert!(lost > 0 && told > 0, "{told} told, {lost} lost");
    assert_eq!(told + lost, 4_999);
}
