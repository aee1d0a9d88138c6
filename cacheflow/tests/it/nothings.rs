//! That there is no value is kept where it is asked for, and forgotten like a value.

use std::cell::Cell;

use cacheflow::{Cache, LoadError, Strategy};
use cacheflow_testkit::eventually;

use crate::support::{HOUR, Node, WITHIN, cached, load};
use crate::timed::{MINUTE, NANO, SECOND, World, one_cache};

/// Counts how often a source was asked that has nothing.
#[derive(Default)]
struct Empty(Cell<u64>);

impl Empty {
    async fn ask(&self, cache: &Cache<u64, u64>, key: u64) -> Option<u64> {
        let loader = async || {
            self.0.set(self.0.get() + 1);
            Ok::<Option<u64>, String>(None)
        };
        cache.get_or_load_optional(&key, loader).await.unwrap()
    }

    fn asked(&self) -> u64 {
        self.0.take()
    }
}

#[tokio::test]
async fn what_does_not_exist_is_asked_for_once_in_its_time_and_counts_as_a_hit() {
    let (clock, _flow, cache) = one_cache(|it| it.ttl(HOUR).cache_none(MINUTE)).await;
    let empty = Empty::default();
    for _ in 0..5 {
        assert_eq!(empty.ask(&cache, 1).await, None);
    }
    let stats = cache.stats();
    assert_eq!((stats.loads, stats.memory_hits, stats.misses), (1, 4, 1));
    clock.advance(MINUTE - NANO);
    assert_eq!((empty.ask(&cache, 1).await, empty.asked()), (None, 1));
    assert_eq!((cache.get(&1).await, cache.peek(&1)), (None, None));
    clock.advance(NANO);
    assert_eq!((empty.ask(&cache, 1).await, empty.asked()), (None, 1));
    // Who can do nothing with it is not told it.
    assert_eq!(load(&cache, 2, 20).await, 20);
    assert_eq!(empty.ask(&cache, 2).await, Some(20));
}

#[tokio::test]
async fn nothing_is_kept_where_nobody_asked_for_it() {
    let world = World::new(|it| it.ttl(HOUR)).await;
    let empty = Empty::default();
    for cache in [&world.caches[0], &world.caches[1], &world.caches[0]] {
        assert_eq!(empty.ask(cache, 1).await, None);
        assert_eq!(empty.asked(), 1);
        let error = async || Err::<u64, _>("no rows");
        let failed = cache.get_or_load_shared(&2, error).await.unwrap_err();
        assert_eq!(failed, LoadError::Source("no rows"));
    }
    assert_eq!(world.caches[0].stats().loads, 4);
    assert_eq!(world.server.names(), [""; 0]);
}

#[tokio::test]
async fn what_does_not_exist_is_known_on_all_nodes_for_the_rest_of_its_time() {
    let world = World::new(|it| it.ttl(HOUR).cache_none(MINUTE)).await;
    let [one, two] = &world.caches;
    let empty = Empty::default();
    assert_eq!((empty.ask(one, 1).await, empty.asked()), (None, 1));
    world.clock.advance(40 * SECOND);
    assert_eq!((empty.ask(two, 1).await, empty.asked()), (None, 0));
    assert_eq!(two.stats().shared_hits, 1);
    let _ = world.nodes[1].recording.take();
    assert_eq!((empty.ask(two, 1).await, empty.asked()), (None, 0));
    assert!(
        world.nodes[1].recording.take().is_empty(),
        "its memory knows"
    );
    world.clock.advance(20 * SECOND);
    assert_eq!((empty.ask(two, 1).await, empty.asked()), (None, 1));
}

#[tokio::test]
async fn all_that_forgets_a_value_forgets_that_there_is_none() {
    let world = World::new(|it| it.ttl(HOUR).cache_none(HOUR)).await;
    let [one, two] = &world.caches;
    let parents: Cache<u64, u64> = world.nodes[0].flow.cache("parents").build().unwrap();
    let flow = &world.nodes[0].flow;
    let empty = Empty::default();
    for how in [
        "key", "keys", "pattern", "clear", "cache", "all", "read", "put", "none",
    ] {
        // It was found out from another value, that other was read of a cache.
        let loader = async || {
            load(&parents, 1, 1).await;
            Ok::<Option<u64>, String>(None)
        };
        let absent = one.get_or_load_optional(&1, loader).await.unwrap();
        assert_eq!(absent, None);
        assert_eq!((empty.ask(two, 1).await, empty.asked()), (None, 0), "{how}");
        match how {
            "key" => drop(one.invalidate(&1).await.unwrap()),
            "keys" => drop(flow.invalidate().keys(["lives:1"]).send().await.unwrap()),
            "pattern" => drop(flow.invalidate().pattern("liv*:*").send().await.unwrap()),
            "clear" => drop(one.clear().await.unwrap()),
            "cache" => drop(flow.invalidate().cache("lives").send().await.unwrap()),
            "all" => drop(flow.invalidate().all().send().await.unwrap()),
            "read" => drop(parents.invalidate(&1).await.unwrap()),
            "put" => drop(parents.put(&1, 2).await.unwrap()),
            _ => {}
        }
        if how == "none" {
            assert_eq!((empty.ask(one, 1).await, empty.asked()), (None, 0), "{how}");
            continue;
        }
        assert_eq!((one.get(&1).await, world.stored(1)), (None, None), "{how}");
        let what = format!("the other node has forgotten it by {how}");
        eventually(&what, WITHIN, async || {
            // Not kept, so that it does not answer for the first node.
            let absent = two.entry(&1).ttl(NANO).skip_shared();
            let asked = Cell::new(false);
            let absent = absent.load_optional(async |_| {
                asked.set(true);
                Err::<Option<u64>, _>(())
            });
            absent.await.is_err() && asked.get()
        })
        .await;
        assert_eq!((empty.ask(one, 1).await, empty.asked()), (None, 1), "{how}");
        let _ = one.invalidate(&1).await.unwrap();
        eventually("both have forgotten", WITHIN, async || two.under_way() == 0).await;
    }
}

/// A handle gives its tags to everything that it loads.
#[tokio::test]
async fn that_there_is_none_carries_what_its_caller_and_its_loader_gave() {
    let world = World::new(|it| it.ttl(HOUR).cache_none(HOUR)).await;
    let cache = &world.caches[0];
    let flow = &world.nodes[0].flow;
    let parents: Cache<u64, u64> = flow.cache("parents").build().unwrap();
    let tagged = cache.tagged(["org:3"]).unwrap();
    let dependent = cache.depends_on([parents.full_key(&1)]);
    let said = async || {
        let loader = async |context: cacheflow::LoadContext<u64>| {
            context.tags(["org:4"]);
            Ok::<Option<u64>, String>(None)
        };
        cache.entry(&3).load_optional(loader).await.unwrap()
    };
    let empty = Empty::default();
    let mut still_there = Vec::new();
    for how in ["tagged", "depends_on", "context.tags"] {
        let key = match how {
            "tagged" => {
                empty.ask(&tagged, 1).await;
                let _ = flow.invalidate().tags(["org:3"]).send().await.unwrap();
                1
            }
            "depends_on" => {
                empty.ask(&dependent, 2).await;
                let _ = parents.invalidate(&1).await.unwrap();
                2
            }
            _ => {
                assert!(said().await.is_none());
                let _ = flow.invalidate().tags(["org:4"]).send().await.unwrap();
                3
            }
        };
        let _ = empty.asked();
        empty.ask(cache, key).await;
        if empty.asked() == 0 {
            still_there.push(how);
        }
    }
    assert_eq!(still_there, [""; 0]);
}

#[tokio::test]
async fn a_value_takes_the_place_of_nothing_and_nothing_that_of_a_value() {
    let world = World::new(|it| it.ttl(HOUR).cache_none(HOUR)).await;
    let [one, two] = &world.caches;
    let empty = Empty::default();
    for (putting, reading) in [(one, two), (two, one), (one, one)] {
        assert_eq!(empty.ask(reading, 1).await, None);
        let _ = putting.put(&1, 10).await.unwrap();
        eventually("the value is there", WITHIN, async || {
            empty.ask(reading, 1).await == Some(10)
        })
        .await;
        assert_eq!(cached(putting, 1).await, 10);

        let call = putting.entry(&1).reload();
        let gone = call.load_optional(async |_| Ok::<Option<u64>, String>(None));
        assert!(gone.await.unwrap().is_none());
        assert_eq!((putting.peek(&1), putting.get(&1).await), (None, None));
        let _ = empty.asked();
        assert_eq!((empty.ask(putting, 1).await, empty.asked()), (None, 0));
        // Who kept the value in memory is told by an invalidation, as by a reload.
        let _ = putting.invalidate(&1).await.unwrap();
        eventually("the other has forgotten", WITHIN, async || {
            reading.get(&1).await.is_none()
        })
        .await;
    }
    // A load of who cannot be told that there is none.
    assert_eq!(empty.ask(one, 2).await, None);
    let call = one.entry(&2).reload().load(async |_| Ok::<_, String>(20));
    assert_eq!(call.await.unwrap().value, 20);
    assert_eq!(
        (empty.ask(one, 2).await, empty.ask(two, 2).await),
        (Some(20), Some(20))
    );
}

#[tokio::test]
async fn a_reload_that_finds_nothing_removes_the_value_where_that_is_not_kept() {
    let world = World::new(|it| it.ttl(HOUR)).await;
    let cache = &world.caches[0];
    load(cache, 1, 10).await;
    let call = cache.entry(&1).reload();
    let gone = call.load_optional(async |_| Ok::<Option<u64>, String>(None));
    assert!(gone.await.unwrap().is_none());
    assert_eq!(cache.peek(&1), None);
    assert_eq!(cache.get(&1).await, None);
}

#[tokio::test]
async fn a_refresh_that_finds_nothing_removes_the_value_in_both_levels() {
    for keeps in [false, true] {
        let options = |it: crate::timed::Numbers| {
            let it = it
                .ttl(10 * MINUTE)
                .strategy(Strategy::multi_level().refresh_ahead(0.5));
            if keeps { it.cache_none(MINUTE) } else { it }
        };
        let world = World::new(options).await;
        let [one, two] = &world.caches;
        load(one, 1, 10).await;
        world.clock.advance(5 * MINUTE);
        let empty = Empty::default();
        assert_eq!((empty.ask(one, 1).await, empty.asked()), (None, 1));
        assert_eq!(
            (one.peek(&1), one.get(&1).await, two.get(&1).await),
            (None, None, None)
        );
        // Without being asked to, it is not known for longer than it takes.
        world.clock.advance(SECOND);
        assert_eq!(
            (empty.ask(one, 1).await, empty.asked()),
            (None, u64::from(!keeps))
        );
        assert_eq!(one.stats().refreshed, 1);
    }
}

async fn failing(cache: &Cache<u64, u64>, asked: &Cell<u64>) -> LoadError<String> {
    let loader = async || {
        asked.set(asked.get() + 1);
        Err::<u64, _>(format!("error {}", asked.get()))
    };
    cache.get_or_load_shared(&1, loader).await.unwrap_err()
}

#[tokio::test]
async fn an_error_that_can_be_copied_is_kept_for_its_time() {
    let world = World::new(|it| it.ttl(HOUR).cache_err(MINUTE)).await;
    let [one, two] = &world.caches;
    let asked = Cell::new(0);
    let error = |n: u64| LoadError::Source(format!("error {n}"));
    for _ in 0..3 {
        assert_eq!(failing(one, &asked).await, error(1));
    }
    assert_eq!((one.stats().memory_hits, one.stats().load_failures), (2, 1));
    world.clock.advance(MINUTE - NANO);
    assert_eq!(failing(one, &asked).await, error(1));
    let entry = one
        .entry(&1)
        .load_shared(async |_| Err::<u64, String>("not run".to_owned()));
    assert_eq!(entry.await.unwrap_err(), error(1));
    // Nobody else's business.
    assert_eq!(world.server.names(), [""; 0]);
    assert_eq!(failing(two, &asked).await, error(2));
    world.clock.advance(NANO);
    assert_eq!(failing(one, &asked).await, error(3));
}

#[tokio::test]
async fn who_cannot_be_given_the_error_loads_for_itself_and_its_value_takes_its_place() {
    let (_clock, _flow, cache) = one_cache(|it| it.ttl(HOUR).cache_err(HOUR)).await;
    let asked = Cell::new(0);
    failing(&cache, &asked).await;
    // Of another type.
    let other = cache
        .get_or_load_shared(&1, async || Err::<u64, _>(7_u8))
        .await;
    assert_eq!(other, Err(LoadError::Source(7)));
    // It took the place of the first.
    assert_eq!(
        failing(&cache, &asked).await,
        LoadError::Source("error 2".to_owned())
    );
    // Of the same type, by a caller who shares none; and it is not kept.
    for _ in 0..2 {
        let own = cache
            .get_or_load(&1, async || Err::<u64, _>("own".to_owned()))
            .await;
        assert_eq!(own, Err(LoadError::Source("own".to_owned())));
    }
    assert_eq!(
        failing(&cache, &asked).await,
        LoadError::Source("error 2".to_owned())
    );
    assert_eq!(load(&cache, 1, 10).await, 10);
    let value = cache
        .get_or_load_shared(&1, async || Err::<u64, _>(String::new()))
        .await;
    assert_eq!(value, Ok(10));
    let _ = cache.invalidate(&1).await.unwrap();
    assert_eq!(
        failing(&cache, &asked).await,
        LoadError::Source("error 3".to_owned())
    );
    let _ = cache.put(&1, 20).await.unwrap();
    assert_eq!(cached(&cache, 1).await, 20);
}

#[tokio::test]
async fn an_error_is_forgotten_with_its_key_and_with_what_it_was_found_out_from() {
    let world = World::new(|it| it.ttl(HOUR).cache_err(HOUR)).await;
    let Node { flow, .. } = &world.nodes[0];
    let cache = &world.caches[0];
    let parents: Cache<u64, u64> = flow.cache("parents").build().unwrap();
    let ask = async |value: &'static str| {
        let loader = async || {
            load(&parents, 1, 1).await;
            Err::<u64, _>(value)
        };
        cache
            .get_or_load_shared(&1, loader)
            .await
            .unwrap_err()
            .into_source()
            .unwrap()
    };
    assert_eq!((ask("a").await, ask("b").await), ("a", "a"));
    let _ = cache.invalidate(&1).await.unwrap();
    assert_eq!((ask("b").await, ask("c").await), ("b", "b"));
    let _ = parents.put(&1, 2).await.unwrap();
    assert_eq!((ask("c").await, ask("d").await), ("c", "c"));
    let _ = flow.invalidate().pattern("lives:*").send().await.unwrap();
    assert_eq!((ask("d").await, ask("e").await), ("d", "d"));
    let _ = cache.clear().await.unwrap();
    assert_eq!(ask("e").await, "e");
}

#[tokio::test]
async fn a_flood_of_keys_that_do_not_exist_is_bounded_and_drives_out_no_value() {
    let options = |it: crate::timed::Numbers| {
        it.ttl(HOUR)
            .cache_none(HOUR)
            .max_entries(50)
            .max_nothings(100)
    };
    let (_clock, _flow, cache) = one_cache(options).await;
    for key in 0..50 {
        load(&cache, key, key).await;
    }
    let empty = Empty::default();
    for key in 1_000..11_000 {
        assert_eq!(empty.ask(&cache, key).await, None);
    }
    let _ = empty.asked();
    for key in 1_000..11_000 {
        assert_eq!(empty.ask(&cache, key).await, None);
    }
    let known = 10_000 - empty.asked();
    assert!(known <= 400, "{known} are known of 10,000");
    for key in 0..50 {
        assert_eq!(cached(&cache, key).await, key);
    }
    assert_eq!(cache.stats().entries, 50);
}

/// What leaves memory out changes nothing in it.
#[tokio::test]
async fn a_call_that_leaves_memory_out_does_not_keep_there_that_there_is_nothing() {
    let options = |it: crate::timed::Numbers| it.ttl(HOUR).cache_none(HOUR).cache_err(HOUR);
    let (_clock, _flow, cache) = one_cache(options).await;
    load(&cache, 1, 10).await;
    let call = cache.entry(&1).skip_memory();
    let absent = call.load_optional(async |_| Ok::<Option<u64>, String>(None));
    assert!(absent.await.unwrap().is_none());
    let of_none = cache.peek(&1).map(|found| found.value);

    let _ = cache.put(&1, 10).await.unwrap();
    let call = cache.entry(&1).skip_memory();
    let failed = call.load_shared(async |_| Err::<u64, _>("no rows".to_owned()));
    assert!(failed.await.is_err());
    let of_error = cache.peek(&1).map(|found| found.value);
    assert_eq!((of_none, of_error), (Some(10), Some(10)));
}

/// The value is as good as before.
#[tokio::test]
async fn a_reload_that_fails_leaves_the_value_where_errors_are_kept() {
    let (_clock, _flow, cache) = one_cache(|it| it.ttl(HOUR).cache_err(HOUR)).await;
    load(&cache, 1, 10).await;
    let call = cache.entry(&1).reload();
    let failed = call.load_shared(async |_| Err::<u64, _>("no rows".to_owned()));
    assert!(failed.await.is_err());
    assert_eq!(cached(&cache, 1).await, 10);
}
