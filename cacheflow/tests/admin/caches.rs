//! Which caches there are, and how they are set, as people write it.

use std::time::Duration;

use cacheflow::codec::{Codec, Compression};
use cacheflow::{Cache, CacheFlow, Eviction, Level, Strategy};
use cacheflow_testkit::MemoryBackend;

use crate::world::{HOUR, Node, alone, load};

const SECOND: Duration = Duration::from_secs(1);

#[tokio::test]
async fn caches_are_told_in_the_order_of_their_names() {
    let flow = alone().await;
    let _: Cache<u64, String> = flow.cache("users").build().unwrap();
    let _: Cache<u64, u8> = flow.cache("pages").build().unwrap();
    let caches = flow.admin().caches();
    let names: Vec<_> = caches.iter().map(|cache| cache.name.as_str()).collect();
    assert_eq!(names, ["pages", "users"]);
    assert_eq!(caches[0].values, "u8");
    assert_eq!(flow.admin().cache("pages").as_ref(), Some(&caches[0]));
    assert_eq!(flow.admin().cache("orders"), None);
}

#[tokio::test]
async fn a_cache_is_told_with_its_strategy_bound_levels_and_size() {
    let server = MemoryBackend::new();
    let node = Node::on(&server).await;
    let strategy = Strategy::multi_level()
        .memory_ttl(60 * SECOND)
        .refresh_ahead(0.8);
    let numbers: Cache<u64, u64> = node
        .flow
        .cache("numbers")
        .strategy(strategy)
        .max_memory(100 << 20)
        .build()
        .unwrap();
    load(&numbers, 1, 1).await;
    let told = node.flow.admin().cache("numbers").unwrap();
    assert_eq!(
        told.strategy,
        "multi_level(memory_ttl = \"1m\") + refresh_ahead(0.8)"
    );
    assert_eq!(told.bound, "100 MiB");
    assert_eq!(told.levels, [Level::Memory, Level::Shared]);
    assert_eq!(told.entries, 1);
    assert!(told.weight > 8, "in bytes: {}", told.weight);

    let aside = Strategy::cache_aside();
    let _: Cache<u64, u64> = node
        .flow
        .cache("aside")
        .strategy(aside)
        .max_entries(7)
        .build()
        .unwrap();
    let told = node.flow.admin().cache("aside").unwrap();
    assert_eq!(told.levels, [Level::Shared]);
    assert_eq!(
        (&*told.strategy, &*told.bound),
        ("cache_aside", "7 entries")
    );
}

/// The options of a cache that says all it can say.
#[tokio::test]
async fn options_are_told_as_people_write_them() {
    let flow = CacheFlow::builder()
        .codec(Codec::MessagePack)
        .compression(Compression::zstd().level(7))
        .build()
        .await
        .unwrap();
    let _: Cache<u64, u64> = flow
        .cache("plain")
        .ttl(2 * HOUR)
        .ttl_jitter(0.0)
        .compress_above(4096)
        .build()
        .unwrap();
    assert_eq!(
        flow.admin().cache("plain").unwrap().options,
        [
            ("ttl", "2h".to_owned()),
            ("ttl_jitter", "0".to_owned()),
            ("follower_timeout", "10s".to_owned()),
            ("write_timeout", "30s".to_owned()),
            ("eviction", "clock-pro".to_owned()),
            ("max_value_bytes", "1 MiB".to_owned()),
            ("codec", "msgpack".to_owned()),
            ("compression", "zstd level 7 above 4 KiB".to_owned()),
        ]
    );
    let _: Cache<u64, u64> = flow
        .cache("full")
        .ttl(HOUR)
        .ttl_jitter(0.25)
        .cache_none(30 * SECOND)
        .cache_err(5 * SECOND)
        .max_nothings(77)
        .follower_timeout(SECOND)
        .write_timeout(2 * SECOND)
        .hold_off(3 * SECOND)
        .eviction(Eviction::TinyLfu)
        .max_value_bytes(1536)
        .schema_version(4)
        .compression(Compression::none())
        .build()
        .unwrap();
    assert_eq!(
        flow.admin().cache("full").unwrap().options,
        [
            ("ttl", "1h".to_owned()),
            ("ttl_jitter", "0.25".to_owned()),
            ("cache_none", "30s".to_owned()),
            ("cache_err", "5s".to_owned()),
            ("max_nothings", "77".to_owned()),
            ("follower_timeout", "1s".to_owned()),
            ("write_timeout", "2s".to_owned()),
            ("hold_off", "3s".to_owned()),
            ("eviction", "tiny-lfu".to_owned()),
            ("max_value_bytes", "1536 B".to_owned()),
            ("codec", "msgpack".to_owned()),
            ("compression", "none".to_owned()),
            ("schema_version", "4".to_owned()),
        ]
    );
}

#[tokio::test]
async fn as_data_the_options_are_a_map() {
    let flow = alone().await;
    let _: Cache<u64, u64> = flow.cache("numbers").ttl(HOUR).build().unwrap();
    let told = serde_json::to_value(flow.admin().caches()).unwrap();
    assert_eq!(told[0]["name"], "numbers");
    assert_eq!(told[0]["options"]["ttl"], "1h");
    assert_eq!(told[0]["levels"], serde_json::json!(["memory"]));
    assert_eq!(told[0]["bound"], "10000 entries");
}
