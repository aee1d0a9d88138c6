//! Many keys in one call: what it gives, what it keeps, and what it costs.

use std::collections::HashMap;
use std::sync::Mutex;
use std::time::Duration;

use cacheflow::clock::Clock;
use cacheflow::{Cache, CacheFlow, LoadError, LoadedMany};

use crate::support::{Fault, HOUR, alone, cached, load, numbers};

mod flights;
mod levels;
mod strategies;

/// A source of ten times each key, which knows what it was asked for and has nothing
/// beyond a hundred.
#[derive(Default)]
struct Source(Mutex<Vec<Vec<u64>>>);

impl Source {
    async fn rows(&self, keys: Vec<&u64>) -> Result<Vec<(u64, u64)>, Fault> {
        let keys: Vec<u64> = keys.into_iter().copied().collect();
        self.0.lock().unwrap().push(keys.clone());
        let there = keys.into_iter().rev().filter(|key| *key < 100);
        Ok(there.map(|key| (key, key * 10)).collect())
    }

    /// What it was asked for, call by call.
    fn asked(&self) -> Vec<Vec<u64>> {
        std::mem::take(&mut self.0.lock().unwrap())
    }
}

/// What the levels have of these keys, and the source for the rest.
async fn all(cache: &Cache<u64, u64>, source: &Source, keys: &[u64]) -> Vec<Option<u64>> {
    let loaded = cache.get_or_load_many(keys, |keys| source.rows(keys)).await;
    assert_eq!((&loaded.failed, &loaded.error), (&vec![], &None));
    loaded.into_result().unwrap()
}

/// The same from a source that fails.
async fn failing(cache: &Cache<u64, u64>, keys: &[u64]) -> LoadedMany<u64, Fault> {
    let load = async |_| Err::<Vec<(u64, u64)>, _>("no rows".to_owned());
    cache.get_or_load_many(keys, load).await
}

#[tokio::test]
async fn values_come_in_the_order_of_the_keys_and_what_is_missing_from_one_load() {
    let (cache, source) = (numbers().await, Source::default());
    assert_eq!(load(&cache, 2, 22).await, 22);
    let values = all(&cache, &source, &[3, 1, 2, 3, 2, 4, 1]).await;
    let expected = [30, 10, 22, 30, 22, 40, 10].map(Some);
    assert_eq!(values, expected);
    assert_eq!(source.asked(), [[3, 1, 4]]);
    let stats = cache.stats();
    // Each key counts once, that of the single load before among them.
    assert_eq!((stats.memory_hits, stats.misses, stats.loads), (1, 4, 2));
    assert_eq!(cache.under_way(), 0);

    assert_eq!(
        all(&cache, &source, &[4, 3, 2]).await,
        [40, 30, 22].map(Some)
    );
    assert_eq!(source.asked(), Vec::<Vec<u64>>::new());
    assert_eq!(cached(&cache, 1).await, 10);
}

#[tokio::test]
async fn no_keys_are_no_load() {
    let (cache, source) = (numbers().await, Source::default());
    assert_eq!(all(&cache, &source, &[]).await, []);
    assert_eq!(source.asked(), Vec::<Vec<u64>>::new());
    assert_eq!(cache.stats().lookups(), 0);
}

#[tokio::test]
async fn keys_may_be_borrowed_and_pairs_come_in_any_form() {
    let flow = alone().await;
    let cache: Cache<String, usize> = flow.cache("lengths").build().unwrap();
    let load = async |keys: Vec<&str>| {
        let rows = keys.into_iter().map(|key| (key.to_owned(), key.len()));
        Ok::<_, Fault>(rows.collect::<HashMap<_, _>>())
    };
    let loaded = cache.get_or_load_many(["ada", "grace"], load).await;
    assert_eq!(loaded.values, [Some(3), Some(5)]);
    // A borrowed key, one that was not asked for, and one twice.
    let load = async |keys: Vec<&str>| {
        assert_eq!(keys, ["b"]);
        Ok::<_, Fault>([("c", 1), ("b", 2), ("b", 3)])
    };
    let loaded = cache.get_or_load_many(["ada", "b"], load).await;
    assert_eq!(loaded.into_result().unwrap(), [Some(3), Some(3)]);
    assert_eq!(cache.get("c").await, None);
}

#[tokio::test]
async fn what_the_source_does_not_have_is_kept_where_that_is_wanted() {
    let flow = alone().await;
    for (name, keeps) in [("plain", false), ("nothings", true)] {
        let builder = flow.cache(name);
        let cache: Cache<u64, u64> = match keeps {
            true => builder.cache_none(HOUR).build().unwrap(),
            false => builder.build().unwrap(),
        };
        let source = Source::default();
        for round in 0..2 {
            let values = all(&cache, &source, &[500, 1, 600]).await;
            assert_eq!(values, [None, Some(10), None]);
            let expected: &[&[u64]] = match (round, keeps) {
                (0, _) => &[&[500, 1, 600]],
                (_, false) => &[&[500, 600]],
                (_, true) => &[],
            };
            assert_eq!(source.asked(), expected, "{name} {round}");
        }
        // Known to a single load as well.
        let load = async || Ok::<_, Fault>(Some(7));
        let single = cache.get_or_load_optional(&500, load).await.unwrap();
        assert_eq!(single, (!keeps).then_some(7));
        assert_eq!(cache.under_way(), 0);
    }
}

#[tokio::test]
async fn a_failing_loader_takes_nothing_away_from_what_is_there() {
    let cache = numbers().await;
    assert_eq!(load(&cache, 2, 22).await, 22);
    let loaded = failing(&cache, &[1, 2, 3, 1]).await;
    assert_eq!(loaded.values, [None, Some(22), None, None]);
    assert_eq!(loaded.failed, [0, 2, 3]);
    let error = LoadError::Source("no rows".to_owned());
    assert_eq!(loaded.error.as_ref(), Some(&error));
    assert_eq!(loaded.into_result(), Err(error));
    let stats = cache.stats();
    assert_eq!((stats.loads, stats.load_failures), (2, 1));
    assert_eq!(cache.under_way(), 0);
    // Nothing is kept of it.
    assert_eq!(load(&cache, 1, 11).await, 11);
}

#[tokio::test]
async fn each_value_has_its_own_tags_and_its_own_lifetime() {
    let clock = Clock::manual();
    let flow = CacheFlow::builder().clock(clock.clone()).build().await;
    let flow = flow.unwrap();
    let builder = flow.cache("numbers").tags(|value: &u64| {
        let parity = ["even", "odd"][(value / 10 % 2) as usize];
        vec![parity.to_owned()]
    });
    let builder = builder.ttl_jitter(0.0);
    let builder = builder.ttl_from(|value: &u64| Some(Duration::from_secs(*value)));
    let cache = builder.build().unwrap().tagged(["all"]).unwrap();
    let source = Source::default();
    let there = |cache: &Cache<u64, u64>| [1, 2, 3, 4].map(|key| cache.peek(&key).is_some());
    all(&cache, &source, &[1, 2, 3, 4]).await;
    clock.advance(Duration::from_secs(15));
    assert_eq!(there(&cache), [false, true, true, true]);
    let _ = flow.invalidate().tags(["odd"]).send().await.unwrap();
    assert_eq!(there(&cache), [false, true, false, true]);
    let _ = flow.invalidate().tags(["all"]).send().await.unwrap();
    assert_eq!(there(&cache), [false; 4]);
}

#[tokio::test]
async fn what_the_loader_reads_is_a_dependency_of_all_that_it_gives() {
    let flow = alone().await;
    let [users, pages] = ["users", "pages"]
        .map(|name| -> Cache<u64, u64> { flow.cache(name).ttl(HOUR).build().unwrap() });
    assert_eq!(load(&pages, 9, 90).await, 90);
    let render = async |keys: Vec<&u64>| {
        let user = load(&users, 7, 70).await;
        let keys = keys.into_iter().copied();
        Ok::<_, Fault>(keys.map(|key| (key, user + key)).collect::<Vec<_>>())
    };
    let loaded = pages.get_or_load_many(&[1, 2, 9], render).await;
    assert_eq!(loaded.into_result().unwrap(), [71, 72, 90].map(Some));
    let _ = users.invalidate(&7).await.unwrap();
    let there = [1, 2, 9].map(|key| pages.peek(&key).is_some());
    assert_eq!(there, [false, false, true]);
}

#[tokio::test]
async fn whatever_it_gives_within_a_load_is_a_dependency_of_that() {
    for forgotten in [1, 2, 500] {
        let flow = alone().await;
        let [lines, pages] = ["lines", "pages"]
            .map(|name| -> Cache<u64, u64> { flow.cache(name).ttl(HOUR).build().unwrap() });
        let source = Source::default();
        // From memory, loaded, and absent.
        load(&lines, 1, 10).await;
        let page = pages.get_or_load(&1, async || {
            let lines = all(&lines, &source, &[1, 2, 500]).await;
            Ok::<_, Fault>(lines.into_iter().flatten().sum())
        });
        assert_eq!(page.await.unwrap(), 30);
        let _ = lines.invalidate(&3).await.unwrap();
        assert!(pages.peek(&1).is_some());
        let _ = lines.invalidate(&forgotten).await.unwrap();
        assert!(pages.peek(&1).is_none(), "{forgotten}");
    }
}

#[tokio::test]
async fn what_is_forgotten_while_it_is_loaded_is_given_and_not_kept() {
    let cache = numbers().await;
    let load = async |keys: Vec<&u64>| {
        let _ = cache.invalidate(&2).await.unwrap();
        let keys = keys.into_iter().copied();
        Ok::<_, Fault>(keys.map(|key| (key, key * 10)).collect::<Vec<_>>())
    };
    let loaded = cache.get_or_load_many(&[1, 2, 3], load).await;
    assert_eq!(loaded.values, [10, 20, 30].map(Some));
    let there = [1, 2, 3].map(|key| cache.peek(&key).is_some());
    assert_eq!(there, [true, false, true]);
    assert_eq!(cache.stats().fills_refused, 1);
}
