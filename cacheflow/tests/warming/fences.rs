//! What changes while a source is read.

use cacheflow::{Applied, BoxError, Cache, CacheFlow, Pairs};
use cacheflow_testkit::{Gate, MemoryBackend, Operation};

use crate::world::{HOUR, WITHIN, alone, on, subscribed};

/// Sends 7 after `change`, which comes after the page was begun.
async fn warm_beside(cache: &Cache<u64, u64>, change: impl AsyncFn()) -> (u64, u64) {
    let source = async |mut pairs: Pairs<u64, u64>| {
        change().await;
        pairs.send(&7, 1).await;
        pairs.send(&8, 1).await;
        Ok::<_, BoxError>(())
    };
    let report = cache.warm(source).await.unwrap();
    (report.items_warmed, report.refused)
}

/// Whether it was recorded or not.
fn ignore(_: Applied) {}

fn numbers(flow: &CacheFlow) -> Cache<u64, u64> {
    let tags = |_: &u64| vec!["number".to_owned()];
    flow.cache("numbers").tags(tags).build().unwrap()
}

#[tokio::test]
async fn what_is_forgotten_after_the_page_began_does_not_come_back() {
    let server = MemoryBackend::new();
    let (here, there) = (
        on(&server).build().await.unwrap(),
        on(&server).build().await.unwrap(),
    );
    subscribed(&here).await;
    subscribed(&there).await;
    let cache = numbers(&here);
    let elsewhere = numbers(&there);
    let kept = warm_beside(&cache, async || ignore(cache.invalidate(&7).await.unwrap())).await;
    assert_eq!(kept, (1, 1), "by its key, here");
    let kept = warm_beside(&cache, async || {
        ignore(elsewhere.invalidate(&7).await.unwrap())
    })
    .await;
    assert_eq!(kept, (1, 1), "by its key, on another node");
    assert_eq!((cache.get(&7).await, elsewhere.get(&7).await), (None, None));
    let by_tag = async || ignore(there.invalidate().tags(["number"]).send().await.unwrap());
    assert_eq!(warm_beside(&cache, by_tag).await, (0, 2), "by its tag");
    let by_pattern = async || {
        let pattern = there.invalidate().pattern("numbers:*");
        ignore(pattern.send().await.unwrap());
    };
    assert_eq!(
        warm_beside(&cache, by_pattern).await,
        (0, 2),
        "by a pattern"
    );
    let by_cache = async || ignore(there.invalidate().cache("numbers").send().await.unwrap());
    assert_eq!(
        warm_beside(&cache, by_cache).await,
        (0, 2),
        "with its cache"
    );
    assert_eq!(server.names(), Vec::<String>::new());
}

#[tokio::test]
async fn a_put_after_the_page_began_survives() {
    let server = MemoryBackend::new();
    let flow = on(&server).build().await.unwrap();
    subscribed(&flow).await;
    let cache = numbers(&flow);
    let put = async || ignore(cache.put(&7, 2).await.unwrap());
    assert_eq!(warm_beside(&cache, put).await, (1, 1));
    assert_eq!(cache.get(&7).await, Some(2));
}

#[tokio::test]
async fn a_put_survives_without_a_backend_too() {
    let cache = numbers(&alone().await);
    let put = async || ignore(cache.put(&7, 2).await.unwrap());
    assert_eq!(warm_beside(&cache, put).await, (1, 1));
    assert_eq!(cache.get(&7).await, Some(2));
    let forget = async || ignore(cache.invalidate(&7).await.unwrap());
    assert_eq!(warm_beside(&cache, forget).await, (1, 1));
    assert_eq!(cache.get(&7).await, None);
}

/// The value that was put is not even in memory any more.
#[tokio::test]
async fn a_put_that_was_forgotten_again_leaves_nothing_to_an_older_page() {
    let cache = numbers(&alone().await);
    let put = async || {
        let _ = cache.put(&7, 2).await.unwrap();
        let _ = cache.invalidate(&7).await.unwrap();
    };
    assert_eq!(warm_beside(&cache, put).await, (1, 1));
    assert_eq!(cache.get(&7).await, None);
}

/// Whoever asks its source again begins a new page: what changed before that is in what it
/// gives.
#[tokio::test]
async fn a_new_page_takes_what_changed_before_it_into_account() {
    let flow = on(&MemoryBackend::new()).build().await.unwrap();
    subscribed(&flow).await;
    let cache = numbers(&flow);
    let source = async |mut pairs: Pairs<u64, u64>| {
        pairs.send(&1, 1).await;
        let _ = cache.invalidate(&2).await.unwrap();
        pairs.page_begins().await;
        pairs.send(&2, 2).await;
        Ok::<_, BoxError>(())
    };
    let report = cache.warm(source).await.unwrap();
    assert_eq!((report.items_warmed, report.refused), (2, 0));
    assert_eq!(cache.get(&2).await, Some(2));
}

/// A cache of a node whose operations can be held up.
async fn behind_a_gate() -> (Gate<MemoryBackend>, Cache<u64, u64>) {
    let gate = Gate::new(MemoryBackend::new());
    let builder = CacheFlow::builder().backend(gate.clone());
    let builder = builder.max_staleness(HOUR).operation_budget(WITHIN);
    let flow = builder.build().await.unwrap();
    subscribed(&flow).await;
    let cache = numbers(&flow);
    (gate, cache)
}

/// After the look at this node's window, on the way to the shared store.
#[tokio::test]
async fn what_is_forgotten_on_the_way_to_the_shared_store_does_not_come_back() {
    let (gate, cache) = behind_a_gate().await;
    let filling = gate.hold_before(Operation::FillMany);
    let warming = tokio::spawn({
        let cache = cache.clone();
        async move { warm_beside(&cache, async || {}).await }
    });
    filling.reached().await;
    let _ = cache.invalidate(&7).await.unwrap();
    filling.release();
    assert_eq!(warming.await.unwrap(), (1, 1));
    assert_eq!((cache.get(&7).await, cache.get(&8).await), (None, Some(1)));
}

/// Between the shared store's answer and memory.
#[tokio::test]
async fn what_is_forgotten_on_the_way_back_is_not_put_into_memory() {
    let (gate, cache) = behind_a_gate().await;
    let filled = gate.hold_after(Operation::FillMany);
    let warming = tokio::spawn({
        let cache = cache.clone();
        async move { warm_beside(&cache, async || {}).await }
    });
    filled.reached().await;
    let _ = cache.invalidate(&7).await.unwrap();
    filled.release();
    assert_eq!(warming.await.unwrap(), (1, 1));
    assert_eq!((cache.get(&7).await, cache.get(&8).await), (None, Some(1)));
}
