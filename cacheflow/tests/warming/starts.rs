//! When a flow starts.

use std::time::Duration;

use cacheflow::{BoxError, Cache, CacheFlow, ErrorKind, WarmPlan, WarmReport};
use cacheflow_testkit::MemoryBackend;
use tokio::sync::watch;

use crate::world::{Count, Counting, Doing, alone, on, send};

#[tokio::test]
async fn the_start_waits_for_what_it_requires() {
    let (required, runs) = Counting::new("required", WarmPlan::new());
    let flow = on(&MemoryBackend::new())
        .required_warmer(required)
        .build()
        .await
        .unwrap();
    assert_eq!(runs.get(), 1);
    let numbers: Cache<u64, u64> = flow.cache("numbers").build().unwrap();
    assert_eq!(
        numbers.peek(&7).unwrap().value,
        7,
        "although nobody had subscribed yet"
    );
}

#[tokio::test]
async fn the_start_does_not_wait_for_the_others() {
    let (go, gone) = watch::channel(false);
    let (begun, ended) = (Count::default(), Count::default());
    let held = {
        let (begun, ended) = (begun.clone(), ended.clone());
        move || {
            let (mut gone, begun, ended) = (gone.clone(), begun.clone(), ended.clone());
            async move {
                begun.add();
                gone.wait_for(|gone| *gone).await?;
                ended.add();
                Ok(WarmReport::warmed(1))
            }
        }
    };
    let builder = CacheFlow::builder().warmer(Doing("held", WarmPlan::new(), held));
    let _flow = builder.build().await.unwrap();
    begun.reaches(1).await;
    assert_eq!(ended.get(), 0);
    go.send_replace(true);
    ended.reaches(1).await;
}

#[tokio::test(start_paused = true)]
async fn a_start_whose_required_warmers_do_not_get_ready_fails_and_names_them() {
    let hangs = || std::future::pending();
    let fails = || async { Err("no database".into()) };
    let builder = |start| {
        CacheFlow::builder()
            .required_warmer(Doing("hangs", WarmPlan::new(), hangs))
            .required_warmer(Doing("fails", WarmPlan::new(), fails))
            .required_timeout(Duration::from_secs(5))
            .start_without_required(start)
    };
    let begun = tokio::time::Instant::now();
    let error = builder(false).build().await.unwrap_err();
    assert_eq!(
        begun.elapsed(),
        Duration::from_secs(5),
        "as long as it was told"
    );
    assert_eq!(error.kind(), ErrorKind::Warming);
    let message = error.to_string();
    for part in ["hangs: not done after 5s", "fails: no database"] {
        assert!(message.contains(part), "{part:?} is not in {message}");
    }
    builder(true).build().await.unwrap();
}

/// One that is not done in time goes on, if the start does without it.
#[tokio::test(start_paused = true)]
async fn a_required_warmer_that_is_late_goes_on_behind_the_start() {
    let done = Count::default();
    let slow = {
        let done = done.clone();
        move || {
            let done = done.clone();
            async move {
                tokio::time::sleep(Duration::from_secs(10)).await;
                done.add();
                Ok(WarmReport::warmed(1))
            }
        }
    };
    let flow = CacheFlow::builder()
        .required_warmer(Doing("slow", WarmPlan::new(), slow))
        .required_timeout(Duration::from_secs(5))
        .start_without_required(true)
        .build()
        .await
        .unwrap();
    assert_eq!(done.get(), 0);
    tokio::time::sleep(Duration::from_secs(6)).await;
    assert_eq!(done.get(), 1);
    drop(flow);
}

#[tokio::test]
async fn a_cache_that_is_built_later_is_warmed_when_it_is_built() {
    let flow = alone().await;
    let runs = Count::default();
    let build = |name: &str| {
        let runs = runs.clone();
        let source = move |pairs| {
            let runs = runs.clone();
            async move {
                send(pairs, [7]).await?;
                runs.add();
                Ok::<_, BoxError>(())
            }
        };
        flow.cache::<u64, u64>(name).warm_with(source)
    };
    let numbers = build("numbers").warm_on_startup().build().unwrap();
    let _asked = build("asked").build().unwrap();
    runs.reaches(1).await;
    // The other is not, and this one not by a second handle.
    let _again: Cache<u64, u64> = flow.cache("numbers").build().unwrap();
    flow.warm("asked").await.unwrap();
    assert_eq!(runs.get(), 2);
    let there = async || numbers.peek(&7).is_some();
    cacheflow_testkit::eventually("it is kept", Duration::from_secs(30), there).await;
}

/// When a cache is warmed, its options say; how, a warmer of the flow may know.
#[tokio::test]
async fn the_options_of_a_cache_are_for_the_warmers_that_name_it() {
    let (counting, runs) = Counting::new("counting", WarmPlan::on_demand());
    let flow = CacheFlow::builder().warmer(counting).build().await.unwrap();
    let builder = flow.cache::<u64, u64>("numbers");
    let _numbers = builder.warm_on_startup().build().unwrap();
    runs.reaches(1).await;

    let (counting, runs) = Counting::new("counting", WarmPlan::on_demand());
    let flow = CacheFlow::builder()
        .warming(false)
        .warmer(counting)
        .build()
        .await
        .unwrap();
    let builder = flow.cache::<u64, u64>("numbers");
    let _numbers = builder.warm_on_startup().build().unwrap();
    flow.warm("counting").await.unwrap();
    assert_eq!(runs.get(), 1, "not by itself, where warming is off");
}

#[tokio::test]
async fn all_faults_of_warmers_are_told_at_once() {
    let done = || async { Ok(WarmReport::warmed(1)) };
    let wrong = WarmPlan::new()
        .every(Duration::ZERO)
        .cron("every day")
        .once_per(Duration::MAX)
        .timeout(Duration::ZERO);
    let error = CacheFlow::builder()
        .warmer(Doing("", WarmPlan::new(), done))
        .warmer(Doing("twice", WarmPlan::new(), done))
        .warmer(Doing("twice", WarmPlan::new(), done))
        .warmer(Doing("wrong", wrong, done))
        .warming_parallelism(0)
        .required_timeout(Duration::ZERO)
        .build()
        .await
        .unwrap_err();
    let message = error.to_string();
    for part in [
        "warmer name = \"\": allowed are 1 to 128 bytes",
        "warmer twice: allowed is one of a name",
        "warmer wrong: every = 0ns: allowed is 1ms to",
        "warmer wrong: once_per = ",
        "warmer wrong: timeout = 0ns",
        "warmer wrong: cron = \"every day\": ",
        "warmer wrong: every and cron: allowed is one of the two",
        "warming.parallelism = 0: allowed is 1 to 1024",
        "warming.required_timeout = 0ns",
    ] {
        assert!(message.contains(part), "{part:?} is not in {message}");
    }
    let flow = alone().await;
    let builder = flow
        .cache::<u64, u64>("numbers")
        .warming_interval(Duration::ZERO);
    let error = builder
        .warming_timeout(Duration::ZERO)
        .build()
        .unwrap_err()
        .to_string();
    assert!(
        error.contains("warming_interval = 0ns") && error.contains("warming_timeout = 0ns"),
        "{error}"
    );
}
