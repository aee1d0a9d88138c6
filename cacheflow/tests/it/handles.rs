//! Several handles of one name: they share one cache, and what contradicts an
//! earlier one is refused.

use cacheflow::{Cache, CacheFlow, ErrorKind, Strategy, cached};

use crate::support::{HOUR, alone, assert_parts, load};

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
