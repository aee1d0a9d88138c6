//! Forgetting later: many at once, after a while, or twice.

use std::time::Duration;

use cacheflow::{Applied, Cache, CacheFlow, Events, Invalidation};
use cacheflow_testkit::{MemoryBackend, eventually};

use crate::world::{HOUR, Node, Told, WITHIN, alone, load, told};

const SECOND: Duration = Duration::from_secs(1);

async fn deferred(invalidation: Invalidation) {
    assert_eq!(invalidation.send().await.unwrap(), Applied::Deferred);
}

/// What is told, and how long after this call.
async fn told_after(events: &mut Events) -> (Told, Duration) {
    let begun = tokio::time::Instant::now();
    let told = told(events).await;
    (told, begun.elapsed())
}

/// Nothing is told for an hour.
async fn nothing_told(events: &mut Events) {
    let next = tokio::time::timeout(HOUR, events.next());
    assert!(next.await.is_err());
}

fn tag(flow: &CacheFlow, tag: &str) -> Invalidation {
    flow.invalidate().tags([tag])
}

#[tokio::test(start_paused = true)]
async fn what_comes_within_a_window_is_one_change_that_is_not_later_than_the_first_wants() {
    let flow = alone().await;
    let mut events = flow.events();
    deferred(tag(&flow, "a").debounce("x", 10 * SECOND)).await;
    for _ in 0..9 {
        tokio::time::sleep(SECOND).await;
        // Neither a longer window nor a later call puts it off.
        deferred(tag(&flow, "b").debounce("x", 60 * SECOND)).await;
    }
    deferred(tag(&flow, "c").debounce("y", 20 * SECOND)).await;
    let (first, after) = told_after(&mut events).await;
    assert_eq!(first.forgotten.tags.len(), 2);
    assert!(after >= SECOND && after < 2 * SECOND, "{after:?}");
    // A new window.
    deferred(tag(&flow, "d").debounce("x", SECOND)).await;
    let second = told(&mut events).await;
    assert_eq!(second.forgotten.tags[0].as_str(), "d");
    assert_eq!(told(&mut events).await.forgotten.tags[0].as_str(), "c");
    nothing_told(&mut events).await;
}

#[tokio::test(start_paused = true)]
async fn until_then_the_old_is_served() {
    let flow = alone().await;
    let cache: Cache<u64, u64> = flow.cache("numbers").ttl(2 * HOUR).build().unwrap();
    load(&cache, 1, 1).await;
    deferred(flow.invalidate().keys(["numbers:1"]).after(60 * SECOND)).await;
    tokio::time::sleep(59 * SECOND).await;
    assert_eq!(cache.get(&1).await, Some(1));
    tokio::time::sleep(2 * SECOND).await;
    assert_eq!(cache.get(&1).await, None);
}

#[tokio::test(start_paused = true)]
async fn what_is_forgotten_twice_goes_now_and_later() {
    let flow = alone().await;
    let cache: Cache<u64, u64> = flow.cache("numbers").build().unwrap();
    load(&cache, 1, 1).await;
    let twice = flow
        .invalidate()
        .keys(["numbers:1"])
        .again_after(5 * SECOND);
    assert_eq!(twice.send().await.unwrap(), Applied::Recorded);
    assert!(cache.peek(&1).is_none());
    // Loaded from a replica that lags.
    load(&cache, 1, 1).await;
    let mut events = flow.events();
    let (again, after) = told_after(&mut events).await;
    assert_eq!(again.deleted.in_memory, 1);
    assert!(after >= 5 * SECOND && after < 6 * SECOND, "{after:?}");
    assert!(cache.peek(&1).is_none());
    nothing_told(&mut events).await;
}

#[tokio::test(start_paused = true)]
async fn what_waits_can_be_cancelled_by_its_name() {
    let flow = alone().await;
    let mut events = flow.events();
    deferred(tag(&flow, "a").debounce("x", SECOND)).await;
    assert!(flow.cancel_debounced("x") && !flow.cancel_debounced("x"));
    nothing_told(&mut events).await;
    deferred(tag(&flow, "b").debounce("x", SECOND)).await;
    assert_eq!(told(&mut events).await.forgotten.tags[0].as_str(), "b");
    assert!(!flow.cancel_debounced("x"), "it was sent");
}

#[tokio::test(start_paused = true)]
async fn what_is_local_stays_local() {
    let server = MemoryBackend::new();
    let node = Node::on(&server).await;
    let cache = node.cache("numbers");
    load(&cache, 1, 1).await;
    let local = node.flow.invalidate().keys(["numbers:1"]).local_only();
    deferred(local.debounce("x", SECOND)).await;
    deferred(tag(&node.flow, "a").debounce("x", SECOND)).await;
    let mut events = node.flow.events();
    assert_eq!(told(&mut events).await.forgotten.keys.len(), 1);
    assert_eq!(told(&mut events).await.forgotten.tags.len(), 1);
    assert!(cache.peek(&1).is_none() && server.names().len() == 1);
}

/// Neither a shutdown nor the end of the last handle loses it.
#[tokio::test]
async fn what_waits_is_sent_when_the_flow_ends() {
    let server = MemoryBackend::new();
    for shuts_down in [true, false] {
        let node = Node::on(&server).await;
        let cache = node.cache("numbers");
        for key in [1, 2, 3] {
            load(&cache, key, key).await;
        }
        let key = |key: &str| node.flow.invalidate().keys([key]);
        deferred(key("numbers:1").debounce("x", HOUR)).await;
        deferred(key("numbers:2").after(HOUR)).await;
        let twice = key("numbers:3").again_after(HOUR);
        assert_eq!(twice.send().await.unwrap(), Applied::Recorded);
        let Node { flow, .. } = node;
        if shuts_down {
            flow.shutdown(WITHIN).await.unwrap();
            assert!(server.names().is_empty());
            assert!(
                flow.invalidate()
                    .tags(["a"])
                    .after(HOUR)
                    .send()
                    .await
                    .is_err()
            );
        }
        drop((flow, cache));
        let gone = async || server.names().is_empty();
        eventually("what waited is forgotten", WITHIN, gone).await;
    }
}

#[tokio::test(start_paused = true)]
async fn in_a_transaction_the_commit_decides_when() {
    let flow = alone().await;
    let mut events = flow.events();
    let scope = flow.invalidation_scope();
    scope
        .run(async {
            deferred(tag(&flow, "a").debounce("x", SECOND)).await;
            deferred(tag(&flow, "b").again_after(SECOND)).await;
        })
        .await;
    deferred(scope.invalidate().tags(["c"]).after(SECOND)).await;
    nothing_told(&mut events).await;
    let _ = scope.commit().await.unwrap();
    assert_eq!(told(&mut events).await.forgotten.tags.len(), 3);
    nothing_told(&mut events).await;
}

#[tokio::test]
async fn delays_out_of_range_are_refused_with_what_is_allowed() {
    let flow = alone().await;
    let refused = async |invalidation: Invalidation, parts: [&str; 2]| {
        let error = invalidation.send().await.unwrap_err().to_string();
        assert!(parts.iter().all(|part| error.contains(part)), "{error}");
    };
    let (short, long) = (Duration::ZERO, HOUR + SECOND);
    let range = "allowed is 1ms to 3600s";
    refused(
        tag(&flow, "a").debounce("x", short),
        ["debounce = 0ns", range],
    )
    .await;
    refused(tag(&flow, "a").after(long), ["after = 3601s", range]).await;
    refused(
        tag(&flow, "a").again_after(long),
        ["again_after = 3601s", range],
    )
    .await;
    let waits = tag(&flow, "a").after(SECOND).await_cluster(SECOND);
    refused(waits, ["await_cluster: allowed of what is sent now", ""]).await;
}
