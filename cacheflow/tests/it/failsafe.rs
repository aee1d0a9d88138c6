//! Fail-safe: an old value stands in for one that cannot be loaded.

use cacheflow::{Cache, CacheFlow, Event, FailSafe, Level, LoadError, Strategy};
use cacheflow_testkit::{Operation, eventually};

use crate::strategic::{
    Loading, SECOND, TTL, by_hand, cache, caller_of, found, nodes, source, tried, untried,
};
use crate::support::{Fault, HOUR, WITHIN, joined, soon, waiting};

fn safe() -> Strategy {
    Strategy::multi_level().fail_safe(FailSafe::new(60 * SECOND).throttle(5 * SECOND))
}

#[tokio::test]
async fn without_it_the_error_is_returned() {
    let (flow, clock) = by_hand().await;
    let cache = cache(&flow, "a", Strategy::multi_level());
    let call = cache.entry(&1).stale_ttl(HOUR);
    call.load(async |_| Ok::<_, Fault>(10)).await.unwrap();
    clock.advance(TTL);
    let call = cache.entry(&1).stale_ttl(HOUR);
    let failed = call.load(async |_| Err::<u64, _>("down".to_owned())).await;
    assert_eq!(failed.map(|found| found.value), source("down"));
}

#[tokio::test]
async fn an_old_value_stands_in_marked_and_throttled_and_one_tries_after_that() {
    let (flow, clock) = by_hand().await;
    let cache = cache(&flow, "a", safe());
    tried(&cache, 1, Ok(10)).await.unwrap();
    clock.advance(TTL);
    let mut events = flow.events();
    let given = found(&cache, 1, Err("down")).await.unwrap();
    assert_eq!((given.value, given.stale, given.age), (10, true, TTL));
    assert_eq!(cache.stats().stale, 1);
    let stale = |e: &&Event| matches!(e, Event::Stale { .. });
    assert_eq!(waiting(&mut events).iter().filter(stale).count(), 1);
    for _ in 0..3 {
        let given = found(&cache, 1, Err("tried")).await.unwrap();
        assert_eq!((given.value, given.stale), (10, true));
        let given = cache.lookup(&1).await.found().unwrap();
        assert!(given.stale && given.age >= TTL);
    }
    clock.advance(5 * SECOND - SECOND / 1000);
    assert_eq!(untried(&cache, 1).await, Ok(10));
    assert_eq!(cache.stats().loads, 2);
    clock.advance(SECOND / 1000);
    assert_eq!(
        cache.get(&1).await,
        None,
        "nobody who loads nothing gets it"
    );
    // One tries, and the others wait for what comes of that.
    let loading = Loading::begin(&cache, 1).await;
    let follower = caller_of(&cache, 1, Err("tried"));
    joined(&cache, 1).await;
    assert_eq!(loading.end(Err("down")).await, Ok(10));
    assert_eq!(follower.await.unwrap(), Ok(10));
    assert_eq!(cache.stats().loads, 3);
    clock.advance(5 * SECOND);
    let fresh = found(&cache, 1, Ok(11)).await.unwrap();
    assert_eq!((fresh.value, fresh.stale), (11, false));
    clock.advance(TTL - SECOND);
    assert!(!cache.peek(&1).unwrap().stale);
}

#[tokio::test(start_paused = true)]
async fn it_stands_in_for_a_load_that_takes_too_long() {
    let (flow, clock) = by_hand().await;
    let cache = cache(&flow, "a", safe().hard_timeout(SECOND));
    for key in [1, 2] {
        tried(&cache, key, Ok(10)).await.unwrap();
    }
    clock.advance(TTL);
    let here = Loading::begin(&cache, 1).await;
    let apart = Loading::begin_apart(&cache, 2).await;
    assert_eq!(soon(here.task).await, Ok(10));
    assert_eq!(soon(apart.task).await, Ok(10));
    let none = Loading::begin(&cache, 3).await;
    assert_eq!(soon(none.task).await, Err(LoadError::Timeout));
    let stats = cache.stats();
    assert_eq!((stats.stale, stats.timeouts), (2, 3));
}

#[tokio::test]
async fn it_does_not_stand_in_beyond_its_time_not_even_throttled() {
    let (flow, clock) = by_hand().await;
    let cache = cache(&flow, "a", safe());
    tried(&cache, 1, Ok(10)).await.unwrap();
    clock.advance(TTL + 58 * SECOND);
    let given = found(&cache, 1, Err("down")).await.unwrap();
    assert_eq!((given.value, given.remaining), (10, 2 * SECOND));
    clock.advance(2 * SECOND - SECOND / 1000);
    assert_eq!(untried(&cache, 1).await, Ok(10));
    clock.advance(SECOND / 1000);
    assert_eq!(tried(&cache, 1, Err("down")).await, source("down"));
}

/// Throttled again and again it would never come to its end.
#[tokio::test]
async fn standing_in_does_not_lengthen_its_time() {
    let (flow, clock) = by_hand().await;
    let cache = cache(&flow, "a", safe());
    tried(&cache, 1, Ok(10)).await.unwrap();
    clock.advance(TTL);
    for _ in 0..12 {
        assert_eq!(tried(&cache, 1, Err("down")).await, Ok(10));
        clock.advance(5 * SECOND);
    }
    assert_eq!(tried(&cache, 1, Err("down")).await, source("down"));
}

#[tokio::test]
async fn a_node_that_never_had_it_gets_the_old_value_out_of_the_shared_store() {
    let (_server, clock, [one, two, three]) = nodes().await;
    let on = |flow: &CacheFlow| cache(flow, "safe", safe());
    let (one, two) = (on(&one.flow), on(&two.flow));
    tried(&one, 1, Ok(10)).await.unwrap();
    tried(&one, 2, Ok(20)).await.unwrap();
    let call = one.tagged(["t"]).unwrap();
    tried(&call, 3, Ok(30)).await.unwrap();
    clock.advance(TTL + SECOND);
    assert_eq!(
        two.get(&1).await,
        None,
        "it is no value to who loads nothing"
    );
    assert_eq!(two.peek(&1), None);
    let given = found(&two, 1, Err("down")).await.unwrap();
    assert_eq!(
        (given.value, given.stale, given.level),
        (10, true, Level::Shared)
    );
    assert!(two.peek(&1).unwrap().stale);
    // Another node does not take it for a fresh one, and loads.
    let third = on(&three.flow);
    let fresh = found(&third, 1, Ok(11)).await.unwrap();
    assert_eq!((fresh.value, fresh.stale), (11, false));
    // It has a bound there as well.
    clock.advance(60 * SECOND);
    assert_eq!(tried(&two, 2, Err("down")).await, source("down"));
    assert_eq!(tried(&two, 3, Err("down")).await, source("down"));
}

#[tokio::test]
async fn a_stale_value_of_the_shared_store_is_forgotten_by_its_tag() {
    let (_server, clock, [one, two]) = nodes().await;
    let on = |flow: &CacheFlow| cache(flow, "safe", safe());
    let (here, there) = (on(&one.flow), on(&two.flow));
    tried(&here.tagged(["t"]).unwrap(), 1, Ok(10))
        .await
        .unwrap();
    clock.advance(TTL);
    assert_eq!(tried(&there, 1, Err("down")).await, Ok(10));
    let _ = one.flow.invalidate().tags(["t"]).send().await.unwrap();
    two.nobody_under_way().await;
    let forgotten = async || there.peek(&1).is_none();
    eventually("its stale copy is forgotten", WITHIN, forgotten).await;
    assert_eq!(tried(&there, 1, Err("down")).await, source("down"));
    assert_eq!(tried(&here, 1, Err("down")).await, source("down"));
}

#[tokio::test]
async fn what_was_forgotten_never_stands_in() {
    for (shared, throttled) in [(false, false), (false, true), (true, false), (true, true)] {
        for by in ["key", "tag", "clear", "all", "put"] {
            let (flow, clock, _server) = match shared {
                false => {
                    let (flow, clock) = by_hand().await;
                    (flow, clock, None)
                }
                true => {
                    let (server, clock, [node]) = nodes().await;
                    (node.flow.clone(), clock, Some((server, node)))
                }
            };
            let cache = cache(&flow, "safe", safe()).tagged(["t"]).unwrap();
            tried(&cache, 1, Ok(10)).await.unwrap();
            clock.advance(TTL);
            if throttled {
                assert_eq!(tried(&cache, 1, Err("down")).await, Ok(10));
            }
            forget(&flow, &cache, by).await;
            let after = tried(&cache, 1, Err("down")).await;
            match by {
                "put" => assert_eq!(after, Ok(99)),
                _ => assert_eq!(after, source("down"), "{by} {shared} {throttled}"),
            }
        }
    }
}

async fn forget(flow: &CacheFlow, cache: &Cache<u64, u64>, by: &str) {
    let _ = match by {
        "key" => cache.invalidate(&1).await.unwrap(),
        "tag" => flow.invalidate().tags(["t"]).send().await.unwrap(),
        "clear" => cache.clear().await.unwrap(),
        "all" => flow.invalidate().all().send().await.unwrap(),
        _ => cache.put(&1, 99).await.unwrap(),
    };
}

#[tokio::test]
async fn what_is_forgotten_while_its_load_fails_does_not_stand_in() {
    for by in ["key", "tag", "clear", "all"] {
        let (flow, clock) = by_hand().await;
        let cache = cache(&flow, "safe", safe()).tagged(["t"]).unwrap();
        tried(&cache, 1, Ok(10)).await.unwrap();
        clock.advance(TTL);
        let here = Loading::begin(&cache, 1).await;
        forget(&flow, &cache, by).await;
        assert_eq!(here.end(Err("down")).await, source("down"), "{by}");
        assert_eq!(cache.peek(&1), None);
        assert_eq!(tried(&cache, 1, Err("down")).await, source("down"), "{by}");
    }
}

#[tokio::test]
async fn behind_a_closed_gate_what_memory_has_does_not_stand_in() {
    let (server, clock, [one]) = nodes().await;
    let strategy = Strategy::multi_level().fail_safe(FailSafe::new(10 * HOUR));
    let cache = cache(&one.flow, "safe", strategy);
    tried(&cache, 1, Ok(10)).await.unwrap();
    clock.advance(TTL);
    one.failing.fail(Operation::Listen);
    one.failing.fail(Operation::Get);
    server.disconnect();
    let silent = async || !one.flow.health().is_good();
    eventually("the bus is silent", WITHIN, silent).await;
    assert_eq!(
        tried(&cache, 1, Err("down")).await,
        Ok(10),
        "the gate is open yet"
    );
    clock.advance(HOUR);
    assert_eq!(tried(&cache, 1, Err("down")).await, source("down"));
}

/// Memory is served for a while without a bus; standing in must not begin that while
/// anew.
#[tokio::test]
async fn without_a_bus_a_value_does_not_stand_in_for_longer_than_the_young_are_served() {
    use crate::support::Node;
    use cacheflow::clock::Clock;
    use cacheflow_testkit::MemoryBackend;
    let clock = Clock::manual();
    let server = MemoryBackend::with_clock(clock.clone());
    let options = |flow: cacheflow::FlowBuilder| {
        let flow = flow.clock(clock.clone()).max_staleness(20 * SECOND);
        flow.serve_young_without_bus(true)
    };
    let one = Node::silent(&server, options).await;
    one.subscribed().await;
    let cache = cache(&one.flow, "safe", safe());
    tried(&cache, 1, Ok(10)).await.unwrap();
    one.failing.fail(Operation::Listen);
    one.failing.fail(Operation::Get);
    one.failing.fail(Operation::Fill);
    server.disconnect();
    let silent = async || !one.flow.health().is_good();
    eventually("the bus is silent", WITHIN, silent).await;
    clock.advance(TTL);
    assert_eq!(tried(&cache, 1, Err("down")).await, Ok(10), "it is young");
    // Whoever forgot it meanwhile could not tell this node.
    clock.advance(5 * SECOND);
    assert_eq!(tried(&cache, 1, Err("down")).await, Ok(10), "it is young");
    clock.advance(5 * SECOND);
    assert_eq!(tried(&cache, 1, Err("down")).await, source("down"));
}

#[tokio::test]
async fn what_is_made_of_a_stale_value_ends_with_it() {
    let (flow, clock) = by_hand().await;
    let child = cache(&flow, "child", safe());
    let parent = cache(&flow, "parent", Strategy::multi_level());
    let make = async |key: u64| {
        let loader = async || {
            tried(&child, 1, Err("down"))
                .await
                .map_err(|e| e.to_string())
        };
        parent.get_or_load(&key, loader).await
    };
    tried(&child, 1, Ok(10)).await.unwrap();
    clock.advance(TTL);
    // Of what stands in just now nothing lasting is made.
    assert_eq!(make(1).await, Ok(10));
    assert_eq!(parent.peek(&1), None);
    clock.advance(2 * SECOND);
    assert_eq!(make(2).await, Ok(10));
    clock.advance(3 * SECOND);
    assert_eq!(parent.peek(&2), None, "the next try may succeed");
    // Forgotten with it.
    assert_eq!(tried(&child, 1, Err("down")).await, Ok(10));
    assert_eq!(make(3).await, Ok(10));
    let _ = child.invalidate(&1).await.unwrap();
    assert_eq!(parent.peek(&3), None);
}
