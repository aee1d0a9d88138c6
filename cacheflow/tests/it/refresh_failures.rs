//! What becomes of refreshes that fail, hang, panic, or whose value is forgotten.

use std::time::Duration;

use cacheflow::{Cache, Event, Strategy};
use cacheflow_testkit::eventually;

use crate::support::{Fault, WITHIN, cached, caller, load, soon, waiting};
use crate::timed::{
    MINUTE, NANO, Numbers, SECOND, Source, World, one_cache, refreshes_ended, settle,
};

const TTL: Duration = Duration::from_secs(600);

fn halfway(it: Numbers) -> Numbers {
    it.ttl(TTL)
        .strategy(Strategy::multi_level().refresh_ahead(0.5))
}

fn halfway_aside(it: Numbers) -> Numbers {
    it.ttl(TTL)
        .strategy(Strategy::cache_aside().refresh_ahead(0.5))
}

#[tokio::test]
async fn a_refresh_that_fails_keeps_the_value_and_is_told() {
    let (clock, flow, cache) = one_cache(halfway).await;
    let source = Source::new();
    source.read(&cache, 1).await;
    clock.advance(TTL / 2);
    let mut events = flow.events();
    source.fail(true);
    assert_eq!(source.read(&cache, 1).await, 1);
    refreshes_ended(&cache, 0, 1).await;
    let told = waiting(&mut events);
    assert!(
        matches!(&told[..], [Event::RefreshFailed { cache, key }]
            if cache.as_str() == "lives" && key.to_string() == "1"),
        "{told:?}"
    );
    // Of the other kind: its caller gets the value as well, not the error.
    let _ = cache.put(&2, 20).await.unwrap();
    clock.advance(TTL / 2);
    assert_eq!(source.read_waiting(&cache, 2).await, 20);
    refreshes_ended(&cache, 0, 2).await;
    assert_eq!(
        cache.peek(&2).unwrap().remaining,
        TTL / 2,
        "its lifetime is what it was"
    );
    assert_eq!((cache.stats().load_failures, cache.stats().stale), (2, 0));
}

/// The value is there, so that the error is of no use.
#[tokio::test]
async fn the_error_of_a_refresh_is_not_kept_in_place_of_the_value() {
    let (clock, _flow, cache) = one_cache(|it| halfway(it).cache_err(TTL)).await;
    load(&cache, 1, 10).await;
    clock.advance(TTL / 2);
    let failing = || cache.get_or_load_shared(&1, async || Err::<u64, _>("no rows"));
    assert_eq!((failing().await, failing().await), (Ok(10), Ok(10)));
    assert_eq!(
        (cached(&cache, 1).await, cache.stats().refresh_failures),
        (10, 1)
    );
    clock.advance(TTL / 2);
    assert!(failing().await.is_err());
    assert_eq!(cache.stats().loads, 3);
}

/// At which seconds after it is due a value is tried again to its end, by a reader at
/// each second.
async fn tries(clock: &cacheflow::clock::Clock, cache: &Cache<u64, u64>) -> Vec<u64> {
    let source = Source::new();
    source.read(cache, 1).await;
    clock.advance(TTL / 2);
    source.fail(true);
    let mut tries = Vec::new();
    for second in 0..300 {
        let before = source.begun();
        assert_eq!(source.read_waiting(cache, 1).await, 1, "at {second}");
        assert!(source.begun() <= before + 1);
        if source.begun() > before {
            tries.push(second);
        }
        clock.advance(SECOND);
    }
    let failures = cache.stats().refresh_failures;
    assert_eq!(failures, tries.len() as u64);
    assert_eq!(cache.get(&1).await, None, "beyond its lifetime");
    tries
}

fn assert_growing(tries: &[u64]) {
    assert_eq!(tries[0], 0);
    let pauses: Vec<_> = tries.windows(2).map(|pair| pair[1] - pair[0]).collect();
    assert!((4..=12).contains(&pauses.len()), "{pauses:?}");
    assert!(pauses[0] >= 10 && pauses[1] > pauses[0], "{pauses:?}");
    assert!(pauses.iter().all(|pause| *pause <= 61), "{pauses:?}");
}

#[tokio::test]
async fn a_refresh_that_fails_is_tried_again_after_a_growing_pause_to_the_end() {
    let (clock, _flow, cache) = one_cache(halfway).await;
    assert_growing(&tries(&clock, &cache).await);
}

#[tokio::test]
async fn a_refresh_of_what_the_store_has_alone_is_tried_again_after_a_growing_pause() {
    let world = World::new(halfway_aside).await;
    assert_growing(&tries(&world.clock, &world.caches[0]).await);
}

#[tokio::test]
async fn after_failures_a_refresh_succeeds_and_the_next_value_begins_anew() {
    let (clock, _flow, cache) = one_cache(halfway).await;
    let source = Source::new();
    source.read(&cache, 1).await;
    clock.advance(TTL / 2);
    source.fail(true);
    for failures in 1..=3 {
        source.read(&cache, 1).await;
        refreshes_ended(&cache, 0, failures).await;
        clock.advance(80 * SECOND);
    }
    source.fail(false);
    source.read(&cache, 1).await;
    refreshes_ended(&cache, 1, 3).await;
    assert_eq!(source.read(&cache, 1).await, 5);
    clock.advance(TTL / 2);
    source.fail(true);
    source.read(&cache, 1).await;
    refreshes_ended(&cache, 1, 4).await;
    clock.advance(TTL / 2 / 16);
    source.read(&cache, 1).await;
    refreshes_ended(&cache, 1, 5).await;
}

#[tokio::test(start_paused = true)]
async fn a_refresh_that_hangs_keeps_the_value_for_no_longer_and_its_key_for_nobody() {
    let (clock, _flow, cache) = one_cache(halfway).await;
    let source = Source::new();
    source.read(&cache, 1).await;
    clock.advance(TTL / 2);
    source.shut();
    source.read(&cache, 1).await;
    source.has_begun(2).await;
    clock.advance(TTL / 2 - NANO);
    assert_eq!(source.read(&cache, 1).await, 1);
    clock.advance(NANO);
    assert_eq!((cache.get(&1).await, cache.peek(&1)), (None, None));
    assert_eq!(soon(caller(&cache, 1, 50)).await, 50);
    source.open();
    eventually("nobody is under way", WITHIN, async || {
        cache.under_way() == 0
    })
    .await;
    settle().await;
    assert_eq!(cached(&cache, 1).await, 50, "not what came too late");
}

#[tokio::test(start_paused = true)]
async fn a_refresh_that_hangs_is_given_up_and_tried_again() {
    for options in [halfway, halfway_aside] {
        let world = World::new(options).await;
        let (cache, clock) = (&world.caches[0], &world.clock);
        let mut events = world.nodes[0].flow.events();
        let source = Source::new();
        source.read(cache, 1).await;
        clock.advance(TTL / 2);
        source.shut();
        source.read(cache, 1).await;
        source.has_begun(2).await;
        // Tokio's time, not the values'.
        tokio::time::sleep(2 * TTL).await;
        refreshes_ended(cache, 0, 1).await;
        assert_eq!(cache.under_way(), 0);
        let key = waiting(&mut events);
        assert!(
            key.iter()
                .any(|event| matches!(event, Event::RefreshFailed { .. }))
        );
        source.open();
        clock.advance(MINUTE);
        assert_eq!(source.read(cache, 1).await, 1);
        refreshes_ended(cache, 1, 1).await;
        assert_eq!(source.read(cache, 1).await, 3);
    }
}

async fn panics() -> Result<u64, Fault> {
    panic!("the loader's own panic")
}

#[tokio::test(start_paused = true)]
async fn a_refresh_that_panics_has_failed() {
    for (options, what) in [
        (halfway as fn(Numbers) -> Numbers, "memory"),
        (halfway_aside, "store"),
    ] {
        let world = World::new(options).await;
        let (cache, clock) = (&world.caches[0], &world.clock);
        load(cache, 1, 10).await;
        clock.advance(TTL / 2);
        let read = || cache.get_or_refresh(&1, panics);
        for _ in 0..5 {
            assert_eq!(read().await.unwrap(), 10, "{what}");
            eventually("nobody is under way", WITHIN, async || {
                cache.under_way() == 0
            })
            .await;
            settle().await;
        }
        assert_eq!(cache.stats().loads, 2, "{what}: not again at once");
        assert_eq!(cache.stats().refresh_failures, 1, "{what}");
        clock.advance(MINUTE);
        assert_eq!(load(cache, 1, 11).await, 11, "{what}");
    }
}

#[tokio::test]
async fn who_is_cancelled_in_its_refresh_holds_nobody() {
    let (clock, _flow, cache) = one_cache(halfway).await;
    let source = Source::new();
    source.read(&cache, 1).await;
    clock.advance(TTL / 2);
    source.shut();
    let reader = tokio::spawn({
        let (cache, source) = (cache.clone(), source.clone());
        async move { source.read_waiting(&cache, 1).await }
    });
    source.has_begun(2).await;
    reader.abort();
    assert!(reader.await.unwrap_err().is_cancelled());
    assert_eq!(cache.under_way(), 0);
    source.open();
    assert_eq!(source.read_waiting(&cache, 1).await, 1);
    clock.advance(MINUTE);
    assert_eq!(source.read_waiting(&cache, 1).await, 3);
}

/// Nothing is served at or after its end.
#[tokio::test]
async fn who_waits_for_a_refresh_that_fails_after_the_end_of_the_value_does_not_get_it() {
    let mut served = Vec::new();
    for (options, what) in [
        (halfway as fn(Numbers) -> Numbers, "memory"),
        (halfway_aside, "store"),
    ] {
        let world = World::new(options).await;
        let cache = &world.caches[0];
        let source = Source::new();
        source.read(cache, 1).await;
        world.clock.advance(TTL / 2);
        source.shut();
        let reader = tokio::spawn({
            let (cache, source) = (cache.clone(), source.clone());
            async move { cache.get_or_load(&1, || source.load()).await }
        });
        source.has_begun(2).await;
        world.clock.advance(TTL / 2 + MINUTE);
        source.fail(true);
        source.open();
        if reader.await.unwrap() == Ok(1) {
            served.push(what);
        }
    }
    assert_eq!(served, [""; 0], "a minute after its end");
}

#[tokio::test]
async fn what_is_forgotten_while_it_is_refreshed_is_served_to_nobody_and_not_kept() {
    for how in ["key", "tag", "pattern", "clear", "all", "put", "parent"] {
        for options in [halfway, halfway_aside] {
            let world = World::new(options).await;
            let flow = &world.nodes[0].flow;
            let parents: Cache<u64, u64> = flow.cache("parents").build().unwrap();
            let cache = &world.caches[0].tagged(["org:3"]).unwrap();
            let cache = &cache.depends_on([parents.full_key(&1)]);
            let source = Source::new();
            source.read(cache, 1).await;
            world.clock.advance(TTL / 2);
            source.shut();
            assert_eq!(source.read(cache, 1).await, 1);
            source.has_begun(2).await;
            let forget = || flow.invalidate();
            match how {
                "key" => drop(cache.invalidate(&1).await.unwrap()),
                "tag" => drop(forget().tags(["org:3"]).send().await.unwrap()),
                "pattern" => drop(forget().pattern("lives:*").send().await.unwrap()),
                "clear" => drop(cache.clear().await.unwrap()),
                "all" => drop(forget().all().send().await.unwrap()),
                "put" => drop(cache.put(&1, 50).await.unwrap()),
                _ => drop(parents.invalidate(&1).await.unwrap()),
            }
            let entry = cache.entry(&1).load(async |_| Ok::<_, Fault>(50));
            let read = tokio::time::timeout(WITHIN, entry).await;
            assert_eq!(
                read.expect("it waits for the refresh").unwrap().value,
                50,
                "{how}"
            );
            source.open();
            eventually("nobody is under way", WITHIN, async || {
                cache.under_way() == 0
            })
            .await;
            settle().await;
            for cache in &world.caches {
                assert_eq!(cache.get(&1).await, Some(50), "{how}");
            }
        }
    }
}

/// With nobody after it who would replace it.
#[tokio::test]
async fn the_result_of_a_refresh_of_what_was_forgotten_is_not_kept() {
    for how in ["key", "tag", "another node"] {
        for options in [halfway, halfway_aside] {
            let world = World::new(options).await;
            let cache = &world.caches[0].tagged(["org:3"]).unwrap();
            let source = Source::new();
            source.read(cache, 1).await;
            world.clock.advance(TTL / 2);
            source.shut();
            source.read(cache, 1).await;
            source.has_begun(2).await;
            let flow = &world.nodes[0].flow;
            match how {
                "key" => drop(cache.invalidate(&1).await.unwrap()),
                "tag" => drop(flow.invalidate().tags(["org:3"]).send().await.unwrap()),
                // Also before this node has heard of it.
                _ => drop(world.caches[1].invalidate(&1).await.unwrap()),
            }
            source.open();
            let refused = async || cache.stats().fills_refused == 1;
            eventually("what was loaded is refused", WITHIN, refused).await;
            eventually("memory has nothing", WITHIN, async || {
                cache.peek(&1).is_none()
            })
            .await;
            assert_eq!(
                (cache.get(&1).await, world.stored(1)),
                (None, None),
                "{how}"
            );
        }
    }
}
