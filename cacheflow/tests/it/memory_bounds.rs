//! What bounds memory, and values that are too large.

use cacheflow::{Cache, CacheFlow, Event, Evicted};
use cacheflow_testkit::MemoryBackend;

use crate::support::{Node, alone, causes, load};

#[tokio::test]
async fn no_more_than_max_entries_are_kept() {
    let flow = alone().await;
    let mut events = flow.events();
    let cache: Cache<u64, u64> = flow.cache("numbers").max_entries(100).build().unwrap();
    for key in 0..600 {
        load(&cache, key, key).await;
    }
    let stats = cache.stats();
    assert_eq!((stats.entries, stats.weight), (100, 100));
    let kept = (0..600).filter(|key| cache.peek(key).is_some()).count();
    assert_eq!(kept, 100);
    assert_eq!(causes(&mut events), [Evicted::Size; 500]);
}

#[tokio::test]
async fn what_is_asked_for_often_stays() {
    let flow = alone().await;
    let cache: Cache<u64, u64> = flow.cache("numbers").max_entries(100).build().unwrap();
    for key in 0..5_000 {
        load(&cache, key, key).await;
        for hot in 0..10 {
            load(&cache, hot, hot).await;
        }
        if key % 50 == 0 {
            // As often as a store finds the time for it.
            let _ = cache.stats();
        }
    }
    let hot = (0..10).filter(|key| cache.peek(key).is_some()).count();
    assert_eq!(
        hot, 10,
        "a flood of keys that are asked for once drives out the others"
    );
}

/// What an entry weighs beside its value: the key and 200 bytes.
const BESIDE: u64 = 200 + 1;

async fn with_memory(bytes: u64) -> (CacheFlow, Cache<u64, Vec<u8>>) {
    let flow = alone().await;
    let cache = flow.cache("texts").max_memory(bytes).build().unwrap();
    (flow, cache)
}

#[tokio::test]
async fn without_a_weigher_values_weigh_their_encoding() {
    let (_flow, cache) = with_memory(64 * 1024).await;
    let _ = cache.put(&1, vec![7; 1_000]).await.unwrap();
    // MessagePack: an array's head of three bytes, then one for each.
    assert_eq!(cache.stats().weight, 1_003 + BESIDE);
    let _ = cache.invalidate(&1).await.unwrap();
    assert_eq!(cache.stats().weight, 0);
}

#[tokio::test]
async fn no_more_than_max_memory_is_kept() {
    let (flow, cache) = with_memory(64 * 1024).await;
    let mut events = flow.events();
    for key in 0..500 {
        let _ = cache.put(&key, vec![7; 1_000]).await.unwrap();
    }
    let stats = cache.stats();
    let fit = 64 * 1024 / (1_003 + 203);
    assert!(stats.weight <= 64 * 1024, "{}", stats.weight);
    assert!(
        stats.entries <= fit + 1 && stats.entries >= fit - 1,
        "{}",
        stats.entries
    );
    assert!(
        causes(&mut events)
            .iter()
            .all(|cause| *cause == Evicted::Size)
    );
}

#[tokio::test]
async fn a_weigher_says_what_a_value_weighs() {
    let flow = alone().await;
    let builder = flow.cache("numbers").max_memory(64 * 1024);
    let cache: Cache<u64, u64> = builder.weigher(|value| *value as usize).build().unwrap();
    load(&cache, 1, 10_000).await;
    assert_eq!(cache.stats().weight, 10_000 + BESIDE);
    for key in 0..10 {
        let _ = cache.put(&key, 20_000).await.unwrap();
    }
    assert_eq!(cache.stats().entries, 3);
    assert!(cache.stats().weight <= 64 * 1024);
}

#[tokio::test]
async fn an_entry_heavier_than_the_cache_is_returned_and_not_kept() {
    let (flow, cache) = with_memory(64 * 1024).await;
    // Of what is asked for again and again; the rest is for newcomers.
    let most = 64 * 1024 * 4 / 5;
    let mut events = flow.events();
    let _ = cache.put(&2, vec![1; 100]).await.unwrap();
    let heavy = vec![7; most - BESIDE as usize - 3];
    for (count, more) in [(0, 0), (1, 1), (2, 100_000)] {
        let value = [heavy.clone(), vec![7; more]].concat();
        let fits = more == 0;
        let loaded = cache
            .get_or_load(&1, async || Ok::<_, String>(value.clone()))
            .await;
        assert_eq!(loaded.unwrap(), value);
        assert_eq!(cache.peek(&1).is_some(), fits, "{more} more");
        assert_eq!(cache.stats().too_large, count);
        let _ = cache.invalidate(&1).await.unwrap();
    }
    let too_large = std::iter::from_fn(|| events.try_next()).filter_map(|event| match event {
        Ok(Event::TooLarge { bytes, .. }) => Some(bytes),
        _ => None,
    });
    assert_eq!(
        too_large.collect::<Vec<_>>(),
        [most as u64 + 1, most as u64 + 100_002]
    );
    // It has driven nobody out.
    assert!(cache.peek(&2).is_some());
    assert_eq!(cache.under_way(), 0);
}

#[tokio::test]
async fn a_put_that_is_too_heavy_forgets_what_is_older() {
    let (_flow, cache) = with_memory(64 * 1024).await;
    let _ = cache.put(&1, vec![1; 100]).await.unwrap();
    let _ = cache.put(&1, vec![2; 100_000]).await.unwrap();
    assert_eq!(cache.get(&1).await, None);
    assert_eq!((cache.stats().too_large, cache.under_way()), (1, 0));
}

#[tokio::test]
async fn a_value_too_long_for_the_store_is_returned_and_not_kept() {
    let server = MemoryBackend::new();
    let node = Node::on(&server).await;
    let mut events = node.flow.events();
    let builder = node.flow.cache("texts").max_value_bytes(100);
    let cache: Cache<u64, String> = builder.build().unwrap();
    // MessagePack: a text of 32 to 255 bytes has a head of two.
    for (length, kept) in [(98, true), (99, false), (5_000, false)] {
        let value = "x".repeat(length);
        let loaded = cache
            .get_or_load(&1, async || Ok::<_, String>(value.clone()))
            .await;
        assert_eq!(loaded.unwrap(), value);
        assert_eq!(cache.peek(&1).is_some(), kept, "{length}");
        assert_eq!(server.names().len(), usize::from(kept), "{length}");
        let _ = cache.invalidate(&1).await.unwrap();
    }
    assert_eq!(cache.stats().too_large, 2);
    let told = std::iter::from_fn(|| events.try_next()).flatten();
    assert_eq!(
        told.filter(|event| matches!(event, Event::TooLarge { .. }))
            .count(),
        2
    );
}

#[tokio::test]
async fn a_value_that_another_node_allows_is_a_miss_where_it_is_too_long() {
    let server = MemoryBackend::new();
    let (wide, narrow) = (Node::on(&server).await, Node::on(&server).await);
    let wide: Cache<u64, String> = wide.flow.cache("texts").build().unwrap();
    let builder = narrow.flow.cache("texts").max_value_bytes(100);
    let narrow: Cache<u64, String> = builder.build().unwrap();
    for (length, found) in [(98, true), (5_000, false), (99, false), (400, false)] {
        let (key, value) = (length as u64, "x".repeat(length));
        let _ = wide.put(&key, value.clone()).await.unwrap();
        assert_eq!(narrow.get(&key).await, found.then_some(value), "{length}");
    }
}
