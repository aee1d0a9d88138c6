//! Warmers that fail, panic or hang, and shared stores that do.

use std::sync::Arc;
use std::time::Duration;

use cacheflow::{BoxError, Cache, CacheFlow, Event, Pairs, WarmPlan, WarmReport};
use cacheflow_testkit::{Failing, MemoryBackend, Operation, eventually};

use crate::world::{Count, Counting, Doing, WITHIN, alone, send, subscribed};

#[tokio::test(start_paused = true)]
async fn one_that_fails_panics_or_hangs_hinders_neither_the_others_nor_the_start() {
    let (good, runs) = Counting::new("good", WarmPlan::new());
    let fails = || async { Err::<WarmReport, BoxError>("no database".into()) };
    let panics = || async { panic!("a bug") };
    let hangs = || std::future::pending();
    let brief = || WarmPlan::new().timeout(Duration::from_secs(5));
    let builder = CacheFlow::builder()
        .warmer(Doing("fails", WarmPlan::new(), fails))
        .warmer(Doing("panics", WarmPlan::new(), panics))
        .warmer(Doing("hangs", brief(), hangs))
        .warmer(good)
        .warming_parallelism(1);
    let flow = builder.build().await.unwrap();
    let mut events = flow.events();
    let (mut warmed, mut failed) = (Vec::new(), Vec::new());
    while warmed.len() + failed.len() < 4 {
        match events.next().await.unwrap().unwrap() {
            Event::Warmed {
                warmer,
                items,
                refused,
                ..
            } => warmed.push((warmer, items, refused)),
            Event::WarmingFailed { warmer, error } => failed.push(format!("{warmer}: {error}")),
            _ => {}
        }
    }
    assert_eq!(warmed, [(Arc::from("good"), 1, 0)]);
    failed.sort_unstable();
    let told = [
        "fails: no database",
        "hangs: not done after 5s",
        "panics: panicked: a bug",
    ];
    assert_eq!(failed, told);
    assert_eq!(runs.get(), 1);
}

#[tokio::test]
async fn what_was_kept_before_a_failure_stays_and_is_told() {
    let flow = alone().await;
    let numbers: Cache<u64, u64> = flow
        .cache("numbers")
        .warm_with(async |mut pairs: Pairs<u64, u64>| {
            for number in 0..700 {
                pairs.send(&number, number).await;
            }
            Err::<(), BoxError>("the connection broke".into())
        })
        .build()
        .unwrap();
    let warmed = flow.warm("numbers").await.unwrap();
    assert_eq!(warmed[0].items_warmed, 700);
    assert_eq!(warmed[0].errors, ["the connection broke"]);
    assert!(!warmed[0].is_ok());
    assert_eq!(numbers.get(&699).await, Some(699));
}

#[tokio::test(start_paused = true)]
async fn a_caches_own_source_has_its_time() {
    let flow = alone().await;
    let _numbers: Cache<u64, u64> = flow
        .cache("numbers")
        .warm_with(|_| std::future::pending::<Result<(), BoxError>>())
        .warming_timeout(Duration::from_secs(3))
        .build()
        .unwrap();
    let warmed = flow.warm("numbers").await.unwrap();
    assert_eq!(warmed[0].errors, ["not done after 3s"]);
}

#[tokio::test]
async fn a_shared_store_that_takes_nothing_ends_the_warming() {
    let failing = Failing::new(MemoryBackend::new());
    let builder = CacheFlow::builder().backend(failing.clone());
    let flow = builder.operation_budget(WITHIN).build().await.unwrap();
    subscribed(&flow).await;
    let numbers: Cache<u64, u64> = flow.cache("numbers").build().unwrap();
    failing.fail(Operation::FillMany);
    let sent = Count::default();
    let source = async |mut pairs: Pairs<u64, u64>| {
        for number in 0..100_000 {
            pairs.send(&number, number).await;
            sent.add();
        }
        Ok::<_, BoxError>(())
    };
    let error = numbers.warm(source).await.unwrap_err();
    assert!(error.to_string().starts_with("fill_many"), "{error}");
    assert!(sent.get() < 5_000, "{} were sent in vain", sent.get());
    // One that comes back in between does not.
    failing.fail_nth(Operation::FillMany, 2);
    let report = numbers.warm(|pairs| send(pairs, 0..2_000)).await.unwrap();
    assert_eq!((report.items_warmed, report.failed), (1_500, 500));
}

/// A flow that has not heard from its backend can keep nothing: the warming waits for it.
#[tokio::test]
async fn a_warming_waits_for_a_backend_that_is_not_there_yet() {
    let failing = Failing::new(MemoryBackend::new());
    failing.fail(Operation::Listen);
    let (counting, runs) = Counting::new("counting", WarmPlan::new());
    let builder = CacheFlow::builder().backend(failing.clone());
    let flow = builder
        .operation_budget(WITHIN)
        .warmer(counting)
        .build()
        .await
        .unwrap();
    let mut events = flow.events();
    assert_eq!(runs.get(), 0);
    failing.heal(Operation::Listen);
    runs.reaches(1).await;
    let numbers: Cache<u64, u64> = flow.cache("numbers").build().unwrap();
    let warmed = async || numbers.peek(&7).is_some();
    eventually("it is kept", WITHIN, warmed).await;
    while !matches!(
        events.next().await,
        Some(Ok(Event::Warmed { items: 1, .. }))
    ) {}
}

#[tokio::test(start_paused = true)]
async fn a_shutdown_does_not_wait_for_what_warms() {
    let (begun, dropped) = (Count::default(), Count::default());
    struct Dropped(Count);
    impl Drop for Dropped {
        fn drop(&mut self) {
            self.0.add();
        }
    }
    let hangs = {
        let (begun, dropped) = (begun.clone(), dropped.clone());
        move || {
            let (begun, dropped) = (begun.clone(), Dropped(dropped.clone()));
            async move {
                let _dropped = dropped;
                begun.add();
                std::future::pending().await
            }
        }
    };
    let builder = CacheFlow::builder().warmer(Doing("hangs", WarmPlan::new(), hangs));
    let flow = builder.build().await.unwrap();
    begun.reaches(1).await;
    flow.shutdown(Duration::from_secs(1)).await.unwrap();
    dropped.reaches(1).await;
}
