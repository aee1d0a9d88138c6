//! Options that change while caches work.

use std::time::Duration;

use cacheflow::codec::Compression;
use cacheflow::{Cache, CacheFlow, CacheFlowConfig, Event, Strategy};
use cacheflow_testkit::MemoryBackend;

use crate::world::{MINUTE, SECOND, Source, alone, config, load, on};

async fn remaining(users: &Cache<u64, u64>, key: u64) -> Duration {
    load(users, key, 10).await.unwrap();
    users.peek(&key).unwrap().remaining
}

#[tokio::test]
async fn lifetimes_of_what_is_loaded_from_here_on() {
    let (flow, _) = alone("[defaults]\nttl = \"1h\"\nttl_jitter = 0").await;
    let users: Cache<u64, u64> = flow.cache("users").build().unwrap();
    assert_eq!(remaining(&users, 1).await, 60 * MINUTE);
    let mut events = flow.events();
    let done = flow
        .reconfigure(&config("[caches.users]\nttl = \"1m\"\nttl_jitter = 0"))
        .unwrap();
    assert_eq!(done.changed, ["caches.users: ttl = 60s, not 3600s"]);
    assert_eq!(done.needs_restart, [""; 0]);
    assert_eq!(remaining(&users, 2).await, MINUTE);
    assert_eq!(users.peek(&1).unwrap().remaining, 60 * MINUTE);
    let told = events.next().await;
    assert!(
        matches!(told, Some(Ok(Event::Reconfigured { .. }))),
        "{told:?}"
    );
    // A cache that is built after it has them as well, and the same again changes nothing.
    let orders: Cache<u64, u64> = flow.cache("orders").build().unwrap();
    assert_ne!(remaining(&orders, 1).await, 60 * MINUTE);
    let same = flow.reconfigure(&config("[caches.users]\nttl = \"1m\"\nttl_jitter = 0"));
    assert_eq!(same.unwrap(), cacheflow::Reconfigured::default());
}

#[tokio::test]
async fn what_code_says_wins_as_ever() {
    let (flow, _) = alone("").await;
    let users = flow.cache::<u64, u64>("users").ttl(MINUTE).ttl_jitter(0.0);
    let users = users.build().unwrap();
    let done = flow.reconfigure(&config("[caches.users]\nttl = \"1s\"\nttl_jitter = 0.5"));
    assert_eq!(done.unwrap(), cacheflow::Reconfigured::default());
    assert_eq!(remaining(&users, 1).await, MINUTE);
}

#[tokio::test]
async fn what_cannot_change_is_told() {
    let (flow, _) = alone("").await;
    let users: Cache<u64, u64> = flow.cache("users").build().unwrap();
    let text = "namespace = \"shop\"\n[caches.users]\nmax_entries = 3\nttl = \"1m\"\ncache_none = \"1s\"\nstrategy = \"cache-aside\"";
    let done = flow.reconfigure(&config(text)).unwrap();
    assert_eq!(done.changed, ["caches.users: ttl = 60s, not 300s"]);
    let restart = done.needs_restart.join("; ");
    for part in [
        "namespace = \"shop\", not \"\"",
        "caches.users: bound = Entries(3), not Entries(10000)",
        "caches.users: cache_none = 1s, not none",
        "caches.users: strategy = ",
    ] {
        assert!(restart.contains(part), "{part:?} is not in {restart}");
    }
    for key in 0..50 {
        load(&users, key, 10).await.unwrap();
    }
    assert_eq!(users.stats().entries, 50);
    // Told as long as it is so.
    assert!(
        !flow
            .reconfigure(&config(text))
            .unwrap()
            .needs_restart
            .is_empty()
    );
}

#[tokio::test]
async fn with_a_fault_nothing_changes() {
    let (flow, _) = alone("[defaults]\nttl_jitter = 0").await;
    let users: Cache<u64, u64> = flow.cache("users").build().unwrap();
    let refreshed = Strategy::multi_level().refresh_ahead(0.8);
    flow.cache::<u64, u64>("orders")
        .strategy(refreshed)
        .build()
        .unwrap();
    let mut wrong = CacheFlowConfig::default();
    wrong.defaults.ttl = Some(MINUTE);
    wrong.defaults.ttl_jitter = Some(0.0);
    // Right by itself, but not with what code says of it.
    wrong.caches.entry("orders".to_owned()).or_default().idle = Some(MINUTE);
    let users_too = wrong.caches.entry("users".to_owned()).or_default();
    users_too.max_entries = Some(0);
    let error = flow.reconfigure(&wrong).unwrap_err().to_string();
    for part in [
        "caches.users: max_entries = 0: allowed is",
        "caches.orders: idle = 60s: allowed without refresh_ahead",
    ] {
        assert_eq!(
            error.matches(part).count(),
            1,
            "{part:?} is not once in {error}"
        );
    }
    assert_eq!(remaining(&users, 1).await, 5 * MINUTE);
    assert_eq!(flow.unbuilt_caches(), [""; 0]);
}

#[tokio::test]
async fn nothings_of_a_cache_that_keeps_them() {
    let (flow, clock) = alone("[defaults]\nttl_jitter = 0\ncache_none = \"1h\"").await;
    let users: Cache<u64, u64> = flow.cache("users").build().unwrap();
    flow.reconfigure(&config(
        "[defaults]\nttl_jitter = 0\ncache_none = \"1s\"\ncache_err = \"1h\"",
    ))
    .unwrap();
    let source = Source::default();
    for expected in [1, 2] {
        let none = users.get_or_load_optional(&1, || source.nothing()).await;
        assert_eq!((none.unwrap(), source.asked()), (None, expected));
        clock.advance(2 * SECOND);
    }
    for _ in 0..2 {
        users
            .get_or_load_shared(&2, || source.fails())
            .await
            .unwrap_err();
        clock.advance(2 * SECOND);
    }
    assert_eq!(source.asked(), 3);
    // Taken back, and said again: there is room for them still.
    let done = flow.reconfigure(&CacheFlowConfig::default()).unwrap();
    assert_eq!(done.needs_restart, [""; 0]);
    let done = flow
        .reconfigure(&config("[defaults]\ncache_none = \"1s\""))
        .unwrap();
    assert_eq!(done.changed, ["caches.users: cache_none = 1s, not none"]);
}

#[tokio::test]
async fn when_values_are_refreshed() {
    let text = "[defaults]\nttl = 100\nttl_jitter = 0\nstrategy = \"refresh-ahead\"\n";
    let (flow, clock) = alone(text).await;
    let users: Cache<u64, u64> = flow.cache("users").build().unwrap();
    let of_code = Strategy::multi_level().refresh_ahead(0.8);
    let orders: Cache<u64, u64> = flow.cache("orders").strategy(of_code).build().unwrap();
    let done = flow
        .reconfigure(&config(&format!("{text}refresh_ratio = 0.1")))
        .unwrap();
    assert_eq!(
        (done.changed.len(), done.needs_restart.len()),
        (1, 0),
        "{done:?}"
    );
    for (cache, then) in [(users, 11), (orders, 10)] {
        load(&cache, 1, 10).await.unwrap();
        clock.advance(20 * SECOND);
        assert_eq!(load(&cache, 1, 11).await.unwrap(), then);
    }
}

#[tokio::test]
async fn how_values_are_compressed() {
    let server = MemoryBackend::new();
    let flow = on(&server, |flow| flow).await;
    let texts: Cache<u64, String> = flow.cache("texts").build().unwrap();
    let of_code = flow
        .cache::<u64, String>("of_code")
        .compression(Compression::zstd());
    let of_code = of_code.build().unwrap();
    let mut events = flow.events();
    let mut is_compressed = async |cache: &Cache<u64, String>, length| {
        let _ = cache.put(&1, "x".repeat(length)).await.unwrap();
        loop {
            if let Some(Ok(Event::ItemSet { compressed, .. })) = events.next().await {
                assert_eq!(cache.get(&1).await.map(|text| text.len()), Some(length));
                return compressed;
            }
        }
    };
    assert!(is_compressed(&texts, 2_000).await);
    flow.reconfigure(&config("compression = \"none\"")).unwrap();
    assert!(!is_compressed(&texts, 2_000).await);
    assert!(is_compressed(&of_code, 2_000).await);
    flow.reconfigure(&config("[caches.texts]\ncompression_threshold = 500"))
        .unwrap();
    assert!(is_compressed(&texts, 1_000).await);
    flow.reconfigure(&config("compression_threshold = \"1 MiB\""))
        .unwrap();
    assert!(!is_compressed(&texts, 2_000).await);
    // One that is built now is written so as well.
    let later: Cache<u64, String> = flow.cache("later").build().unwrap();
    assert!(!is_compressed(&later, 2_000).await);
}

#[tokio::test]
async fn the_whole_flow_is_switched_off_and_on() {
    let (flow, _) = alone("").await;
    let users: Cache<u64, u64> = flow.cache("users").build().unwrap();
    let source = Source::default();
    assert_eq!(source.loads(&users, 1, 3).await, 1);
    let done = flow.reconfigure(&config("enabled = false")).unwrap();
    assert_eq!(done.changed, ["enabled = false, not true"]);
    assert_eq!(source.loads(&users, 1, 3).await, 3);
    let orders: Cache<u64, u64> = flow.cache("orders").build().unwrap();
    assert_eq!(source.loads(&orders, 1, 3).await, 3);
    flow.reconfigure(&CacheFlowConfig::default()).unwrap();
    assert_eq!(source.loads(&users, 1, 3).await, 1);
    assert_eq!(source.loads(&orders, 1, 3).await, 1);

    let off = CacheFlow::builder().enabled(false).build().await.unwrap();
    let users: Cache<u64, u64> = off.cache("users").build().unwrap();
    off.reconfigure(&config("enabled = true")).unwrap();
    assert_eq!(source.loads(&users, 1, 3).await, 3);
}

/// A zero is a switch, whatever code says of the lifetime; and when it is gone, code's
/// lifetime is back.
#[tokio::test]
async fn a_lifetime_of_zero_switches_off_while_it_stands_there() {
    let (flow, _) = alone("").await;
    let users = flow.cache::<u64, u64>("users").ttl(MINUTE).ttl_jitter(0.0);
    let users = users.build().unwrap();
    let source = Source::default();
    flow.reconfigure(&config("[caches.users]\nttl = 0"))
        .unwrap();
    assert_eq!(source.loads(&users, 1, 3).await, 3);
    flow.reconfigure(&CacheFlowConfig::default()).unwrap();
    assert_eq!(source.loads(&users, 1, 3).await, 1);
    assert_eq!(users.peek(&1).unwrap().remaining, MINUTE);
}
