//! Lifetimes: nothing is served at or after its end, on any level.

use std::time::{Duration, Instant};

use cacheflow::clock::Clock;
use cacheflow::key::FullKey;
use cacheflow::{Cache, CacheFlow, Level, Strategy, cached};
use cacheflow_testkit::{MemoryBackend, Operation};
use proptest::prelude::*;

use crate::support::{HOUR, HeldLoad, Node, cached, load};

const DAY: Duration = Duration::from_secs(24 * 60 * 60);
const NANO: Duration = Duration::from_nanos(1);

async fn by_hand() -> (Clock, CacheFlow) {
    let clock = Clock::manual();
    let flow = CacheFlow::builder()
        .clock(clock.clone())
        .build()
        .await
        .unwrap();
    (clock, flow)
}

async fn with_ttl(ttl: Duration) -> (Clock, Cache<u64, u64>) {
    let (clock, flow) = by_hand().await;
    (
        clock,
        flow.cache("numbers")
            .ttl(ttl)
            .ttl_jitter(0.0)
            .build()
            .unwrap(),
    )
}

#[tokio::test]
async fn a_value_is_served_until_right_before_its_end() {
    for ttl in [HOUR, DAY, 366 * DAY] {
        let (clock, cache) = with_ttl(ttl).await;
        load(&cache, 1, 10).await;
        let _ = cache.put(&2, 20).await.unwrap();
        clock.advance(ttl - NANO);
        assert_eq!(
            (cached(&cache, 1).await, cached(&cache, 2).await),
            (10, 20),
            "{ttl:?}"
        );
        assert_eq!(cache.peek(&1).unwrap().remaining, NANO);
        assert_eq!(cache.peek(&1).unwrap().age, ttl - NANO);

        clock.advance(NANO);
        for key in [1, 2] {
            assert_eq!(cache.get(&key).await, None, "{ttl:?}");
            assert_eq!(cache.peek(&key), None);
            assert!(!cache.contains(&key).await);
        }
        assert_eq!(load(&cache, 1, 11).await, 11);
    }
}

#[tokio::test]
async fn a_value_is_never_served_at_or_after_its_end_however_short_it_lives() {
    for ttl in [1, 2, 3, 10].map(Duration::from_millis) {
        let (clock, cache) = with_ttl(ttl).await;
        for value in 1..20 {
            assert_eq!(load(&cache, 1, value).await, value, "{ttl:?}");
            clock.advance(ttl);
            assert_eq!(cache.get(&1).await, None);
        }
    }
}

/// A test that moves the clock by hand must not depend on how fast it runs.
#[tokio::test]
async fn with_a_clock_by_hand_real_time_ends_nothing() {
    let ttl = Duration::from_millis(1);
    let (clock, cache) = with_ttl(ttl).await;
    load(&cache, 1, 10).await;
    let later = Instant::now() + Duration::from_millis(50);
    while Instant::now() < later {
        // Brings about what a store does from time to time.
        let _ = cache.stats();
    }
    assert_eq!(cache.get(&1).await, Some(10));
    clock.advance(ttl);
    assert_eq!(cache.get(&1).await, None);
}

#[tokio::test]
async fn a_lifetime_begins_when_the_load_has_ended() {
    let (clock, cache) = with_ttl(HOUR).await;
    let held = HeldLoad::begin(&cache, 1).await;
    clock.advance(2 * HOUR);
    held.end(10).await;
    assert_eq!(cached(&cache, 1).await, 10);
    // The age is the load's whole: what happened since is not in the value.
    assert_eq!(cache.peek(&1).unwrap().age, 2 * HOUR);
    clock.advance(HOUR);
    assert_eq!(cache.get(&1).await, None);
}

#[cached(cache = "with_ttl", key = "{id}", ttl = ttl, flow = flow)]
async fn with_own_ttl(flow: &CacheFlow, id: u64, ttl: Duration, value: u64) -> u64 {
    value
}

#[tokio::test]
async fn a_functions_own_lifetime_goes_first_and_none_keeps_nothing() {
    let (clock, flow) = by_hand().await;
    let cache: Cache<u64, u64> = flow
        .cache("with_ttl")
        .ttl(DAY)
        .ttl_jitter(0.0)
        .build()
        .unwrap();
    assert_eq!(with_own_ttl(&flow, 1, HOUR, 10).await, 10);
    clock.advance(HOUR - NANO);
    assert_eq!(with_own_ttl(&flow, 1, HOUR, 11).await, 10);
    clock.advance(NANO);
    assert_eq!(with_own_ttl(&flow, 1, HOUR, 12).await, 12);

    for none in [Duration::ZERO, NANO, Duration::from_micros(999)] {
        assert_eq!(with_own_ttl(&flow, 2, none, 20).await, 20);
        assert_eq!(cache.peek(&2), None, "{none:?}");
    }
    with_own_ttl(&flow, 3, Duration::MAX, 30).await;
    assert_eq!(cache.peek(&3).unwrap().remaining, 366 * DAY);
}

/// A node with its server, both by one clock, for values that live `ttl`.
async fn two_levels(
    ttl: Duration,
    strategy: Strategy,
) -> (Clock, MemoryBackend, Node, Cache<u64, u64>) {
    let clock = Clock::manual();
    let server = MemoryBackend::with_clock(clock.clone());
    let node = Node::silent(&server, |flow| flow.clock(clock.clone())).await;
    node.subscribed().await;
    let cache = node
        .flow
        .cache("lives")
        .ttl(ttl)
        .ttl_jitter(0.0)
        .strategy(strategy);
    let cache = cache.build().unwrap();
    (clock, server, node, cache)
}

fn in_store(server: &MemoryBackend) -> Option<Duration> {
    Some(server.value("cacheflow:lives:1")?.remaining)
}

fn in_memory(cache: &Cache<u64, u64>) -> Option<Duration> {
    Some(cache.peek(&1)?.remaining)
}

#[tokio::test]
async fn memory_keeps_a_value_of_the_store_for_the_rest_of_its_life() {
    let minute = Duration::from_secs(60);
    let (clock, server, _node, cache) = two_levels(minute, Strategy::multi_level()).await;
    let late = Node::silent(&server, |flow| flow.clock(clock.clone())).await;
    late.subscribed().await;
    let late: Cache<u64, u64> = late
        .flow
        .cache("lives")
        .ttl(HOUR)
        .ttl_jitter(0.0)
        .build()
        .unwrap();
    load(&cache, 1, 10).await;
    clock.advance(minute - Duration::from_secs(1));
    let found = late.lookup(&1).await.found().unwrap();
    assert_eq!((found.value, found.level), (10, Level::Shared));
    assert_eq!(found.remaining, Duration::from_secs(1));
    assert_eq!(in_memory(&late), Some(Duration::from_secs(1)));
    clock.advance(Duration::from_secs(1));
    for cache in [&cache, &late] {
        assert_eq!(cache.peek(&1), None);
        assert_eq!(cache.get(&1).await, None);
    }
    assert_eq!(server.names(), [""; 0]);
}

#[tokio::test]
async fn a_promotion_that_takes_long_does_not_lengthen_a_life() {
    let minute = Duration::from_secs(60);
    let (clock, server, _node, cache) = two_levels(minute, Strategy::multi_level()).await;
    load(&cache, 1, 10).await;
    let late = Node::silent(&server, |flow| flow.clock(clock.clone())).await;
    late.subscribed().await;
    let reader: Cache<u64, u64> = late.flow.cache("lives").build().unwrap();
    let get = late.gate.hold_after(Operation::Get);
    let read = tokio::spawn({
        let reader = reader.clone();
        async move { reader.get(&1).await }
    });
    get.reached().await;
    clock.advance(Duration::from_secs(59));
    get.release();
    assert_eq!(read.await.unwrap(), Some(10));
    assert_eq!(in_memory(&reader), Some(Duration::from_secs(1)));
    assert_eq!(in_store(&server), Some(Duration::from_secs(1)));
}

proptest! {
    #![proptest_config(ProptestConfig { failure_persistence: None, ..ProptestConfig::with_cases(48) })]

    /// However long the steps of a fill, a put or a read take.
    #[test]
    fn memory_never_outlives_the_store(
        ttl in 1..100_u64,
        memory_ttl in prop::option::of(1..200_u64),
        kind in 0..3_u8,
        pauses in prop::array::uniform3(0..120_u64),
    ) {
        let runtime = tokio::runtime::Builder::new_current_thread().enable_time().build().unwrap();
        runtime.block_on(steps_that_take_long(ttl, memory_ttl, kind, pauses.map(Duration::from_secs)));
    }
}

async fn steps_that_take_long(ttl: u64, memory_ttl: Option<u64>, kind: u8, pauses: [Duration; 3]) {
    let strategy = match memory_ttl {
        Some(seconds) => Strategy::multi_level().memory_ttl(Duration::from_secs(seconds)),
        None => Strategy::multi_level(),
    };
    let ttl = Duration::from_secs(ttl);
    let (clock, server, node, cache) = two_levels(ttl, strategy).await;
    let operation = [Operation::Fill, Operation::Put, Operation::Get][usize::from(kind)];
    if operation == Operation::Get {
        load(&cache, 1, 10).await;
        // Somebody makes memory alone forget it.
        server.announce_foreign(&[FullKey::parse("lives:1").unwrap()], "somebody");
        while cache.peek(&1).is_some() {
            tokio::task::yield_now().await;
        }
        clock.advance(pauses[2]);
    }
    let (before, after) = (
        node.gate.hold_before(operation),
        node.gate.hold_after(operation),
    );
    let call = tokio::spawn({
        let cache = cache.clone();
        async move {
            match operation {
                Operation::Put => drop(cache.put(&1, 11).await.unwrap()),
                _ => drop(load(&cache, 1, 11).await),
            }
        }
    });
    // A value in memory is read without asking the store.
    while !before.is_reached() && !call.is_finished() {
        tokio::task::yield_now().await;
    }
    clock.advance(pauses[0]);
    before.release();
    while !after.is_reached() && !call.is_finished() {
        tokio::task::yield_now().await;
    }
    clock.advance(pauses[1]);
    after.release();
    call.await.unwrap();
    if let Some(memory) = in_memory(&cache) {
        let store = in_store(&server).expect("memory outlives the store");
        assert!(
            memory <= store,
            "{memory:?} in memory, {store:?} in the store"
        );
        assert!(memory_ttl.is_none_or(|most| memory <= Duration::from_secs(most)));
    }
}
