//! Options of the flow.

use cacheflow::clock::Clock;
use cacheflow::{Cache, CacheFlow, Event, FlowBuilder};
use cacheflow_testkit::{Failing, MemoryBackend, Operation};

use crate::world::{MINUTE, SECOND, Source, WITHIN, alone, config, load, on, subscribed};

#[tokio::test]
pub(crate) async fn enabled() {
    let (flow, _) = alone("enabled = false").await;
    let users: Cache<u64, u64> = flow.cache("users").build().unwrap();
    assert_eq!(Source::default().loads(&users, 1, 3).await, 3);
}

/// Whether a flow that is configured so and one that code tells the same have one place
/// in the server.
async fn share_a_place(text: &str, same: impl FnOnce(FlowBuilder) -> FlowBuilder) -> bool {
    let server = MemoryBackend::new();
    let here = on(&server, |flow| flow.config(config(text))).await;
    let there = on(&server, same).await;
    let here: Cache<u64, u64> = here.cache("users").build().unwrap();
    let there: Cache<u64, u64> = there.cache("users").build().unwrap();
    let _ = here.put(&1, 10).await.unwrap();
    there.get(&1).await == Some(10)
}

#[tokio::test]
pub(crate) async fn namespace() {
    assert!(share_a_place("namespace = \"shop\"", |flow| flow.namespace("shop")).await);
    assert!(!share_a_place("namespace = \"shop\"", |flow| flow).await);
}

#[tokio::test]
pub(crate) async fn prefix() {
    assert!(share_a_place("prefix = \"x:\"", |flow| flow.prefix("x:")).await);
    assert!(!share_a_place("prefix = \"x:\"", |flow| flow).await);
}

#[tokio::test]
pub(crate) async fn instance() {
    let (one, _) = alone("instance = \"shop-1\"").await;
    let (two, _) = alone("instance = \"shop-1\"").await;
    assert!(one.instance().starts_with("shop-1-"), "{}", one.instance());
    assert_ne!(one.instance(), two.instance());
}

#[tokio::test]
pub(crate) async fn max_staleness() {
    let clock = Clock::manual();
    let server = MemoryBackend::with_clock(clock.clone());
    let text = "max_staleness = \"1h\"";
    let flow = on(&server, |flow| {
        flow.clock(clock.clone()).config(config(text))
    })
    .await;
    let users: Cache<u64, u64> = flow.cache("users").build().unwrap();
    load(&users, 1, 10).await.unwrap();
    // Nothing was waited for: no heartbeat has come since.
    clock.advance(MINUTE);
    assert!(users.peek(&1).is_some());
}

#[tokio::test(start_paused = true)]
pub(crate) async fn operation_budget() {
    let failing = Failing::new(MemoryBackend::new());
    let builder = CacheFlow::builder().backend(failing.clone());
    let builder = builder.config(config("operation_budget = \"10s\""));
    let flow = builder.build().await.unwrap();
    subscribed(&flow).await;
    let users: Cache<u64, u64> = flow.cache("users").build().unwrap();
    failing.hang(Operation::Get);
    // In tokio's time, which is paused and therefore exact.
    let before = tokio::time::Instant::now();
    load(&users, 1, 10).await.unwrap();
    assert!(before.elapsed() >= 10 * SECOND);
}

#[tokio::test]
pub(crate) async fn serve_young_without_bus() {
    let clock = Clock::manual();
    let failing = Failing::new(MemoryBackend::with_clock(clock.clone()));
    failing.fail(Operation::Listen);
    let builder = CacheFlow::builder().backend(failing.clone());
    let builder = builder.operation_budget(WITHIN).clock(clock.clone());
    let builder = builder.config(config("serve_young_without_bus = true"));
    let flow = builder.build().await.unwrap();
    let users: Cache<u64, u64> = flow.cache("users").build().unwrap();
    load(&users, 1, 10).await.unwrap();
    assert!(users.peek(&1).is_some());
}

#[tokio::test(start_paused = true)]
pub(crate) async fn advisor() {
    for (text, advises) in [("", true), ("advisor = false", false)] {
        let (flow, clock) = alone(text).await;
        let mut events = flow.events();
        let users: Cache<u64, u64> = flow.cache("users").build().unwrap();
        // Two thousand keys, none of which is asked for again.
        for key in 0..2_000 {
            load(&users, key, 10).await.unwrap();
        }
        // It looks once a minute, and says nothing before an hour has passed.
        for _ in 0..2 {
            tokio::time::sleep(MINUTE + SECOND).await;
            clock.advance(60 * MINUTE);
        }
        tokio::time::sleep(MINUTE).await;
        let mut all = std::iter::from_fn(|| events.try_next());
        let told = all.any(|event| matches!(event, Ok(Event::Advice { .. })));
        assert_eq!(told, advises, "{text:?}");
    }
}
