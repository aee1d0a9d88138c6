//! What an attributed function's cache keeps beside values, and its strategy in short
//! forms.

use std::time::Duration;

use cacheflow::{CacheFlow, Error, ErrorKind, cached};
use cacheflow_testkit::eventually;

use super::{Source, User};
use crate::support::{WITHIN, alone};
use crate::timed::by_hand;

#[cached(key = "{id}", flow = flow, cache_none = "30s")]
async fn none(flow: &CacheFlow, source: &Source, id: u64) -> Option<User> {
    let _ = source.user(id);
    None
}

#[cached(key = "{id}", flow = flow)]
async fn forgets_none(flow: &CacheFlow, source: &Source, id: u64) -> Option<User> {
    let _ = source.user(id);
    None
}

#[tokio::test]
async fn that_there_is_no_value_is_kept_if_asked_for() {
    let (clock, flow) = by_hand().await;
    let source = Source::default();
    for _ in 0..2 {
        assert_eq!(none(&flow, &source, 1).await, None);
    }
    assert_eq!(source.asked(), 1);
    // Lifetimes differ by a tenth.
    clock.advance(Duration::from_secs(34));
    assert_eq!(none(&flow, &source, 1).await, None);
    assert_eq!(source.asked(), 2);
    for _ in 0..2 {
        assert_eq!(forgets_none(&flow, &source, 1).await, None);
    }
    assert_eq!(source.asked(), 4);
}

#[cached(key = "{id}", flow = flow, cache_err = "5s")]
async fn fails(flow: &CacheFlow, source: &Source, id: u64) -> Result<User, u64> {
    Err(source.user(id).asked)
}

#[tokio::test]
async fn errors_are_kept_if_asked_for() {
    let (clock, flow) = by_hand().await;
    let source = Source::default();
    for _ in 0..2 {
        assert_eq!(fails(&flow, &source, 1).await, Err(1));
    }
    clock.advance(Duration::from_secs(6));
    assert_eq!(fails(&flow, &source, 1).await, Err(2));
}

#[cached(key = "{id}", flow = flow, ttl = "100s", refresh_ahead = 0.5)]
async fn ahead(flow: &CacheFlow, source: &Source, id: u64) -> User {
    source.user(id)
}

#[cached(key = "{id}", flow = flow, circuit_breaker(failures = 1, reset_after = "1m"))]
async fn broken(flow: &CacheFlow, id: u64) -> Result<User, Error> {
    Err(Error::new(ErrorKind::Backend, "ask", id.to_string()))
}

#[cached(key = "{id}", flow = flow, strategy = cache_aside, hard_timeout = "10ms", distributed_lock)]
async fn hangs(flow: &CacheFlow, id: u64) -> Result<User, Error> {
    std::future::pending::<()>().await;
    Ok(Source::default().user(id))
}

/// As an option of its own, a part of a strategy is what it is within `strategy`.
#[tokio::test]
async fn parts_of_strategies_have_short_forms() {
    let (clock, flow) = by_hand().await;
    let source = Source::default();
    assert_eq!(ahead(&flow, &source, 1).await.asked, 1);
    clock.advance(Duration::from_secs(60));
    assert_eq!(ahead(&flow, &source, 1).await.asked, 1);
    eventually("it is refreshed", WITHIN, async || source.asked() == 2).await;

    let kinds = async || broken(&flow, 1).await.unwrap_err().kind();
    assert_eq!(kinds().await, ErrorKind::Backend);
    assert_eq!(kinds().await, ErrorKind::BreakerOpen);

    let flow = alone().await;
    let error = hangs(&flow, 1).await.unwrap_err();
    assert_eq!(error.kind(), ErrorKind::LoadTimeout);
}
