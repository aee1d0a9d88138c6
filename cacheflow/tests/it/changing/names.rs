//! What `#[cache_evict]` forgets.

use cacheflow::{Cache, CacheFlow, cache_evict};

use super::{filled, kept, number, numbers, square};
use cacheflow_testkit::{Call, Operation};

use crate::support::{alone, two_nodes};

#[cache_evict(number(flow, id), square(flow, id + 1), flow = flow)]
async fn two_functions(flow: &CacheFlow, id: u64) {}

#[tokio::test]
async fn several_entries_are_forgotten_by_their_functions() {
    let flow = alone().await;
    filled(&flow, [1, 2]).await;
    two_functions(&flow, 1).await;
    assert_eq!(kept(&flow, [1, 2]), [2]);
    assert!(square::peek(&flow, 1).is_some());
    assert!(square::peek(&flow, 2).is_none());
}

#[cache_evict(number(*), flow = flow)]
async fn all_numbers(flow: &CacheFlow) {}

#[cache_evict(cache = "numbers", flow = flow)]
async fn the_cache(flow: &CacheFlow) {}

#[tokio::test]
async fn all_entries_of_a_function_or_a_cache_are_forgotten() {
    let flow = alone().await;
    for name in ["function", "cache"] {
        filled(&flow, [1, 2]).await;
        if name == "cache" {
            the_cache(&flow).await;
        } else {
            all_numbers(&flow).await;
        }
        assert_eq!(kept(&flow, [1, 2]), [0; 0], "{name}");
        assert!(square::peek(&flow, 1).is_some(), "{name}");
    }
}

#[cache_evict(all, flow = flow)]
async fn everything(flow: &CacheFlow) {}

#[tokio::test]
async fn everything_is_forgotten() {
    let flow = alone().await;
    filled(&flow, [1]).await;
    everything(&flow).await;
    assert_eq!(kept(&flow, [1]), [0; 0]);
    assert!(square::peek(&flow, 1).is_none());
}

#[cache_evict(key = "numbers:{id}", flow = flow)]
async fn by_key(flow: &CacheFlow, id: u64) {}

#[cache_evict(key = numbers(flow).full_key(&id), flow = flow)]
async fn by_its_full_key(flow: &CacheFlow, id: u64) {}

#[cache_evict(keys = ["numbers:{id}", "numbers:{result.0}", numbers(flow).full_key(&other)], flow = flow)]
async fn by_keys(flow: &CacheFlow, id: u64, other: u64) -> (u64,) {
    (other + 1,)
}

#[cache_evict(keys = ids.iter().map(|id| number::key(flow, *id)), flow = flow)]
async fn by_a_list(flow: &CacheFlow, ids: &[u64]) {}

#[tokio::test]
async fn keys_are_templates_and_expressions() {
    let flow = alone().await;
    filled(&flow, 1..9).await;
    by_key(&flow, 1).await;
    assert_eq!(kept(&flow, 1..9), [2, 3, 4, 5, 6, 7, 8]);
    by_its_full_key(&flow, 2).await;
    assert_eq!(kept(&flow, 1..9), [3, 4, 5, 6, 7, 8]);
    by_keys(&flow, 3, 4).await;
    assert_eq!(kept(&flow, 1..9), [6, 7, 8]);
    by_a_list(&flow, &[6, 8]).await;
    assert_eq!(kept(&flow, 1..9), [7]);
}

fn tagged(flow: &CacheFlow) -> Cache<u64, u64> {
    let builder = flow.cache("tagged");
    let tags = |value: &u64| vec![format!("value:{value}")];
    builder.tags(tags).build().unwrap()
}

#[cache_evict(tags = ["value:{value}", "value:{result}", format!("value:{}", value + 2)], flow = flow)]
async fn by_tags(flow: &CacheFlow, value: u64) -> Result<u64, ()> {
    Ok(value + 1)
}

#[cache_evict(tags = values.iter().copied(), flow = flow)]
async fn by_a_list_of_tags(flow: &CacheFlow, values: Vec<&str>) {
    drop(values);
}

#[cache_evict(tags = [text, "value:{id}"], flow = flow)]
async fn by_any_tag(flow: &CacheFlow, text: &str, id: u64) {}

#[tokio::test]
async fn tags_are_templates_and_expressions() {
    let flow = alone().await;
    let cache = tagged(&flow);
    for key in 1..7 {
        let _ = cache.put(&key, key).await.unwrap();
    }
    let left = || -> Vec<u64> { (1..7).filter(|key| cache.peek(key).is_some()).collect() };
    by_tags(&flow, 1).await.unwrap();
    assert_eq!(left(), [4, 5, 6]);
    // What can be no tag keeps nothing from being forgotten.
    by_any_tag(&flow, &"x".repeat(10_000), 4).await;
    assert_eq!(left(), [5, 6]);
    by_a_list_of_tags(&flow, vec!["value:5", "value:7"]).await;
    assert_eq!(left(), [6]);
}

#[cache_evict(pattern = "feed:{user}:*", flow = flow)]
async fn by_pattern(flow: &CacheFlow, user: String) {
    drop(user);
}

#[cache_evict(patterns = ["feed:{result}:?", other], flow = flow)]
async fn by_patterns(flow: &CacheFlow, user: &str, other: &str) -> String {
    user.to_owned()
}

#[tokio::test]
async fn patterns_are_templates_in_which_values_match_themselves() {
    let flow = alone().await;
    let feed: Cache<(String, u64), u64> = flow.cache("feed").build().unwrap();
    let users = ["a", "b", "a*", "7", "a:b"];
    let left = || -> Vec<&str> {
        let has = |user: &&str| feed.peek(&((*user).to_owned(), 1)).is_some();
        users.into_iter().filter(has).collect()
    };
    for user in users {
        let _ = feed.put(&(user.to_owned(), 1), 0).await.unwrap();
    }
    by_pattern(&flow, "*".to_owned()).await;
    by_pattern(&flow, "?".to_owned()).await;
    assert_eq!(left(), users);
    by_pattern(&flow, "a*".to_owned()).await;
    assert_eq!(left(), ["a", "b", "7", "a:b"]);
    // As it stands in keys: a text that looks like a number is written as a text.
    by_pattern(&flow, "7".to_owned()).await;
    by_pattern(&flow, "a:b".to_owned()).await;
    assert_eq!(left(), ["a", "b"]);
    by_patterns(&flow, "a", "fe*:b:*").await;
    assert_eq!(left(), [""; 0]);
}

#[cache_evict(number(flow, id), square(*), keys = ["numbers:{result}"], tags = ["a", "b"], pattern = "x:*", cache = "y", flow = flow)]
async fn much(flow: &CacheFlow, id: u64) -> u64 {
    id + 1
}

/// A reader sees all of it, or nothing.
#[tokio::test]
async fn all_that_is_named_is_one_change() {
    let (_server, one, _two) = two_nodes().await;
    let _ = one.recording.take();
    much(&one.flow, 1).await;
    let calls = one.recording.take();
    let is_told = |call: &&Call| call.operation == Operation::Record;
    let told: Vec<_> = calls.iter().filter(is_told).collect();
    assert_eq!(told.len(), 1, "{calls:?}");
    for part in ["numbers:1", "numbers:2", "squares", "a", "b", "x:*", "y"] {
        assert!(told[0].about.contains(part), "{part} in {told:?}");
    }
}
