//! What a node hears, misses, or cannot understand, and what it does then.

use std::time::Duration;

use cacheflow::clock::Clock;
use cacheflow::key::FullKey;
use cacheflow::{Applied, BusHealth, Cache, Event, StoreHealth};
use cacheflow_testkit::{MemoryBackend, Operation, eventually};

use crate::support::{HOUR, HeldLoad, Node, WITHIN, cached, load, two_nodes, until_told, waiting};

/// What one node missed, its own next change brings along.
#[tokio::test]
async fn the_answer_to_an_own_change_brings_what_was_missed_before_it() {
    let (_server, one, two) = two_nodes().await;
    for key in [1, 2, 3] {
        load(&one.cache, key, 10).await;
    }
    let held = HeldLoad::begin(&one.cache, 4).await;
    let heard = one.gate.hold_before(Operation::Heard);
    let _ = two.cache.invalidate_many(&[1, 4]).await.unwrap();
    heard.reached().await;
    let _ = one.cache.invalidate(&2).await.unwrap();
    assert_eq!(
        (one.memory(1), one.memory(2), one.memory(3)),
        (None, None, Some(10))
    );
    held.end(40).await;
    assert_eq!(one.memory(4), None);
    // The bus brings them again, which does no harm.
    load(&one.cache, 1, 11).await;
    heard.release();
    let _ = two.cache.invalidate(&3).await.unwrap();
    one.forgotten(3).await;
    assert_eq!(one.memory(1), Some(11));
}

#[tokio::test]
async fn a_lost_record_is_noticed_by_the_next_and_made_up_for() {
    let (server, one, two) = two_nodes().await;
    let mut events = one.flow.events();
    load(&one.cache, 1, 10).await;
    load(&one.cache, 2, 20).await;
    let held = HeldLoad::begin(&one.cache, 3).await;
    one.failing.fail_nth(Operation::Heard, 1);
    let _ = two.cache.invalidate_many(&[1, 3]).await.unwrap();
    let _ = two.cache.invalidate(&9).await.unwrap();
    until_told(&mut events, Event::Replayed(2)).await;
    assert_eq!((one.memory(1), one.memory(2)), (None, Some(20)));
    // Nor is kept what was under way.
    held.end(30).await;
    assert_eq!(one.memory(3), None);
    assert_eq!(server.names(), ["cacheflow:numbers:2"]);
    assert_eq!(load(&one.cache, 1, 11).await, 11);
}

#[tokio::test]
async fn a_lost_record_is_noticed_by_the_next_heartbeat() {
    let (_server, one, two) = two_nodes().await;
    let mut events = one.flow.events();
    load(&one.cache, 1, 10).await;
    load(&one.cache, 2, 20).await;
    one.failing.fail_nth(Operation::Heard, 1);
    let _ = two.cache.invalidate(&1).await.unwrap();
    until_told(&mut events, Event::Replayed(1)).await;
    assert_eq!((one.memory(1), one.memory(2)), (None, Some(20)));
    // And no other heartbeat drops anything.
    load(&one.cache, 1, 11).await;
    let beats = [
        one.gate.hold_before(Operation::Alive),
        one.gate.hold_before(Operation::Alive),
    ];
    for beat in beats {
        beat.reached().await;
    }
    assert_eq!(one.memory(1), Some(11));
    assert_eq!(waiting(&mut events), []);
}

/// While something is missing, nothing is proven: the gate closes.
#[tokio::test]
async fn a_gap_that_cannot_be_closed_closes_the_gate() {
    let clock = Clock::manual();
    let server = MemoryBackend::with_clock(clock.clone());
    let staleness = Duration::from_secs(2);
    let one = Node::silent(&server, |flow| {
        flow.clock(clock.clone()).max_staleness(staleness)
    });
    let one = one.await;
    one.subscribed().await;
    let two = Node::silent(&server, |flow| flow.clock(clock.clone())).await;
    two.subscribed().await;
    load(&one.cache, 1, 10).await;
    load(&one.cache, 2, 20).await;
    let since = one.gate.hold_before(Operation::Since);
    one.failing.fail_nth(Operation::Heard, 1);
    let _ = two.cache.invalidate(&1).await.unwrap();
    since.reached().await;
    clock.advance(staleness);
    for beat in [
        one.gate.hold_before(Operation::Alive),
        one.gate.hold_before(Operation::Alive),
    ] {
        beat.reached().await;
    }
    assert_eq!((one.memory(1), one.memory(2)), (None, None));
    since.release();
    eventually("memory is served again", WITHIN, async || {
        one.memory(2) == Some(20)
    })
    .await;
    assert_eq!(one.memory(1), None);
}

/// What the journal has dropped cannot be made up for.
#[tokio::test]
async fn a_gap_beyond_the_journals_reach_drops_memory() {
    let (server, one, two) = two_nodes().await;
    let mut events = one.flow.events();
    load(&one.cache, 1, 10).await;
    load(&one.cache, 2, 20).await;
    let held = HeldLoad::begin(&one.cache, 3).await;
    let since = one.gate.hold_before(Operation::Since);
    one.failing.fail_nth(Operation::Heard, 1);
    let _ = two.cache.invalidate_many(&[1, 3]).await.unwrap();
    since.reached().await;
    server.trim_journal();
    since.release();
    until_told(&mut events, Event::Gap).await;
    assert_eq!((one.memory(1), one.memory(2)), (None, None));
    held.end(30).await;
    assert_eq!(one.memory(3), None);
    assert_eq!(cached(&one.cache, 2).await, 20, "the store is right");
}

/// A value that was put before something was missed is not older than what was
/// missed before it.
#[tokio::test]
async fn a_put_during_a_gap_takes_the_gap_into_account() {
    let (server, one, two) = two_nodes().await;
    let mut events = one.flow.events();
    let put = one.gate.hold_after(Operation::Put);
    let putting = tokio::spawn({
        let cache = one.cache.clone();
        async move { cache.put(&1, 10).await.unwrap() }
    });
    put.reached().await;
    one.failing.fail_nth(Operation::Heard, 1);
    let _ = two.cache.invalidate(&1).await.unwrap();
    let _ = two.cache.invalidate(&9).await.unwrap();
    until_told(&mut events, Event::Replayed(2)).await;
    put.release();
    assert_eq!(putting.await.unwrap(), Applied::Recorded);
    assert_eq!(
        (one.memory(1), server.names().len(), one.cache.under_way()),
        (None, 0, 0)
    );
}

#[tokio::test]
async fn after_a_disconnection_memory_stays_but_for_what_was_missed() {
    let (server, one, two) = two_nodes().await;
    let mut events = one.flow.events();
    for missed in [false, true] {
        load(&one.cache, 1, 10).await;
        load(&one.cache, 2, 20).await;
        server.disconnect();
        until_told(&mut events, Event::BusDown).await;
        if missed {
            let _ = two.cache.invalidate(&2).await.unwrap();
        }
        until_told(&mut events, Event::BusUp).await;
        if missed {
            one.forgotten(2).await;
        }
        assert_eq!(
            (one.memory(1), one.memory(2).is_some()),
            (Some(10), !missed)
        );
        two.subscribed().await;
    }
}

#[tokio::test]
async fn garbage_is_looked_into_and_strangers_are_honoured() {
    let (server, one, _two) = two_nodes().await;
    load(&one.cache, 1, 10).await;
    load(&one.cache, 2, 20).await;
    let key = FullKey::parse("numbers:1").unwrap();
    server.announce_foreign(std::slice::from_ref(&key), one.flow.instance());
    server.announce_foreign(&[FullKey::parse("unknown:1").unwrap()], "somebody");
    server.announce_foreign(&[FullKey::parse("numbers:2").unwrap()], "somebody");
    one.forgotten(2).await;
    assert_eq!(
        one.memory(1),
        Some(10),
        "what this node says of itself is no news"
    );
    // It might have been a record: the journal is asked, and says that it was not.
    let since = one.gate.hold_before(Operation::Since);
    server.announce_garbage();
    since.reached().await;
    since.release();
    assert_eq!(cached(&one.cache, 1).await, 10);
}

/// A storm of garbage costs memory, and nothing else.
#[tokio::test]
async fn a_storm_of_gaps_runs_without_memory_and_says_so() {
    let (server, one, _two) = two_nodes().await;
    let mut events = one.flow.events();
    load(&one.cache, 1, 10).await;
    let mut told = false;
    eventually("the storm is told", WITHIN, async || {
        server.announce_garbage();
        told |= waiting(&mut events).contains(&Event::GapStorm);
        told
    })
    .await;
    eventually("memory is served again", WITHIN, async || {
        assert_eq!(cached(&one.cache, 1).await, 10);
        one.memory(1).is_some()
    })
    .await;
}

/// No heartbeat proves anything meanwhile: what closes the gate is the storm.
#[tokio::test]
async fn a_storm_of_gaps_closes_the_gate() {
    let (server, one, _two) = two_nodes().await;
    let mut events = one.flow.events();
    load(&one.cache, 1, 10).await;
    one.failing.fail(Operation::Alive);
    eventually("the storm is told", WITHIN, async || {
        server.announce_garbage();
        waiting(&mut events).contains(&Event::GapStorm)
    })
    .await;
    assert_eq!(one.memory(1), None);
    one.failing.heal_all();
    eventually("memory is served again", WITHIN, async || {
        one.memory(1).is_some()
    })
    .await;
}

/// Another node has written it under a journal that this node has not heard of.
#[tokio::test]
async fn what_was_written_under_a_newer_journal_is_a_miss_and_not_removed() {
    let (server, one, two) = two_nodes().await;
    let mut events = two.flow.events();
    one.failing.fail(Operation::Alive);
    server.lose_journal();
    until_told(&mut events, Event::Gap).await;
    load(&two.cache, 1, 10).await;
    assert_eq!(one.cache.get(&1).await, None);
    assert_eq!(server.names(), ["cacheflow:numbers:1"]);
    one.failing.heal_all();
    let read = async || one.cache.get(&1).await == Some(10);
    eventually("it is read under the new one", WITHIN, read).await;
}

/// The store keeps what was written under a journal that is lost: whether it was
/// forgotten since, nobody can tell.
#[tokio::test]
async fn what_was_written_under_a_lost_journal_is_a_miss_and_replaced() {
    let server = MemoryBackend::new();
    let node = Node::on(&server).await;
    let mut events = node.flow.events();
    load(&node.cache, 1, 10).await;
    server.lose_journal();
    until_told(&mut events, Event::Gap).await;
    assert_eq!(node.memory(1), None);
    assert_eq!(load(&node.cache, 1, 11).await, 11);
    let told = waiting(&mut events);
    assert!(matches!(&told[..], [Event::Unreadable { .. }]), "{told:?}");
    assert_eq!(node.cache.stats().unreadable, 1);
    assert_eq!(cached(&node.cache, 1).await, 11);
}

#[tokio::test]
async fn a_put_whose_journal_is_lost_meanwhile_is_not_kept_in_the_store() {
    let server = MemoryBackend::new();
    let node = Node::on(&server).await;
    let put = node.gate.hold_before(Operation::Put);
    let putting = tokio::spawn({
        let cache = node.cache.clone();
        async move { cache.put(&1, 10).await.unwrap() }
    });
    put.reached().await;
    server.lose_journal();
    put.release();
    assert_eq!(putting.await.unwrap(), Applied::Local);
    node.subscribed().await;
    assert_eq!((server.names().len(), node.memory(1)), (0, None));
}

/// A service starts although nobody can be heard, and trusts nothing until then.
#[tokio::test]
async fn before_the_first_subscription_nothing_is_read_filled_or_served() {
    let server = MemoryBackend::new();
    let first = Node::on(&server).await;
    load(&first.cache, 1, 10).await;
    let node = Node::silent(&server, |flow| flow).await;
    // Its task has not run yet: there is one thread, and nothing was waited for.
    node.failing.fail(Operation::Listen);

    assert_eq!(load(&node.cache, 1, 11).await, 11);
    assert_eq!(load(&node.cache, 2, 22).await, 22);
    assert_eq!((node.memory(1), node.memory(2)), (None, None));
    assert_eq!(node.cache.get(&1).await, None);
    assert!(node.recording.take().is_empty());
    let health = node.flow.health();
    assert_eq!(
        (health.bus, health.store),
        (Some(BusHealth::Down), Some(StoreHealth::Up))
    );
    assert!(!health.memory_is_trusted && !health.is_good());

    node.failing.heal_all();
    node.subscribed().await;
    assert_eq!(cached(&node.cache, 1).await, 10);
    assert_eq!(node.memory(1), Some(10));
}

/// The proof of a heartbeat is as old as its question, however late it comes.
#[tokio::test]
async fn a_late_heartbeat_proves_no_more_than_when_it_was_asked() {
    let clock = Clock::manual();
    let server = MemoryBackend::with_clock(clock.clone());
    let staleness = Duration::from_secs(2);
    let node = Node::silent(&server, |flow| {
        flow.clock(clock.clone()).max_staleness(staleness)
    });
    let node = node.await;
    node.subscribed().await;
    load(&node.cache, 1, 10).await;
    let late = node.gate.hold_before(Operation::Alive);
    late.reached().await;
    clock.advance(staleness);
    let next = node.gate.hold_before(Operation::Alive);
    late.release();
    next.reached().await;
    assert_eq!(node.memory(1), None);
    next.release();
    eventually("memory is served again", WITHIN, async || {
        node.memory(1).is_some()
    })
    .await;
}

/// A handle is built on one node only; the others hear of keys they do not know.
#[tokio::test]
async fn news_of_a_cache_without_a_handle_do_no_harm_and_are_not_missed() {
    let (_server, one, two) = two_nodes().await;
    let mut events = two.flow.events();
    let late: Cache<u64, u64> = one.flow.cache("late").ttl(HOUR).build().unwrap();
    load(&two.cache, 1, 10).await;
    load(&late, 1, 20).await;
    let _ = late.invalidate(&1).await.unwrap();
    let _ = late.clear().await.unwrap();
    let _ = one.cache.invalidate(&9).await.unwrap();
    let there: Cache<u64, u64> = two.flow.cache("late").ttl(HOUR).build().unwrap();
    assert_eq!(load(&there, 1, 21).await, 21);
    assert_eq!(two.memory(1), Some(10));
    let mut told = waiting(&mut events);
    assert_eq!(told.len(), 3, "{told:?}");
    told.retain(|event| !matches!(event, Event::Invalidated { remote: true, .. }));
    assert_eq!(told, [], "nothing was missed");
}
