//! What `#[cache_put]` puts.

use std::time::Duration;

use cacheflow::{Cache, CacheFlow, cache_put, cached};

use super::{filled, kept, number, numbers, square};
use crate::support::{Fault, alone, two_nodes};
use crate::timed::by_hand;

#[derive(Debug, PartialEq)]
struct Other;

type Alias<T> = Result<T, Other>;

#[cache_put(number(flow, id), flow = flow)]
async fn save(flow: &CacheFlow, id: u64, value: Alias<u64>) -> Alias<u64> {
    value
}

#[tokio::test]
async fn what_was_given_takes_the_place_of_what_was_kept() {
    let flow = alone().await;
    filled(&flow, [1, 2]).await;
    assert_eq!(save(&flow, 1, Ok(7)).await, Ok(7));
    assert_eq!(number(&flow, 1).await, Ok(7));
    save(&flow, 2, Err(Other)).await.unwrap_err();
    assert_eq!(number(&flow, 2).await, Ok(20));
    assert_eq!(kept(&flow, [1, 2]), [1, 2]);
}

#[cache_put(number(flow, id), on_err)]
async fn attempt(flow: &CacheFlow, id: u64, value: Alias<u64>) -> Alias<u64> {
    value
}

#[tokio::test]
async fn with_on_err_an_error_forgets_the_key() {
    let flow = alone().await;
    filled(&flow, [1]).await;
    attempt(&flow, 1, Err(Other)).await.unwrap_err();
    assert_eq!(kept(&flow, [1]), [0; 0]);
}

#[cache_put(number(flow, id))]
async fn find(flow: &CacheFlow, id: u64, value: Option<u64>) -> Option<u64> {
    value
}

#[tokio::test]
async fn none_forgets_the_key() {
    let flow = alone().await;
    filled(&flow, [1, 2]).await;
    find(&flow, 1, None).await;
    find(&flow, 2, Some(5)).await;
    assert_eq!(kept(&flow, [1, 2]), [2]);
    assert_eq!(number(&flow, 2).await, Ok(5));
}

#[cache_put(number(flow, id), square(flow, id) if *also, number(flow, 9) if *result > 5, when = id != 3)]
async fn several(flow: &CacheFlow, id: u64, value: u64, also: &bool) -> u64 {
    value
}

#[tokio::test]
async fn conditions_are_asked_before_and_after() {
    let flow = alone().await;
    filled(&flow, [1, 3, 9]).await;
    several(&flow, 1, 2, &false).await;
    assert_eq!(number(&flow, 1).await, Ok(2));
    assert_eq!(square(&flow, 1).await, 1);
    assert_eq!(number(&flow, 9).await, Ok(90));
    several(&flow, 1, 6, &true).await;
    assert_eq!(square(&flow, 1).await, 6);
    assert_eq!(number(&flow, 9).await, Ok(6));
    several(&flow, 3, 4, &true).await;
    assert_eq!(number(&flow, 3).await, Ok(30));
    assert_eq!(square(&flow, 3).await, 9);
}

#[cache_put(number(flow, id), unless = *result == 0)]
async fn unless_zero(flow: &CacheFlow, id: u64, value: u64) -> u64 {
    value
}

#[tokio::test]
async fn unless_forgets_what_is_older_than_what_was_given() {
    let flow = alone().await;
    filled(&flow, [1]).await;
    unless_zero(&flow, 1, 5).await;
    assert_eq!(number(&flow, 1).await, Ok(5));
    unless_zero(&flow, 1, 0).await;
    assert_eq!(kept(&flow, [1]), [0; 0]);
}

#[cached(cache = "described", key = "{id}", tags = ["id:{id}", "text:{result}"], ttl = "10s", flow = flow)]
async fn described(flow: &CacheFlow, id: u64) -> Option<String> {
    None
}

#[cache_put(described(flow, id))]
async fn describe(flow: &CacheFlow, id: u64, text: &str) -> String {
    text.to_owned()
}

#[tokio::test]
async fn a_value_is_kept_as_the_cached_function_keeps_its_own() {
    let (clock, flow) = by_hand().await;
    describe(&flow, 1, "a").await;
    let found = described::peek(&flow, 1).unwrap();
    assert_eq!(found.value, "a");
    let mut tags: Vec<_> = found.tags().iter().map(ToString::to_string).collect();
    tags.sort();
    assert_eq!(tags, ["id:1", "text:a"]);
    clock.advance(Duration::from_secs(12));
    assert!(described::peek(&flow, 1).is_none());
}

#[cache_put(key = "words:{id}", tags = ["id:{id}", "text:{result}", extra], ttl = "10s", flow = flow)]
async fn word(flow: &CacheFlow, id: u64, extra: &str, text: &str) -> Result<String, Fault> {
    Ok(text.to_owned())
}

#[cache_put(key = "words:{id}", ttl = Duration::from_secs(result.len() as u64), flow = flow, when = id != 0)]
async fn short_word(flow: &CacheFlow, id: u64, text: String) -> Result<String, Fault> {
    Ok(text)
}

#[tokio::test]
async fn a_named_cache_needs_no_function() {
    let (clock, flow) = by_hand().await;
    let words: Cache<u64, String> = flow.cache("words").build().unwrap();
    word(&flow, 1, "more", "a").await.unwrap();
    let found = words.peek(&1).unwrap();
    let mut tags: Vec<_> = found.tags().iter().map(ToString::to_string).collect();
    tags.sort();
    assert_eq!(
        (found.value.as_str(), tags),
        ("a", vec!["id:1".into(), "more".into(), "text:a".into()])
    );
    short_word(&flow, 0, "abc".to_owned()).await.unwrap();
    short_word(&flow, 2, "abc".to_owned()).await.unwrap();
    assert!(words.peek(&0).is_none() && words.peek(&2).is_some());
    clock.advance(Duration::from_secs(5));
    assert!(words.peek(&2).is_none() && words.peek(&1).is_some());
    clock.advance(Duration::from_secs(7));
    assert!(words.peek(&1).is_none());
}

#[cache_put(key = "numbers:{id}", flow = flow)]
async fn of_another_type(flow: &CacheFlow, id: u64) -> String {
    String::new()
}

/// The cache is another's and has other values: but what it has is old.
#[tokio::test]
async fn what_cannot_be_put_forgets_what_is_kept() {
    let flow = alone().await;
    filled(&flow, [1]).await;
    of_another_type(&flow, 1).await;
    assert_eq!(kept(&flow, [1]), [0; 0]);
}

#[cache_put(number(flow, *result), flow = flow)]
async fn create(flow: &CacheFlow, id: u64) -> Result<u64, Fault> {
    Ok(id)
}

#[cache_put(key = "numbers:{result}", flow = flow)]
async fn create_by_key(flow: &CacheFlow, id: u64) -> Result<u64, Fault> {
    Ok(id)
}

#[tokio::test]
async fn a_key_may_be_known_from_the_result_alone() {
    let flow = alone().await;
    create(&flow, 4).await.unwrap();
    create_by_key(&flow, 5).await.unwrap();
    assert_eq!(
        (number(&flow, 4).await, number(&flow, 5).await),
        (Ok(4), Ok(5))
    );
}

#[tokio::test]
async fn other_nodes_get_the_new_value() {
    let (_server, one, two) = two_nodes().await;
    filled(&two.flow, [1]).await;
    save(&one.flow, 1, Ok(7)).await.unwrap();
    two.forgotten(1).await;
    assert_eq!(number(&two.flow, 1).await, Ok(7));
    create(&one.flow, 4).await.unwrap();
    assert_eq!(number(&two.flow, 4).await, Ok(4));
    assert_eq!(numbers(&two.flow).peek(&4).unwrap().value, 4);
}
