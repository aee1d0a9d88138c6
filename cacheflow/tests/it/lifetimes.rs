//! How long a value lives: who says it, by how much it varies, and what its readers
//! do to it.

use std::time::Duration;

use cacheflow::{Cache, CacheFlow, Level, Strategy, cached};
use cacheflow_testkit::eventually;

use crate::support::{HOUR, WITHIN, cached, load};
use crate::timed::{MINUTE, MS, NANO, SECOND, Source, World, one_cache, refreshes_ended, settle};

const DAY: Duration = Duration::from_secs(24 * 60 * 60);
const LONGEST: Duration = Duration::from_secs(366 * 24 * 60 * 60);

/// As many seconds as the value says; nothing of 7.
fn of_value(value: &u64) -> Option<Duration> {
    (*value != 7).then(|| Duration::from_secs(*value))
}

fn lives(cache: &Cache<u64, u64>, key: u64) -> Option<Duration> {
    Some(cache.peek(&key)?.remaining)
}

#[tokio::test]
async fn a_lifetime_is_told_from_the_value_for_loads_and_puts() {
    let (_clock, _flow, cache) = one_cache(|it| it.ttl(HOUR).ttl_from(of_value)).await;
    let cases = [
        (30, Some(30 * SECOND)),
        (7, Some(HOUR)),
        (0, None),
        (100_000, Some(100_000 * SECOND)),
        (u64::MAX, Some(LONGEST)),
    ];
    for (value, expected) in cases {
        assert_eq!(load(&cache, 1, value).await, value);
        assert_eq!(lives(&cache, 1), expected, "{value} loaded");
        let _ = cache.invalidate(&1).await.unwrap();
        let _ = cache.put(&2, value).await.unwrap();
        assert_eq!(lives(&cache, 2), expected, "{value} put");
    }
}

/// A value that is not kept is newer than what is.
#[tokio::test]
async fn a_put_of_a_value_that_lives_for_no_time_removes_what_was_there() {
    let world = World::new(|it| it.ttl(MINUTE).ttl_from(of_value)).await;
    let [one, two] = &world.caches;
    let _ = one.put(&1, 30).await.unwrap();
    assert_eq!(two.get(&1).await, Some(30));
    let _ = one.put(&1, 0).await.unwrap();
    assert_eq!((one.get(&1).await, world.stored(1)), (None, None));
    eventually("the other has heard", WITHIN, async || {
        two.get(&1).await.is_none()
    })
    .await;
}

#[tokio::test]
async fn the_nearest_to_the_value_says_how_long_it_lives() {
    let world = World::new(|it| it.ttl(10 * MINUTE).ttl_from(of_value)).await;
    let cache = &world.caches[0];
    let some = [
        None,
        Some(Duration::ZERO),
        Some(2 * MINUTE),
        Some(3 * MINUTE),
    ];
    let mut key = 0;
    for by_loader in some {
        for by_call in some {
            for by_value in [None, Some(Duration::ZERO), Some(MINUTE)] {
                key += 1;
                let value = by_value.map_or(7, |ttl| ttl.as_secs());
                let call = cache.entry(&key);
                let call = match by_call {
                    Some(ttl) => call.ttl(ttl),
                    None => call,
                };
                let found = call.load(async |context| {
                    if let Some(ttl) = by_loader {
                        context.ttl(ttl);
                    }
                    Ok::<_, String>(value)
                });
                let found = found.await.unwrap();
                let expected = by_loader.or(by_call).or(by_value).unwrap_or(10 * MINUTE);
                let told = format!("{by_loader:?} {by_call:?} {by_value:?}");
                assert_eq!((found.value, found.remaining), (value, expected), "{told}");
                let kept = (!expected.is_zero()).then_some(expected);
                assert_eq!(
                    (lives(cache, key), world.stored(key)),
                    (kept, kept),
                    "{told}"
                );
            }
        }
    }
}

#[tokio::test]
async fn lifetimes_differ_by_the_share_that_was_asked_for_and_no_more() {
    const KEYS: u64 = 2_000;
    let (_clock, _flow, cache) = one_cache(|it| it.ttl(1_000 * SECOND).ttl_jitter(0.25)).await;
    for (how, base) in [("ttl", 1_000.0), ("entry.ttl", 100.0), ("put", 1_000.0)] {
        let mut all = Vec::new();
        for key in 0..KEYS {
            match how {
                "ttl" => drop(load(&cache, key, 1).await),
                "put" => drop(cache.put(&key, 1).await.unwrap()),
                _ => {
                    let call = cache.entry(&key).reload().ttl(100 * SECOND);
                    let _ = call.load(async |_| Ok::<_, String>(1)).await.unwrap();
                }
            }
            all.push(lives(&cache, key).unwrap().as_secs_f64() / base);
        }
        let least = all.iter().copied().fold(f64::MAX, f64::min);
        let most = all.iter().copied().fold(0.0, f64::max);
        let mean = all.iter().sum::<f64>() / KEYS as f64;
        // 2,000 draws leave the outer hundredths of the range empty once in e²⁰; their
        // mean is off by σ = 0.25 / √3 / √2000.
        assert!((0.75..0.755).contains(&least), "{how}: {least}");
        assert!((1.245..=1.25).contains(&most), "{how}: {most}");
        assert!(
            (mean - 1.0).abs() < 6.0 * 0.25 / 3f64.sqrt() / 2_000f64.sqrt(),
            "{how}: {mean}"
        );
    }
}

#[tokio::test]
async fn no_lifetime_is_shorter_than_can_be_nor_the_longest_shortened() {
    for (jitter, ttl, least, most) in [
        (0.5, MS, MS, MS.mul_f64(1.5)),
        (0.5, LONGEST, LONGEST, LONGEST),
        (0.5, LONGEST - DAY, LONGEST / 2 - DAY, LONGEST),
        (0.0, 1_001 * MS, 1_001 * MS, 1_001 * MS),
    ] {
        let (_clock, _flow, cache) = one_cache(|it| it.ttl(ttl).ttl_jitter(jitter)).await;
        for key in 0..200 {
            load(&cache, key, 1).await;
            let lives = lives(&cache, key).unwrap();
            assert!(lives >= least && lives <= most, "{ttl:?}: {lives:?}");
        }
    }
}

#[cached(cache = "lives", key = "{id}", flow = flow)]
async fn by_attribute(flow: &CacheFlow, id: u64) -> u64 {
    99
}

const IDLE: Duration = Duration::from_secs(8);
const IDLE_LIFE: Duration = Duration::from_secs(9);

const WAYS: [&str; 9] = [
    "get",
    "get_or_load",
    "get_or_refresh",
    "lookup",
    "contains",
    "entry.get",
    "entry.load",
    "entry.load_or_refresh",
    "attribute",
];

/// What `cache` has of `key`, read in one of the [`WAYS`]; 99 if it was loaded.
async fn read(way: &str, flow: &CacheFlow, cache: &Cache<u64, u64>, key: u64) -> Option<u64> {
    let fresh = async |_| Ok::<_, String>(99);
    let refreshed = |_| async { Ok::<_, String>(99) };
    match way {
        "get" => cache.get(&key).await,
        "get_or_load" => Some(load(cache, key, 99).await),
        "get_or_refresh" => {
            let read = cache.get_or_refresh(&key, || async { Ok::<_, String>(99) });
            Some(read.await.unwrap())
        }
        "lookup" => cache.lookup(&key).await.found().map(|found| found.value),
        "contains" => cache.contains(&key).await.then_some(10),
        "entry.get" => cache
            .entry(&key)
            .get()
            .await
            .found()
            .map(|found| found.value),
        "entry.load" => Some(cache.entry(&key).load(fresh).await.unwrap().value),
        "entry.load_or_refresh" => {
            let read = cache.entry(&key).load_or_refresh(refreshed);
            Some(read.await.unwrap().value)
        }
        _ => Some(by_attribute(flow, key).await),
    }
}

#[tokio::test]
async fn who_reads_an_idle_entry_in_whatever_way_lets_it_live_on_to_its_lifetime() {
    let (clock, flow, cache) = one_cache(|it| it.ttl(MINUTE).idle(IDLE)).await;
    for (key, way) in (1..).zip(WAYS) {
        let _ = cache.put(&key, 10).await.unwrap();
        for second in 1..=8 {
            clock.advance(7 * SECOND);
            let read = read(way, &flow, &cache, key).await;
            assert_eq!(read, Some(10), "{way} at {}", second * 7);
        }
        clock.advance(4 * SECOND - NANO);
        assert_eq!(read(way, &flow, &cache, key).await, Some(10), "{way}");
        clock.advance(NANO);
        assert_eq!(cache.get(&key).await, None, "{way}: beyond its lifetime");
    }
}

#[tokio::test]
async fn an_entry_that_nobody_reads_or_who_only_peeks_ends_when_it_was_idle() {
    let (clock, _flow, cache) = one_cache(|it| it.ttl(MINUTE).idle(IDLE)).await;
    load(&cache, 1, 10).await;
    let _ = cache.put(&2, 20).await.unwrap();
    for _ in 0..9 {
        assert!(cache.peek(&1).is_some() && cache.peek(&2).is_some());
        clock.advance(SECOND - NANO);
    }
    assert!(cache.peek(&1).is_some() && cache.peek(&2).is_some());
    clock.advance(9 * NANO);
    assert_eq!((cache.get(&1).await, cache.get(&2).await), (None, None));
}

#[tokio::test]
async fn the_last_read_counts_from_when_it_was_to_within_an_eighth() {
    let (clock, _flow, cache) = one_cache(|it| it.ttl(HOUR).idle(IDLE)).await;
    for (key, quarters) in (1..).zip(0..36) {
        load(&cache, key, 10).await;
        // Readers before it, near enough that they could be taken for the last.
        clock.advance(quarters * SECOND / 4);
        assert_eq!(cached(&cache, key).await, 10);
        clock.advance(SECOND / 4);
        assert_eq!(cached(&cache, key).await, 10, "{quarters}");
        clock.advance(IDLE - NANO);
        assert!(cache.peek(&key).is_some(), "{quarters}: too early");
        clock.advance(IDLE / 8 + NANO);
        assert_eq!(cache.peek(&key), None, "{quarters}: too late");
    }
}

#[tokio::test]
async fn what_is_shorter_lived_than_idle_ends_with_its_lifetime() {
    let (clock, _flow, cache) = one_cache(|it| it.ttl(5 * SECOND).idle(IDLE)).await;
    load(&cache, 1, 10).await;
    clock.advance(5 * SECOND - NANO);
    assert_eq!(cached(&cache, 1).await, 10);
    clock.advance(NANO);
    assert_eq!(cache.get(&1).await, None);
}

/// However often it is read.
#[tokio::test]
async fn readers_of_an_idle_entry_keep_it_in_memory_for_no_longer_than_memory_may() {
    let strategy = Strategy::multi_level().memory_ttl(3 * SECOND);
    let options = |it: crate::timed::Numbers| it.ttl(HOUR).idle(IDLE).strategy(strategy.clone());
    let world = World::new(options).await;
    let cache = &world.caches[0];
    load(cache, 1, 10).await;
    world.clock.advance(2 * SECOND);
    assert_eq!(cache.get(&1).await, Some(10));
    world.clock.advance(SECOND);
    let found = cache.lookup(&1).await.found().unwrap();
    assert_eq!((found.value, found.level), (10, Level::Shared));
}

/// Waits until the store knows that the entry is read.
async fn store_is_told(world: &World) {
    eventually("the store is told of a reader", WITHIN, async || {
        world.stored(1).is_some_and(|remaining| remaining >= IDLE)
    })
    .await;
}

#[tokio::test]
async fn the_store_keeps_an_idle_entry_as_long_as_a_node_reads_it_in_memory() {
    let world = World::new(|it| it.ttl(10 * MINUTE).idle(IDLE)).await;
    let [one, two] = &world.caches;
    load(one, 1, 10).await;
    assert_eq!(world.stored(1), Some(IDLE_LIFE));
    for _ in 0..12 {
        world.clock.advance(6 * SECOND);
        assert_eq!(one.get(&1).await, Some(10));
        store_is_told(&world).await;
    }
    let found = two.lookup(&1).await.found().unwrap();
    assert_eq!((found.value, found.level), (10, Level::Shared));
    world.clock.advance(IDLE_LIFE);
    assert_eq!((one.get(&1).await, world.stored(1)), (None, None));
}

#[tokio::test]
async fn the_store_keeps_an_idle_entry_as_long_as_it_is_read_there() {
    let options = |it: crate::timed::Numbers| {
        it.ttl(10 * MINUTE)
            .idle(IDLE)
            .strategy(Strategy::cache_aside())
    };
    let world = World::new(options).await;
    let [one, two] = &world.caches;
    load(one, 1, 10).await;
    for cache in [one, two, one, two] {
        world.clock.advance(6 * SECOND);
        assert_eq!(cache.get(&1).await, Some(10));
        store_is_told(&world).await;
    }
}

#[tokio::test]
async fn a_node_that_found_an_idle_entry_in_the_store_lets_it_live_on_as_well() {
    let world = World::new(|it| it.ttl(10 * MINUTE).idle(IDLE)).await;
    let [one, two] = &world.caches;
    load(one, 1, 10).await;
    for _ in 0..12 {
        world.clock.advance(6 * SECOND);
        assert_eq!(load(two, 1, 99).await, 10);
        store_is_told(&world).await;
    }
}

#[tokio::test]
async fn a_flexible_value_is_served_fresh_then_while_it_is_loaded_anew_then_not() {
    // Whichever is said first, this or the strategy.
    let options = |it: crate::timed::Numbers| {
        let it = it.flexible(MINUTE, 2 * MINUTE);
        it.strategy(Strategy::multi_level())
    };
    let (clock, _flow, cache) = one_cache(options).await;
    let source = Source::new();
    assert_eq!(source.read(&cache, 1).await, 1);
    assert_eq!(lives(&cache, 1), Some(3 * MINUTE));
    clock.advance(MINUTE - NANO);
    assert_eq!(source.read(&cache, 1).await, 1);
    settle().await;
    assert_eq!(source.begun(), 1, "still fresh");

    clock.advance(NANO);
    source.shut();
    for _ in 0..10 {
        assert_eq!(source.read(&cache, 1).await, 1);
    }
    source.has_begun(2).await;
    source.open();
    refreshes_ended(&cache, 1, 0).await;
    assert_eq!(source.read(&cache, 1).await, 2);

    clock.advance(3 * MINUTE - NANO);
    assert_eq!(
        cache.get(&1).await,
        Some(2),
        "served although nobody has loaded it"
    );
    clock.advance(NANO);
    assert_eq!(cache.get(&1).await, None);
}
