//! From a source into the levels.

use std::collections::HashMap;
use std::time::Duration;

use cacheflow::codec::Compression;
use cacheflow::{BoxError, Cache, CacheFlow, Event, Level, Pairs, Strategy, WarmPage};
use cacheflow_testkit::{MemoryBackend, Operation, Recording};

use crate::world::{WITHIN, alone, on, send, subscribed};

#[tokio::test]
async fn what_was_sent_is_in_the_shared_store_and_in_memory() {
    let server = MemoryBackend::new();
    let flow = on(&server).build().await.unwrap();
    let numbers: Cache<u64, u64> = flow.cache("numbers").build().unwrap();
    let report = numbers.warm(|pairs| send(pairs, 0..1_300)).await.unwrap();
    assert_eq!(
        (report.items_warmed, report.refused, report.failed),
        (1_300, 0, 0)
    );
    assert_eq!(server.names().len(), 1_300);
    for number in [0, 499, 500, 1_299] {
        assert_eq!(numbers.peek(&number).unwrap().value, number);
    }
    let other = on(&server).build().await.unwrap();
    subscribed(&other).await;
    let there: Cache<u64, u64> = other.cache("numbers").build().unwrap();
    let found = there.lookup(&1_299).await.found().unwrap();
    assert_eq!((found.value, found.level), (1_299, Level::Shared));
}

/// A step for each batch, whose size is bounded by entries and by bytes; what comes in between
/// is not held back for ever.
#[tokio::test]
async fn batches_are_bounded_by_entries_and_by_bytes() {
    let recording = Recording::new(MemoryBackend::new());
    let builder = CacheFlow::builder().backend(recording.clone());
    let flow = builder.operation_budget(WITHIN).build().await.unwrap();
    subscribed(&flow).await;
    let sizes = || {
        let calls = recording.take();
        let fills = calls
            .iter()
            .filter(|call| call.operation == Operation::FillMany);
        fills
            .map(|call| call.about.split(' ').count())
            .collect::<Vec<_>>()
    };
    let numbers: Cache<u64, u64> = flow.cache("numbers").build().unwrap();
    numbers.warm(|pairs| send(pairs, 0..1_200)).await.unwrap();
    assert_eq!(sizes(), [500, 500, 200]);

    let texts: Cache<u64, String> = flow
        .cache("texts")
        .compression(Compression::none())
        .build()
        .unwrap();
    let sent = texts.warm(async |mut pairs: Pairs<u64, String>| {
        for number in 0..10 {
            pairs.send(&number, "x".repeat(300_000)).await;
        }
        Ok::<_, BoxError>(())
    });
    sent.await.unwrap();
    assert_eq!(sizes(), [4, 4, 2]);
}

/// The source does not run ahead of the shared store.
#[tokio::test]
async fn a_source_waits_for_the_shared_store() {
    let failing = cacheflow_testkit::Failing::new(MemoryBackend::new());
    let builder = CacheFlow::builder().backend(failing.clone());
    let flow = builder.operation_budget(WITHIN).build().await.unwrap();
    subscribed(&flow).await;
    let numbers: Cache<u64, u64> = flow.cache("numbers").build().unwrap();
    failing.hang(Operation::FillMany);
    let sent = crate::world::Count::default();
    let warming = tokio::spawn({
        let sent = sent.clone();
        async move {
            let source = async |mut pairs: Pairs<u64, u64>| {
                for number in 0..10_000 {
                    pairs.send(&number, number).await;
                    sent.add();
                }
                Ok::<_, BoxError>(())
            };
            numbers.warm(source).await.unwrap()
        }
    });
    sent.reaches(1_499).await;
    // Whatever it could do, it has done.
    for _ in 0..100 {
        tokio::task::yield_now().await;
    }
    assert_eq!(sent.get(), 1_499);
    failing.heal(Operation::FillMany);
    assert_eq!(warming.await.unwrap().items_warmed, 10_000);
}

#[tokio::test]
async fn pairs_have_the_tags_lifetimes_and_limits_of_loads() {
    let server = MemoryBackend::new();
    let flow = on(&server).build().await.unwrap();
    subscribed(&flow).await;
    let cache: Cache<u64, String> = flow
        .cache("texts")
        .ttl(Duration::from_secs(1_000))
        .ttl_jitter(0.0)
        .max_value_bytes(100)
        .tags(|text: &String| vec![format!("length:{}", text.len())])
        .ttl_from(|text: &String| match text.as_str() {
            "short" => Some(Duration::from_secs(10)),
            "never" => Some(Duration::ZERO),
            _ => None,
        })
        .build()
        .unwrap();
    let handle = cache.tagged(["warm"]).unwrap();
    let texts = [
        "short".to_owned(),
        "never".to_owned(),
        "x".repeat(200),
        "long one".to_owned(),
    ];
    let report = handle.warm(async move |mut pairs: Pairs<u64, String>| {
        for (number, text) in texts.into_iter().enumerate() {
            pairs.send(&(number as u64), text).await;
        }
        Ok::<_, BoxError>(())
    });
    let report = report.await.unwrap();
    assert_eq!((report.items_warmed, report.failed), (2, 2));
    let remaining = |key: u64| cache.peek(&key).map(|found| found.remaining.as_secs());
    assert_eq!((remaining(1), remaining(2)), (None, None));
    assert!((8..=10).contains(&remaining(0).unwrap()));
    assert!((990..=1_000).contains(&remaining(3).unwrap()));
    let _ = flow.invalidate().tags(["length:5"]).send().await.unwrap();
    assert_eq!(cache.get(&0).await, None);
    assert!(cache.get(&3).await.is_some());
    let _ = flow.invalidate().tags(["warm"]).send().await.unwrap();
    assert_eq!(cache.get(&3).await, None);
}

#[tokio::test]
async fn of_two_pairs_with_one_key_the_later_stays() {
    let flow = on(&MemoryBackend::new()).build().await.unwrap();
    let cache: Cache<u64, u64> = flow.cache("numbers").build().unwrap();
    let source = async |mut pairs: Pairs<u64, u64>| {
        for value in 1..=3 {
            pairs.send(&7, value).await;
        }
        Ok::<_, BoxError>(())
    };
    assert_eq!(cache.warm(source).await.unwrap().items_warmed, 1);
    assert_eq!(cache.get(&7).await, Some(3));
}

#[tokio::test]
async fn a_warming_replaces_what_was_there_before() {
    let flow = alone().await;
    let cache: Cache<u64, u64> = flow.cache("numbers").build().unwrap();
    let _ = cache.put(&7, 1).await.unwrap();
    cache.warm(|pairs| send(pairs, [7])).await.unwrap();
    assert_eq!(cache.get(&7).await, Some(7));
}

#[tokio::test]
async fn a_map_is_warmed_from() {
    let flow = alone().await;
    let cache: Cache<u64, u64> = flow
        .cache("numbers")
        .warm_from(|| async { Ok::<_, BoxError>(HashMap::from([(1, 10), (2, 20)])) })
        .build()
        .unwrap();
    assert_eq!(flow.warm("numbers").await.unwrap()[0].items_warmed, 2);
    assert_eq!(
        (cache.get(&1).await, cache.get(&2).await),
        (Some(10), Some(20))
    );
}

#[tokio::test]
async fn pages_follow_one_another_to_the_last() {
    let flow = alone().await;
    let cache: Cache<u64, u64> = flow
        .cache("numbers")
        .warm_pages(|from: Option<u64>| async move {
            let from = from.unwrap_or(0);
            let pairs = (from..from + 10).map(|number| (number, number));
            Ok::<_, BoxError>(match from {
                30 => WarmPage::last(pairs),
                _ => WarmPage::then(pairs, from + 10),
            })
        })
        .build()
        .unwrap();
    assert_eq!(flow.warm("numbers").await.unwrap()[0].items_warmed, 40);
    assert_eq!(cache.get(&39).await, Some(39));
}

/// Who gives its pairs away and comes back first is waited for.
#[tokio::test]
async fn pairs_that_outlive_their_source_are_kept_to_the_last() {
    let flow = alone().await;
    let cache: Cache<u64, u64> = flow.cache("numbers").build().unwrap();
    let report = cache.warm(async |pairs: Pairs<u64, u64>| {
        tokio::spawn(send(pairs, 0..1_100));
        Ok::<_, BoxError>(())
    });
    assert_eq!(report.await.unwrap().items_warmed, 1_100);
}

#[tokio::test]
async fn what_is_kept_of_a_pair_is_told_and_counted() {
    let flow = on(&MemoryBackend::new()).build().await.unwrap();
    subscribed(&flow).await;
    let cache: Cache<u64, u64> = flow.cache("numbers").build().unwrap();
    let mut events = flow.events();
    cache.warm(|pairs| send(pairs, [7])).await.unwrap();
    assert!(matches!(
        events.next().await,
        Some(Ok(Event::ItemSet { .. }))
    ));
    let stats = cache.stats();
    assert_eq!((stats.misses, stats.loads), (0, 0), "nobody has asked");
    assert!(stats.encoded_bytes > 0);
}

#[tokio::test]
async fn a_cache_that_is_written_behind_is_not_warmed() {
    let flow = alone().await;
    let strategy = Strategy::multi_level().write_behind(cacheflow::WriteBehind::new());
    let cache = flow
        .cache::<u64, u64>("numbers")
        .strategy(strategy)
        .build_with_writer(|_| async { Ok::<_, BoxError>(()) })
        .unwrap();
    let refused = cache.warm(|pairs| send(pairs, [7])).await.unwrap_err();
    assert!(
        refused.to_string().contains("without write_behind"),
        "{refused}"
    );
}
