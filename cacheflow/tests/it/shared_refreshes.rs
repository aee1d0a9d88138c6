//! Refreshes of what the shared store has, alone or beside memory.

use cacheflow::{Level, RefreshAhead, Strategy};
use cacheflow_testkit::{Operation, eventually};

use crate::support::{WITHIN, load};
use crate::timed::{MINUTE, NANO, Numbers, Source, World, refreshes_ended, settle};

fn halfway(it: Numbers) -> Numbers {
    it.ttl(10 * MINUTE)
        .strategy(Strategy::multi_level().refresh_ahead(0.5))
}

fn halfway_aside(it: Numbers) -> Numbers {
    it.ttl(10 * MINUTE)
        .strategy(Strategy::cache_aside().refresh_ahead(0.5))
}

#[tokio::test]
async fn readers_of_the_store_alone_are_not_held_up_by_a_refresh() {
    let world = World::new(halfway_aside).await;
    let cache = &world.caches[0];
    let source = Source::new();
    source.read(cache, 1).await;
    world.clock.advance(5 * MINUTE - NANO);
    assert_eq!(source.read(cache, 1).await, 1);
    settle().await;
    assert_eq!(source.begun(), 1, "not due");
    world.clock.advance(NANO);
    source.shut();
    let readers = (0..100).map(|_| {
        let (cache, source) = (cache.clone(), source.clone());
        tokio::spawn(async move { source.read(&cache, 1).await })
    });
    for reader in readers.collect::<Vec<_>>() {
        let read = tokio::time::timeout(WITHIN, reader).await;
        assert_eq!(read.expect("a reader waits").unwrap(), 1);
    }
    source.has_begun(2).await;
    assert_eq!(
        source.read_waiting(cache, 1).await,
        1,
        "another is under way"
    );
    assert_eq!(source.begun(), 2);
    source.open();
    refreshes_ended(cache, 1, 0).await;
    assert_eq!((source.read(cache, 1).await, source.begun()), (2, 2));
}

#[tokio::test]
async fn of_readers_of_the_store_alone_whose_loads_cannot_leave_them_one_waits() {
    let world = World::new(halfway_aside).await;
    let cache = &world.caches[0];
    let source = Source::new();
    source.read_waiting(cache, 1).await;
    world.clock.advance(5 * MINUTE);
    source.shut();
    let first = tokio::spawn({
        let (cache, source) = (cache.clone(), source.clone());
        async move { source.read_waiting(&cache, 1).await }
    });
    source.has_begun(2).await;
    for _ in 0..10 {
        let read = tokio::time::timeout(WITHIN, source.read_waiting(cache, 1)).await;
        assert_eq!(read.expect("a second reader waits"), 1);
        assert_eq!(load(cache, 1, 99).await, 1);
    }
    source.open();
    assert_eq!(first.await.unwrap(), 2);
    assert_eq!(source.begun(), 2);
}

#[tokio::test]
async fn what_another_node_has_loaded_anew_is_taken_and_not_loaded_again() {
    for waits in [false, true] {
        let world = World::new(halfway).await;
        let [one, two] = &world.caches;
        let source = Source::new();
        source.read(one, 1).await;
        assert_eq!(source.read(two, 1).await, 1);
        world.clock.advance(5 * MINUTE);
        source.read(one, 1).await;
        refreshes_ended(one, 1, 0).await;
        assert_eq!(two.peek(&1).unwrap().value, 1);
        let read = match waits {
            true => source.read_waiting(two, 1).await,
            false => source.read(two, 1).await,
        };
        assert_eq!(read, if waits { 2 } else { 1 });
        eventually("the other has it", WITHIN, async || {
            two.peek(&1).is_some_and(|found| found.value == 2)
        })
        .await;
        assert_eq!((source.begun(), two.stats().loads), (2, 0));
        assert_eq!(two.peek(&1).unwrap().remaining, 10 * MINUTE);
        assert_eq!(two.stats().refresh_failures, 0);
    }
}

#[tokio::test]
async fn what_is_found_in_the_store_is_due_when_it_would_be_where_it_was_loaded() {
    for when in [RefreshAhead::at(0.5), RefreshAhead::after(5 * MINUTE)] {
        let options = |it: Numbers| {
            it.ttl(10 * MINUTE)
                .strategy(Strategy::multi_level().refresh_ahead(when))
        };
        let world = World::new(options).await;
        let [one, two] = &world.caches;
        let source = Source::new();
        source.read(one, 1).await;
        world.clock.advance(4 * MINUTE);
        assert_eq!(two.lookup(&1).await.found().unwrap().level, Level::Shared);
        world.clock.advance(MINUTE - NANO);
        assert_eq!(source.read(two, 1).await, 1);
        settle().await;
        assert_eq!(source.begun(), 1, "{when:?}: too early");
        world.clock.advance(NANO);
        assert_eq!(source.read(two, 1).await, 1);
        source.has_begun(2).await;
        refreshes_ended(two, 1, 0).await;
        assert_eq!(two.peek(&1).unwrap().value, 2);
    }
}

#[tokio::test]
async fn what_is_due_when_it_is_found_in_the_store_is_refreshed_by_who_found_it() {
    let world = World::new(halfway).await;
    let [one, two] = &world.caches;
    let source = Source::new();
    source.read(one, 1).await;
    world.clock.advance(6 * MINUTE);
    source.shut();
    assert_eq!(source.read(two, 1).await, 1);
    source.has_begun(2).await;
    for _ in 0..10 {
        assert_eq!(source.read(two, 1).await, 1);
    }
    assert_eq!((source.begun(), two.stats().misses), (2, 0));
    source.open();
    refreshes_ended(two, 1, 0).await;
    assert_eq!(two.peek(&1).unwrap().value, 2);
    assert_eq!(world.stored(1), Some(10 * MINUTE));
}

/// A refresh is not what a shorter time in memory is for.
#[tokio::test]
async fn memory_that_keeps_a_value_for_less_reads_it_again_and_does_not_load_it() {
    let strategy = Strategy::multi_level()
        .memory_ttl(MINUTE)
        .refresh_ahead(0.5);
    let world = World::new(|it| it.ttl(10 * MINUTE).strategy(strategy.clone())).await;
    let cache = &world.caches[0];
    let source = Source::new();
    for minute in 0..5 {
        assert_eq!(source.read(cache, 1).await, 1, "{minute}");
        world.clock.advance(MINUTE);
    }
    settle().await;
    assert_eq!((source.begun(), cache.stats().shared_hits), (1, 4));
    assert_eq!(source.read(cache, 1).await, 1);
    refreshes_ended(cache, 1, 0).await;
    assert_eq!(source.read(cache, 1).await, 2);
}

/// It is asked whether another has loaded; it need not answer.
#[tokio::test]
async fn a_store_that_fails_keeps_no_value_in_memory_from_being_refreshed() {
    let world = World::new(halfway).await;
    let cache = &world.caches[0];
    let source = Source::new();
    source.read(cache, 1).await;
    world.clock.advance(5 * MINUTE);
    world.nodes[0].failing.fail_nth(Operation::Get, 1);
    source.shut();
    assert_eq!(source.read(cache, 1).await, 1);
    source.has_begun(2).await;
    assert_eq!(source.read(cache, 1).await, 1);
    source.open();
    refreshes_ended(cache, 1, 0).await;
    assert_eq!(cache.stats().store_failures, 1);
}

#[tokio::test]
async fn who_asks_while_a_refresh_looks_into_the_store_is_served_from_memory() {
    let world = World::new(halfway).await;
    let cache = &world.caches[0];
    let source = Source::new();
    source.read(cache, 1).await;
    world.clock.advance(5 * MINUTE);
    let get = world.nodes[0].gate.hold_before(Operation::Get);
    assert_eq!(source.read(cache, 1).await, 1);
    get.reached().await;
    assert_eq!(source.read(cache, 1).await, 1);
    assert_eq!(source.read_waiting(cache, 1).await, 1);
    assert_eq!(cache.get(&1).await, Some(1));
    get.release();
    refreshes_ended(cache, 1, 0).await;
    assert_eq!(source.begun(), 2);
}
