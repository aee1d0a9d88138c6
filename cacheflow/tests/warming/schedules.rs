//! Again and again.

use std::time::Duration;

use cacheflow::{BoxError, Cache, CacheFlow, WarmPlan, WarmReport};
use tokio::time::sleep;

use crate::world::{Count, Counting, Doing, alone, send};

const MINUTE: Duration = Duration::from_secs(60);

#[tokio::test(start_paused = true)]
async fn a_warmer_runs_once_an_interval_until_the_flow_is_shut_down() {
    let (counting, runs) = Counting::new("counting", WarmPlan::on_demand().every(MINUTE));
    let flow = CacheFlow::builder().warmer(counting).build().await.unwrap();
    sleep(MINUTE / 2).await;
    assert_eq!(runs.get(), 0, "the first comes after one interval");
    sleep(3 * MINUTE).await;
    assert_eq!(runs.get(), 3);
    flow.shutdown(MINUTE).await.unwrap();
    sleep(3 * MINUTE).await;
    assert_eq!(runs.get(), 3);
}

#[tokio::test(start_paused = true)]
async fn a_schedule_ends_with_its_flow() {
    let (counting, runs) = Counting::new("counting", WarmPlan::on_demand().every(MINUTE));
    let flow = CacheFlow::builder().warmer(counting).build().await.unwrap();
    sleep(MINUTE * 3 / 2).await;
    assert_eq!(runs.get(), 1);
    drop(flow);
    sleep(3 * MINUTE).await;
    assert_eq!(runs.get(), 1);
}

/// A cache's own schedule does not keep its flow alive either.
#[tokio::test(start_paused = true)]
async fn a_cache_warms_itself_once_an_interval_until_its_flow_is_gone() {
    let flow = alone().await;
    let runs = Count::default();
    let source = {
        let runs = runs.clone();
        move |pairs| {
            runs.add();
            send(pairs, [7])
        }
    };
    let builder = flow.cache("numbers").warm_with(source);
    let numbers: Cache<u64, u64> = builder.warming_interval(MINUTE).build().unwrap();
    let mut events = flow.events();
    sleep(MINUTE * 5 / 2).await;
    assert_eq!(runs.get(), 2);
    drop((flow, numbers));
    while events.next().await.is_some() {}
    sleep(3 * MINUTE).await;
    assert_eq!(runs.get(), 2);
}

#[tokio::test(start_paused = true)]
async fn a_run_that_takes_longer_than_its_interval_is_not_overtaken() {
    let (begun, ended) = (Count::default(), Count::default());
    let slow = {
        let (begun, ended) = (begun.clone(), ended.clone());
        move || {
            let (begun, ended) = (begun.clone(), ended.clone());
            async move {
                assert_eq!(begun.add(), ended.get() + 1, "two at once");
                sleep(MINUTE * 5 / 2).await;
                ended.add();
                Ok(WarmReport::warmed(1))
            }
        }
    };
    let plan = WarmPlan::on_demand().every(MINUTE);
    let builder = CacheFlow::builder().warmer(Doing("slow", plan, slow));
    let _flow = builder.build().await.unwrap();
    sleep(10 * MINUTE).await;
    assert!((3..=4).contains(&ended.get()), "{}", ended.get());
}

/// Cron goes by the system's clock: every second, and how often is not asserted.
#[tokio::test]
async fn a_table_of_times_is_kept_to() {
    let (counting, runs) = Counting::new("counting", WarmPlan::on_demand().cron("* * * * * *"));
    let _flow = CacheFlow::builder().warmer(counting).build().await.unwrap();
    runs.reaches(1).await;
    let own = Count::default();
    let flow = alone().await;
    let source = {
        let own = own.clone();
        move |pairs| {
            own.add();
            send(pairs, [7])
        }
    };
    let builder = flow.cache::<u64, u64>("numbers").warm_with(source);
    let _numbers = builder.warming_cron("* * * * * *").build().unwrap();
    own.reaches(1).await;
}

#[tokio::test(start_paused = true)]
async fn only_so_many_run_at_once() {
    let (running, most) = (Count::default(), Count::default());
    let (mut builder, ended) = (
        CacheFlow::builder().warming_parallelism(2),
        Count::default(),
    );
    for name in ["a", "b", "c", "d", "e"] {
        let (running, most, ended) = (running.clone(), most.clone(), ended.clone());
        let work = move || {
            let (running, most, ended) = (running.clone(), most.clone(), ended.clone());
            async move {
                let now = running.add() - ended.get();
                while most.get() < now {
                    most.add();
                }
                sleep(MINUTE).await;
                ended.add();
                Ok::<_, BoxError>(WarmReport::warmed(1))
            }
        };
        builder = builder.warmer(Doing(name, WarmPlan::new(), work));
    }
    let _flow = builder.build().await.unwrap();
    sleep(10 * MINUTE).await;
    assert_eq!((ended.get(), most.get()), (5, 2));
}
