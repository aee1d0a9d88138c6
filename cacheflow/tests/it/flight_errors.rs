//! Loads that end without a value: what followers get, and that nothing is kept.

use std::sync::Arc;
use std::sync::atomic::{AtomicU64, Ordering};

use cacheflow::{Cache, CacheFlow, LoadError, cached};
use tokio::sync::{Barrier, oneshot};

use crate::support::{Fault, HeldLoad, alone, cached, joined, load, numbers, patient, soon};

/// An error that nobody can copy.
#[derive(Debug, PartialEq, Eq)]
struct Unique(u64);

#[tokio::test]
async fn an_error_is_returned_and_not_kept() {
    let cache = numbers().await;
    for round in 0..3 {
        let failed = cache.get_or_load(&1, async || Err::<u64, _>(Unique(round)));
        assert_eq!(failed.await, Err(LoadError::Source(Unique(round))));
        assert_eq!(cache.get(&1).await, None);
        assert_eq!(cache.under_way(), 0);
    }
    assert_eq!(load(&cache, 1, 10).await, 10);
    let stats = cache.stats();
    assert_eq!((stats.loads, stats.load_failures), (4, 3));
}

#[tokio::test]
async fn an_error_does_not_touch_what_is_kept() {
    let cache = numbers().await;
    let held = HeldLoad::begin(&cache, 1).await;
    let _ = cache.put(&1, 20).await.unwrap();
    held.end_with(Err("no rows".to_owned())).await.unwrap_err();
    assert_eq!(cached(&cache, 1).await, 20);
}

/// A caller of `get_or_load_shared` whose loader must not run.
async fn share(cache: Cache<u64, u64>) -> Result<u64, Fault> {
    let loaded = cache.get_or_load_shared(&1, async || Ok(99)).await;
    loaded.map_err(|error| error.into_source().unwrap())
}

/// Leads a load with `get_or_load_shared` that fails once `joiners` have joined.
async fn fail_shared(cache: &Cache<u64, u64>, joiners: u64) -> Fault {
    let failed = cache.get_or_load_shared(&1, async || {
        joined(cache, joiners).await;
        Err::<u64, _>("no rows".to_owned())
    });
    failed.await.unwrap_err().into_source().unwrap()
}

#[tokio::test]
async fn followers_get_a_copy_of_a_shared_error() {
    let cache = numbers().await;
    let followers: Vec<_> = {
        let (begun, has_begun) = oneshot::channel();
        let leader = tokio::spawn({
            let cache = cache.clone();
            async move {
                let failed = cache.get_or_load_shared(&1, async || {
                    begun.send(()).unwrap();
                    joined(&cache, 50).await;
                    Err::<u64, _>("no rows".to_owned())
                });
                failed.await.unwrap_err().into_source().unwrap()
            }
        });
        has_begun.await.unwrap();
        let followers = (0..50)
            .map(|_| tokio::spawn(share(cache.clone())))
            .collect();
        assert_eq!(leader.await.unwrap(), "no rows");
        followers
    };
    for follower in followers {
        assert_eq!(follower.await.unwrap(), Err("no rows".to_owned()));
    }
    assert_eq!(cache.stats().loads, 1);
    assert_eq!(cache.get(&1).await, None);
    assert_eq!(cache.under_way(), 0);
}

/// One after the other, the last of a thousand would wait for a thousand
/// failures. Here the loaders wait for one another, which they could not.
#[tokio::test(start_paused = true)]
async fn followers_of_an_error_that_cannot_be_copied_load_at_the_same_time() {
    const FOLLOWERS: usize = 20;
    let cache = patient().await;
    let together = Arc::new(Barrier::new(FOLLOWERS));
    let ran = Arc::new(AtomicU64::new(0));
    let (begun, has_begun) = oneshot::channel();
    let leader = tokio::spawn({
        let cache = cache.clone();
        async move {
            let failed = cache.get_or_load(&1, async || {
                begun.send(()).unwrap();
                joined(&cache, FOLLOWERS as u64).await;
                Err::<u64, _>(Unique(0))
            });
            failed.await.unwrap_err()
        }
    });
    has_begun.await.unwrap();
    let followers = (0..FOLLOWERS).map(|_| {
        let (cache, together, ran) = (cache.clone(), Arc::clone(&together), Arc::clone(&ran));
        tokio::spawn(async move {
            let failed = cache.get_or_load(&1, async || {
                together.wait().await;
                Err::<u64, _>(Unique(ran.fetch_add(1, Ordering::SeqCst) + 1))
            });
            failed.await.unwrap_err()
        })
    });
    let followers: Vec<_> = followers.collect();
    assert_eq!(leader.await.unwrap(), LoadError::Source(Unique(0)));
    let mut own = Vec::new();
    for follower in followers {
        own.push(soon(follower).await.into_source().unwrap().0);
    }
    own.sort_unstable();
    assert_eq!(
        own,
        (1..=FOLLOWERS as u64).collect::<Vec<_>>(),
        "each has its own error"
    );
    assert_eq!(cache.under_way(), 0);
}

#[tokio::test]
async fn a_follower_with_another_type_of_error_loads_for_itself() {
    let cache = numbers().await;
    let (leader, follower) = tokio::join!(fail_shared(&cache, 1), async {
        let other = cache
            .get_or_load_shared(&1, async || Err::<u64, _>(7_u8))
            .await;
        other.unwrap_err()
    });
    assert_eq!(leader, "no rows");
    assert_eq!(follower, LoadError::Source(7));
    assert_eq!(cache.under_way(), 0);
}

#[tokio::test]
async fn a_follower_that_does_not_share_loads_for_itself_and_may_succeed() {
    let cache = numbers().await;
    let (leader, follower) = tokio::join!(fail_shared(&cache, 1), load(&cache, 1, 20));
    assert_eq!((leader.as_str(), follower), ("no rows", 20));
    assert_eq!(cache.under_way(), 0);
}

type Outcome<T> = Result<Option<T>, Fault>;

#[cached(cache = "found", key = "{id}", flow = flow)]
async fn find(flow: &CacheFlow, id: u64, answer: Outcome<u64>, calls: &AtomicU64) -> Outcome<u64> {
    calls.fetch_add(1, Ordering::SeqCst);
    answer
}

#[cached(cache = "maybe", key = "{id}", flow = flow)]
async fn maybe(flow: &CacheFlow, id: u64, answer: Option<u64>) -> Option<u64> {
    answer
}

#[tokio::test]
async fn neither_none_nor_an_error_of_an_attributed_function_is_kept() {
    let (flow, calls) = (alone().await, AtomicU64::new(0));
    for answer in [Err("no rows".to_owned()), Ok(None), Ok(Some(10))] {
        assert_eq!(find(&flow, 1, answer.clone(), &calls).await, answer);
    }
    assert_eq!(find(&flow, 1, Ok(None), &calls).await, Ok(Some(10)));
    assert_eq!(calls.load(Ordering::SeqCst), 3);
    let found: Cache<u64, u64> = flow.cache("found").build().unwrap();
    assert_eq!((found.stats().loads, found.under_way()), (3, 0));

    assert_eq!(maybe(&flow, 1, None).await, None);
    assert_eq!(maybe(&flow, 1, Some(20)).await, Some(20));
    assert_eq!(maybe(&flow, 1, None).await, Some(20));
}

/// Finds nothing, once somebody has joined.
#[cached(cache = "absent", key = "{id}", flow = flow)]
async fn absent(flow: &CacheFlow, id: u64) -> Option<u64> {
    let own: Cache<u64, u64> = flow.cache("absent").build().unwrap();
    joined(&own, 1).await;
    None
}

#[tokio::test]
async fn who_waits_for_an_attributed_function_shares_its_absence() {
    let flow = alone().await;
    let own: Cache<u64, u64> = flow.cache("absent").build().unwrap();
    assert_eq!(
        tokio::join!(absent(&flow, 1), absent(&flow, 1)),
        (None, None)
    );
    assert_eq!((own.stats().loads, own.under_way()), (1, 0));
}
