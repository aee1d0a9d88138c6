//! Calls that say more than a key: each option does what it says, and only that.

use std::time::Duration;

use cacheflow::{Cache, FailSafe, Found, Level, LoadError, Strategy};
use cacheflow_testkit::{MemoryBackend, Operation, eventually};

use crate::support::{Fault, HOUR, HeldLoad, Node, WITHIN, joined, load, two_nodes};
use crate::timed::{MINUTE, NANO, SECOND, Source, World, one_cache, refreshes_ended};

async fn gives(value: u64) -> Result<u64, Fault> {
    Ok(value)
}

async fn fails() -> Result<u64, Fault> {
    Err("no rows".to_owned())
}

/// Two nodes of which the first has 10 in memory, while the store has 20 already.
async fn apart() -> (MemoryBackend, Node, Node, cacheflow_testkit::Held) {
    let (server, one, two) = two_nodes().await;
    load(&one.cache, 1, 10).await;
    let heard = one.gate.hold_before(Operation::Heard);
    let _ = two.cache.put(&1, 20).await.unwrap();
    assert_eq!(one.memory(1), Some(10));
    let _ = one.recording.take();
    (server, one, two, heard)
}

/// What the store has, as another node reads it.
async fn in_store(node: &Node) -> Option<u64> {
    let found = node.cache.entry(&1).skip_memory().get().await.found();
    found.map(|found| found.value)
}

fn told(found: &Found<u64>) -> (u64, Level) {
    (found.value, found.level)
}

#[tokio::test]
async fn ttl_holds_for_what_the_call_loads_and_for_nothing_else() {
    let world = World::new(|it| it.ttl(HOUR)).await;
    let cache = &world.caches[0];
    let found = cache
        .entry(&1)
        .ttl(MINUTE)
        .load(|_| gives(10))
        .await
        .unwrap();
    assert_eq!(found.remaining, MINUTE);
    assert_eq!(
        (cache.peek(&1).unwrap().remaining, world.stored(1)),
        (MINUTE, Some(MINUTE))
    );
    // A hit keeps its own.
    world.clock.advance(20 * SECOND);
    let found = cache.entry(&1).ttl(HOUR).load(|_| fails()).await.unwrap();
    assert_eq!(
        (told(&found), found.remaining),
        ((10, Level::Memory), 40 * SECOND)
    );
    let found = cache.entry(&1).ttl(HOUR).get().await.found().unwrap();
    assert_eq!(found.remaining, 40 * SECOND);
    world.clock.advance(40 * SECOND);
    load(cache, 1, 11).await;
    assert_eq!(world.stored(1), Some(HOUR));
    // Zero keeps nothing, and more than can be is what can be.
    for (key, ttl, kept) in [
        (2, Duration::ZERO, None),
        (3, Duration::MAX, Some(366 * 24 * HOUR)),
    ] {
        let call = cache.entry(&key).ttl(ttl).load_or_refresh(|_| gives(1));
        assert_eq!(call.await.unwrap().value, 1);
        let lives = cache.peek(&key).map(|found| found.remaining);
        assert_eq!((lives, world.stored(key)), (kept, kept), "{ttl:?}");
    }
}

#[tokio::test]
async fn stale_ttl_is_how_long_what_the_call_loads_stands_in() {
    let options = |it: crate::timed::Numbers| {
        let fail_safe = FailSafe::new(10 * MINUTE).throttle(SECOND);
        it.ttl(MINUTE)
            .strategy(Strategy::multi_level().fail_safe(fail_safe))
    };
    // (said by the call, how long it stands in)
    for (said, stands_in) in [
        (None, 10 * MINUTE),
        (Some(20 * MINUTE), 20 * MINUTE),
        (Some(2 * MINUTE), 2 * MINUTE),
        (Some(Duration::ZERO), Duration::ZERO),
    ] {
        let world = World::new(options).await;
        let cache = &world.caches[0];
        let call = cache.entry(&1);
        let call = match said {
            Some(stale_ttl) => call.stale_ttl(stale_ttl),
            None => call,
        };
        call.load(|_| gives(10)).await.unwrap();
        assert_eq!(world.stored(1), Some(MINUTE + stands_in), "{said:?}");
        if !stands_in.is_zero() {
            world.clock.advance(MINUTE + stands_in - SECOND);
            assert_eq!(cache.get(&1).await, None, "no value to be served");
            for cache in &world.caches {
                let found = cache.entry(&1).load(|_| fails()).await.unwrap();
                assert_eq!((found.value, found.stale), (10, true), "{said:?}");
                assert!(found.remaining <= SECOND);
            }
            world.clock.advance(SECOND);
        } else {
            world.clock.advance(MINUTE);
        }
        for cache in &world.caches {
            let failed = cache.entry(&1).load(|_| fails()).await.unwrap_err();
            assert_eq!(failed, LoadError::Source("no rows".to_owned()), "{said:?}");
        }
    }
}

#[tokio::test]
async fn skip_memory_neither_reads_memory_nor_fills_it() {
    let (_server, one, two, _heard) = apart().await;
    let call = || one.cache.entry(&1).skip_memory();
    let found = call().get().await.found().unwrap();
    assert_eq!(told(&found), (20, Level::Shared));
    for found in [
        call().load(|_| fails()).await.unwrap(),
        call().load_shared(|_| fails()).await.unwrap(),
        call().load_or_refresh(|_| fails()).await.unwrap(),
        call()
            .load_optional(async |_| Err::<Option<u64>, _>(()))
            .await
            .unwrap()
            .unwrap(),
    ] {
        assert_eq!(told(&found), (20, Level::Shared));
    }
    assert_eq!(one.memory(1), Some(10), "what was there stays");
    assert_eq!(one.recording.take().len(), 5);

    // Loaded, it is kept in the store alone.
    assert_eq!(
        one.cache
            .entry(&2)
            .skip_memory()
            .load(|_| gives(30))
            .await
            .unwrap()
            .value,
        30
    );
    assert_eq!(one.memory(2), None);
    assert_eq!(two.cache.get(&2).await, Some(30));
    assert_eq!(
        one.cache
            .entry(&2)
            .skip_memory()
            .get()
            .await
            .found()
            .unwrap()
            .level,
        Level::Shared
    );
    assert_eq!(one.memory(2), None);
}

#[tokio::test]
async fn skip_shared_neither_reads_the_store_nor_fills_it() {
    let (server, one, two, heard) = apart().await;
    let found = one
        .cache
        .entry(&1)
        .skip_shared()
        .get()
        .await
        .found()
        .unwrap();
    assert_eq!(told(&found), (10, Level::Memory));
    drop(heard);
    one.forgotten(1).await;
    let _ = one.recording.take();
    assert!(
        one.cache
            .entry(&1)
            .skip_shared()
            .get()
            .await
            .found()
            .is_none()
    );
    for value in [30, 31] {
        // The second finds it in memory.
        let found = one
            .cache
            .entry(&1)
            .skip_shared()
            .load(|_| gives(value))
            .await
            .unwrap();
        assert_eq!(found.value, 30);
    }
    let call = one
        .cache
        .entry(&2)
        .skip_shared()
        .load_or_refresh(|_| gives(40));
    assert_eq!(call.await.unwrap().value, 40);
    assert_eq!((one.memory(1), one.memory(2)), (Some(30), Some(40)));
    assert!(one.recording.take().is_empty(), "the store was asked");
    assert_eq!(in_store(&two).await, Some(20));
    assert_eq!(server.names(), ["cacheflow:numbers:1"]);
}

#[tokio::test]
async fn without_both_levels_nothing_is_read_and_nothing_is_kept() {
    let (server, one, _two, _heard) = apart().await;
    let call = || one.cache.entry(&1).skip_memory().skip_shared();
    assert!(call().get().await.found().is_none());
    for value in [30, 31] {
        assert_eq!(
            told(&call().load(|_| gives(value)).await.unwrap()),
            (value, Level::Source)
        );
    }
    assert_eq!(one.memory(1), Some(10));
    assert!(one.recording.take().is_empty());
    assert_eq!(server.names(), ["cacheflow:numbers:1"]);
}

#[tokio::test]
async fn a_reload_replaces_what_both_levels_have_and_what_others_have_serves_to_its_end() {
    let world = World::new(|it| it.ttl(10 * MINUTE)).await;
    let [one, two] = &world.caches;
    load(one, 1, 10).await;
    assert_eq!(two.get(&1).await, Some(10));
    world.clock.advance(MINUTE);
    let reads = one.stats();
    let found = one.entry(&1).reload().load(|_| gives(20)).await.unwrap();
    assert_eq!(
        (told(&found), found.age),
        ((20, Level::Source), Duration::ZERO)
    );
    assert_eq!(
        (one.stats().memory_hits, one.stats().shared_hits),
        (reads.memory_hits, 0)
    );
    assert_eq!(one.get(&1).await, Some(20));
    assert_eq!(world.stored(1), Some(10 * MINUTE));
    assert_eq!(two.get(&1).await, Some(10), "nobody told it");
    world.clock.advance(9 * MINUTE);
    assert_eq!(two.get(&1).await, Some(20), "its own is over");
    // A reload of what is not there is a load.
    assert_eq!(
        one.entry(&2)
            .reload()
            .load_or_refresh(|_| gives(30))
            .await
            .unwrap()
            .value,
        30
    );
    assert_eq!(two.get(&2).await, Some(30));
    assert!(one.entry(&1).reload().get().await.found().is_none());
    // One that fails leaves what was there.
    assert!(one.entry(&1).reload().load(|_| fails()).await.is_err());
    assert_eq!(one.get(&1).await, Some(20));
}

#[tokio::test]
async fn get_loads_nothing_and_brings_into_memory_what_the_store_has() {
    let (_server, one, two) = two_nodes().await;
    assert!(one.cache.entry(&1).get().await.found().is_none());
    assert_eq!((one.cache.stats().misses, one.cache.stats().loads), (1, 0));
    let _ = two.cache.put(&1, 20).await.unwrap();
    one.nobody_under_way().await;
    let mut levels = Vec::new();
    for _ in 0..2 {
        levels.push(told(&one.cache.entry(&1).get().await.found().unwrap()));
    }
    assert_eq!(levels, [(20, Level::Shared), (20, Level::Memory)]);
    assert_eq!(
        (one.cache.stats().shared_hits, one.cache.stats().memory_hits),
        (1, 1)
    );
}

#[tokio::test]
async fn what_is_told_of_a_value_is_so_on_every_level() {
    let world = World::new(|it| it.ttl(10 * MINUTE).tags(|_| vec!["all".to_owned()])).await;
    let [one, two] = &world.caches;
    let clock = world.clock.clone();
    let loader = async |context: cacheflow::LoadContext<u64>| {
        context.version("v1");
        // What happens from here on is not in the value.
        clock.advance(10 * SECOND);
        Ok::<_, Fault>(10)
    };
    let source = one.entry(&1).load(loader).await.unwrap();
    world.clock.advance(MINUTE);
    let memory = one.entry(&1).load(|_| fails()).await.unwrap();
    let shared = two.entry(&1).load(|_| fails()).await.unwrap();
    let promoted = two.entry(&1).load_or_refresh(|_| fails()).await.unwrap();
    let all = [
        (&source, Level::Source, 10 * MINUTE),
        (&memory, Level::Memory, 9 * MINUTE),
        (&shared, Level::Shared, 9 * MINUTE),
        (&promoted, Level::Memory, 9 * MINUTE),
    ];
    for (found, level, remaining) in all {
        assert_eq!((found.value, found.level, found.stale), (10, level, false));
        assert_eq!(found.remaining, remaining, "{level}");
        assert_eq!(found.version(), Some("v1"), "{level}");
        assert_eq!(found.tags().len(), 1, "{level}");
        assert_eq!(found.tags()[0].as_str(), "all");
    }
    assert_eq!(
        (source.age, memory.age),
        (10 * SECOND, MINUTE + 10 * SECOND)
    );
    // What another has kept: by wall clocks, which this test does not move.
    assert!(shared.age < MINUTE && promoted.age < MINUTE);
}

/// What the followers of a load that failed do.
async fn followers(cache: &Cache<u64, u64>, shared: bool) -> Vec<Result<u64, LoadError<Fault>>> {
    let source = Source::new();
    source.shut();
    source.fail(true);
    let ask = || {
        let (cache, source) = (cache.clone(), source.clone());
        tokio::spawn(async move {
            let call = cache.entry(&1);
            let found = match shared {
                true => call.load_shared(|_| source.load()).await,
                false => call.load(|_| source.load()).await,
            };
            found.map(|found| found.value)
        })
    };
    let mut callers = vec![ask()];
    source.has_begun(1).await;
    callers.extend([ask(), ask(), ask()]);
    joined(cache, 3).await;
    source.open();
    let mut ends = Vec::new();
    for caller in callers {
        ends.push(caller.await.unwrap());
    }
    assert_eq!(source.begun(), if shared { 1 } else { 4 });
    ends
}

#[tokio::test]
async fn an_error_is_copied_to_followers_by_load_shared_alone() {
    for shared in [true, false] {
        let (_clock, _flow, cache) = one_cache(|it| it).await;
        for end in followers(&cache, shared).await {
            assert_eq!(end, Err(LoadError::Source("no rows".to_owned())));
        }
        assert_eq!(cache.under_way(), 0);
    }
}

#[tokio::test]
async fn load_optional_gives_what_there_is_and_none() {
    let world = World::new(|it| it.ttl(HOUR)).await;
    let [one, two] = &world.caches;
    let ask = |cache: &Cache<u64, u64>, value: Option<u64>| {
        let cache = cache.clone();
        async move {
            let loader = async |_| Ok::<_, Fault>(value);
            let found = cache.entry(&1).load_optional(loader).await.unwrap();
            found.map(|found| told(&found))
        }
    };
    assert_eq!(ask(one, None).await, None);
    assert_eq!(ask(one, Some(10)).await, Some((10, Level::Source)));
    assert_eq!(ask(one, None).await, Some((10, Level::Memory)));
    assert_eq!(ask(two, None).await, Some((10, Level::Shared)));
}

#[tokio::test]
async fn load_or_refresh_waits_for_no_refresh_and_load_for_its_own() {
    let strategy = Strategy::multi_level().refresh_ahead(0.5);
    let (clock, _flow, cache) = one_cache(|it| it.ttl(10 * MINUTE).strategy(strategy)).await;
    let source = Source::new();
    let call = cache.entry(&1).load_or_refresh(|_| source.clone().load());
    assert_eq!(told(&call.await.unwrap()), (1, Level::Source));
    clock.advance(5 * MINUTE);
    source.shut();
    let call = cache.entry(&1).load_or_refresh(|_| source.clone().load());
    assert_eq!(told(&call.await.unwrap()), (1, Level::Memory));
    source.has_begun(2).await;
    source.open();
    refreshes_ended(&cache, 1, 0).await;
    clock.advance(5 * MINUTE - NANO);
    let call = cache.entry(&1).load(|_| source.clone().load());
    assert_eq!(told(&call.await.unwrap()), (2, Level::Memory), "not due");
    clock.advance(NANO);
    let call = cache.entry(&1).load(|_| source.clone().load());
    assert_eq!(told(&call.await.unwrap()), (3, Level::Source));
}

/// A load that goes on without its caller is kept for the next.
#[tokio::test]
async fn who_is_cancelled_in_load_or_refresh_does_not_end_the_load_and_in_load_does() {
    for goes_on in [true, false] {
        let (_clock, _flow, cache) = one_cache(|it| it).await;
        let source = Source::new();
        source.shut();
        let caller = tokio::spawn({
            let (cache, source) = (cache.clone(), source.clone());
            async move {
                let call = cache.entry(&1);
                match goes_on {
                    true => call.load_or_refresh(|_| source.load()).await,
                    false => call.load(|_| source.load()).await,
                }
            }
        });
        source.has_begun(1).await;
        caller.abort();
        assert!(caller.await.unwrap_err().is_cancelled());
        source.open();
        eventually("nobody is under way", WITHIN, async || {
            cache.under_way() == 0
        })
        .await;
        assert_eq!(cache.get(&1).await, goes_on.then_some(1));
    }
}

#[tokio::test]
async fn the_options_of_one_call_are_not_those_of_who_joins_it() {
    let world = World::new(|it| it.ttl(HOUR)).await;
    let cache = &world.caches[0];
    let held = HeldLoad::begin(cache, 1).await;
    let joining = tokio::spawn({
        let cache = cache.clone();
        async move { cache.entry(&1).ttl(MINUTE).load(|_| fails()).await }
    });
    joined(cache, 1).await;
    assert_eq!(held.end(10).await, 10);
    let found = joining.await.unwrap().unwrap();
    assert_eq!((told(&found), found.remaining), ((10, Level::Source), HOUR));
    assert_eq!(world.stored(1), Some(HOUR));
}
