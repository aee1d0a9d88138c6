//! What the wrappers do to a backend.

use std::sync::Arc;
use std::time::Duration;

use cacheflow::entry::Envelope;
use cacheflow::event::{Change, Forgotten};
use cacheflow::key::{CacheName, FullKey, Pattern, Tag};
use cacheflow::lock::Acquired;
use cacheflow::store::SharedStore;
use cacheflow::{Backend, Cache, CacheFlow, ErrorKind, Event, Namespace};
use cacheflow_testkit::{
    Failing, Gate, MemoryBackend, Operation, Recording, Shuffling, eventually,
};

const WITHIN: Duration = Duration::from_secs(30);

fn store(backend: &impl Backend) -> Arc<dyn SharedStore> {
    backend.store(&Namespace::new("", "test"))
}

fn key() -> FullKey {
    FullKey::parse("numbers:1").unwrap()
}

/// What forgets [`key`].
fn forgetting() -> Change {
    Change::Forgotten(Forgotten::keys([key()]))
}

#[tokio::test]
async fn a_recording_has_the_operations_in_their_order_and_once() {
    let recording = Recording::new(MemoryBackend::new());
    let store = store(&recording);
    store.get(&key()).await.unwrap();
    let two = Forgotten::keys([key(), FullKey::parse("a:2").unwrap()]);
    let recorded = store.record(&Change::Forgotten(two), None).await.unwrap();
    store.reclaim(&recorded.record, "").await.unwrap();
    let all = Forgotten {
        tags: vec![Tag::new("a").unwrap()],
        patterns: vec![Pattern::new("a:*").unwrap()],
        everything: true,
        ..Forgotten::cache(CacheName::new("b").unwrap())
    };
    store.record(&Change::Forgotten(all), None).await.unwrap();
    store.record(&Change::Done(7), None).await.unwrap();
    store.since(None).await.unwrap();
    store.since(Some(recorded.record.position)).await.unwrap();
    let expected = [
        "get numbers:1",
        "record numbers:1 a:2",
        "reclaim numbers:1 a:2",
        "record tag=a pattern=a:* cache=b everything",
        "record done=7",
        "since",
        "since 1",
    ];
    assert_eq!(recording.take(), expected);
    store.ping().await.unwrap();
    assert_eq!(recording.clone().take(), ["ping"]);
    assert!(recording.take_news().is_empty());
}

#[tokio::test]
async fn a_recording_has_many_values_touches_and_leases() {
    let recording = Recording::new(MemoryBackend::new());
    let store = store(&recording);
    let leases = recording.leases(&Namespace::new("", "test"));
    let other = FullKey::parse("a:2").unwrap();
    assert_eq!(store.get_many(&[&key(), &other]).await.unwrap().len(), 2);
    assert!(
        !store
            .touch(&key(), &[0; Envelope::HEADER_BYTES], WITHIN)
            .await
            .unwrap()
    );
    leases.acquire("a lock", "me", WITHIN).await.unwrap();
    assert!(leases.renew("a lock", "me", WITHIN).await.unwrap());
    assert!(leases.release("a lock", "me").await.unwrap());
    let expected = [
        "get_many numbers:1 a:2",
        "touch numbers:1",
        "acquire a lock",
        "renew a lock",
        "release a lock",
    ];
    assert_eq!(recording.take(), expected);
    assert!(recording.take_news().is_empty());
}

#[tokio::test]
async fn leases_fail_and_their_return_can_be_lost() {
    let server = MemoryBackend::new();
    let failing = Failing::new(server.clone());
    let recording = Recording::new(failing.clone());
    let flow = CacheFlow::builder()
        .backend(recording.clone())
        .build()
        .await
        .unwrap();
    eventually("subscribed", WITHIN, async || flow.health().is_good()).await;
    let leases = failing.leases(&Namespace::new("cacheflow:", "test"));
    failing.fail(Operation::Acquire);
    let error = leases.acquire("a", "1", WITHIN).await.unwrap_err();
    assert_eq!(error.kind(), ErrorKind::Unavailable);
    failing.heal_all();
    failing.lose_answer(Operation::Acquire);
    assert!(leases.acquire("a", "1", WITHIN).await.is_err());
    failing.heal_all();
    // The answer alone was lost: who asks again has it.
    assert_eq!(
        leases.acquire("a", "1", WITHIN).await.unwrap(),
        Acquired::Mine
    );
    failing.fail_nth(Operation::Released, 1);
    // Another waits for each.
    leases.acquire("a", "2", WITHIN).await.unwrap();
    assert!(leases.release("a", "1").await.unwrap());
    for owner in ["1", "2"] {
        leases.acquire("b", owner, WITHIN).await.unwrap();
    }
    assert!(leases.release("b", "1").await.unwrap());
    let mut told = Vec::new();
    eventually("the second return is told", WITHIN, async || {
        let news = recording.take_news().into_iter();
        told.extend(news.filter(|call| call.operation == Operation::Released));
        !told.is_empty()
    })
    .await;
    assert_eq!(told, ["released b"]);
}

#[tokio::test]
async fn a_recording_keeps_what_the_bus_told_apart() {
    let recording = Recording::new(MemoryBackend::new());
    let flow = CacheFlow::builder()
        .backend(recording.clone())
        .build()
        .await
        .unwrap();
    eventually("subscribed", WITHIN, async || flow.health().is_good()).await;
    let news = recording.take_news();
    assert_eq!(news[..2], ["listen", "subscribed 0"]);
    assert!(recording.take().is_empty());
}

#[tokio::test]
async fn the_nth_operation_fails_and_no_other() {
    let failing = Failing::new(MemoryBackend::new());
    let store = store(&failing);
    failing.fail_nth(Operation::Get, 3);
    for nth in 1..=5 {
        let got = store.get(&key()).await;
        assert_eq!(got.is_err(), nth == 3, "{nth}");
        store.ping().await.unwrap();
    }
}

#[tokio::test]
async fn what_fails_does_not_happen_until_it_is_healed() {
    let server = MemoryBackend::new();
    server.overwrite("numbers:1", "x", WITHIN);
    let failing = Failing::new(server.clone());
    failing.fail(Operation::Record);
    let store = store(&failing);
    for _ in 0..2 {
        let error = store.record(&forgetting(), None).await.unwrap_err();
        assert_eq!(error.kind(), ErrorKind::Unavailable);
        assert_eq!(server.names(), ["numbers:1"]);
    }
    failing.heal(Operation::Record);
    store.record(&forgetting(), None).await.unwrap();
    assert_eq!(server.names(), [""; 0]);
}

#[tokio::test]
async fn an_answer_that_is_lost_was_given() {
    let server = MemoryBackend::new();
    server.overwrite("numbers:1", "x", WITHIN);
    let failing = Failing::new(server.clone());
    failing.lose_answer(Operation::Record);
    assert!(store(&failing).record(&forgetting(), None).await.is_err());
    assert_eq!(server.names(), [""; 0]);
}

#[tokio::test]
async fn what_hangs_happens_once_healed() {
    let server = MemoryBackend::new();
    server.overwrite("numbers:1", "x", WITHIN);
    let failing = Failing::new(server.clone());
    failing.hang(Operation::Record);
    let store = store(&failing);
    let hanging = tokio::spawn(async move { store.record(&forgetting(), None).await.is_ok() });
    tokio::task::yield_now().await;
    assert!(!hanging.is_finished());
    assert_eq!(server.names(), ["numbers:1"]);
    failing.heal_all();
    assert!(hanging.await.unwrap());
    assert_eq!(server.names(), [""; 0]);
}

#[tokio::test]
async fn messages_can_be_lost_and_the_bus_unreachable() {
    let failing = Failing::new(MemoryBackend::new());
    failing.fail(Operation::Listen);
    let flow = CacheFlow::builder()
        .backend(failing.clone())
        .build()
        .await
        .unwrap();
    let cache: Cache<u64, u64> = flow.cache("numbers").build().unwrap();
    let mut events = flow.events();
    failing.heal_all();
    assert_eq!(events.next().await, Some(Ok(Event::BusUp)));

    failing.fail_nth(Operation::Heard, 1);
    store(&failing).record(&forgetting(), None).await.unwrap();
    let mut other = Namespace::new("cacheflow:", "test");
    failing
        .store(&other)
        .record(&forgetting(), None)
        .await
        .unwrap();
    // Each record is told as it is applied, and then that it was made up for.
    let told = loop {
        match events.next().await {
            Some(Ok(Event::Invalidated { .. })) => {}
            other => break other,
        }
    };
    assert_eq!(told, Some(Ok(Event::Replayed(1))));
    other = Namespace::new("cacheflow:", "again");
    failing
        .store(&other)
        .record(&forgetting(), None)
        .await
        .unwrap();
    assert_eq!(cache.under_way(), 0);
}

#[tokio::test]
async fn an_operation_is_held_before_or_after_it_happens() {
    let server = MemoryBackend::new();
    let gate = Gate::new(server.clone());
    for (after, names) in [(false, &["numbers:1"][..]), (true, &[])] {
        server.overwrite("numbers:1", "x", WITHIN);
        let held = if after {
            gate.hold_after(Operation::Record)
        } else {
            gate.hold_before(Operation::Record)
        };
        let store = store(&gate);
        let held_up = tokio::spawn(async move { store.record(&forgetting(), None).await.is_ok() });
        held.reached().await;
        assert_eq!(server.names(), names);
        assert!(!held_up.is_finished());
        held.release();
        assert!(held_up.await.unwrap());
        assert_eq!(server.names(), [""; 0]);
    }
}

#[tokio::test]
async fn each_point_holds_one_operation_and_a_dropped_one_none() {
    let gate = Gate::new(MemoryBackend::new());
    let store = store(&gate);
    drop(gate.hold_before(Operation::Ping));
    let held = gate.hold_before(Operation::Ping);
    let other = Arc::clone(&store);
    let first = tokio::spawn(async move { other.ping().await.is_ok() });
    held.reached().await;
    store.ping().await.unwrap();
    assert!(!first.is_finished());
    drop(held);
    assert!(first.await.unwrap());
}

#[tokio::test]
async fn one_seed_is_one_schedule_and_seeds_differ() {
    let mut schedules = Vec::new();
    for seed in [1, 1, 2, 3, 4] {
        let recording = Recording::new(MemoryBackend::new());
        let store = store(&Shuffling::new(recording.clone(), seed));
        let pings = (0..8).map(|number| {
            let store = Arc::clone(&store);
            let key = FullKey::parse(&format!("a:{number}")).unwrap();
            tokio::spawn(async move { store.get(&key).await.is_ok() })
        });
        for ping in pings.collect::<Vec<_>>() {
            assert!(ping.await.unwrap());
        }
        schedules.push(recording.take());
    }
    assert_eq!(schedules[0], schedules[1]);
    assert!(schedules[1..].windows(2).all(|two| two[0] != two[1]));
}
