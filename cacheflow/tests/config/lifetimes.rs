//! For how long values are kept, and that there is none.

use cacheflow::{Cache, Strategy};
use cacheflow_testkit::MemoryBackend;

use crate::world::{MINUTE, SECOND, Source, alone, load, on, users};

#[tokio::test]
pub(crate) async fn ttl() {
    let (users, clock) = users("ttl = \"1m\"").await;
    load(&users, 1, 10).await.unwrap();
    clock.advance(59 * SECOND);
    assert!(users.peek(&1).is_some());
    clock.advance(SECOND);
    assert!(users.peek(&1).is_none());
}

#[tokio::test]
pub(crate) async fn ttl_jitter() {
    let (flow, _) = alone("[defaults]\nttl = \"1h\"\nttl_jitter = 0").await;
    let users: Cache<u64, u64> = flow.cache("users").build().unwrap();
    for key in 0..20 {
        load(&users, key, 10).await.unwrap();
        assert_eq!(users.peek(&key).unwrap().remaining, 60 * MINUTE);
    }
}

#[tokio::test]
pub(crate) async fn idle() {
    let (users, clock) = users("idle = \"10s\"").await;
    load(&users, 1, 10).await.unwrap();
    clock.advance(MINUTE);
    assert!(users.get(&1).await.is_none());
}

#[tokio::test]
pub(crate) async fn cache_none() {
    let (users, clock) = users("cache_none = \"30s\"").await;
    let source = Source::default();
    for _ in 0..2 {
        let none = users.get_or_load_optional(&1, || source.nothing()).await;
        assert_eq!(none.unwrap(), None);
    }
    assert_eq!(source.asked(), 1);
    clock.advance(30 * SECOND);
    let none = users.get_or_load_optional(&1, || source.nothing()).await;
    assert_eq!((none.unwrap(), source.asked()), (None, 2));
}

#[tokio::test]
pub(crate) async fn cache_err() {
    let (users, clock) = users("cache_err = \"30s\"").await;
    let source = Source::default();
    for expected in [1, 1, 2] {
        users
            .get_or_load_shared(&1, || source.fails())
            .await
            .unwrap_err();
        assert_eq!(source.asked(), expected);
        clock.advance(15 * SECOND);
    }
}

#[tokio::test]
pub(crate) async fn max_nothings() {
    let (users, _) = users("cache_none = \"1h\"\nmax_nothings = 1").await;
    let source = Source::default();
    for _ in 0..2 {
        for key in 0..300 {
            let none = users.get_or_load_optional(&key, || source.nothing());
            none.await.unwrap();
        }
    }
    assert!(source.asked() > 450, "{} loads", source.asked());
}

#[tokio::test]
pub(crate) async fn hold_off() {
    let (users, clock) = users("hold_off = \"30s\"").await;
    let source = Source::default();
    let _ = users.invalidate(&1).await.unwrap();
    assert_eq!(source.loads(&users, 1, 3).await, 3);
    clock.advance(31 * SECOND);
    assert_eq!(source.loads(&users, 1, 3).await, 1);
}

#[tokio::test]
pub(crate) async fn outlive_dependencies() {
    for (outlives, options) in [(true, "outlive_dependencies = true"), (false, "")] {
        let (users, clock) = users(&format!("ttl = \"1h\"\n{options}")).await;
        let short = users.entry(&2).ttl(MINUTE);
        short.load(async |_| Ok::<_, String>(1)).await.unwrap();
        let whole = users.get_or_load(&1, async || load(&users, 2, 2).await);
        assert_eq!(whole.await.unwrap(), 1);
        clock.advance(2 * MINUTE);
        assert_eq!(users.peek(&1).is_some(), outlives);
    }
}

#[tokio::test]
pub(crate) async fn write_timeout() {
    let (users, clock) = users("write_timeout = \"5s\"").await;
    let write = users.begin_write(&1).await.unwrap();
    load(&users, 1, 10).await.unwrap();
    assert!(users.peek(&1).is_none());
    // Its process has died.
    std::mem::forget(write);
    clock.advance(6 * SECOND);
    load(&users, 1, 10).await.unwrap();
    assert!(users.peek(&1).is_some());
}

#[tokio::test]
pub(crate) async fn local() {
    let server = MemoryBackend::new();
    let text = "[caches.users]\nlocal = true";
    let flow = on(&server, |flow| flow.config(crate::world::config(text))).await;
    let there = on(&server, |flow| flow).await;
    let here: Cache<u64, u64> = flow.cache("users").build().unwrap();
    let there: Cache<u64, u64> = there.cache("users").build().unwrap();
    let _ = here.put(&1, 10).await.unwrap();
    assert_eq!((here.get(&1).await, there.get(&1).await), (Some(10), None));
}

#[tokio::test]
pub(crate) async fn memory_ttl() {
    let clock = cacheflow::clock::Clock::manual();
    let server = MemoryBackend::with_clock(clock.clone());
    let text = "max_staleness = \"1h\"\n[caches.users]\nmemory_ttl = \"10s\"";
    let config = crate::world::config(text);
    let flow = on(&server, |flow| flow.clock(clock.clone()).config(config)).await;
    let users: Cache<u64, u64> = flow.cache("users").build().unwrap();
    load(&users, 1, 10).await.unwrap();
    assert!(users.peek(&1).is_some());
    clock.advance(11 * SECOND);
    assert!(users.peek(&1).is_none());
    assert_eq!(users.get(&1).await, Some(10));
}

#[tokio::test]
pub(crate) async fn strategy() {
    let server = MemoryBackend::new();
    let text = "[caches.users]\nstrategy = \"cache-aside\"";
    let flow = on(&server, |flow| flow.config(crate::world::config(text))).await;
    let users: Cache<u64, u64> = flow.cache("users").build().unwrap();
    load(&users, 1, 10).await.unwrap();
    assert!(users.peek(&1).is_none());
    assert_eq!(users.get(&1).await, Some(10));
    // What code says of the strategy is the whole of it.
    let orders = flow.cache::<u64, u64>("orders");
    let orders = orders.strategy(Strategy::multi_level()).build().unwrap();
    load(&orders, 1, 10).await.unwrap();
    assert!(orders.peek(&1).is_some());
}

#[tokio::test]
pub(crate) async fn max_ttl() {
    let (users, clock) = users("ttl = \"1h\"\nmax_ttl = \"1m\"").await;
    load(&users, 1, 10).await.unwrap();
    assert!(users.peek(&1).is_some());
    clock.advance(MINUTE);
    assert!(users.peek(&1).is_none());
}

#[tokio::test]
pub(crate) async fn invalidation_patterns() {
    let (flow, _) = alone("[caches.users]\ninvalidation_patterns = [\"roles:*\"]").await;
    let users: Cache<u64, u64> = flow.cache("users").build().unwrap();
    let others: Cache<u64, u64> = flow.cache("others").build().unwrap();
    for cache in [&users, &others] {
        load(cache, 1, 10).await.unwrap();
    }
    let _ = flow.invalidate().keys(["roles:3"]).send().await.unwrap();
    assert!(users.peek(&1).is_none());
    assert!(others.peek(&1).is_some());
}
