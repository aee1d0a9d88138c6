//! What is wrong with options is told all at once: the name, the value, and what
//! is allowed. What contradicts an earlier handle is told too.

use std::time::Duration;

use cacheflow::{Cache, CacheBuilder, CacheFlow, Error, ErrorKind, FlowBuilder, Strategy, cached};
use cacheflow_testkit::MemoryBackend;

use crate::support::{HOUR, alone, assert_parts, load};

const NANO: Duration = Duration::from_nanos(1);

async fn cache_fault(
    options: impl FnOnce(CacheBuilder<u64, u64>) -> CacheBuilder<u64, u64>,
) -> Error {
    let flow = alone().await;
    let error = options(flow.cache("numbers")).build().unwrap_err();
    assert_eq!(
        (error.kind(), error.operation()),
        (ErrorKind::InvalidConfig, "build")
    );
    // Nothing was made: the name is free for valid options.
    flow.cache::<u64, String>("numbers")
        .max_entries(3)
        .build()
        .unwrap();
    error
}

#[tokio::test]
async fn all_faults_of_a_cache_are_told_at_once() {
    let error = alone()
        .await
        .cache::<u64, u64>("a:b")
        .ttl(Duration::ZERO)
        .follower_timeout(Duration::MAX)
        .strategy(Strategy::cache_aside().memory_ttl(Duration::ZERO))
        .max_entries(0)
        .max_memory(1)
        .max_value_bytes(0)
        .build()
        .unwrap_err();
    assert_eq!(error.kind(), ErrorKind::InvalidConfig);
    assert_parts(
        &error,
        &[
            "cache name = \"a:b\": allowed are 1 to 128 characters of [A-Za-z0-9_.@-]",
            "ttl = 0ns: allowed is 1ms to 31622400s",
            "follower_timeout = 18446744073709551615.999999999s: allowed is 1ms to 31622400s",
            "memory_ttl = 0ns: allowed is 1ms to 31622400s",
            "memory_ttl = 0ns: allowed with the strategy multi-level",
            "max_entries = 0: allowed is 1 to 4294967295",
            "max_memory = 1 bytes: allowed is 65536 bytes to 1099511627776 bytes",
            "max_entries = 0 and max_memory = 1 bytes: allowed is one of the two",
            "max_value_bytes = 0 bytes: allowed is 1 bytes to 536869888 bytes",
        ],
    );
    assert_eq!(error.to_string().lines().count(), 1);
}

#[tokio::test]
async fn each_fault_of_a_cache_is_told_alone_right_outside_of_its_range() {
    let (short, long) = (Duration::from_millis(1) - NANO, 366 * 24 * HOUR + NANO);
    for wrong in [short, long] {
        assert_parts(cache_fault(|cache| cache.ttl(wrong)).await, &["ttl = "]);
        assert_parts(
            cache_fault(|cache| cache.follower_timeout(wrong)).await,
            &["follower_timeout = "],
        );
        let strategy = Strategy::multi_level().memory_ttl(wrong);
        assert_parts(
            cache_fault(|cache| cache.strategy(strategy)).await,
            &["memory_ttl = "],
        );
    }
    assert_parts(
        cache_fault(|cache| cache.max_entries(1 << 32)).await,
        &["max_entries = 4294967296"],
    );
    for wrong in [64 * 1024 - 1, (1 << 40) + 1] {
        assert_parts(
            cache_fault(|cache| cache.max_memory(wrong)).await,
            &["max_memory = "],
        );
    }
    let most = 512 * 1024 * 1024 - 1024;
    assert_parts(
        cache_fault(|cache| cache.max_value_bytes(most + 1)).await,
        &["max_value_bytes = "],
    );
    assert_parts(
        cache_fault(|cache| cache.weigher(|_| 1)).await,
        &["weigher: allowed together with max_memory"],
    );
}

#[tokio::test]
async fn the_ends_of_each_range_are_allowed() {
    let flow = alone().await;
    for (name, duration) in [
        ("least", Duration::from_millis(1)),
        ("most", 366 * 24 * HOUR),
    ] {
        let strategy = Strategy::multi_level().memory_ttl(duration);
        let cache = flow
            .cache::<u64, u64>(name)
            .ttl(duration)
            .follower_timeout(duration);
        cache.strategy(strategy).build().unwrap();
    }
    for (name, entries, bytes) in [
        ("few", 1, 1),
        ("many", u64::from(u32::MAX), 512 * 1024 * 1024 - 1024),
    ] {
        let cache = flow.cache::<u64, u64>(name).max_entries(entries);
        cache.max_value_bytes(bytes).build().unwrap();
    }
    for (name, bytes) in [("light", 64 * 1024), ("heavy", 1 << 40)] {
        flow.cache::<u64, u64>(name)
            .max_memory(bytes)
            .build()
            .unwrap();
    }
}

#[tokio::test]
async fn reserved_and_malformed_names_are_refused() {
    let flow = alone().await;
    let long = "x".repeat(129);
    for name in [
        "",
        "a b",
        "a/b",
        "ü",
        "*",
        "journal",
        "tag",
        "lock",
        "rd",
        "invalidation",
        &long,
    ] {
        let error = flow.cache::<u64, u64>(name).build().unwrap_err();
        assert_eq!(error.kind(), ErrorKind::InvalidConfig);
        assert_parts(&error, &[&format!("cache name = {name:?}"), "allowed"]);
    }
}

async fn flow_fault(options: impl FnOnce(FlowBuilder) -> FlowBuilder) -> Error {
    let error = options(CacheFlow::builder()).build().await.unwrap_err();
    assert_eq!(
        (error.kind(), error.operation()),
        (ErrorKind::InvalidConfig, "build")
    );
    error
}

#[tokio::test]
async fn all_faults_of_a_flow_are_told_at_once() {
    let error = flow_fault(|flow| {
        let flow = flow
            .namespace("a:b")
            .prefix("a b")
            .max_staleness(Duration::from_millis(799));
        flow.operation_budget(Duration::MAX)
    })
    .await;
    assert_parts(
        &error,
        &[
            "namespace = \"a:b\": allowed are 0 to 128 characters of [A-Za-z0-9_.@-]",
            "prefix = \"a b\": allowed are 0 to 128 visible ASCII characters",
            "max_staleness = 799ms: allowed is 800ms to 3600s",
            "operation_budget = 18446744073709551615.999999999s: allowed is 1ms to 60s",
        ],
    );
}

#[tokio::test]
async fn each_fault_of_a_flow_is_told_alone() {
    let long = "x".repeat(129);
    assert_parts(
        flow_fault(|flow| flow.namespace(&long)).await,
        &["namespace = "],
    );
    assert_parts(flow_fault(|flow| flow.prefix(&long)).await, &["prefix = "]);
    assert_parts(
        flow_fault(|flow| flow.max_staleness(HOUR + NANO)).await,
        &["max_staleness = "],
    );
    let millisecond = Duration::from_millis(1);
    assert_parts(
        flow_fault(|flow| flow.operation_budget(millisecond - NANO)).await,
        &["operation_budget = "],
    );
}

#[test]
fn a_flow_with_a_backend_needs_a_runtime_and_says_so_with_the_rest() {
    let builder = CacheFlow::builder()
        .backend(MemoryBackend::new())
        .namespace("a b");
    let build = std::pin::pin!(builder.build());
    let mut context = std::task::Context::from_waker(std::task::Waker::noop());
    let std::task::Poll::Ready(built) = build.poll(&mut context) else {
        panic!("building waits for nothing");
    };
    assert_parts(
        built.unwrap_err(),
        &["backend: ", "tokio runtime", "namespace = \"a b\""],
    );
}

#[tokio::test]
async fn handles_of_one_name_share_one_cache_and_need_not_repeat_its_options() {
    let flow = alone().await;
    let build = || flow.cache::<u64, u64>("numbers").ttl(HOUR).max_entries(5);
    let first = build().build().unwrap();
    let (same, bare) = (
        build().build().unwrap(),
        flow.cache("numbers").build().unwrap(),
    );
    load(&first, 1, 10).await;
    for other in [&same, &bare, &first.clone()] {
        assert_eq!(other.peek(&1).unwrap().value, 10);
    }
    // By another handle's key type as well: the name identifies the cache.
    let texts: Cache<String, u64> = flow.cache("numbers").build().unwrap();
    let _ = texts.put("a", 20).await.unwrap();
    assert_eq!(texts.get("a").await, Some(20));
    assert_eq!(first.stats(), texts.stats());
}

#[tokio::test]
async fn another_type_of_values_under_the_same_name_is_refused() {
    let flow = alone().await;
    let cache: Cache<u64, u64> = flow.cache("numbers").build().unwrap();
    let error = flow.cache::<u64, String>("numbers").build().unwrap_err();
    assert_eq!(error.kind(), ErrorKind::TypeMismatch);
    assert_parts(&error, &["numbers", "u64", "String"]);
    assert_eq!(load(&cache, 1, 10).await, 10);
}

#[tokio::test]
async fn other_options_under_the_same_name_are_refused_and_each_is_named() {
    let flow = alone().await;
    let first: Cache<u64, u64> = flow.cache("numbers").build().unwrap();
    let other = flow
        .cache::<u64, u64>("numbers")
        .ttl(HOUR)
        .follower_timeout(HOUR);
    let other = other
        .strategy(Strategy::cache_aside())
        .max_entries(7)
        .max_value_bytes(9);
    let error = other.build().unwrap_err();
    assert_eq!(error.kind(), ErrorKind::InvalidConfig);
    let differences = [
        "numbers",
        "ttl = 300s, not 3600s",
        "follower_timeout = 10s, not 3600s",
    ];
    assert_parts(&error, &differences);
    assert_parts(
        &error,
        &[
            "strategy = ",
            "bound = ",
            "max_value_bytes = 1048576, not 9",
        ],
    );
    assert_eq!(load(&first, 1, 10).await, 10);
}

/// Two handles that say differently what a value weighs contradict one another.
#[tokio::test]
async fn a_weigher_that_would_be_ignored_is_refused() {
    let flow = alone().await;
    let light = || flow.cache::<u64, u64>("numbers").max_memory(64 * 1024);
    let first = light().build().unwrap();
    let error = light().weigher(|_| 30_000).build();
    assert_parts(error.expect_err("the weigher is ignored"), &["weigher"]);
    load(&first, 1, 10).await;
}

#[cached(cache = "by_function", key = "{id}", flow = flow)]
async fn by_function(flow: &CacheFlow, id: u64) -> u64 {
    id
}

#[tokio::test]
async fn an_attributed_function_whose_cache_has_other_values_runs_without_it() {
    let flow = alone().await;
    let _other: Cache<u64, String> = flow.cache("by_function").build().unwrap();
    assert_eq!(
        (by_function(&flow, 1).await, by_function(&flow, 2).await),
        (1, 2)
    );
}
