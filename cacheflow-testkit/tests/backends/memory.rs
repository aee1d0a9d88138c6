//! The in-process backend between flows, and the trouble it can be asked for.

use std::time::Duration;

use cacheflow::clock::Clock;
use cacheflow::key::FullKey;
use cacheflow::lock::Acquired;
use cacheflow::{Backend, Cache, CacheFlow, Event, Namespace};
use cacheflow_testkit::{MemoryBackend, Operation, Recording, eventually};

const WITHIN: Duration = Duration::from_secs(30);

async fn node(backend: &(impl Backend + Clone)) -> (CacheFlow, Cache<u64, u64>) {
    let builder = CacheFlow::builder().backend(backend.clone());
    let flow = builder.max_staleness(WITHIN).build().await.unwrap();
    let cache = flow.cache("numbers").build().unwrap();
    eventually("the node has subscribed", WITHIN, async || {
        flow.health().is_good()
    })
    .await;
    (flow, cache)
}

async fn load(cache: &Cache<u64, u64>, key: u64, value: u64) -> u64 {
    let loaded = cache
        .get_or_load(&key, async || Ok::<_, String>(value))
        .await;
    loaded.unwrap()
}

#[tokio::test]
async fn clones_are_one_server_and_another_is_another() {
    let server = MemoryBackend::new();
    let ((_one, here), (_two, there)) = (node(&server).await, node(&server).await);
    let (_three, elsewhere) = node(&MemoryBackend::new()).await;
    assert_eq!(load(&here, 1, 10).await, 10);
    assert_eq!(there.get(&1).await, Some(10));
    assert_eq!(elsewhere.get(&1).await, None);
    assert_eq!(server.listeners(), 2);
}

#[tokio::test]
async fn values_end_by_the_clock_that_was_given() {
    let clock = Clock::manual();
    let server = MemoryBackend::with_clock(clock.clone());
    server.overwrite("cacheflow:numbers:1", "x", Duration::from_secs(60));
    clock.advance(Duration::from_millis(59_999));
    let stored = server.value("cacheflow:numbers:1").unwrap();
    assert_eq!(stored.remaining, Duration::from_millis(1));
    clock.advance(Duration::from_millis(1));
    assert_eq!(server.value("cacheflow:numbers:1"), None);
    assert_eq!(server.names(), [""; 0]);
}

#[tokio::test]
async fn leases_end_by_the_clock_and_with_the_server() {
    let clock = Clock::manual();
    let server = MemoryBackend::with_clock(clock.clone());
    let leases = server.leases(&Namespace::new("cacheflow:", "test"));
    let take = async |owner| leases.acquire("a", owner, WITHIN).await.unwrap();
    assert_eq!(take("1").await, Acquired::Mine);
    clock.advance(WITHIN / 3);
    let remaining = WITHIN / 3 * 2;
    assert_eq!(take("2").await, Acquired::Held { remaining });
    let backup = server.backup();
    clock.advance(remaining);
    assert_eq!(take("2").await, Acquired::Mine);
    server.restart();
    assert_eq!(take("3").await, Acquired::Mine);
    server.fail_over_to(backup);
    // It ended there as well.
    assert_eq!(take("4").await, Acquired::Mine);
    // No value, and nothing that a lost journal takes along.
    assert_eq!(server.names(), [""; 0]);
    server.lose_journal();
    assert!(leases.renew("a", "4", WITHIN).await.unwrap());
}

/// Who has asked for a lease in vain is known for as long as that lasts.
#[tokio::test]
async fn a_return_is_told_where_somebody_waits() {
    let server = MemoryBackend::new();
    let recording = Recording::new(server.clone());
    let (_flow, _cache) = node(&recording).await;
    let leases = server.leases(&Namespace::new("cacheflow:", "test"));
    let take = async |name, owner| leases.acquire(name, owner, WITHIN).await.unwrap();
    for (name, asks) in [("quiet", false), ("wanted", true), ("after it", true)] {
        assert_eq!(take(name, "1").await, Acquired::Mine);
        for _ in 0..2 {
            assert!(!asks || take(name, "2").await != Acquired::Mine);
            assert_eq!(take(name, "1").await, Acquired::Mine);
            assert!(leases.renew(name, "1", WITHIN).await.unwrap());
        }
        assert!(leases.release(name, "1").await.unwrap());
    }
    let mut told = Vec::new();
    eventually("the last is told", WITHIN, async || {
        let news = recording.take_news().into_iter();
        let released = news.filter(|call| call.operation == Operation::Released);
        told.extend(released.map(|call| call.to_string()));
        told.iter().any(|told| told == "released after it")
    })
    .await;
    assert_eq!(told, ["released wanted", "released after it"]);
}

#[tokio::test]
async fn a_return_that_somebody_announces_is_heard() {
    let server = MemoryBackend::new();
    let recording = Recording::new(server.clone());
    let (_flow, _cache) = node(&recording).await;
    let leases = server.leases(&Namespace::new("cacheflow:", "test"));
    leases.acquire("a", "1", WITHIN).await.unwrap();
    server.announce_released("a");
    eventually("it is heard", WITHIN, async || {
        let news = recording.take_news();
        news.iter().any(|call| *call == "released a")
    })
    .await;
    assert!(leases.renew("a", "1", WITHIN).await.unwrap(), "it is kept");
}

#[tokio::test]
async fn nodes_come_back_after_a_disconnection_and_have_missed_nothing() {
    let server = MemoryBackend::new();
    let ((one, here), (_two, there)) = (node(&server).await, node(&server).await);
    let mut events = one.events();
    load(&here, 1, 10).await;
    server.disconnect();
    let _ = there.invalidate(&1).await.unwrap();
    loop {
        match events.next().await.unwrap().unwrap() {
            Event::BusUp => break,
            // That the value was kept, before.
            Event::ItemSet { .. } => {}
            Event::BusDown | Event::Gap | Event::Evicted { .. } => {}
            other => panic!("{other:?}"),
        }
    }
    assert_eq!(here.get(&1).await, None);
}

#[tokio::test]
async fn a_restart_forgets_everything() {
    let server = MemoryBackend::new();
    let (flow, cache) = node(&server).await;
    load(&cache, 1, 10).await;
    let mut events = flow.events();
    server.restart();
    assert_eq!(server.names(), [""; 0]);
    while events.next().await.unwrap().unwrap() != Event::BusUp {}
    assert_eq!(cache.get(&1).await, None);
    assert_eq!(load(&cache, 1, 11).await, 11);
    assert_eq!(server.names(), ["cacheflow:numbers:1"]);
}

#[tokio::test]
async fn a_lost_journal_is_noticed_by_the_next_heartbeat() {
    let server = MemoryBackend::new();
    let (flow, cache) = node(&server).await;
    load(&cache, 1, 10).await;
    let mut events = flow.events();
    server.lose_journal();
    while events.next().await.unwrap().unwrap() != Event::Gap {}
    // What lies there was written under the old journal: nobody knows whether
    // it was forgotten since.
    assert_eq!(cache.get(&1).await, None);
}

#[tokio::test]
async fn foreign_news_and_garbage_are_heard() {
    let server = MemoryBackend::new();
    let recording = Recording::new(server.clone());
    let (_flow, cache) = node(&recording).await;
    load(&cache, 1, 10).await;
    load(&cache, 2, 20).await;
    let key = FullKey::parse("numbers:1").unwrap();
    server.announce_foreign(&[key], "somebody");
    eventually("the key is forgotten", WITHIN, async || {
        cache.peek(&1).is_none()
    })
    .await;
    assert!(cache.peek(&2).is_some());

    // It may have been a record: the node asks the journal.
    let _ = recording.take();
    server.announce_garbage();
    eventually("the journal is asked", WITHIN, async || {
        recording.take().iter().any(|call| *call == "since 0")
    })
    .await;
    assert!(cache.peek(&2).is_some(), "nothing was missed");
}

#[tokio::test]
async fn a_trimmed_journal_refuses_what_it_cannot_check() {
    let server = MemoryBackend::new();
    let (_flow, cache) = node(&server).await;
    let _ = cache.invalidate(&2).await.unwrap();
    let trimmed = server.clone();
    let value = cache.get_or_load(&1, async || {
        // Recorded and trimmed during the load, without this node's hearing it.
        trimmed.lose_journal();
        Ok::<_, String>(10)
    });
    assert_eq!(value.await.unwrap(), 10);
    assert_eq!(server.names(), [""; 0]);
}
