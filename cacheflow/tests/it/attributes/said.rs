//! What an attribute says of its values: tags, dependencies, lifetimes.

use std::time::Duration;

use cacheflow::{CacheFlow, cached};

use super::{Source, User};
use crate::support::alone;
use crate::timed::by_hand;

async fn forget(flow: &CacheFlow, tag: &str) {
    let _ = flow.invalidate().tags([tag]).send().await.unwrap();
}

#[cached(key = "{id}", flow = flow, tags = ["user:{id}", "org:{result.org}:{id:03}", extra(id), result.org.to_string()])]
async fn tagged(flow: &CacheFlow, source: &Source, id: u64) -> Result<User, String> {
    Ok(source.user(id))
}

fn extra(id: u64) -> String {
    format!("extra-{id}")
}

#[tokio::test]
async fn values_have_the_tags_of_arguments_and_of_the_result() {
    let (flow, source) = (alone().await, Source::default());
    for (round, tag) in ["user:71", "org:7:071", "extra-71", "7"]
        .into_iter()
        .enumerate()
    {
        let before = tagged(&flow, &source, 71).await.unwrap();
        assert_eq!(before.asked, round as u64 + 1, "{tag}");
        forget(&flow, "another").await;
        assert_eq!(tagged(&flow, &source, 71).await.unwrap(), before);
        forget(&flow, tag).await;
    }
    assert_eq!(tagged(&flow, &source, 71).await.unwrap().asked, 5);
}

/// The body consumes what the tag is made of.
#[cached(key = "{name}", flow = flow, tags = ["{name}/{result.org}"])]
async fn consumed(flow: &CacheFlow, source: Source, name: String) -> User {
    drop(name);
    source.user(25)
}

#[tokio::test]
async fn arguments_that_the_body_consumes_are_in_tags_with_the_result() {
    let (flow, source) = (alone().await, Source::default());
    let ask = async || consumed(&flow, source.clone(), "a".to_owned()).await.asked;
    assert_eq!((ask().await, ask().await), (1, 1));
    forget(&flow, "a/2").await;
    assert_eq!(ask().await, 2);
}

#[cached(key = "{id}", flow = flow, tags = roles(result))]
async fn tagged_by_a_list(flow: &CacheFlow, source: &Source, id: u64) -> Option<User> {
    Some(source.user(id))
}

fn roles(user: &User) -> Vec<String> {
    (0..user.org).map(|role| format!("role:{role}")).collect()
}

#[tokio::test]
async fn tags_can_come_as_a_list() {
    let (flow, source) = (alone().await, Source::default());
    let ask = async || tagged_by_a_list(&flow, &source, 21).await.unwrap().asked;
    assert_eq!((ask().await, ask().await), (1, 1));
    forget(&flow, "role:1").await;
    assert_eq!(ask().await, 2);
    forget(&flow, "role:2").await;
    assert_eq!(ask().await, 2);
}

/// That there is no value is forgotten by tags as well.
#[cached(key = "{id}", flow = flow, tags = ["user:{id}"], cache_none = "1h")]
async fn missing(flow: &CacheFlow, source: &Source, id: u64) -> Option<User> {
    let _ = source.user(id);
    None
}

#[tokio::test]
async fn that_there_is_no_value_has_the_tags_of_the_arguments() {
    let (flow, source) = (alone().await, Source::default());
    for _ in 0..2 {
        assert_eq!(missing(&flow, &source, 1).await, None);
        assert_eq!(source.asked(), 1);
    }
    forget(&flow, "user:1").await;
    assert_eq!(missing(&flow, &source, 1).await, None);
    assert_eq!(source.asked(), 2);
}

#[cached(cache = "orgs", key = "{id}", flow = flow)]
async fn org(flow: &CacheFlow, source: &Source, id: u64) -> User {
    source.user(id)
}

#[cached(key = "{id}", flow = flow, depends_on = [
    "orgs:{result.org}",
    "teams:{id}:{result.org}",
    org(flow, result.org + 100),
    org::key(flow, id + 1000),
])]
async fn dependent(flow: &CacheFlow, source: &Source, id: u64) -> User {
    source.user(id)
}

#[tokio::test]
async fn values_depend_on_what_the_attribute_names() {
    let (flow, source) = (alone().await, Source::default());
    let keys = ["orgs:4", "teams:42:4", "orgs:104", "orgs:1042"];
    for (round, key) in keys.into_iter().enumerate() {
        let before = dependent(&flow, &source, 42).await;
        assert_eq!(before.asked, round as u64 + 1, "{key}");
        let _ = flow.invalidate().keys(["orgs:5"]).send().await.unwrap();
        assert_eq!(dependent(&flow, &source, 42).await, before);
        let _ = flow.invalidate().keys([key]).send().await.unwrap();
    }
    assert_eq!(dependent(&flow, &source, 42).await.asked, 5);
}

/// Nothing is declared: what is read within the load is known.
#[cached(key = "{id}", flow = flow)]
async fn outer(flow: &CacheFlow, source: &Source, id: u64) -> u64 {
    org(flow, source, id).await.asked
}

#[tokio::test]
async fn a_nested_call_is_a_dependency_by_itself() {
    let (flow, source) = (alone().await, Source::default());
    assert_eq!(outer(&flow, &source, 3).await, 1);
    assert_eq!(outer(&flow, &source, 3).await, 1);
    let _ = org::invalidate(&flow, 3).await.unwrap();
    assert_eq!(outer(&flow, &source, 3).await, 2);
}

#[cached(key = "{id}", flow = flow, ttl = "1h", ttl_from = lifetime)]
async fn timed(flow: &CacheFlow, source: &Source, id: u64) -> User {
    source.user(id)
}

fn lifetime(user: &User) -> Duration {
    Duration::from_secs(user.org)
}

#[cached(key = "{id}", flow = flow, ttl = "1h", ttl_from = |user| (user.org > 5).then(|| lifetime(user)))]
async fn sometimes_timed(flow: &CacheFlow, source: &Source, id: u64) -> User {
    source.user(id)
}

#[tokio::test]
async fn a_value_says_how_long_it_is_kept() {
    let (clock, flow) = by_hand().await;
    let source = Source::default();
    let (short, long) = (60, 6000);
    assert_eq!(timed(&flow, &source, short).await.asked, 1);
    assert_eq!(timed(&flow, &source, long).await.asked, 2);
    assert_eq!(sometimes_timed(&flow, &source, short).await.asked, 3);
    assert_eq!(sometimes_timed(&flow, &source, 50).await.asked, 4);
    // Lifetimes differ by a tenth.
    clock.advance(Duration::from_secs(7));
    assert_eq!(timed(&flow, &source, long).await.asked, 2);
    assert_eq!(timed(&flow, &source, short).await.asked, 5);
    assert_eq!(sometimes_timed(&flow, &source, 50).await.asked, 4);
    assert_eq!(sometimes_timed(&flow, &source, short).await.asked, 6);
}
