//! How far a warmer is.

use std::sync::{Arc, Mutex};

use cacheflow::{Cache, CacheFlow, Pairs, WarmPlan};

use crate::world::{Counting, send};

type Told = Arc<Mutex<Vec<(String, String, u64, Option<u64>)>>>;

async fn told() -> (CacheFlow, Told) {
    let told = Told::default();
    let (counting, _) = Counting::new("counting", WarmPlan::on_demand());
    let flow = CacheFlow::builder()
        .warmer(counting)
        .warming_progress({
            let told = Arc::clone(&told);
            move |at| {
                let (warmer, cache) = (at.warmer.to_string(), at.cache.to_string());
                let mut told = told.lock().unwrap();
                told.push((warmer, cache, at.done, at.total));
            }
        })
        .build()
        .await
        .unwrap();
    (flow, told)
}

#[tokio::test]
async fn it_is_told_after_each_batch_with_the_total_if_the_source_knows_it() {
    let (flow, told) = told().await;
    let numbers: Cache<u64, u64> = flow
        .cache("squares")
        .warm_with(async |mut pairs: Pairs<u64, u64>| {
            pairs.total(1_100);
            send(pairs, 0..1_100).await
        })
        .build()
        .unwrap();
    flow.warm("squares").await.unwrap();
    let at =
        |warmer: &str, cache: &str, done, total| (warmer.to_owned(), cache.to_owned(), done, total);
    let total = Some(1_100);
    let expected = [500, 1_000, 1_100].map(|done| at("squares", "squares", done, total));
    assert_eq!(std::mem::take(&mut *told.lock().unwrap()), expected);

    flow.warm("counting").await.unwrap();
    // By hand, without a warmer.
    numbers.warm(|pairs| send(pairs, [1])).await.unwrap();
    let expected = [
        at("counting", "numbers", 1, None),
        at("squares", "squares", 1, None),
    ];
    assert_eq!(*told.lock().unwrap(), expected);
}

/// Who watches can fail as the warmer itself can.
#[tokio::test]
async fn one_that_watches_and_panics_ends_the_warming_alone() {
    let builder = CacheFlow::builder().warming_progress(|_| panic!("no terminal"));
    let flow = builder.build().await.unwrap();
    let source = |pairs| async { send(pairs, 0..3).await };
    let _numbers = flow.cache("numbers").warm_with(source).build().unwrap();
    let warmed = flow.warm("numbers").await.unwrap();
    assert_eq!(warmed[0].errors, ["panicked: no terminal"]);
    assert_eq!(warmed[0].items_warmed, 3, "they are kept");
}
