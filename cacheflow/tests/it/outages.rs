//! A store that fails or hangs is never the caller's failure, and what it was not
//! told it is told before it is believed again.

use std::sync::Arc;

use cacheflow::{Applied, BusHealth, Cache, CacheFlow, Event, StoreHealth};
use cacheflow_testkit::{Failing, MemoryBackend, Operation, Recording, eventually};

use crate::support::{HOUR, WITHIN, cached, caller, load, two_nodes, until_told, waiting};

fn store_failed(events: &[Event]) -> usize {
    events
        .iter()
        .filter(|event| matches!(event, Event::StoreFailed { .. }))
        .count()
}

#[tokio::test]
async fn a_read_that_fails_makes_the_loader_run_and_nothing_is_filled() {
    let (server, one, _two) = two_nodes().await;
    let mut events = one.flow.events();
    one.failing.fail_nth(Operation::Get, 1);
    assert_eq!(load(&one.cache, 1, 10).await, 10);
    assert_eq!(one.memory(1), Some(10));
    // A caller waits for one budget, not for two.
    assert!(one.recording.take().is_empty());
    assert_eq!(server.names(), [""; 0]);
    assert_eq!(
        (
            one.cache.stats().store_failures,
            store_failed(&waiting(&mut events))
        ),
        (1, 1)
    );
    assert_eq!(one.cache.under_way(), 0);
}

#[tokio::test]
async fn a_fill_that_fails_or_whose_answer_is_lost_costs_nobody_the_value() {
    let (_server, one, two) = two_nodes().await;
    let mut events = one.flow.events();
    one.failing.fail(Operation::Fill);
    assert_eq!(load(&one.cache, 1, 10).await, 10);
    one.failing.lose_answer(Operation::Fill);
    assert_eq!(load(&one.cache, 2, 20).await, 20);
    assert_eq!((one.memory(1), one.memory(2)), (Some(10), Some(20)));
    assert_eq!(two.cache.get(&1).await, None);
    assert_eq!(one.cache.stats().store_failures, 2);
    let told = waiting(&mut events);
    assert_eq!(store_failed(&told), 2);
    assert!(
        matches!(&told[0], Event::StoreFailed { error, .. } if error.contains("as the test says"))
    );
}

#[tokio::test]
async fn after_three_failures_the_store_is_left_alone_until_a_probe_succeeds() {
    let (server, one, _two) = two_nodes().await;
    let mut events = one.flow.events();
    one.failing.fail(Operation::Get);
    one.failing.hang(Operation::Ping);
    for key in 0..50 {
        assert_eq!(load(&one.cache, key, key).await, key);
    }
    let told = waiting(&mut events);
    assert_eq!(
        store_failed(&told),
        3,
        "the others were refused without asking"
    );
    assert!(told.contains(&Event::StoreDown));
    assert_eq!(one.flow.health().store, Some(StoreHealth::Down));
    assert_eq!(one.cache.stats().store_failures, 3);

    // It would answer again; nobody asks but the probe.
    one.failing.heal(Operation::Get);
    for key in 50..60 {
        assert_eq!(load(&one.cache, key, key).await, key);
    }
    assert_eq!(
        (one.recording.take(), server.names().len()),
        (Vec::new(), 0)
    );
    assert_eq!(one.cache.put(&1, 11).await.unwrap(), Applied::Local);

    one.failing.heal_all();
    until_told(&mut events, Event::StoreUp).await;
    one.subscribed().await;
    assert_eq!(load(&one.cache, 99, 99).await, 99);
    assert_eq!(server.names(), ["cacheflow:numbers:99"]);
}

#[tokio::test]
async fn failures_that_are_not_in_a_row_do_not_count() {
    let (_server, one, _two) = two_nodes().await;
    for key in 0..20 {
        if key % 3 != 0 {
            one.failing.fail_nth(Operation::Get, 1);
        }
        load(&one.cache, key, key).await;
    }
    assert_eq!(one.flow.health().store, Some(StoreHealth::Up));
}

/// It answers again; what waits is on its way.
#[tokio::test]
async fn a_store_that_is_being_told_is_not_read_before_it_has_been() {
    let (_server, one, _two) = two_nodes().await;
    load(&one.cache, 1, 10).await;
    one.failing.fail_nth(Operation::Record, 1);
    assert_eq!(one.cache.invalidate(&1).await.unwrap(), Applied::Local);
    let told = one.gate.hold_before(Operation::Record);
    told.reached().await;
    assert_eq!(
        load(&one.cache, 1, 11).await,
        11,
        "the store has the old one"
    );
    told.release();
    one.subscribed().await;
    assert_eq!(one.cache.get(&1).await, None);
}

/// What is added behind the last look at the outbox is sent before the store is
/// trusted, and not forgotten there.
#[tokio::test]
async fn what_comes_to_wait_while_the_store_is_probed_is_told_as_well() {
    let (_server, one, two) = two_nodes().await;
    for key in [1, 2] {
        load(&one.cache, key, 10).await;
        assert_eq!(cached(&two.cache, key).await, 10);
    }
    one.failing.fail_nth(Operation::Record, 1);
    assert_eq!(one.cache.invalidate(&1).await.unwrap(), Applied::Local);
    let told = one.gate.hold_before(Operation::Record);
    told.reached().await;
    let probed = one.gate.hold_before(Operation::Ping);
    told.release();
    probed.reached().await;
    one.failing.fail_nth(Operation::Record, 1);
    assert_eq!(one.cache.invalidate(&2).await.unwrap(), Applied::Local);
    let told = one.gate.hold_before(Operation::Record);
    probed.release();
    told.reached().await;
    assert_eq!(
        load(&one.cache, 2, 11).await,
        11,
        "the store has the old one"
    );
    told.release();
    two.forgotten(2).await;
}

/// Until the store was told, it may hold what was forgotten.
#[tokio::test]
async fn a_store_that_was_not_told_is_not_read() {
    let (server, one, two) = two_nodes().await;
    load(&one.cache, 1, 10).await;
    assert_eq!(cached(&two.cache, 1).await, 10);
    one.failing.fail(Operation::Record);
    let _ = one.recording.take();
    assert_eq!(one.cache.invalidate(&1).await.unwrap(), Applied::Local);
    assert_eq!(one.memory(1), None);
    let health = one.flow.health();
    assert_eq!(
        (health.store, health.waiting_invalidations),
        (Some(StoreHealth::Distrusted), 1)
    );
    assert_eq!(one.cache.get(&1).await, None);
    assert_eq!(load(&one.cache, 1, 11).await, 11);
    assert_eq!(cached(&one.cache, 1).await, 11);
    let asked = one.recording.take();
    assert!(asked.iter().all(|call| *call == "ping"), "{asked:?}");
    let left = server.value("cacheflow:numbers:1");
    assert!(left.is_some(), "the old value is there");

    one.failing.heal_all();
    one.subscribed().await;
    two.forgotten(1).await;
    assert_eq!(server.names(), [""; 0]);
    let mut told = one.recording.take();
    told.retain(|call| call.operation != Operation::Ping);
    assert_eq!(told, ["record numbers:1"]);
    assert_eq!(load(&two.cache, 1, 11).await, 11);
}

/// A reader that asked the store before it was distrusted brings the old value.
#[tokio::test]
async fn a_read_on_its_way_while_the_store_could_not_be_told_does_not_reach_memory() {
    let (_server, one, two) = two_nodes().await;
    load(&two.cache, 1, 10).await;
    let get = one.gate.hold_after(Operation::Get);
    let reading = caller(&one.cache, 1, 99);
    get.reached().await;
    one.failing.fail(Operation::Record);
    assert_eq!(one.cache.invalidate(&1).await.unwrap(), Applied::Local);
    get.release();
    // The store is not believed any more by the time it answers.
    assert_eq!(reading.await.unwrap(), 99);
    assert_eq!((one.memory(1), one.cache.get(&1).await), (None, None));
}

/// The first level holds a newer value than the second.
#[tokio::test]
async fn a_put_that_fails_is_served_here_and_never_replaced_by_what_is_older() {
    for lost in [false, true] {
        let (server, one, two) = two_nodes().await;
        load(&two.cache, 1, 10).await;
        assert_eq!(cached(&one.cache, 1).await, 10);
        match lost {
            true => one.failing.lose_answer(Operation::Put),
            false => one.failing.fail(Operation::Put),
        }
        one.failing.fail(Operation::Ping);
        assert_eq!(one.cache.put(&1, 20).await.unwrap(), Applied::Local);
        if !lost {
            assert_eq!(cached(&one.cache, 1).await, 20);
        }
        // Where it happened all the same, its record makes memory forget it too.
        assert_eq!(load(&one.cache, 1, 20).await, 20);
        one.failing.heal_all();
        one.subscribed().await;
        two.forgotten(1).await;
        assert_eq!(
            server.names(),
            [""; 0],
            "what the store held is not known to be right"
        );
        assert_eq!(load(&two.cache, 1, 20).await, 20);
    }
}

#[tokio::test]
async fn an_invalidation_whose_answer_is_lost_is_repeated() {
    let (server, one, two) = two_nodes().await;
    load(&one.cache, 1, 10).await;
    cached(&two.cache, 1).await;
    one.failing.lose_answer(Operation::Record);
    assert_eq!(one.cache.invalidate(&1).await.unwrap(), Applied::Local);
    two.forgotten(1).await;
    one.failing.heal_all();
    one.subscribed().await;
    assert_eq!((server.names().len(), one.memory(1)), (0, None));
}

#[tokio::test]
async fn too_many_invalidations_that_wait_become_a_clear() {
    let (server, one, two) = two_nodes().await;
    let other: Cache<u64, u64> = one.flow.cache("other").ttl(HOUR).build().unwrap();
    load(&other, 1, 10).await;
    load(&one.cache, 1, 10).await;
    load(&one.cache, 20_000, 10).await;
    cached(&two.cache, 20_000).await;
    one.failing.fail(Operation::Record);
    let keys: Vec<u64> = (0..10_001).collect();
    assert_eq!(
        one.cache.invalidate_many(&keys).await.unwrap(),
        Applied::Local
    );
    assert_eq!(one.flow.health().waiting_invalidations, 1);
    one.failing.heal_all();
    one.subscribed().await;
    assert_eq!(server.names(), ["cacheflow:other:1"]);
    two.forgotten(20_000).await;
}

/// Everything hangs from the beginning: a service starts all the same.
#[tokio::test(start_paused = true)]
async fn a_service_starts_and_works_although_its_server_never_answers() {
    let failing = Failing::new(Recording::new(MemoryBackend::new()));
    for operation in [
        Operation::Listen,
        Operation::Ping,
        Operation::Get,
        Operation::Fill,
    ] {
        failing.hang(operation);
    }
    for operation in [Operation::Record, Operation::Put, Operation::Since] {
        failing.hang(operation);
    }
    let flow = CacheFlow::builder()
        .backend(failing.clone())
        .build()
        .await
        .unwrap();
    let cache: Cache<u64, Arc<str>> = flow.cache("texts").build().unwrap();
    let load = async || {
        let loaded = cache.get_or_load(&1, async || Ok::<_, String>("Ada".into()));
        loaded.await.unwrap()
    };
    for _ in 0..3 {
        assert_eq!(&*load().await, "Ada");
    }
    assert_eq!(cache.invalidate(&1).await.unwrap(), Applied::Local);
    assert_eq!(cache.put(&2, "Grace".into()).await.unwrap(), Applied::Local);
    assert_eq!(cache.clear().await.unwrap(), Applied::Local);
    assert_eq!(flow.health().bus, Some(BusHealth::Down));
    failing.heal_all();
    eventually("everything is there", WITHIN, async || {
        flow.health().is_good()
    })
    .await;
    assert_eq!(&*load().await, "Ada");
    assert!(cache.peek(&1).is_some());
}
