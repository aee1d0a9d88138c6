//! One node warms for all.

use std::time::Duration;

use cacheflow::clock::Clock;
use cacheflow::{Cache, CacheFlow, WarmPlan, WarmReport};
use cacheflow_testkit::{Failing, MemoryBackend, Operation};
use tokio::time::sleep;

use crate::world::{Count, Counting, Doing, WITHIN, on, send};

const MINUTE: Duration = Duration::from_secs(60);

/// A flow on `server` with a warmer that counts its runs.
async fn node(server: &MemoryBackend, plan: &WarmPlan) -> (CacheFlow, Count) {
    let (counting, runs) = Counting::new("counting", plan.clone());
    let flow = on(server).warmer(counting).build().await.unwrap();
    (flow, runs)
}

#[tokio::test(start_paused = true)]
async fn at_the_start_one_node_warms_for_all() {
    let server = MemoryBackend::new();
    let (one, first) = node(&server, &WarmPlan::new()).await;
    sleep(MINUTE).await;
    let (_two, second) = node(&server, &WarmPlan::new()).await;
    sleep(MINUTE).await;
    assert_eq!((first.get(), second.get()), (1, 0));
    // Asked for, it warms all the same.
    let warmed = one.warm("counting").await.unwrap();
    assert!(warmed[0].is_ok() && !warmed[0].by_another);
    assert_eq!(first.get(), 2);
}

#[tokio::test(start_paused = true)]
async fn each_node_warms_where_that_is_asked_for() {
    let server = MemoryBackend::new();
    let plan = WarmPlan::new().per_node(true);
    let (_one, first) = node(&server, &plan).await;
    let (_two, second) = node(&server, &plan).await;
    sleep(MINUTE).await;
    assert_eq!((first.get(), second.get()), (1, 1));
    // A cache's own as well.
    let runs = Count::default();
    for _ in 0..2 {
        let flow = on(&server).build().await.unwrap();
        let runs = runs.clone();
        let source = move |pairs| {
            runs.add();
            send(pairs, [7])
        };
        let builder = flow.cache("own").warm_with(source).warm_per_node(true);
        let _own: Cache<u64, u64> = builder.warm_on_startup().build().unwrap();
        sleep(MINUTE).await;
    }
    assert_eq!(runs.get(), 2);
}

/// Leases of the backend end by its own clock, which is moved beside tokio's.
#[tokio::test(start_paused = true)]
async fn an_interval_is_warmed_once_by_one_of_the_nodes() {
    let clock = Clock::manual();
    let server = MemoryBackend::with_clock(clock.clone());
    let plan = WarmPlan::on_demand().every(10 * MINUTE);
    let (one, first) = node(&server, &plan).await;
    sleep(3 * MINUTE).await;
    clock.advance(3 * MINUTE);
    let (_two, second) = node(&server, &plan).await;
    let minutes = async |count: u32| {
        for _ in 0..count {
            sleep(MINUTE).await;
            clock.advance(MINUTE);
        }
    };
    minutes(40).await;
    assert_eq!((first.get(), second.get()), (4, 0));
    // The other takes over when the first is gone.
    one.shutdown(MINUTE).await.unwrap();
    minutes(30).await;
    assert_eq!(first.get(), 4);
    assert!((2..=3).contains(&second.get()), "{}", second.get());
}

#[tokio::test(start_paused = true)]
async fn for_how_long_a_warming_does_for_all_can_be_said() {
    let clock = Clock::manual();
    let server = MemoryBackend::with_clock(clock.clone());
    let plan = WarmPlan::new().once_per(MINUTE);
    let (_one, first) = node(&server, &plan).await;
    sleep(MINUTE).await;
    clock.advance(MINUTE + Duration::from_secs(1));
    let (_two, second) = node(&server, &plan).await;
    sleep(MINUTE).await;
    assert_eq!((first.get(), second.get()), (1, 1));
}

/// Another node may know how to do it.
#[tokio::test(start_paused = true)]
async fn a_warming_that_failed_is_tried_by_the_next_node() {
    let server = MemoryBackend::new();
    let tries = Count::default();
    for _ in 0..2 {
        let tries = tries.clone();
        let fails = move || {
            tries.add();
            async { Err::<WarmReport, _>("no database".into()) }
        };
        let builder = on(&server).warmer(Doing("fails", WarmPlan::new(), fails));
        let _flow = builder.build().await.unwrap();
        sleep(MINUTE).await;
    }
    assert_eq!(tries.get(), 2);
}

#[tokio::test(start_paused = true)]
async fn a_start_waits_for_the_node_that_warms_already() {
    let server = MemoryBackend::new();
    let done = Count::default();
    let slow = |done: Count| {
        move || {
            let done = done.clone();
            async move {
                sleep(MINUTE / 2).await;
                done.add();
                Ok(WarmReport::warmed(1))
            }
        }
    };
    let first = on(&server).warmer(Doing("slow", WarmPlan::new(), slow(done.clone())));
    let _first = first.build().await.unwrap();
    sleep(MINUTE / 6).await;
    let second = on(&server).required_warmer(Doing("slow", WarmPlan::new(), slow(done.clone())));
    let _second = second.build().await.unwrap();
    assert_eq!(done.get(), 1, "the other's, which is done");
}

#[tokio::test(start_paused = true)]
async fn without_the_leases_server_each_node_warms() {
    let server = MemoryBackend::new();
    for _ in 0..2 {
        let failing = Failing::new(server.clone());
        failing.fail(Operation::Acquire);
        let (counting, runs) = Counting::new("counting", WarmPlan::new());
        let builder = CacheFlow::builder()
            .backend(failing)
            .operation_budget(WITHIN);
        let _flow = builder.warmer(counting).build().await.unwrap();
        sleep(MINUTE).await;
        assert_eq!(runs.get(), 1);
    }
}

/// Another need not wait until the leases of a node that left have ended by themselves.
#[tokio::test(start_paused = true)]
async fn a_node_that_is_shut_down_leaves_its_turn_to_others() {
    // A clock that stands still: no lease ends by itself.
    let server = MemoryBackend::with_clock(Clock::manual());
    let begun = Count::default();
    let hangs = {
        let begun = begun.clone();
        move || {
            begun.add();
            std::future::pending()
        }
    };
    let first = on(&server).warmer(Doing("slow", WarmPlan::new(), hangs));
    let first = first.build().await.unwrap();
    begun.reaches(1).await;
    first.shutdown(MINUTE).await.unwrap();
    let runs = Count::default();
    let done = {
        let runs = runs.clone();
        move || {
            runs.add();
            async { Ok(WarmReport::warmed(1)) }
        }
    };
    let second = on(&server).required_warmer(Doing("slow", WarmPlan::new(), done));
    let _second = second.build().await.unwrap();
    assert_eq!(runs.get(), 1);
}
