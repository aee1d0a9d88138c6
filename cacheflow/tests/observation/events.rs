//! Events, and those who are too slow for them.

use std::time::Duration;

use cacheflow::{Cache, CacheFlow, Event, Events};
use cacheflow_testkit::{MemoryBackend, eventually};

use crate::world::{Fault, WITHIN, alone, load, node, numbers, subscribed};

/// What was told up to now, and how many were lost.
fn told(events: &mut Events) -> (Vec<Event>, u64) {
    let (mut told, mut lost) = (Vec::new(), 0);
    while let Some(event) = events.try_next() {
        match event {
            Ok(event) => told.push(event),
            Err(more) => lost += more,
        }
    }
    (told, lost)
}

async fn few() -> (CacheFlow, Cache<u64, u64>) {
    let flow = alone().await;
    let cache = flow.cache("few").max_entries(1).build().unwrap();
    (flow, cache)
}

#[tokio::test]
async fn a_slow_listener_loses_events_with_a_count_and_nobody_waits_for_it() {
    let (flow, cache) = few().await;
    let mut slow = flow.events();
    // Every one but the last is evicted; nobody hears it meanwhile.
    for key in 0..5_000 {
        load(&cache, key).await;
    }
    assert_eq!(cache.stats().evictions.size, 4_999);
    let (heard, lost) = told(&mut slow);
    assert_eq!(heard.len() as u64 + lost, 4_999);
    assert!(heard.len() >= 1_000 && lost >= 1_000, "{lost} lost");
}

#[tokio::test]
async fn a_listener_hears_of_all_caches_and_picks_what_it_wants() {
    let server = MemoryBackend::new();
    let flow = subscribed(node(&server)).await;
    let (numbers, others) = (
        numbers(&flow),
        flow.cache::<u64, String>("texts").build().unwrap(),
    );
    let mut events = flow.events();
    load(&numbers, 1).await;
    let text = async || Ok::<_, Fault>("a text ".repeat(500));
    others.get_or_load(&2, text).await.unwrap();
    let (events, lost) = told(&mut events);
    let set = events.iter().filter_map(|event| match event {
        Event::ItemSet {
            cache,
            key,
            compressed,
            encoded,
            stored,
        } => Some((
            cache.as_str(),
            key.to_string(),
            *compressed,
            stored < encoded,
        )),
        _ => None,
    });
    let set: Vec<_> = set.collect();
    let expected = [
        ("numbers", "1".to_owned(), false, false),
        ("texts", "2".to_owned(), true, true),
    ];
    assert_eq!((set.as_slice(), lost), (expected.as_slice(), 0));
}

#[tokio::test]
async fn the_bus_that_is_lost_and_found_is_told() {
    let server = MemoryBackend::new();
    let flow = subscribed(node(&server)).await;
    let mut events = flow.events();
    server.disconnect();
    let next = async |events: &mut Events| {
        let next = tokio::time::timeout(WITHIN, events.next()).await;
        next.unwrap().unwrap().unwrap()
    };
    assert_eq!(next(&mut events).await, Event::BusDown);
    assert_eq!(next(&mut events).await, Event::BusUp);
    let good = async || flow.health().is_good();
    eventually("all is well", WITHIN, good).await;
    flow.shutdown(Duration::ZERO).await.unwrap();
}
