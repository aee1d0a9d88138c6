//! After much was forgotten.

use std::time::Duration;

use cacheflow::{BoxError, Cache, CacheFlow};
use cacheflow_testkit::MemoryBackend;
use tokio::time::sleep;

use crate::world::{Count, alone, on, send, subscribed};

const MINUTE: Duration = Duration::from_secs(60);

/// A cache of ten numbers that counts its warmings, with or without `rewarm`.
fn numbers(flow: &CacheFlow, rewarm: bool) -> (Cache<u64, u64>, Count) {
    let runs = Count::default();
    let source = {
        let runs = runs.clone();
        move |pairs| {
            let runs = runs.clone();
            async move {
                send(pairs, 0..10).await?;
                runs.add();
                Ok::<_, BoxError>(())
            }
        }
    };
    let builder = flow.cache("numbers").warm_with(source);
    let builder = builder.tags(|number: &u64| vec![format!("odd:{}", number % 2)]);
    let builder = if rewarm {
        builder.rewarm(MINUTE)
    } else {
        builder
    };
    (builder.build().unwrap(), runs)
}

#[tokio::test(start_paused = true)]
async fn all_that_forgets_much_is_followed_by_a_warming() {
    let flow = alone().await;
    let (cache, runs) = numbers(&flow, true);
    flow.warm("numbers").await.unwrap();
    let mut expected = 1;
    let forget = || flow.invalidate();
    for (what, forgetting) in [
        ("its cache", forget().cache("numbers")),
        ("everything", forget().all()),
        ("a tag", forget().tags(["odd:1"])),
        ("a pattern", forget().pattern("numbers:*")),
    ] {
        let _ = forgetting.send().await.unwrap();
        sleep(2 * MINUTE).await;
        expected += 1;
        assert_eq!(runs.get(), expected, "{what}");
        assert!(cache.peek(&1).is_some(), "{what}");
    }
    for (what, forgetting) in [
        ("another cache", forget().cache("others")),
        ("a tag that nothing here has", forget().tags(["odd:7"])),
        ("a pattern of others", forget().pattern("others:*")),
        ("one key", forget().keys(["numbers:1"])),
    ] {
        let _ = forgetting.send().await.unwrap();
        sleep(2 * MINUTE).await;
        assert_eq!(runs.get(), expected, "{what}");
    }
}

#[tokio::test(start_paused = true)]
async fn nothing_is_warmed_anew_unless_that_is_asked_for() {
    let flow = alone().await;
    let (cache, runs) = numbers(&flow, false);
    let _ = cache.clear().await.unwrap();
    sleep(2 * MINUTE).await;
    assert_eq!(runs.get(), 0);
    let flow = CacheFlow::builder().warming(false).build().await.unwrap();
    let (cache, runs) = numbers(&flow, true);
    let _ = cache.clear().await.unwrap();
    sleep(2 * MINUTE).await;
    assert_eq!(runs.get(), 0, "where warming is off");
}

/// At most once a minute; and the last clear is followed by one.
#[tokio::test(start_paused = true)]
async fn clears_in_a_row_are_followed_by_one_warming_now_and_one_later() {
    let flow = alone().await;
    let (cache, runs) = numbers(&flow, true);
    for _ in 0..20 {
        let _ = cache.clear().await.unwrap();
        sleep(MINUTE / 30).await;
    }
    assert_eq!(runs.get(), 1);
    assert!(cache.peek(&1).is_none());
    sleep(2 * MINUTE).await;
    assert_eq!(runs.get(), 2);
    assert!(cache.peek(&1).is_some());
}

/// One of the nodes that hear of it warms, although it has done so a short while ago.
#[tokio::test(start_paused = true)]
async fn one_node_warms_anew_for_all() {
    let server = MemoryBackend::new();
    let (one, two) = (
        on(&server).build().await.unwrap(),
        on(&server).build().await.unwrap(),
    );
    subscribed(&one).await;
    subscribed(&two).await;
    let (here, first) = numbers(&one, true);
    let (_there, second) = numbers(&two, true);
    for expected in 1..=2 {
        let _ = here.clear().await.unwrap();
        sleep(2 * MINUTE).await;
        assert_eq!(first.get() + second.get(), expected);
    }
}
