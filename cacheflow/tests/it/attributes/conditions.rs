//! When an attributed function's cache has a say: `when`, `unless`.

use cacheflow::{CacheFlow, cached};

use super::{Source, User};
use crate::support::alone;

#[cached(key = "{id}", flow = flow, when = id < 10 && !flow.instance().is_empty())]
async fn below_ten(flow: &CacheFlow, source: &Source, id: u64) -> User {
    source.user(id)
}

#[tokio::test]
async fn without_its_condition_a_call_asks_and_keeps_nothing() {
    let (flow, source) = (alone().await, Source::default());
    for asked in [1, 1] {
        assert_eq!(below_ten(&flow, &source, 9).await.asked, asked);
    }
    for asked in [2, 3] {
        assert_eq!(below_ten(&flow, &source, 10).await.asked, asked);
        assert!(below_ten::peek(&flow, 10).is_none());
    }
    // What others have put there is not asked for either.
    let _ = below_ten::put(&flow, 11, User::default()).await.unwrap();
    assert_eq!(below_ten(&flow, &source, 11).await.asked, 4);
    assert_eq!(below_ten::refresh(&flow, &source, 12).await.asked, 5);
    assert!(below_ten::peek(&flow, 12).is_none());
}

#[cached(key = "{id}", flow = flow, unless = result.org == 1 || id == 30)]
async fn unless_it_is_of_org_one(
    flow: &CacheFlow,
    source: &Source,
    id: u64,
) -> Result<User, String> {
    Ok(source.user(id))
}

#[tokio::test]
async fn a_result_is_not_kept_where_it_says_so() {
    let (flow, source) = (alone().await, Source::default());
    let ask = async |id| {
        unless_it_is_of_org_one(&flow, &source, id)
            .await
            .unwrap()
            .asked
    };
    assert_eq!((ask(20).await, ask(20).await), (1, 1));
    assert_eq!((ask(10).await, ask(10).await), (2, 3));
    assert_eq!((ask(30).await, ask(30).await), (4, 5));
    // Nor is it put.
    let user = source.user(10);
    let _ = unless_it_is_of_org_one::put(&flow, 10, user).await.unwrap();
    assert!(unless_it_is_of_org_one::peek(&flow, 10).is_none());
}
