//! When `#[cache_evict]` forgets, and when it does not.

use cacheflow::{CacheFlow, cache_evict};

use super::{filled, kept, number};
use crate::support::{Fault, alone, two_nodes};

type Done<T> = Result<T, Fault>;

#[cache_evict(number(flow, id), flow = flow)]
async fn save(flow: &CacheFlow, id: u64, outcome: Done<()>) -> Done<()> {
    outcome
}

#[tokio::test]
async fn success_forgets_and_an_error_forgets_nothing() {
    let flow = alone().await;
    filled(&flow, [1, 2]).await;
    save(&flow, 1, Err("no".into())).await.unwrap_err();
    assert_eq!(kept(&flow, [1, 2]), [1, 2]);
    save(&flow, 1, Ok(())).await.unwrap();
    assert_eq!(kept(&flow, [1, 2]), [2]);
}

#[cache_evict(number(flow, id), flow = flow, on_err)]
async fn attempt(flow: &CacheFlow, id: u64, outcome: Done<()>) -> Done<()> {
    outcome
}

#[tokio::test]
async fn with_on_err_an_error_forgets_as_well() {
    let flow = alone().await;
    filled(&flow, [1]).await;
    attempt(&flow, 1, Err("no".into())).await.unwrap_err();
    assert_eq!(kept(&flow, [1]), [0; 0]);
}

#[cache_evict(number(flow, id), flow = flow)]
async fn remove(flow: &CacheFlow, id: u64) -> Option<u64> {
    None
}

#[cache_evict(number(flow, id), flow = flow)]
async fn nothing(flow: &CacheFlow, id: u64) {}

#[tokio::test]
async fn none_and_nothing_are_success() {
    let flow = alone().await;
    filled(&flow, [1, 2]).await;
    assert_eq!(remove(&flow, 1).await, None);
    nothing(&flow, 2).await;
    assert_eq!(kept(&flow, [1, 2]), [0; 0]);
}

#[cache_evict(number(flow, id), flow = flow, when = id != 2)]
async fn unless_two(flow: &CacheFlow, id: u64) {}

#[cache_evict(number(flow, id), flow = flow, unless = *result == 0)]
async fn updated(flow: &CacheFlow, id: u64, rows: u64) -> Done<u64> {
    Ok(rows)
}

#[tokio::test]
async fn when_is_asked_before_and_unless_after() {
    let flow = alone().await;
    filled(&flow, [1, 2, 3]).await;
    unless_two(&flow, 1).await;
    unless_two(&flow, 2).await;
    assert_eq!(kept(&flow, [1, 2, 3]), [2, 3]);
    updated(&flow, 2, 1).await.unwrap();
    updated(&flow, 3, 0).await.unwrap();
    assert_eq!(kept(&flow, [1, 2, 3]), [3]);
}

#[cache_evict(
    number(flow, 1) if *first,
    number(flow, 2) if *result > 1,
    number(flow, result * 10) if *first,
    flow = flow,
)]
async fn some(flow: &CacheFlow, first: &bool, gives: Option<u64>) -> Done<Option<u64>> {
    gives.map_or(Ok(None), |it| Ok(Some(it)))
}

#[tokio::test]
async fn each_entry_has_a_condition_of_its_own() {
    for (first, gives, left) in [
        (true, Some(1), vec![2]),
        (false, Some(1), vec![1, 2, 10]),
        (true, Some(2), vec![10]),
        (false, Some(2), vec![1, 10]),
        // Nobody can ask: what is known is forgotten.
        (false, None, vec![1, 10]),
    ] {
        let flow = alone().await;
        filled(&flow, [1, 2, 10]).await;
        some(&flow, &first, gives).await.unwrap();
        assert_eq!(kept(&flow, [1, 2, 10]), left, "{first} {gives:?}");
    }
}

#[cache_evict(number(flow, id), flow = flow, before)]
async fn before(flow: &CacheFlow, id: u64, outcome: Done<()>) -> Done<Vec<u64>> {
    let at_first = kept(flow, [id]);
    filled(flow, [id]).await;
    outcome.map(|()| at_first)
}

#[tokio::test]
async fn with_before_it_is_gone_when_the_body_runs_and_again_after_it() {
    let flow = alone().await;
    filled(&flow, [1]).await;
    assert_eq!(before(&flow, 1, Ok(())).await.unwrap(), [0; 0]);
    assert_eq!(kept(&flow, [1]), [0; 0]);
    filled(&flow, [1]).await;
    before(&flow, 1, Err("no".into())).await.unwrap_err();
    assert_eq!(kept(&flow, [1]), [0; 0]);
}

#[cache_evict(number(flow, id), flow = flow, before, when = *asked)]
async fn before_when(flow: &CacheFlow, id: u64, asked: &bool) {}

#[tokio::test]
async fn with_before_when_is_asked_as_well() {
    let flow = alone().await;
    filled(&flow, [1]).await;
    before_when(&flow, 1, &false).await;
    assert_eq!(kept(&flow, [1]), [1]);
    before_when(&flow, 1, &true).await;
    assert_eq!(kept(&flow, [1]), [0; 0]);
}

#[cache_evict(number(flow, id), flow = flow, local_only)]
async fn here(flow: &CacheFlow, id: u64) {}

#[tokio::test]
async fn with_local_only_the_others_keep_what_they_have() {
    let (_server, one, two) = two_nodes().await;
    filled(&one.flow, [1, 2]).await;
    filled(&two.flow, [1, 2]).await;
    here(&one.flow, 1).await;
    assert_eq!(kept(&one.flow, [1]), [0; 0]);
    // What is told to all comes later, and has been heard.
    save(&one.flow, 2, Ok(())).await.unwrap();
    two.forgotten(2).await;
    assert_eq!(kept(&two.flow, [1]), [1]);
}

#[tokio::test]
async fn it_is_forgotten_on_all_nodes() {
    let (_server, one, two) = two_nodes().await;
    filled(&two.flow, [1]).await;
    save(&one.flow, 1, Ok(())).await.unwrap();
    two.forgotten(1).await;
}
