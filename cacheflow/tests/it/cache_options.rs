//! Every option of a cache does what it says.

use std::time::Duration;

use cacheflow::{Cache, Level, Strategy};
use cacheflow_testkit::MemoryBackend;

use crate::support::{HOUR, HeldLoad, Node, alone, caller, joined, load};

const SECOND: Duration = Duration::from_secs(1);

#[tokio::test]
async fn ttl_is_the_lifetime_of_loads_and_puts_on_both_levels() {
    let server = MemoryBackend::new();
    let node = Node::on(&server).await;
    for (name, ttl) in [
        ("short", HOUR),
        ("long", 30 * HOUR),
        ("default", 300 * SECOND),
    ] {
        let builder = node.flow.cache(name).ttl_jitter(0.0);
        let builder = if name == "default" {
            builder
        } else {
            builder.ttl(ttl)
        };
        let cache: Cache<u64, u64> = builder.build().unwrap();
        load(&cache, 1, 10).await;
        let _ = cache.put(&2, 20).await.unwrap();
        for key in [1, 2] {
            let stored = server.value(&format!("cacheflow:{name}:{key}")).unwrap();
            for remaining in [cache.peek(&key).unwrap().remaining, stored.remaining] {
                assert!(
                    remaining <= ttl && remaining > ttl - 250 * SECOND,
                    "{remaining:?}"
                );
            }
        }
    }
}

#[tokio::test]
async fn cache_aside_has_one_level_the_shared_store() {
    let server = MemoryBackend::new();
    let node = Node::on(&server).await;
    let builder = node.flow.cache("aside").strategy(Strategy::cache_aside());
    let cache: Cache<u64, u64> = builder.build().unwrap();
    assert_eq!(load(&cache, 1, 10).await, 10);
    let _ = cache.put(&2, 20).await.unwrap();
    for (key, value) in [(1, 10), (2, 20)] {
        for _ in 0..3 {
            assert_eq!(cache.peek(&key), None);
            let found = cache.lookup(&key).await.found().unwrap();
            assert_eq!((found.value, found.level), (value, Level::Shared));
            assert_eq!(load(&cache, key, 99).await, value);
        }
    }
    let stats = cache.stats();
    assert_eq!(
        (stats.memory_hits, stats.shared_hits, stats.entries),
        (0, 12, 0)
    );
    // One round trip for each hit, and none to fill.
    assert_eq!(node.recording.take().len(), 2 + 1 + 12);

    // What another has put is seen at once, whatever this node has heard.
    let other = Node::on(&server).await;
    let builder = other.flow.cache("aside").strategy(Strategy::cache_aside());
    let other: Cache<u64, u64> = builder.build().unwrap();
    let _held = node.gate.hold_before(cacheflow_testkit::Operation::Heard);
    let _ = other.put(&1, 11).await.unwrap();
    assert_eq!(cache.get(&1).await, Some(11));
    let _ = other.invalidate(&1).await.unwrap();
    assert_eq!(cache.get(&1).await, None);
}

#[tokio::test]
async fn cache_aside_alone_has_one_level_memory() {
    let builder = alone()
        .await
        .cache("aside")
        .strategy(Strategy::cache_aside());
    let cache: Cache<u64, u64> = builder.build().unwrap();
    assert_eq!(load(&cache, 1, 10).await, 10);
    assert_eq!(cache.peek(&1).unwrap().value, 10);
    assert_eq!(load(&cache, 1, 11).await, 10);
}

#[tokio::test]
async fn multi_level_has_both_and_says_where_a_value_came_from() {
    let server = MemoryBackend::new();
    let (one, two) = (Node::on(&server).await, Node::on(&server).await);
    assert!(one.cache.lookup(&1).await.found().is_none());
    load(&one.cache, 1, 10).await;
    let mut levels = Vec::new();
    for cache in [&one.cache, &two.cache, &two.cache] {
        levels.push(cache.lookup(&1).await.found().unwrap().level);
    }
    assert_eq!(levels, [Level::Memory, Level::Shared, Level::Memory]);
    assert_eq!(
        one.recording.take(),
        ["get numbers:1", "get numbers:1", "fill numbers:1"]
    );
    assert_eq!(two.recording.take(), ["get numbers:1"]);
}

#[tokio::test]
async fn memory_ttl_bounds_memory_and_not_the_store() {
    let server = MemoryBackend::new();
    let (one, two) = (Node::on(&server).await, Node::on(&server).await);
    let memory_ttl = 60 * SECOND;
    let caches = [&one, &two].map(|node| -> Cache<u64, u64> {
        let strategy = Strategy::multi_level().memory_ttl(memory_ttl);
        node.flow
            .cache("brief")
            .ttl(HOUR)
            .ttl_jitter(0.0)
            .strategy(strategy)
            .build()
            .unwrap()
    });
    load(&caches[0], 1, 10).await;
    let _ = caches[0].put(&2, 20).await.unwrap();
    for (cache, key) in [(0, 1), (0, 2), (1, 1), (1, 2)] {
        assert!(caches[cache].contains(&key).await);
        let memory = caches[cache].peek(&key).unwrap().remaining;
        assert!(memory <= memory_ttl, "{memory:?}");
        let store = server
            .value(&format!("cacheflow:brief:{key}"))
            .unwrap()
            .remaining;
        assert!(store > 30 * memory_ttl, "{store:?}");
    }
}

#[tokio::test]
async fn memory_ttl_has_no_effect_without_a_store() {
    let strategy = Strategy::multi_level().memory_ttl(SECOND);
    let builder = alone()
        .await
        .cache("brief")
        .ttl(HOUR)
        .ttl_jitter(0.0)
        .strategy(strategy);
    let cache: Cache<u64, u64> = builder.build().unwrap();
    load(&cache, 1, 10).await;
    assert!(cache.peek(&1).unwrap().remaining > 30 * 60 * SECOND);
}

#[tokio::test]
async fn max_entries_and_max_memory_bound_memory() {
    let flow = alone().await;
    let few: Cache<u64, u64> = flow.cache("few").max_entries(7).build().unwrap();
    let light: Cache<u64, u64> = flow.cache("light").max_memory(64 * 1024).build().unwrap();
    let heavy: Cache<u64, u64> = flow
        .cache("heavy")
        .max_memory(64 * 1024)
        .weigher(|_| 30 * 1024)
        .build()
        .unwrap();
    let default: Cache<u64, u64> = flow.cache("default").build().unwrap();
    for cache in [&few, &light, &heavy, &default] {
        for key in 0..11_000 {
            let _ = cache.put(&key, key).await.unwrap();
        }
    }
    assert_eq!(few.stats().entries, 7);
    let weight = light.stats().weight;
    assert!(weight <= 64 * 1024 && weight > 60 * 1024, "{weight}");
    assert_eq!(heavy.stats().entries, 2);
    assert_eq!(default.stats().entries, 10_000);
}

#[tokio::test]
async fn max_value_bytes_bounds_what_the_store_keeps() {
    let server = MemoryBackend::new();
    let node = Node::on(&server).await;
    let small: Cache<u64, String> = node
        .flow
        .cache("small")
        .max_value_bytes(10)
        .build()
        .unwrap();
    let default: Cache<u64, String> = node.flow.cache("default").build().unwrap();
    // MessagePack: a head of one, of three, of five bytes.
    for (cache, longest) in [(&small, 9), (&default, 1024 * 1024 - 5)] {
        let _ = cache.put(&1, "x".repeat(longest)).await.unwrap();
        let _ = cache.put(&2, "x".repeat(longest + 1)).await.unwrap();
    }
    assert_eq!(server.names(), ["cacheflow:default:1", "cacheflow:small:1"]);
}

#[tokio::test(start_paused = true)]
async fn follower_timeout_is_how_long_a_caller_waits() {
    let flow = alone().await;
    for (name, timeout) in [
        ("brief", SECOND),
        ("long", 60 * SECOND),
        ("default", 10 * SECOND),
    ] {
        let builder = flow.cache(name);
        let builder = if name == "default" {
            builder
        } else {
            builder.follower_timeout(timeout)
        };
        let cache: Cache<u64, u64> = builder.build().unwrap();
        let held = HeldLoad::begin(&cache, 1).await;
        let caller = caller(&cache, 1, 20);
        joined(&cache, 1).await;
        // In tokio's time, which is paused and therefore exact; a little was
        // spent on waiting for the caller to join.
        tokio::time::sleep(timeout - SECOND / 2).await;
        assert!(!caller.is_finished(), "{name}");
        tokio::time::sleep(SECOND).await;
        assert!(caller.is_finished(), "{name}");
        assert_eq!(caller.await.unwrap(), 20);
        held.end(10).await;
    }
}

#[tokio::test]
async fn a_handle_has_its_name_and_the_text_of_its_keys() {
    let cache: Cache<(u64, String), u64> = alone().await.cache("some.name-1").build().unwrap();
    assert_eq!(cache.name(), "some.name-1");
    assert_eq!(cache.key(&(7, "a b".to_owned())), "7:a%20b");
}
