//! What is wrong with options is told all at once: the name, the value, and what
//! is allowed.

use std::time::Duration;

use cacheflow::{CacheBuilder, CacheFlow, Error, ErrorKind, FlowBuilder, Strategy};
use cacheflow_testkit::MemoryBackend;

use crate::support::{HOUR, alone, assert_parts};

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
        .ttl(NANO)
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
            "ttl = 1ns: allowed is 1ms to 31622400s",
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
