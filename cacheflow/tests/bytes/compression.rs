//! Compression as a cache does it: thresholds, events, statistics.

use std::time::Duration;

use cacheflow::codec::Compression;
use cacheflow::{Cache, CacheBuilder, Event, FlowBuilder, Unreadable};
use cacheflow_testkit::MemoryBackend;

use crate::world::{NAME, faults, flow, load, so_far};

/// What is told of a value of 2,000 bytes that is kept.
async fn told(
    flow_options: impl FnOnce(FlowBuilder) -> FlowBuilder,
    options: impl FnOnce(CacheBuilder<u64, String>) -> CacheBuilder<u64, String>,
) -> (bool, u64, u64) {
    let server = MemoryBackend::new();
    let flow = flow(&server, flow_options).await;
    let cache: Cache<u64, String> = options(flow.cache("users")).build().unwrap();
    let mut events = flow.events();
    load(&cache, "x".repeat(2000)).await;
    let told = so_far(&mut events)
        .into_iter()
        .find_map(|event| match event {
            Event::ItemSet {
                compressed,
                encoded,
                stored,
                cache,
                key,
            } => {
                assert_eq!((cache.as_str(), key.as_bytes()), ("users", &b"7"[..]));
                Some((compressed, encoded, stored))
            }
            _ => None,
        });
    let told = told.expect("it is told");
    let payload = server.value(NAME).unwrap().bytes.len() as u64;
    assert_eq!(payload, 78 + "users:7".len() as u64 + told.2);
    assert_eq!(
        (cache.stats().encoded_bytes, cache.stats().stored_bytes),
        (told.1, told.2)
    );
    told
}

#[tokio::test]
async fn what_is_kept_is_told_with_its_size_before_and_after() {
    let (compressed, encoded, stored) = told(|flow| flow, |cache| cache).await;
    assert!(
        compressed && encoded == 2003 && stored < 50,
        "{encoded} {stored}"
    );
}

#[tokio::test]
async fn the_threshold_is_the_caches() {
    assert!(
        !told(|flow| flow, |cache| cache.compress_above(2003))
            .await
            .0
    );
    assert!(
        told(|flow| flow, |cache| cache.compress_above(2002))
            .await
            .0
    );
    let above = |bytes| Compression::zstd().above(bytes);
    assert!(
        !told(|flow| flow.compression(above(2003)), |cache| cache)
            .await
            .0
    );
    assert!(
        told(
            |flow| flow.compression(above(2003)),
            |cache| cache.compress_above(10)
        )
        .await
        .0
    );
}

#[tokio::test]
async fn it_can_be_switched_off() {
    let none = Compression::none;
    assert!(!told(|flow| flow.compression(none()), |cache| cache).await.0);
    assert!(!told(|flow| flow, |cache| cache.compression(none())).await.0);
    let on = |cache: CacheBuilder<u64, String>| cache.compression(Compression::zstd());
    assert!(told(|flow| flow.compression(none()), on).await.0);
}

#[tokio::test]
async fn the_ratio_stands_in_the_statistics() {
    let server = MemoryBackend::new();
    let flow = flow(&server, |flow| flow).await;
    let cache: Cache<u64, String> = flow.cache("users").build().unwrap();
    assert_eq!(cache.stats().compression_ratio(), 1.0);
    let _ = cache.put(&1, "x".repeat(10_000)).await.unwrap();
    let stats = cache.stats();
    assert_eq!(stats.encoded_bytes, 10_003);
    assert!(stats.compression_ratio() < 0.01, "{stats:?}");
    // What is not stored does not count.
    let entry = cache.entry(&2).skip_shared();
    entry
        .load(async |_| Ok::<_, String>("x".repeat(5000)))
        .await
        .unwrap();
    assert_eq!(cache.stats().encoded_bytes, 10_003);
}

/// A frame that says it has a megabyte, in an entry that is right in every other respect.
#[tokio::test]
async fn a_bomb_is_a_miss() {
    let server = MemoryBackend::new();
    let flow = flow(&server, |flow| flow).await;
    let cache = crate::world::users::<String>(&flow);
    load(&cache, "x".repeat(2000)).await;
    let stored = server.value(NAME).unwrap().bytes;
    let bomb = {
        let large = Compression::zstd();
        let wire = cacheflow::codec::Wire::<String>::new(
            &cacheflow::codec::Codec::MessagePack,
            &large,
            None,
        );
        let wire = wire.unwrap().at_most(usize::MAX / 2);
        let packed = wire.pack(wire.encode(&"x".repeat(64 * 1024 * 1024)).unwrap());
        let head = cacheflow::entry::Envelope::decode(
            &stored,
            b"users:7",
            1,
            u64::from_le_bytes(*stored[22..].first_chunk().unwrap()),
        );
        wire.write(head.unwrap(), Some(&packed)).unwrap()
    };
    assert!(bomb.len() < 10_000);
    server.overwrite(NAME, bomb, Duration::from_secs(60));
    let mut events = flow.events();
    assert_eq!(load(&cache, "new".to_owned()).await, "new");
    assert_eq!(faults(&mut events), [Unreadable::TooLong]);
}

/// What is short in the store is as long as ever in memory.
#[tokio::test]
async fn memory_weighs_what_was_not_compressed() {
    let server = MemoryBackend::new();
    let mut weights = Vec::new();
    for _ in 0..2 {
        let flow = flow(&server, |flow| flow).await;
        let builder = flow.cache("users").max_memory(1024 * 1024);
        let cache: Cache<u64, String> = builder.build().unwrap();
        load(&cache, "x".repeat(100_000)).await;
        weights.push((cache.stats().shared_hits, cache.stats().weight));
    }
    assert!(server.value(NAME).unwrap().bytes.len() < 300);
    // Loaded by the first, found by the second.
    assert_eq!(weights[0].0, 0);
    assert_eq!(weights[1], (1, weights[0].1));
    assert!(weights[0].1 > 100_000, "{weights:?}");
}
