//! Caches that are switched off.

use cacheflow::{Cache, CacheFlow, CacheFlowConfig, CircuitBreaker, Lookup, Strategy, cached};
use cacheflow_testkit::{MemoryBackend, Operation, Recording, eventually};

use crate::world::{MINUTE, Source, WITHIN, alone, config, fail, load, on, subscribed};

fn off(variable: &str, value: &str) -> CacheFlowConfig {
    CacheFlowConfig::from_variables([(variable, value)]).unwrap()
}

/// Every way of switching `users` off by configuration.
fn all_ways() -> [CacheFlowConfig; 6] {
    [
        off("CACHEFLOW_ENABLED", "false"),
        off("CACHEFLOW_DEFAULTS__ENABLED", "off"),
        off("CACHEFLOW_CACHES__USERS__ENABLED", "0"),
        off("CACHEFLOW_CACHES__USERS__TTL", "0s"),
        config("[caches.users]\nttl = 0"),
        config("[caches.users]\nenabled = false"),
    ]
}

#[tokio::test]
pub(crate) async fn a_cache_that_is_off_runs_every_body_and_keeps_nothing() {
    for way in all_ways() {
        let server = MemoryBackend::new();
        let recording = Recording::new(server.clone());
        let builder = CacheFlow::builder().backend(recording.clone());
        let flow = builder
            .config(way)
            .operation_budget(WITHIN)
            .build()
            .await
            .unwrap();
        subscribed(&flow).await;
        // What code says of the lifetime does not switch it on.
        let users = flow
            .cache::<u64, u64>("users")
            .ttl(MINUTE)
            .cache_none(MINUTE);
        let users = users.build().unwrap();
        let source = Source::default();
        assert_eq!(source.loads(&users, 1, 3).await, 3);
        let refreshing = users.get_or_refresh(&1, || {
            let source = source.clone();
            async move { source.value().await }
        });
        assert_eq!(refreshing.await.unwrap(), 4);
        for _ in 0..2 {
            let none = users.get_or_load_optional(&1, || source.nothing()).await;
            assert_eq!(none.unwrap(), None);
        }
        assert_eq!(source.asked(), 6);
        for _ in 0..2 {
            let many = users.get_or_load_many(&[1, 2, 1], async |ids: Vec<&u64>| {
                assert_eq!(ids, [&1, &2]);
                Ok::<_, String>(ids.into_iter().map(|id| (*id, *id)).collect::<Vec<_>>())
            });
            assert_eq!(
                many.await.into_result().unwrap(),
                [Some(1), Some(2), Some(1)]
            );
        }
        let written = users.write_through(&1, async || Ok::<_, String>(7)).await;
        assert!(!written.unwrap().kept);
        let _ = users.put(&1, 8).await.unwrap();
        assert_eq!(
            (users.get(&1).await, users.peek(&1).is_some()),
            (None, false)
        );
        assert!(matches!(users.lookup(&1).await, Lookup::Miss));
        assert_eq!(server.value("cacheflow:users:1").map(|_| ()), None);
        let stats = users.stats();
        assert_eq!(
            (stats.entries, stats.memory_hits, stats.shared_hits),
            (0, 0, 0)
        );
        let asked = recording.take();
        let reads = [
            Operation::Get,
            Operation::GetMany,
            Operation::Fill,
            Operation::Put,
        ];
        assert!(
            !asked.iter().any(|call| reads.contains(&call.operation)),
            "{asked:?}"
        );
    }
}

#[tokio::test]
async fn code_switches_off_as_well() {
    let (flow, _) = alone("").await;
    let none = flow
        .cache("none")
        .ttl(std::time::Duration::ZERO)
        .build()
        .unwrap();
    let not = flow.cache("not").enabled(false).build().unwrap();
    let on = flow.cache("on").enabled(true).build().unwrap();
    let source = Source::default();
    for (cache, loads) in [(none, 3), (not, 3), (on, 1)] {
        assert_eq!(source.loads(&cache, 1, 3).await, loads);
    }
    let flow = CacheFlow::builder().enabled(false).build().await.unwrap();
    let users = flow.cache("users").build().unwrap();
    assert_eq!(source.loads(&users, 1, 3).await, 3);
}

#[tokio::test]
async fn off_is_what_anybody_switches_off() {
    let source = Source::default();
    let (flow, _) = alone("[caches.users]\nenabled = false").await;
    let users = flow.cache("users").enabled(true).build().unwrap();
    assert_eq!(source.loads(&users, 1, 3).await, 3);
    let builder = CacheFlow::builder().enabled(true);
    let flow = builder
        .config(config("enabled = false"))
        .build()
        .await
        .unwrap();
    let users = flow.cache("users").build().unwrap();
    assert_eq!(source.loads(&users, 1, 3).await, 3);
    // But a cache's own table says more than the defaults.
    let (flow, _) = alone("[defaults]\nenabled = false\n[caches.users]\nenabled = true").await;
    let users = flow.cache("users").build().unwrap();
    let orders = flow.cache("orders").build().unwrap();
    assert_eq!(source.loads(&users, 1, 3).await, 1);
    assert_eq!(source.loads(&orders, 1, 3).await, 3);
}

#[cached(cache = "users", key = "{id}", ttl = "1h", flow = flow)]
async fn find_user(flow: &CacheFlow, source: &Source, id: u64) -> Result<u64, String> {
    source.value().await
}

#[cached(cache = "counts", key = "{id}", ttl = "1h", flow = flow)]
fn count(flow: &CacheFlow, seen: &std::sync::atomic::AtomicU64, id: u64) -> u64 {
    seen.fetch_add(id, std::sync::atomic::Ordering::SeqCst)
}

#[tokio::test]
async fn attributed_functions_run_their_bodies() {
    let (flow, _) = alone("[defaults]\nttl = 0").await;
    let source = Source::default();
    for expected in 1..4 {
        assert_eq!(find_user(&flow, &source, 1).await, Ok(expected));
    }
    let seen = std::sync::atomic::AtomicU64::new(0);
    for expected in 0..3 {
        assert_eq!(count(&flow, &seen, 1), expected);
    }
}

#[tokio::test]
async fn the_strategy_rests_with_the_cache() {
    let (flow, _) = alone("[caches.users]\nenabled = false").await;
    let breaks = Strategy::multi_level().circuit_breaker(CircuitBreaker::new().failures(1));
    let users: Cache<u64, u64> = flow
        .cache("users")
        .strategy(breaks.bulkhead(1))
        .build()
        .unwrap();
    for _ in 0..3 {
        let error = fail(&users, 1).await;
        assert_eq!(error.to_string(), "no connection");
    }
    assert_eq!(load(&users, 1, 10).await.unwrap(), 10);
    assert_eq!(users.stats().load_failures, 3);
}

#[tokio::test]
async fn what_is_forgotten_or_put_is_told_to_the_nodes_that_are_on() {
    let server = MemoryBackend::new();
    let is_off = on(&server, |flow| {
        flow.config(off("CACHEFLOW_ENABLED", "false"))
    })
    .await;
    let is_on = on(&server, |flow| flow).await;
    let here: Cache<u64, u64> = is_off.cache("users").build().unwrap();
    let there: Cache<u64, u64> = is_on.cache("users").build().unwrap();
    for change in ["invalidate", "put"] {
        load(&there, 1, 10).await.unwrap();
        assert!(there.peek(&1).is_some());
        let _ = match change {
            "put" => here.put(&1, 11).await.unwrap(),
            _ => here.invalidate(&1).await.unwrap(),
        };
        eventually("the other node forgets", WITHIN, async || {
            there.peek(&1).is_none()
        })
        .await;
        assert_eq!(there.get(&1).await, None);
    }
}

#[tokio::test]
async fn within_a_request_nothing_is_kept_either() {
    let (flow, _) = alone("enabled = false").await;
    let users: Cache<u64, u64> = flow.cache("users").build().unwrap();
    let source = Source::default();
    let loads = flow.request_scope(source.loads(&users, 1, 3)).await;
    assert_eq!(loads, 3);
}

#[tokio::test]
async fn what_is_switched_on_again_revives_nothing() {
    let server = MemoryBackend::new();
    let flow = on(&server, |flow| flow).await;
    let users: Cache<u64, u64> = flow.cache("users").cache_none(MINUTE).build().unwrap();
    load(&users, 1, 10).await.unwrap();
    // Begun before it was switched off, ended afterwards.
    let (go, end) = tokio::sync::oneshot::channel::<u64>();
    let late = users.clone();
    let late = tokio::spawn(async move {
        late.get_or_load(&2, || async move { Ok::<_, String>(end.await.unwrap()) })
            .await
    });
    while users.under_way() == 0 {
        tokio::task::yield_now().await;
    }
    flow.reconfigure(&off("CACHEFLOW_CACHES__USERS__ENABLED", "false"))
        .unwrap();
    assert!(users.peek(&1).is_none());
    let source = Source::default();
    assert_eq!(source.loads(&users, 1, 2).await, 2);
    go.send(20).unwrap();
    assert_eq!(late.await.unwrap().unwrap(), 20);
    assert!(users.peek(&2).is_none());
    let _ = users.invalidate(&1).await.unwrap();
    flow.reconfigure(&CacheFlowConfig::default()).unwrap();
    assert!(users.peek(&1).is_none() && users.peek(&2).is_none());
    assert_eq!(users.get(&1).await, None);
    assert_eq!(source.loads(&users, 1, 2).await, 1);
}
