//! What bounds memory.

use cacheflow::{Cache, Event};

use crate::world::{alone, load, users};

#[tokio::test]
pub(crate) async fn max_entries() {
    let (users, _) = users("max_entries = 3").await;
    for key in 0..100 {
        load(&users, key, 10).await.unwrap();
    }
    assert!(users.stats().entries <= 3);
}

#[tokio::test]
pub(crate) async fn max_memory() {
    let (flow, _) = alone("[caches.users]\nmax_memory = \"64 KiB\"").await;
    let users: Cache<u64, String> = flow.cache("users").build().unwrap();
    for key in 0..100 {
        let text = "x".repeat(10_000);
        let _ = users.put(&key, text).await.unwrap();
    }
    assert!(users.stats().entries <= 6);
}

/// Who is new among those that are asked for again and again.
#[tokio::test]
pub(crate) async fn eviction() {
    for (eviction, is_let_in) in [("clock-pro", true), ("tiny-lfu", false)] {
        let (users, _) = users(&format!("max_entries = 10\neviction = {eviction:?}")).await;
        for key in 0..10 {
            load(&users, key, 10).await.unwrap();
        }
        // How often what is asked for is counted from here on.
        assert_eq!(users.stats().entries, 10);
        for key in (0..10).cycle().take(200) {
            assert!(users.get(&key).await.is_some());
        }
        load(&users, 99, 10).await.unwrap();
        assert_eq!(users.stats().entries, 10);
        assert_eq!(users.peek(&99).is_some(), is_let_in, "{eviction}");
    }
}

#[tokio::test]
pub(crate) async fn max_value_bytes() {
    let server = cacheflow_testkit::MemoryBackend::new();
    let text = "[caches.users]\nmax_value_bytes = \"1kb\"";
    let flow = crate::world::on(&server, |flow| flow.config(crate::world::config(text))).await;
    let users: Cache<u64, String> = flow.cache("users").build().unwrap();
    let mut events = flow.events();
    let _ = users.put(&1, "x".repeat(900)).await.unwrap();
    assert!(users.get(&1).await.is_some());
    let _ = users.put(&1, "x".repeat(1_100)).await.unwrap();
    assert!(users.get(&1).await.is_none());
    while !matches!(events.next().await, Some(Ok(Event::TooLarge { .. }))) {}
}
