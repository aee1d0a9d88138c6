//! What lets loads through, and what stands in for them, with many keys.

use std::time::Duration;

use cacheflow::clock::Clock;
use cacheflow::{
    Bulkhead, Cache, CacheFlow, CircuitBreaker, FailSafe, LoadError, LoadedMany, Strategy,
};

use super::{Source, all, failing};
use crate::support::{Fault, HOUR};

const SECOND: Duration = Duration::from_secs(1);

/// Keys, the seconds that they take, and their values.
type Case<'a> = (&'a [u64], u64, &'a [Option<u64>]);

async fn with(strategy: Strategy) -> (Cache<u64, u64>, Clock) {
    let clock = Clock::manual();
    let flow = CacheFlow::builder().clock(clock.clone()).build().await;
    let builder = flow.unwrap().cache("numbers").ttl(SECOND);
    (builder.strategy(strategy).build().unwrap(), clock)
}

/// What a loader gives that does not end.
async fn hanging(cache: &Cache<u64, u64>, keys: &[u64]) -> LoadedMany<u64, Fault> {
    let load = async |_| std::future::pending::<Result<Vec<(u64, u64)>, Fault>>().await;
    cache.get_or_load_many(keys, load).await
}

#[tokio::test]
async fn old_values_stand_in_where_there_are_any() {
    let strategy = Strategy::cache_aside().fail_safe(FailSafe::new(HOUR));
    let (cache, clock) = with(strategy).await;
    all(&cache, &Source::default(), &[1, 2]).await;
    clock.advance(10 * SECOND);
    let loaded = failing(&cache, &[1, 3, 2]).await;
    assert_eq!(loaded.values, [Some(10), None, Some(20)]);
    assert_eq!(loaded.failed, [1]);
    assert!(loaded.error.is_some());
    assert_eq!(cache.stats().stale, 2);
    // The source is left alone for a while.
    let loads = cache.stats().loads;
    assert_eq!(failing(&cache, &[2, 1]).await.values, [20, 10].map(Some));
    assert_eq!(cache.stats().loads, loads);
    clock.advance(60 * SECOND);
    // Nothing has failed for those who got them.
    let loaded = failing(&cache, &[1, 2]).await;
    assert_eq!((loaded.failed, loaded.error), (vec![], None));
    assert_eq!(cache.under_way(), 0);
}

#[tokio::test]
async fn a_bulkhead_sees_one_load() {
    let bulkhead = Bulkhead::new(1).queue(0);
    let (cache, _) = with(Strategy::cache_aside().bulkhead(bulkhead)).await;
    let source = Source::default();
    let values = all(&cache, &source, &[1, 2, 3]).await;
    assert_eq!(values, [10, 20, 30].map(Some));
    let inner = async |keys: Vec<&u64>| {
        let other = tokio::spawn({
            let cache = cache.clone();
            async move { failing(&cache, &[3, 5, 6]).await }
        });
        let refused = other.await.unwrap();
        assert_eq!(refused.error, Some(LoadError::Overloaded));
        assert_eq!(
            (refused.values[0], &*refused.failed),
            (Some(30), &[1, 2][..])
        );
        source.rows(keys).await
    };
    let loaded = cache.get_or_load_many(&[4, 7], inner).await;
    assert_eq!(loaded.into_result().unwrap(), [40, 70].map(Some));
    assert_eq!(cache.stats().bulkhead_refusals, 1);
}

#[tokio::test]
async fn a_breaker_sees_one_load() {
    let breaker = CircuitBreaker::new().failures(3);
    let (cache, _) = with(Strategy::cache_aside().circuit_breaker(breaker)).await;
    for _ in 0..3 {
        let loaded = failing(&cache, &[1, 2, 3, 4]).await;
        let error = LoadError::Source("no rows".to_owned());
        assert_eq!(loaded.error, Some(error));
    }
    let loaded = failing(&cache, &[1, 2, 3, 4]).await;
    assert_eq!(loaded.error, Some(LoadError::BreakerOpen));
    assert_eq!(loaded.failed, [0, 1, 2, 3]);
    assert_eq!(cache.stats().breaker_refusals, 1);
    assert_eq!(cache.stats().loads, 3);
    assert_eq!(cache.under_way(), 0);
}

#[tokio::test(start_paused = true)]
async fn a_load_that_takes_too_long_is_over_for_all_of_its_keys() {
    let strategy = Strategy::cache_aside().fail_safe(FailSafe::new(HOUR));
    let strategy = strategy.soft_timeout(SECOND).hard_timeout(5 * SECOND);
    let (cache, clock) = with(strategy).await;
    all(&cache, &Source::default(), &[1, 2]).await;
    let cases: [Case<'_>; 2] = [
        // Given up for old values, if there is one for each.
        (&[1, 2], 1, &[Some(10), Some(20)]),
        (&[1, 3, 2], 5, &[Some(10), None, Some(20)]),
    ];
    for (keys, seconds, values) in cases {
        clock.advance(60 * SECOND);
        let began = tokio::time::Instant::now();
        let loaded = hanging(&cache, keys).await;
        assert_eq!(began.elapsed().as_secs(), seconds, "{keys:?}");
        assert_eq!(loaded.values, values, "{keys:?}");
        let has_failed = values.contains(&None);
        assert_eq!(loaded.error, has_failed.then_some(LoadError::Timeout));
        assert_eq!(cache.under_way(), 0);
    }
}
