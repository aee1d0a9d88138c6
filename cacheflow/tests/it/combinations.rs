//! What holds in every combination of strategies: one load, nothing that was
//! forgotten, nothing without its tags.

use cacheflow::{Bulkhead, Cache, CacheFlow, CircuitBreaker, FailSafe, RefreshAhead, Strategy};
use cacheflow_testkit::{MemoryBackend, eventually};

use crate::strategic::{Count, Loading, SECOND, ends, nodes, source, tried, untried};
use crate::support::{Fault, HOUR, WITHIN, alone, cached, joined};

fn combinations() -> Vec<(&'static str, Strategy)> {
    let plain = Strategy::multi_level;
    let safe = || FailSafe::new(HOUR).throttle(SECOND);
    let breaker = || CircuitBreaker::new().failures(5);
    let limits = |strategy: Strategy| strategy.soft_timeout(WITHIN).hard_timeout(2 * WITHIN);
    let lock = 5 * SECOND;
    vec![
        ("cache-aside", Strategy::cache_aside()),
        ("memory-ttl", plain().memory_ttl(60 * SECOND)),
        ("refresh", plain().refresh_ahead(0.8)),
        ("early", plain().refresh_ahead(RefreshAhead::early(1.0))),
        (
            "breaker",
            plain().circuit_breaker(breaker().stale_ttl(HOUR)),
        ),
        ("safe", plain().fail_safe(safe())),
        ("limits", limits(plain().fail_safe(safe()))),
        ("bulkhead", plain().bulkhead(Bulkhead::new(2))),
        ("leases", plain().distributed_lock(lock)),
        (
            "leases-aside",
            Strategy::cache_aside().distributed_lock(lock),
        ),
        (
            "leases-bulkhead",
            plain()
                .distributed_lock(lock)
                .bulkhead(Bulkhead::new(1).queue(0)),
        ),
        (
            "safe-breaker",
            plain()
                .fail_safe(safe())
                .circuit_breaker(breaker())
                .refresh_ahead(0.5),
        ),
        (
            "everything",
            limits(plain().memory_ttl(60 * SECOND).refresh_ahead(0.8))
                .circuit_breaker(breaker().stale_ttl(HOUR))
                .fail_safe(safe())
                .bulkhead(2)
                .distributed_lock(lock),
        ),
    ]
}

fn cache(flow: &CacheFlow, name: &str, strategy: &Strategy) -> Cache<u64, u64> {
    let builder = flow.cache(name).ttl(HOUR).ttl_jitter(0.0);
    builder.strategy(strategy.clone()).build().unwrap()
}

/// Alone, and as one of two nodes with the other.
async fn flows() -> (MemoryBackend, Vec<(CacheFlow, Option<CacheFlow>)>) {
    let (server, _clock, [one, two]) = nodes().await;
    let shared = (one.flow.clone(), Some(two.flow.clone()));
    (server, vec![(alone().await, None), shared])
}

#[tokio::test(flavor = "multi_thread", worker_threads = 4)]
async fn a_hundred_callers_share_one_load() {
    let (_server, flows) = flows().await;
    for (flow, _) in flows {
        for (name, strategy) in combinations() {
            for apart in [false, true] {
                let cache = cache(&flow, name, &strategy);
                let (loads, key) = (Count::default(), 1 + u64::from(apart));
                let before = cache.stats().joined;
                let (go, end) = tokio::sync::watch::channel(false);
                let tasks: Vec<_> = (0..100)
                    .map(|_| {
                        let (cache, loads, mut end) = (cache.clone(), loads.clone(), end.clone());
                        tokio::spawn(async move {
                            let loader = || async move {
                                loads.add();
                                end.wait_for(|end| *end).await.unwrap();
                                Ok::<_, Fault>(7)
                            };
                            match apart {
                                true => cache.get_or_refresh(&key, loader).await,
                                false => cache.get_or_load(&key, loader).await,
                            }
                        })
                    })
                    .collect();
                joined(&cache, before + 99).await;
                go.send_replace(true);
                for task in tasks {
                    assert_eq!(ends(name, task).await.unwrap(), Ok(7), "{name}");
                }
                assert_eq!(loads.get(), 1, "{name}");
                assert_eq!(untried(&cache, key).await, Ok(7), "{name}");
                let nobody = async || cache.under_way() == 0;
                eventually("nobody is under way", WITHIN, nobody).await;
            }
        }
    }
}

async fn forget(flow: &CacheFlow, cache: &Cache<u64, u64>, by: &str) {
    let _ = match by {
        "key" => cache.invalidate(&1).await.unwrap(),
        "tag" => flow.invalidate().tags(["t"]).send().await.unwrap(),
        "clear" => cache.clear().await.unwrap(),
        _ => flow.invalidate().all().send().await.unwrap(),
    };
}

#[tokio::test]
async fn what_is_forgotten_while_it_is_loaded_is_not_kept() {
    let (server, flows) = flows().await;
    for (flow, other) in flows {
        for (name, strategy) in combinations() {
            for by in ["key", "tag", "clear", "all"] {
                for apart in [false, true] {
                    let at = format!("{name} {by} {apart} {}", other.is_some());
                    let cache = cache(&flow, name, &strategy).tagged(["t"]).unwrap();
                    let loading = match apart {
                        true => Loading::begin_apart(&cache, 1).await,
                        false => Loading::begin(&cache, 1).await,
                    };
                    match &other {
                        Some(other) => {
                            let there = self::cache(other, name, &strategy);
                            forget(other, &there, by).await;
                        }
                        None => forget(&flow, &cache, by).await,
                    }
                    assert_eq!(ends(&at, loading.end(Ok(10))).await, Ok(10), "{at}");
                    let stored = format!("cacheflow:{name}:1");
                    assert!(!server.names().contains(&stored), "{at}");
                    let none = async || cache.get(&1).await.is_none();
                    eventually(&at, WITHIN, none).await;
                    assert_eq!(tried(&cache, 1, Ok(11)).await, Ok(11), "{at}");
                    assert_eq!(cached(&cache, 1).await, 11, "{at}");
                    forget(&flow, &cache, "all").await;
                }
            }
        }
    }
}

#[tokio::test]
async fn what_is_kept_is_forgotten_by_its_tags_and_does_not_stand_in() {
    let (_server, flows) = flows().await;
    for (flow, other) in flows {
        for (name, strategy) in combinations() {
            let cache = cache(&flow, name, &strategy);
            let tagged = cache.tagged(["t"]).unwrap();
            for key in [1, 2] {
                let by_loader = tagged.entry(&key).load(async |context| {
                    context.tags([format!("k:{key}")]);
                    Ok::<_, Fault>(key)
                });
                by_loader.await.unwrap();
            }
            let by = other.as_ref().unwrap_or(&flow);
            let _ = by.invalidate().tags(["k:1"]).send().await.unwrap();
            let gone = async || cache.get(&1).await.is_none();
            eventually(name, WITHIN, gone).await;
            assert_eq!(cache.get(&2).await, Some(2), "{name}");
            assert_eq!(
                tried(&cache, 1, Err("down")).await,
                source("down"),
                "{name}"
            );
            let _ = by.invalidate().tags(["t"]).send().await.unwrap();
            let gone = async || cache.get(&2).await.is_none();
            eventually(name, WITHIN, gone).await;
            assert_eq!(
                tried(&cache, 2, Err("down")).await,
                source("down"),
                "{name}"
            );
        }
    }
}

#[tokio::test]
async fn what_is_put_takes_the_place_of_what_is_being_loaded() {
    let (_server, flows) = flows().await;
    for (flow, other) in flows {
        for (name, strategy) in combinations() {
            let cache = cache(&flow, name, &strategy);
            let loading = Loading::begin(&cache, 1).await;
            let _ = match &other {
                Some(other) => self::cache(other, name, &strategy)
                    .put(&1, 11)
                    .await
                    .unwrap(),
                None => cache.put(&1, 11).await.unwrap(),
            };
            assert_eq!(ends(name, loading.end(Ok(10))).await, Ok(10));
            let new = async || cache.get(&1).await == Some(11);
            eventually(name, WITHIN, new).await;
            assert_eq!(untried(&cache, 1).await, Ok(11), "{name}");
        }
    }
}

#[tokio::test]
async fn an_error_is_the_callers_and_leaves_nothing_behind() {
    let (_server, flows) = flows().await;
    for (flow, _) in flows {
        for (name, strategy) in combinations() {
            let cache = cache(&flow, name, &strategy);
            for _ in 0..2 {
                let failed = ends(name, tried(&cache, 1, Err("no rows"))).await;
                assert_eq!(failed, source("no rows"), "{name}");
            }
            assert_eq!(ends(name, tried(&cache, 1, Ok(10))).await, Ok(10), "{name}");
            let loading = Loading::begin(&cache, 2).await;
            loading.task.abort();
            let _ = loading.task.await;
            let after = ends(name, tried(&cache, 2, Ok(20))).await;
            assert_eq!(after, Ok(20), "{name}");
            assert_eq!((cache.stats().running, cache.under_way()), (0, 0), "{name}");
        }
    }
}
