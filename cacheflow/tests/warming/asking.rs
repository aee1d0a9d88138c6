//! On demand.

use cacheflow::{BoxError, Cache, ErrorKind, WarmPlan, WarmReport};
use std::time::Duration;

use crate::world::{Counting, Doing, alone, send};
use cacheflow::CacheFlow;

#[tokio::test]
async fn a_cache_is_warmed_by_all_that_fill_it_and_a_warmer_by_its_name() {
    let (counting, runs) = Counting::new("counting", WarmPlan::on_demand());
    let other = Doing("other", WarmPlan::on_demand(), || async {
        Ok(WarmReport::warmed(5))
    });
    let builder = CacheFlow::builder().warmer(counting).warmer(other);
    let flow = builder.build().await.unwrap();
    let _numbers: Cache<u64, u64> = flow
        .cache("numbers")
        .warm_with(|pairs| send(pairs, 0..3))
        .build()
        .unwrap();
    let names = |warmed: &[cacheflow::Warmed]| {
        let names = warmed.iter().map(|it| (it.warmer.clone(), it.items_warmed));
        names.collect::<Vec<_>>()
    };
    let (counted, own) = (("counting".to_owned(), 1), ("numbers".to_owned(), 3));
    let warmed = flow.warm("numbers").await.unwrap();
    assert_eq!(names(&warmed), [counted.clone(), own.clone()]);
    assert_eq!(warmed[1].caches, ["numbers"]);
    assert!(warmed[1].is_ok() && !warmed[1].by_another);
    let asked = flow.warm("counting").await.unwrap();
    assert_eq!(names(&asked), std::slice::from_ref(&counted));
    assert_eq!(runs.get(), 2);
    let all = names(&flow.warm_all().await.unwrap());
    assert_eq!(all, [counted, ("other".to_owned(), 5), own]);
}

#[tokio::test]
async fn who_asks_for_a_warmer_that_is_not_there_is_told_which_are() {
    let flow = alone().await;
    let unknown = flow.warm("users").await.unwrap_err();
    assert_eq!(unknown.kind(), ErrorKind::InvalidConfig);
    assert!(
        unknown
            .to_string()
            .contains("\"users\" or has that name: there is none")
    );
    let _cache: Cache<u64, u64> = flow
        .cache("numbers")
        .warm_with(|pairs| send(pairs, [1]))
        .build()
        .unwrap();
    let unknown = flow.warm("users").await.unwrap_err();
    assert!(
        unknown.to_string().contains("there are numbers"),
        "{unknown}"
    );
    assert_eq!(flow.warm_all().await.unwrap().len(), 1);
    flow.shutdown(Duration::from_secs(1)).await.unwrap();
    assert_eq!(
        flow.warm("numbers").await.unwrap_err().kind(),
        ErrorKind::Closed
    );
}

#[tokio::test]
async fn what_is_asked_for_is_warmed_although_warming_is_off() {
    let (counting, runs) = Counting::new("counting", WarmPlan::new());
    let builder = CacheFlow::builder()
        .warming(false)
        .required_warmer(counting);
    let flow = builder.build().await.unwrap();
    assert_eq!(runs.get(), 0);
    flow.warm("counting").await.unwrap();
    assert_eq!(runs.get(), 1);
}

#[tokio::test]
async fn a_second_source_of_a_cache_is_refused() {
    let flow = alone().await;
    let build = || {
        let builder = flow.cache::<u64, u64>("numbers");
        builder.warm_with(|pairs| send(pairs, [1])).build()
    };
    build().unwrap();
    let refused = build().unwrap_err().to_string();
    assert!(
        refused.contains("what warms it is given to its first handle"),
        "{refused}"
    );
}

#[tokio::test]
async fn results_are_json_that_a_person_can_read() {
    let slow = || async { Err::<WarmReport, BoxError>("no database".into()) };
    let builder = CacheFlow::builder().warmer(Doing("users", WarmPlan::on_demand(), slow));
    let flow = builder.build().await.unwrap();
    let warmed = flow.warm("users").await.unwrap();
    let mut json = serde_json::to_value(&warmed[0]).unwrap();
    assert!(json["duration_ms"].take().is_u64());
    let expected = serde_json::json!({
        "warmer": "users", "caches": [], "items_warmed": 0, "refused": 0, "failed": 0,
        "duration_ms": null, "errors": ["no database"], "by_another": false,
    });
    assert_eq!(json, expected);
}
