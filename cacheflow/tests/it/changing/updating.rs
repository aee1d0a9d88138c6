//! What `#[cache_update]` touches.

use cacheflow::{CacheFlow, Parent, cache_update};

use super::Held;
use crate::support::{Fault, WITHIN};
use crate::touching::Source;
use cacheflow_testkit::eventually;

struct Order {
    user: u64,
}

#[cache_update(parent = "user:{order.user}", flow = flow)]
async fn save(flow: &CacheFlow, order: Order, outcome: Result<(), Fault>) -> Result<(), Fault> {
    let Order { user: _ } = order;
    outcome
}

#[tokio::test]
async fn success_touches_the_whole_chain_and_an_error_nothing() {
    let source = Source::of(&["user:7 > org:3"]);
    let flow = source.alone(&["user", "org"]).await;
    let order = || Order { user: 7 };
    save(&flow, order(), Err("no".into())).await.unwrap_err();
    assert_eq!(source.touched(), [""; 0]);
    let users: cacheflow::Cache<u64, u64> = flow.cache("user").build().unwrap();
    let _ = users.put(&7, 1).await.unwrap();
    save(&flow, order(), Ok(())).await.unwrap();
    assert_eq!(source.touched(), ["user:7", "org:3"]);
    assert!(users.peek(&7).is_none());
}

#[cache_update(parents = ["user:{result}", Parent::new("org", org)], parent = "user:{user}", flow = flow)]
async fn several(flow: &CacheFlow, user: u64, org: u64) -> Result<u64, Fault> {
    Ok(user + 1)
}

#[cache_update(parents = users.iter().map(|id| Parent::new("user", id)), flow = flow)]
async fn listed(flow: &CacheFlow, users: &[u64]) {}

#[cache_update(entity = "user", parent = "{id}", parents = ["{id}-{result}", result + 1], flow = flow)]
async fn of_one_entity(flow: &CacheFlow, id: u64) -> u64 {
    id * 2
}

#[tokio::test]
async fn parents_are_templates_and_expressions() {
    let source = Source::default();
    let flow = source.alone(&["user", "org"]).await;
    several(&flow, 1, 3).await.unwrap();
    let mut touched = source.touched();
    touched.sort();
    assert_eq!(touched, ["org:3", "user:1", "user:2"]);
    listed(&flow, &[4, 5]).await;
    assert_eq!(source.touched()[3..], ["user:4", "user:5"]);
    of_one_entity(&flow, 6).await;
    assert_eq!(source.touched()[5..], ["user:6", "user:6-12", "user:13"]);
}

#[cache_update(parent = "user:{id}", flow = flow, when = id != 1, unless = *result == 0)]
async fn sometimes(flow: &CacheFlow, id: u64, rows: u64) -> u64 {
    rows
}

#[cache_update(parent = text, flow = flow)]
async fn by_a_text(flow: &CacheFlow, text: &str) {}

#[tokio::test]
async fn when_is_asked_before_and_unless_after() {
    let source = Source::default();
    let flow = source.alone(&["user"]).await;
    sometimes(&flow, 1, 1).await;
    sometimes(&flow, 2, 0).await;
    sometimes(&flow, 3, 1).await;
    assert_eq!(source.touched(), ["user:3"]);
    // What is no parent is nobody's failure.
    by_a_text(&flow, "nobody").await;
    by_a_text(&flow, "user:4").await;
    assert_eq!(source.touched(), ["user:3", "user:4"]);
}

#[cache_update(parent = "user:{id}", flow = flow)]
async fn held(flow: &CacheFlow, id: u64, held: Held) {
    held.here().await;
}

#[tokio::test]
async fn a_caller_who_leaves_after_the_commit_has_the_parents_touched() {
    let source = Source::default();
    let flow = source.alone(&["user"]).await;
    let (wait, has_committed, _go) = Held::new();
    tokio::select! {
        () = held(&flow, 7, wait) => panic!("it waits"),
        committed = has_committed => committed.unwrap(),
    }
    eventually("it is touched", WITHIN, async || {
        source.touched() == ["user:7"]
    })
    .await;
}
