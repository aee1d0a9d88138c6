//! The advisor at work; what it goes by is tested where it decides.

use std::time::Duration;

use cacheflow::clock::Clock;
use cacheflow::{Advice, Cache, CacheFlow, Event, Events, FailSafe, Strategy};
use tracing::Level;

use crate::collected::Collected;
use crate::world::{HOUR, builder, load, numbers};

const MINUTE: Duration = Duration::from_secs(60);

/// By so much the test looks later than the advisor.
const MOMENT: Duration = Duration::from_millis(1);

/// The advice of the next look.
async fn next_look(events: &mut Events) -> Vec<(String, Advice)> {
    tokio::time::sleep(MINUTE + MOMENT).await;
    let mut told = Vec::new();
    while let Some(Ok(event)) = events.try_next() {
        if let Event::Advice { cache, advice } = event {
            told.push((cache.to_string(), advice));
        }
    }
    told
}

async fn flow(clock: &Clock, advisor: bool) -> CacheFlow {
    let builder = builder().clock(clock.clone());
    builder.advisor(advisor).build().await.unwrap()
}

/// A cache that is asked for two thousand keys, once each.
async fn useless(flow: &CacheFlow) -> Cache<u64, u64> {
    let cache = numbers(flow);
    for key in 0..2_000 {
        load(&cache, key).await;
    }
    cache
}

#[tokio::test(start_paused = true)]
async fn after_an_hour_without_hits_it_says_so_once() {
    let (collected, _collecting) = Collected::here();
    let clock = Clock::manual();
    let flow = flow(&clock, true).await;
    let mut events = flow.events();
    let _cache = useless(&flow).await;
    assert_eq!(next_look(&mut events).await, [], "the hour begins");
    clock.advance(HOUR - MINUTE);
    assert_eq!(next_look(&mut events).await, [], "it is not over");
    clock.advance(MINUTE);
    let (percent, lookups) = (0, 2_000);
    let expected = Advice::LowHitRate { percent, lookups };
    assert_eq!(
        next_look(&mut events).await,
        [("numbers".to_owned(), expected)]
    );
    for _ in 0..3 {
        clock.advance(HOUR);
        useless(&flow).await.clear().await.map(drop).unwrap();
        assert_eq!(next_look(&mut events).await, []);
    }
    let mut warned = collected.all();
    warned.retain(|said| said.level == Level::WARN);
    assert_eq!(warned.len(), 1, "{warned:?}");
    assert_eq!(warned[0].field("cache"), Some("numbers"));
    assert_eq!(warned[0].field("advice"), Some("low_hit_rate"));
    assert!(
        warned[0].what().starts_with("0 % of 2000 lookups"),
        "{warned:?}"
    );
}

#[tokio::test(start_paused = true)]
async fn what_is_wrong_by_itself_is_said_at_the_first_look_for_each_cache() {
    let clock = Clock::manual();
    let flow = flow(&clock, true).await;
    let mut events = flow.events();
    let of = |name, stale| -> Cache<u64, u64> {
        let strategy = Strategy::multi_level().fail_safe(FailSafe::new(stale));
        flow.cache(name)
            .ttl(HOUR)
            .strategy(strategy)
            .build()
            .unwrap()
    };
    let _three = [of("a", MINUTE), of("b", MINUTE), of("c", 2 * HOUR)];
    let (ttl, stale) = (HOUR, MINUTE);
    let short = Advice::ShortStaleWindow { ttl, stale };
    let mut told = next_look(&mut events).await;
    told.sort_by(|one, other| one.0.cmp(&other.0));
    assert_eq!(told, [("a".to_owned(), short), ("b".to_owned(), short)]);
    assert_eq!(next_look(&mut events).await, []);
}

#[tokio::test(start_paused = true)]
async fn it_can_be_switched_off() {
    let clock = Clock::manual();
    let flow = flow(&clock, false).await;
    let mut events = flow.events();
    let _cache = useless(&flow).await;
    for _ in 0..3 {
        clock.advance(HOUR);
        assert_eq!(next_look(&mut events).await, []);
    }
}

#[tokio::test(start_paused = true)]
async fn it_ends_with_its_flow() {
    let clock = Clock::manual();
    let flow = flow(&clock, true).await;
    let mut events = flow.events();
    drop(flow);
    assert_eq!(events.next().await, None, "nothing holds the flow");
}
