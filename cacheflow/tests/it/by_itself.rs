//! Values that are loaded anew by themselves, as long as somebody asks for them.

use std::time::Duration;

use cacheflow::clock::Clock;
use cacheflow::{CacheFlow, ErrorKind, LoadingCache, RefreshAhead, Strategy};

use crate::support::{HOUR, WITHIN, assert_parts, soon};
use crate::timed::{MINUTE, SECOND, Source, by_hand};

const TTL: Duration = Duration::from_secs(600);

fn by_itself() -> Strategy {
    Strategy::multi_level().refresh_ahead(RefreshAhead::at(0.8).by_itself())
}

struct World {
    clock: Clock,
    flow: CacheFlow,
    source: Source,
    cache: LoadingCache<u64, u64>,
}

impl World {
    async fn new() -> Self {
        let (clock, flow) = by_hand().await;
        let source = Source::new();
        let cache = flow
            .cache("lives")
            .ttl(TTL)
            .ttl_jitter(0.0)
            .strategy(by_itself());
        let loads = source.clone();
        let cache = cache
            .build_with_loader(move |_| loads.clone().load())
            .unwrap();
        Self {
            clock,
            flow,
            source,
            cache,
        }
    }

    /// Lets both clocks go on, the values' and the timers'.
    async fn pass(&self, time: Duration) {
        for _ in 0..time.as_secs() / 10 {
            self.clock.advance(10 * SECOND);
            tokio::time::sleep(10 * SECOND).await;
        }
    }

    async fn fetch(&self) -> u64 {
        self.cache.fetch(&1).await.unwrap()
    }
}

#[tokio::test(start_paused = true)]
async fn what_is_asked_for_now_and_then_is_always_there_and_loaded_in_time() {
    let world = World::new().await;
    assert_eq!(world.fetch().await, 1);
    for minute in (5..=60).step_by(5) {
        world.pass(5 * MINUTE).await;
        let begun = world.source.begun();
        assert_eq!(world.fetch().await, begun, "the newest");
        let due = 1 + minute / 8;
        assert!(
            (due - 1..=due).contains(&begun),
            "{begun} loads in {minute} minutes"
        );
    }
    let stats = world.cache.stats();
    assert_eq!((stats.misses, stats.refresh_failures), (1, 0));
    assert_eq!(stats.refreshed, stats.loads - 1);
}

#[tokio::test(start_paused = true)]
async fn what_nobody_asks_for_any_more_is_loaded_once_more_at_most_and_ends() {
    let world = World::new().await;
    for _ in 0..4 {
        world.fetch().await;
        world.pass(5 * MINUTE).await;
    }
    let begun = world.source.begun();
    world.pass(10 * HOUR).await;
    assert!(
        world.source.begun() <= begun + 1,
        "{} loads after {begun}",
        world.source.begun()
    );
    assert_eq!(world.cache.peek(&1), None);
    assert_eq!(world.cache.under_way(), 0);

    // Who asks again begins again.
    let begun = world.source.begun();
    for _ in 0..6 {
        world.fetch().await;
        world.pass(5 * MINUTE).await;
    }
    assert!(world.source.begun() >= begun + 3);
}

/// To have been loaded is not to be asked for.
#[tokio::test(start_paused = true)]
async fn what_was_asked_for_once_is_not_loaded_for_ever() {
    let world = World::new().await;
    world.fetch().await;
    world.pass(5 * HOUR).await;
    assert!(world.source.begun() <= 2, "{}", world.source.begun());
}

#[tokio::test(start_paused = true)]
async fn every_kind_of_reader_is_one_who_asks() {
    for way in ["fetch", "get", "get_or_load", "lookup", "entry.load"] {
        let world = World::new().await;
        world.fetch().await;
        for _ in 0..12 {
            world.pass(5 * MINUTE).await;
            let failing = async |_| Err::<u64, _>("it was not there");
            let value = match way {
                "fetch" => world.fetch().await,
                "get" => world.cache.get(&1).await.expect(way),
                "lookup" => world.cache.lookup(&1).await.found().expect(way).value,
                "get_or_load" => {
                    let read = world
                        .cache
                        .get_or_load(&1, async || Err::<u64, _>("not there"));
                    read.await.expect(way)
                }
                _ => world.cache.entry(&1).load(failing).await.expect(way).value,
            };
            assert_eq!(value, world.source.begun(), "{way}");
        }
        assert!(world.source.begun() >= 7, "{way}");
    }
}

#[tokio::test(start_paused = true)]
async fn many_who_ask_for_one_key_have_it_loaded_once_each_time() {
    let world = World::new().await;
    for _ in 0..4 {
        let fetches = (0..100).map(|_| {
            let cache = world.cache.clone();
            tokio::spawn(async move { cache.fetch(&1).await.unwrap() })
        });
        for fetch in fetches.collect::<Vec<_>>() {
            soon(fetch).await;
        }
        world.pass(8 * MINUTE).await;
    }
    assert!(
        (4..=5).contains(&world.source.begun()),
        "{}",
        world.source.begun()
    );
}

#[tokio::test(start_paused = true)]
async fn a_load_by_itself_that_fails_is_tried_again_while_the_value_lasts() {
    let world = World::new().await;
    world.fetch().await;
    world.source.fail(true);
    world.pass(8 * MINUTE).await;
    // Watched and asked for in every pause.
    for _ in 0..4 {
        assert_eq!(world.fetch().await, 1);
        world.pass(10 * SECOND).await;
    }
    let failures = world.cache.stats().refresh_failures;
    assert!((2..=4).contains(&failures), "{failures} failures");
    assert_eq!(world.cache.stats().refreshed, 0);
    world.source.fail(false);
    for _ in 0..6 {
        world.fetch().await;
        world.pass(10 * SECOND).await;
    }
    assert!(world.fetch().await > 1);
    assert_eq!(
        (world.cache.stats().refreshed, world.cache.stats().misses),
        (1, 1)
    );
}

#[tokio::test(start_paused = true)]
async fn what_was_forgotten_is_not_loaded_until_it_is_asked_for_and_goes_on_then() {
    let world = World::new().await;
    world.fetch().await;
    let _ = world.cache.invalidate(&1).await.unwrap();
    world.pass(HOUR).await;
    assert_eq!((world.source.begun(), world.cache.get(&1).await), (1, None));
    for _ in 0..12 {
        world.fetch().await;
        world.pass(5 * MINUTE).await;
    }
    assert!(
        (8..=9).contains(&world.source.begun()),
        "{}",
        world.source.begun()
    );

    // Also right away, while the timer of the forgotten one still runs.
    let begun = world.source.begun();
    let _ = world.cache.invalidate(&1).await.unwrap();
    for _ in 0..12 {
        world.fetch().await;
        world.pass(5 * MINUTE).await;
    }
    let more = world.source.begun() - begun;
    assert!((7..=9).contains(&more), "{more}");
}

#[tokio::test(start_paused = true)]
async fn with_the_flow_the_loading_ends() {
    let world = World::new().await;
    world.fetch().await;
    world.fetch().await;
    let ending = tokio::spawn({
        let flow = world.flow.clone();
        async move { flow.shutdown(WITHIN).await }
    });
    soon(ending).await.unwrap();
    world.pass(HOUR).await;
    assert_eq!(world.source.begun(), 1);
}

#[tokio::test]
async fn without_a_loader_or_a_memory_or_a_time_to_load_it_is_refused() {
    let (_clock, flow) = by_hand().await;
    let error = flow
        .cache::<u64, u64>("lives")
        .strategy(by_itself())
        .build()
        .unwrap_err();
    assert_eq!(error.kind(), ErrorKind::InvalidConfig);
    assert_parts(&error, &["by_itself", "build_with_loader"]);
    for (strategy, why) in [
        (
            Strategy::cache_aside().refresh_ahead(RefreshAhead::at(0.8).by_itself()),
            "multi_level",
        ),
        (
            Strategy::multi_level().refresh_ahead(RefreshAhead::early(1.0).by_itself()),
            "early",
        ),
    ] {
        let cache = flow.cache::<u64, u64>("lives").strategy(strategy);
        let error = cache
            .build_with_loader(async |key: u64| Ok::<_, String>(key))
            .unwrap_err();
        assert_eq!(error.kind(), ErrorKind::InvalidConfig);
        assert_parts(&error, &["by_itself", why]);
    }
    // Nothing of it was built.
    let cache = flow.cache::<u64, u64>("lives").ttl(TTL).build().unwrap();
    assert_eq!(cache.get(&1).await, None);
}
