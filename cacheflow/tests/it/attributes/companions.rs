//! What stands beside attributed functions.

use cacheflow::{CacheFlow, ErrorKind, Level, Lookup, cached};

use super::{Source, User};
use crate::support::{HOUR, alone};
use crate::timed::by_hand;

#[cached(cache = "users", key = "{id}", ttl = "1h", flow = flow, tags = ["org:{result.org}"])]
async fn find(flow: &CacheFlow, source: &Source, id: u64) -> Result<User, String> {
    Ok(source.user(id))
}

#[tokio::test]
async fn each_companion_does_what_it_is_called_after() {
    let (flow, source) = (alone().await, Source::default());
    assert_eq!(find::key(&flow, 7).as_str(), "users:7");
    assert!(find::peek(&flow, 7).is_none());
    assert_eq!(find::lookup(&flow, 7).await, Lookup::Miss);

    assert_eq!(find(&flow, &source, 7).await.unwrap().asked, 1);
    assert_eq!(find::peek(&flow, 7).unwrap().value.asked, 1);
    let found = find::lookup(&flow, 7).await.found().unwrap();
    assert_eq!((found.value.asked, found.level), (1, Level::Memory));

    assert_eq!(find::original(&flow, &source, 7).await.unwrap().asked, 2);
    assert_eq!(find(&flow, &source, 7).await.unwrap().asked, 1, "as it was");
    assert_eq!(find::refresh(&flow, &source, 7).await.unwrap().asked, 3);
    assert_eq!(find(&flow, &source, 7).await.unwrap().asked, 3);

    let _ = find::invalidate(&flow, 7).await.unwrap();
    assert_eq!(find(&flow, &source, 7).await.unwrap().asked, 4);

    let put = User {
        id: 7,
        org: 5,
        asked: 100,
    };
    let _ = find::put(&flow, 7, put.clone()).await.unwrap();
    assert_eq!(find(&flow, &source, 7).await, Ok(put.clone()));
    // As the function returns it.
    let _ = find::put(&flow, 7, Ok(put)).await.unwrap();
    assert_eq!(find(&flow, &source, 7).await.unwrap().asked, 100);

    let cache = find::cache(&flow).unwrap();
    assert_eq!((cache.name(), cache.stats().entries), ("users", 1));
    assert_eq!(cache.under_way(), 0);
    let _ = cache.clear().await.unwrap();
    assert_eq!(find(&flow, &source, 7).await.unwrap().asked, 5);
}

/// A value that is put is forgotten by what the function's values are forgotten by, and
/// lives as long.
#[tokio::test]
async fn what_is_put_is_like_what_is_loaded() {
    let (clock, flow) = by_hand().await;
    let user = User {
        id: 7,
        org: 5,
        asked: 1,
    };
    let _ = find::put(&flow, 7, user.clone()).await.unwrap();
    let _ = flow.invalidate().tags(["org:5"]).send().await.unwrap();
    assert!(find::peek(&flow, 7).is_none());
    let _ = find::put(&flow, 7, user).await.unwrap();
    clock.advance(HOUR / 2);
    assert!(find::peek(&flow, 7).is_some());
    clock.advance(HOUR);
    assert!(find::peek(&flow, 7).is_none());
}

/// What is no value is in the place of nothing.
#[tokio::test]
async fn what_is_put_as_an_error_forgets_the_value() {
    let (flow, source) = (alone().await, Source::default());
    assert_eq!(find(&flow, &source, 7).await.unwrap().asked, 1);
    let nothing: Result<User, String> = Err("gone".to_owned());
    let _ = find::put(&flow, 7, nothing).await.unwrap();
    assert!(find::peek(&flow, 7).is_none());
}

#[tokio::test]
async fn after_a_shutdown_changes_are_refused() {
    let flow = alone().await;
    flow.shutdown(HOUR).await.unwrap();
    let put = find::put(&flow, 7, User::default()).await.unwrap_err();
    let invalidated = find::invalidate(&flow, 7).await.unwrap_err();
    assert_eq!(
        (put.kind(), invalidated.kind()),
        (ErrorKind::Closed, ErrorKind::Closed)
    );
}

/// Aliases hide what they stand for, from the companions' types only.
type Answer<T> = Result<T, String>;
type Perhaps<T> = Option<T>;

#[cached(key = "{id}", flow = flow)]
async fn aliased(flow: &CacheFlow, id: u64) -> Answer<Perhaps<u64>> {
    Ok(Some(id))
}

#[cached(key = "{id}", flow = flow)]
async fn nested(flow: &CacheFlow, id: u64) -> Result<Option<u64>, String> {
    Ok(Some(id))
}

#[tokio::test]
async fn values_come_out_of_what_can_be_seen_around_them() {
    let flow = alone().await;
    assert_eq!(aliased(&flow, 1).await, Ok(Some(1)));
    assert_eq!(nested(&flow, 1).await, Ok(Some(1)));
    assert_eq!(aliased::peek(&flow, 1).unwrap().value, Ok(Some(1)));
    assert_eq!(nested::peek(&flow, 1).unwrap().value, 1);
    let _ = aliased::put(&flow, 2, 20).await.unwrap();
    let _ = nested::put(&flow, 2, Some(20)).await.unwrap();
    assert_eq!(aliased(&flow, 2).await, Ok(Some(20)));
    assert_eq!(nested(&flow, 2).await, Ok(Some(20)));
}

/// Only what the key is made of is asked for.
#[cached(flow = flow, skip(flow, source))]
async fn generic<T, const N: usize>(flow: &CacheFlow, source: &Source, value: T) -> (T, u64)
where
    T: cacheflow::CacheKey + cacheflow::CacheValue,
{
    (value, source.user(N as u64).asked)
}

#[tokio::test]
async fn instances_of_a_generic_function_have_their_own_companions() {
    let (flow, source) = (alone().await, Source::default());
    assert_eq!(generic::<u8, 1>(&flow, &source, 5).await, (5, 1));
    assert_eq!(generic::<u8, 2>(&flow, &source, 5).await, (5, 2));
    assert_eq!(generic::<u16, 1>(&flow, &source, 5).await, (5, 3));
    assert_eq!(generic::<u8, 1>(&flow, &source, 5).await, (5, 1));
    let _ = generic::invalidate::<u8, 1>(&flow, 5).await.unwrap();
    assert!(generic::peek::<u8, 1>(&flow, 5).is_none());
    assert_eq!(generic::peek::<u8, 2>(&flow, 5).unwrap().value, (5, 2));
    assert_eq!(generic::peek::<u16, 1>(&flow, 5).unwrap().value, (5, 3));
}

/// Its own cache is named by its path, as it is without companions.
#[cached(flow = flow, skip(flow))]
async fn unnamed(flow: &CacheFlow) -> u64 {
    1
}

#[tokio::test]
async fn a_cache_is_named_by_the_functions_path() {
    let flow = alone().await;
    let cache = unnamed::cache(&flow).unwrap();
    assert_eq!(cache.name(), "it.attributes.companions.unnamed");
}

mod elsewhere {
    use super::*;

    #[cached(key = "{id}", flow = flow, visibility = pub(super))]
    pub(in crate::attributes) async fn seen(flow: &CacheFlow, id: u64) -> u64 {
        id
    }
}

/// By its path, and by a name that is brought in.
#[tokio::test]
async fn companions_are_where_their_function_is() {
    use elsewhere::seen;
    let flow = alone().await;
    assert_eq!(seen(&flow, 3).await, 3);
    assert_eq!(elsewhere::seen::peek(&flow, 3).unwrap().value, 3);
    assert_eq!(seen::peek(&flow, 3).unwrap().value, 3);
}
