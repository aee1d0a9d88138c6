//! The figures of one cache.

use std::time::Duration;

use cacheflow::{
    BreakerState, Cache, CircuitBreaker, EvictionCounts, InvalidationCounts, Strategy,
};
use cacheflow_testkit::{Failing, Gate, MemoryBackend, Operation, eventually};

use crate::world::{Fault, HOUR, WITHIN, alone, by_hand, load, node, numbers, subscribed};

const MS: Duration = Duration::from_millis(1);

#[tokio::test]
async fn what_memory_forgets_counts_by_what_it_was_told() {
    let flow = alone().await;
    let of = |name| -> Cache<u64, u64> {
        let builder = flow
            .cache(name)
            .tags(|value: &u64| vec![format!("tens:{}", value / 100)]);
        builder.build().unwrap()
    };
    let (numbers, sums): (_, Cache<u64, u64>) = (of("numbers"), of("sums"));
    for key in 1..=30 {
        load(&numbers, key).await;
    }
    let total = async || {
        let of_two = async || {
            let first = load(&numbers, 1).await;
            Ok::<_, Fault>(first + load(&numbers, 2).await)
        };
        sums.get_or_load(&0, of_two).await.unwrap()
    };
    total().await;
    // 2, which is there, and with it the sum; 99, which is not.
    let _ = numbers.invalidate(&2).await.unwrap();
    let _ = numbers.invalidate(&99).await.unwrap();
    // 10 to 19.
    let _ = flow.invalidate().tags(["tens:1"]).send().await.unwrap();
    let counted = |name: &str| flow.stats().caches[name].invalidations;
    let expected = InvalidationCounts::default();
    let by_key = |mut expected: InvalidationCounts, keys, tags| {
        (expected.keys, expected.tags) = (keys, tags);
        expected
    };
    assert_eq!(counted("numbers"), by_key(expected, 1, 10));
    let of_sums = counted("sums");
    assert_eq!(of_sums.dependencies, 1, "{of_sums:?}");

    // 20 to 29.
    let _ = flow
        .invalidate()
        .pattern("numbers:2?")
        .send()
        .await
        .unwrap();
    assert_eq!(counted("numbers").patterns, 10);
    let _ = numbers.clear().await.unwrap();
    let _ = flow.invalidate().all().send().await.unwrap();
    let of_numbers = counted("numbers");
    assert_eq!((of_numbers.clears, of_numbers.everything), (1, 1));
    assert_eq!(of_numbers.entries(), 21);
    let of_sums = counted("sums");
    assert_eq!((of_sums.clears, of_sums.everything), (0, 1));
}

#[tokio::test]
async fn what_leaves_memory_counts_by_why() {
    let flow = alone().await;
    let brief: Cache<u64, u64> = flow.cache("brief").ttl(MS).ttl_jitter(0.0).build().unwrap();
    load(&brief, 1).await;
    let expired = async || brief.stats().evictions.expired == 1;
    eventually("the entry has expired", WITHIN, expired).await;

    let few: Cache<u64, u64> = flow.cache("few").max_entries(5).build().unwrap();
    for key in 0..20 {
        load(&few, key).await;
    }
    assert_eq!(few.stats().evictions.size, 15);
    assert_eq!((few.stats().entries, few.stats().capacity), (5, 5));

    let cache = numbers(&flow);
    let _ = cache.put(&1, 1).await.unwrap();
    let _ = cache.put(&1, 2).await.unwrap();
    let _ = cache.invalidate(&1).await.unwrap();
    let mut expected = EvictionCounts::default();
    (expected.replaced, expected.forgotten) = (1, 1);
    assert_eq!(cache.stats().evictions, expected);
}

#[tokio::test]
async fn loads_count_with_their_time_be_it_that_they_fail() {
    let (clock, flow) = by_hand().await;
    let cache = numbers(&flow);
    for (key, ms) in [(1, 10), (2, 20), (3, 60)] {
        let loaded = cache.get_or_load(&key, async || {
            clock.advance(ms * MS);
            match key {
                3 => Err("no rows".to_owned()),
                _ => Ok::<_, Fault>(key),
            }
        });
        let _ = loaded.await;
    }
    let stats = cache.stats();
    assert_eq!((stats.loads, stats.load_failures), (3, 1));
    let time = stats.load_time;
    assert_eq!(
        (time.count, time.total_ms, time.latency_mean_ms),
        (3, 90.0, 30.0)
    );
    assert!((20.0..22.5).contains(&time.latency_p50_ms), "{time:?}");
    assert_eq!((time.latency_p99_ms, time.latency_max_ms), (60.0, 60.0));
}

#[tokio::test]
async fn reads_of_the_shared_store_count_with_their_time_unless_nobody_asked_it() {
    let clock = cacheflow::clock::Clock::manual();
    let server = MemoryBackend::with_clock(clock.clone());
    let failing = Failing::new(server.clone());
    let gate = Gate::new(failing.clone());
    let builder = node(&server).backend(gate.clone()).clock(clock.clone());
    let cache = numbers(&subscribed(builder).await);
    for (operation, ms) in [(Operation::Get, 8), (Operation::GetMany, 4)] {
        let held = gate.hold_before(operation);
        let reader = cache.clone();
        let reading = tokio::spawn(async move {
            match operation {
                Operation::Get => drop(reader.get(&1).await),
                _ => {
                    let none = async |_: Vec<&u64>| Ok::<_, Fault>(Vec::<(u64, u64)>::new());
                    drop(reader.get_or_load_many(&[2, 3], none).await);
                }
            }
        });
        held.reached().await;
        clock.advance(ms * MS);
        held.release();
        reading.await.unwrap();
    }
    let taken = cache.stats().shared_latency;
    assert_eq!(
        (taken.count, taken.total_ms, taken.latency_max_ms),
        (2, 12.0, 8.0)
    );
    failing.fail(Operation::Get);
    assert!(cache.get(&4).await.is_none());
    assert_eq!(
        cache.stats().shared_latency,
        taken,
        "it was not there at all"
    );
}

#[tokio::test]
async fn breakers_stand_under_their_names() {
    let (clock, flow) = by_hand().await;
    let minute = Duration::from_secs(60);
    let breaker = CircuitBreaker::new().failures(1).reset_after(minute);
    let of = |name, breaker| -> Cache<u64, u64> {
        let strategy = Strategy::multi_level().circuit_breaker(breaker);
        flow.cache(name).strategy(strategy).build().unwrap()
    };
    let users = of("users", breaker.clone());
    let _orders = of("orders", breaker.shared("database"));
    let stands = || -> Vec<_> { flow.stats().breakers.into_iter().collect() };
    let database = ("database".to_owned(), BreakerState::Closed);
    let of_users = |state| ("users".to_owned(), state);
    assert_eq!(stands(), [database.clone(), of_users(BreakerState::Closed)]);
    let failed = users.get_or_load(&1, async || Err::<u64, _>("down"));
    failed.await.unwrap_err();
    assert_eq!(stands(), [database.clone(), of_users(BreakerState::Open)]);
    clock.advance(minute + MS);
    let probe = users.get_or_load(&1, async || {
        assert_eq!(
            stands(),
            [database.clone(), of_users(BreakerState::HalfOpen)]
        );
        Ok::<_, Fault>(1)
    });
    probe.await.unwrap();
    assert_eq!(stands(), [database, of_users(BreakerState::Closed)]);
}

#[tokio::test]
async fn compression_is_seen_in_the_figures() {
    let server = MemoryBackend::new();
    let flow = subscribed(node(&server)).await;
    let texts: Cache<u64, String> = flow.cache("texts").ttl(HOUR).build().unwrap();
    let _ = texts.put(&1, "all the same ".repeat(1_000)).await.unwrap();
    let stats = flow.stats().caches["texts"];
    assert!(stats.encoded_bytes > 13_000, "{stats:?}");
    assert!(stats.compression_ratio() < 0.1, "{stats:?}");
}
