//! Callers whose loader gives a value or an error, where it is known that there is
//! none: others of the same cache ask a source that may have no value.

use cacheflow::{Cache, Level, Strategy};

use crate::support::{Fault, HOUR, load};
use crate::timed::{MINUTE, Numbers, Source, World, by_hand, one_cache};

const WAYS: [&str; 7] = [
    "get_or_load",
    "get_or_load_shared",
    "get_or_refresh",
    "entry.load",
    "entry.load_shared",
    "entry.load_or_refresh",
    "optional",
];

async fn gives() -> Result<u64, Fault> {
    Ok(10)
}

/// What a caller gets whose loader gives 10; `None` if it panics.
async fn read(way: &'static str, cache: &Cache<u64, u64>) -> Option<u64> {
    let cache = cache.clone();
    let read = tokio::spawn(async move {
        match way {
            "get_or_load" => cache.get_or_load(&1, gives).await,
            "get_or_load_shared" => cache.get_or_load_shared(&1, gives).await,
            "get_or_refresh" => cache.get_or_refresh(&1, gives).await,
            "entry.load" => cache.entry(&1).load(|_| gives()).await.map(|it| it.value),
            "entry.load_shared" => {
                let found = cache.entry(&1).load_shared(|_| gives()).await;
                found.map(|it| it.value)
            }
            "entry.load_or_refresh" => {
                let found = cache.entry(&1).load_or_refresh(|_| gives()).await;
                found.map(|it| it.value)
            }
            _ => {
                let loader = async || Ok::<_, Fault>(Some(10));
                let found = cache.get_or_load_optional(&1, loader).await;
                // It may be told that there is none.
                found.map(|value| value.unwrap_or(10))
            }
        }
    });
    read.await.ok().map(Result::unwrap)
}

async fn find_nothing(cache: &Cache<u64, u64>) {
    let loader = async || Ok::<Option<u64>, Fault>(None);
    assert_eq!(cache.get_or_load_optional(&1, loader).await.unwrap(), None);
}

fn panicked(ends: &[(&'static str, Option<u64>)]) -> Vec<&'static str> {
    let wrong = ends.iter().filter(|(_, read)| *read != Some(10));
    wrong.map(|(way, _)| *way).collect()
}

#[tokio::test]
async fn who_can_only_take_a_value_loads_where_memory_knows_that_there_is_none() {
    let mut ends = Vec::new();
    for way in WAYS {
        let (_clock, _flow, cache) = one_cache(|it| it.ttl(HOUR).cache_none(HOUR)).await;
        find_nothing(&cache).await;
        ends.push((way, read(way, &cache).await));
    }
    assert_eq!(panicked(&ends), [""; 0]);
}

#[tokio::test]
async fn who_can_only_take_a_value_loads_where_the_store_knows_that_there_is_none() {
    let mut ends = Vec::new();
    for way in WAYS {
        let world = World::new(|it| it.ttl(HOUR).cache_none(HOUR)).await;
        find_nothing(&world.caches[0]).await;
        ends.push((way, read(way, &world.caches[1]).await));
    }
    assert_eq!(panicked(&ends), [""; 0]);
}

/// Without `cache_none`: it is enough that the two ask at the same time.
#[tokio::test]
async fn who_can_only_take_a_value_loads_after_a_load_that_it_has_joined_and_that_finds_none() {
    let mut ends = Vec::new();
    for way in WAYS {
        let (_clock, _flow, cache) = one_cache(|it| it.ttl(HOUR)).await;
        let source = Source::new();
        source.shut();
        let leader = tokio::spawn({
            let (cache, source) = (cache.clone(), source.clone());
            async move {
                let loader = async || source.load().await.map(|_| None::<u64>);
                cache.get_or_load_optional(&1, loader).await.unwrap()
            }
        });
        source.has_begun(1).await;
        let follower = tokio::spawn({
            let cache = cache.clone();
            async move { read(way, &cache).await }
        });
        crate::support::joined(&cache, 1).await;
        source.open();
        assert_eq!(leader.await.unwrap(), None);
        ends.push((way, follower.await.unwrap()));
    }
    assert_eq!(panicked(&ends), [""; 0]);
}

/// What another node has found out while this one goes on with the value.
#[tokio::test]
async fn who_refreshes_a_value_that_is_no_more_by_what_another_found_out_does_not_panic() {
    let mut ends = Vec::new();
    for way in WAYS {
        let options = |it: Numbers| {
            let strategy = Strategy::multi_level().refresh_ahead(0.5);
            it.ttl(10 * MINUTE).cache_none(HOUR).strategy(strategy)
        };
        let world = World::new(options).await;
        let [one, two] = &world.caches;
        load(one, 1, 10).await;
        let found = two.lookup(&1).await.found().unwrap();
        assert_eq!(found.level, Level::Shared);
        world.clock.advance(5 * MINUTE);
        let call = one.entry(&1).reload();
        let gone = call.load_optional(async |_| Ok::<Option<u64>, Fault>(None));
        assert!(gone.await.unwrap().is_none());
        ends.push((way, read(way, two).await));
    }
    assert_eq!(panicked(&ends), [""; 0]);
}

#[tokio::test]
async fn a_cache_with_a_loader_loads_where_it_is_known_that_there_is_none() {
    let (_clock, flow) = by_hand().await;
    let cache = flow.cache::<u64, u64>("lives").cache_none(HOUR);
    let cache = cache.build_with_loader(|_| gives()).unwrap();
    find_nothing(&cache).await;
    let fetched = tokio::spawn({
        let cache = cache.clone();
        async move { cache.fetch(&1).await.unwrap() }
    });
    assert_eq!(fetched.await.ok(), Some(10));
}
