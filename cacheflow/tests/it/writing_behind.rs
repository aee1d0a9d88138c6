//! Write-behind: values are there at once, and written to their source later.

use std::sync::{Arc, Mutex};
use std::time::Duration;

use cacheflow::{
    Cache, CacheFlow, ErrorKind, Event, RefreshAhead, Strategy, WriteBehind, WriteBehindCache,
};
use cacheflow_testkit::eventually;
use tokio::sync::{Semaphore, watch};

use crate::strategic::{Count, TTL, ends, nodes};
use crate::support::{HOUR, WITHIN, alone, assert_parts, cached, load};

pub(crate) type Behind = WriteBehindCache<u64, u64>;
pub(crate) type Batch = Vec<(u64, u64)>;

/// A source that batches are written to, with what it does about them.
#[derive(Clone)]
pub(crate) struct Source {
    batches: Arc<Mutex<Vec<Batch>>>,
    pub(crate) begun: Count,
    /// One permit is taken for each batch.
    pub(crate) may: Arc<Semaphore>,
    pub(crate) fails: Arc<watch::Sender<Option<&'static str>>>,
}

impl Source {
    pub(crate) fn open() -> Self {
        let source = Self::closed();
        source.may.add_permits(100_000);
        source
    }

    /// One that writes nothing until it is let.
    pub(crate) fn closed() -> Self {
        Self {
            batches: Arc::default(),
            begun: Count::default(),
            may: Arc::new(Semaphore::new(0)),
            fails: Arc::new(watch::Sender::new(None)),
        }
    }

    pub(crate) async fn write(self, batch: Batch) -> Result<(), String> {
        self.begun.add();
        self.may.acquire().await.unwrap().forget();
        let fails = *self.fails.borrow();
        match fails {
            Some("panic") => panic!("as the test says"),
            Some(error) => Err(error.to_owned()),
            None => {
                self.batches.lock().unwrap().push(batch);
                Ok(())
            }
        }
    }

    pub(crate) fn batches(&self) -> Vec<Batch> {
        self.batches.lock().unwrap().clone()
    }

    pub(crate) async fn has(&self, batches: usize) {
        let what = format!("{batches} batches are written");
        eventually(&what, WITHIN, async || self.batches().len() >= batches).await;
    }
}

/// What waits for nothing but to be told.
pub(crate) fn patient() -> WriteBehind {
    WriteBehind::new().flush_every(HOUR)
}

pub(crate) fn behind(flow: &CacheFlow, config: WriteBehind, source: &Source) -> Behind {
    let source = source.clone();
    let builder = flow.cache("behind").ttl(TTL).ttl_jitter(0.0);
    let builder = builder.strategy(Strategy::multi_level().write_behind(config));
    builder
        .build_with_writer(move |batch| source.clone().write(batch))
        .unwrap()
}

/// The same cache on a node that writes nothing.
pub(crate) fn reader(flow: &CacheFlow) -> Cache<u64, u64> {
    flow.cache("behind").build().unwrap()
}

pub(crate) async fn write(cache: &Behind, key: u64, value: u64) {
    let _ = ends("a write", cache.write(&key, value)).await.unwrap();
}

#[tokio::test]
async fn a_value_is_there_on_both_nodes_before_its_source_has_it() {
    let (server, _clock, [one, two]) = nodes().await;
    let source = Source::open();
    let cache = behind(&one.flow, patient(), &source);
    let there = reader(&two.flow);
    load(&there, 1, 10).await;
    write(&cache, 1, 11).await;
    assert_eq!(cache.get(&1).await, Some(11));
    let new = async || there.get(&1).await == Some(11);
    eventually("the other node has it", WITHIN, new).await;
    assert_eq!(server.names().len(), 1);
    assert_eq!((cache.pending(), source.batches().len()), (1, 0));
    ends("the flush", cache.flush()).await;
    assert_eq!(
        (cache.pending(), source.batches()),
        (0, vec![vec![(1, 11)]])
    );
    assert_eq!(cached(&cache, 1).await, 11);
}

#[tokio::test]
async fn values_are_written_by_their_number_and_by_their_age() {
    let source = Source::open();
    let cache = behind(&alone().await, patient().batch(3), &source);
    write(&cache, 1, 10).await;
    write(&cache, 2, 20).await;
    for _ in 0..100 {
        tokio::task::yield_now().await;
    }
    assert_eq!((cache.pending(), source.begun.get()), (2, 0));
    write(&cache, 3, 30).await;
    source.has(1).await;
    assert_eq!(source.batches(), [[(1, 10), (2, 20), (3, 30)]]);

    let source = Source::open();
    let often = WriteBehind::new().flush_every(Duration::from_millis(10));
    let cache = behind(&alone().await, often, &source);
    for key in 1..=2 {
        write(&cache, key, key).await;
        source.has(key as usize).await;
    }
    let empty = async || cache.pending() == 0;
    eventually("nothing waits", WITHIN, empty).await;
}

#[tokio::test]
async fn of_a_key_the_newest_value_is_written_and_never_two_at_once() {
    let source = Source::closed();
    let cache = behind(&alone().await, patient().batch(1), &source);
    write(&cache, 1, 10).await;
    source.begun.reaches(1).await;
    // In flight: the next waits, and the one after that takes its place.
    for value in [11, 12, 13] {
        write(&cache, 1, value).await;
    }
    write(&cache, 2, 20).await;
    for _ in 0..100 {
        tokio::task::yield_now().await;
    }
    assert_eq!((source.begun.get(), cache.pending()), (1, 2));
    assert_eq!(cache.get(&1).await, Some(13));
    source.may.add_permits(10);
    source.has(3).await;
    let of_one: Vec<_> = source
        .batches()
        .concat()
        .into_iter()
        .filter(|(k, _)| *k == 1)
        .collect();
    assert_eq!(of_one, [(1, 10), (1, 13)]);
    let empty = async || cache.pending() == 0;
    eventually("nothing waits", WITHIN, empty).await;
    assert_eq!(cache.get(&1).await, Some(13));
}

#[tokio::test(flavor = "multi_thread", worker_threads = 4)]
async fn under_many_writers_the_source_ends_with_what_is_read() {
    let source = Source::open();
    let cache = behind(&alone().await, patient().batch(4).max_pending(8), &source);
    let tasks: Vec<_> = (0..8_u64)
        .map(|task| {
            let cache = cache.clone();
            tokio::spawn(async move {
                for step in 0..100 {
                    write(&cache, step % 5 + 5 * task, step).await;
                }
            })
        })
        .collect();
    for task in tasks {
        task.await.unwrap();
    }
    ends("the flush", cache.flush()).await;
    let mut last = std::collections::HashMap::new();
    for (key, value) in source.batches().concat() {
        let older = last.insert(key, value);
        assert!(older.is_none_or(|older| older <= value), "in their order");
    }
    for key in 0..40 {
        assert_eq!(last[&key], 95 + key % 5);
        // Of two puts that overlap neither is kept, though both are of the newest.
        let read = cache.get(&key).await;
        assert!(read.is_none_or(|read| read == last[&key]));
    }
}

#[tokio::test]
async fn a_writer_that_fails_or_panics_is_tried_again_and_told() {
    for fault in ["refused", "panic"] {
        let flow = alone().await;
        let source = Source::open();
        let mut events = flow.events();
        source.fails.send_replace(Some(fault));
        let cache = behind(&flow, patient().batch(2), &source);
        write(&cache, 1, 10).await;
        write(&cache, 2, 20).await;
        let failed = async {
            loop {
                let event = events.next().await.unwrap().unwrap();
                if let Event::WriteFailed {
                    cache,
                    values,
                    error,
                } = event
                {
                    return (cache.to_string(), values, error);
                }
            }
        };
        let (name, values, error) = ends("it is told", failed).await;
        assert_eq!((name.as_str(), values), ("behind", 2));
        assert!(fault == "panic" || &*error == "refused", "{error}");
        // A newer one takes the place of what was not written.
        write(&cache, 1, 11).await;
        assert_eq!((cache.pending(), cache.get(&1).await), (2, Some(11)));
        source.fails.send_replace(None);
        source.has(1).await;
        assert_eq!(source.batches(), [[(1, 11), (2, 20)]]);
        let empty = async || cache.pending() == 0;
        eventually("nothing waits", WITHIN, empty).await;
    }
}

#[tokio::test]
async fn who_finds_no_room_waits_for_it() {
    let source = Source::closed();
    let cache = behind(&alone().await, patient().batch(2).max_pending(2), &source);
    write(&cache, 1, 10).await;
    write(&cache, 2, 20).await;
    let late = {
        let cache = cache.clone();
        tokio::spawn(async move { cache.write(&3, 30).await.is_ok() })
    };
    // A key that waits already needs no room.
    source.begun.reaches(1).await;
    write(&cache, 1, 11).await;
    assert!(!late.is_finished());
    assert_eq!((cache.pending(), cache.get(&3).await), (2, None));
    // Cancelled while it waits, it has not happened.
    let cancelled = {
        let cache = cache.clone();
        tokio::spawn(async move { cache.write(&4, 40).await.is_ok() })
    };
    tokio::task::yield_now().await;
    cancelled.abort();
    let _ = cancelled.await;
    source.may.add_permits(10);
    assert!(ends("the late one", late).await.unwrap());
    ends("the flush", cache.flush()).await;
    let mut written = source.batches().concat();
    written.sort_unstable();
    assert_eq!(written, [(1, 10), (1, 11), (2, 20), (3, 30)]);
    assert_eq!(cache.get(&4).await, None);
}

#[tokio::test]
async fn a_shutdown_writes_all_or_says_what_is_lost() {
    let flow = alone().await;
    let source = Source::open();
    let cache = behind(&flow, patient(), &source);
    for key in 0..250 {
        write(&cache, key, key).await;
    }
    flow.shutdown(WITHIN).await.unwrap();
    let mut written = source.batches().concat();
    written.sort_unstable();
    assert_eq!(written, (0..250).map(|key| (key, key)).collect::<Vec<_>>());
    assert_eq!(cache.pending(), 0);
    let refused = cache.write(&1, 11).await.unwrap_err();
    assert_eq!((refused.kind(), cache.pending()), (ErrorKind::Closed, 0));

    let flow = alone().await;
    let source = Source::closed();
    let cache = behind(&flow, patient(), &source);
    for key in 0..3 {
        write(&cache, key, key).await;
    }
    let lost = flow.shutdown(Duration::from_millis(20)).await.unwrap_err();
    assert_eq!(lost.kind(), ErrorKind::Timeout);
    assert_parts(&lost, &["writes=3"]);
}

/// Nobody makes room any more, and nobody writes.
#[tokio::test]
async fn who_waits_for_room_or_for_a_flush_is_not_left_waiting_by_a_shutdown() {
    let flow = alone().await;
    let source = Source::closed();
    let cache = behind(&flow, patient().batch(1).max_pending(1), &source);
    write(&cache, 1, 10).await;
    let late = {
        let cache = cache.clone();
        tokio::spawn(async move { cache.write(&2, 20).await })
    };
    let flushing = {
        let cache = cache.clone();
        tokio::spawn(async move { cache.flush().await })
    };
    source.begun.reaches(1).await;
    flow.shutdown(Duration::from_millis(20)).await.unwrap_err();
    let refused = ends("the write", late).await.unwrap();
    assert_eq!(refused.unwrap_err().kind(), ErrorKind::Closed);
    ends("the flush", flushing).await.unwrap();
}

#[tokio::test]
async fn what_cannot_work_is_refused() {
    let flow = alone().await;
    let with = |strategy: Strategy| flow.cache::<u64, u64>("a").strategy(strategy);
    let behind = || Strategy::multi_level().write_behind(patient());
    let write = async |_: Batch| Ok::<_, String>(());
    let faults = [
        (with(behind()).build().err(), "build_with_writer"),
        (
            with(Strategy::multi_level()).build_with_writer(write).err(),
            "write_behind",
        ),
        (
            with(behind().write_behind(patient().batch(5).max_pending(4)))
                .build_with_writer(write)
                .err(),
            "max_pending",
        ),
    ];
    for (error, part) in faults {
        let error = error.unwrap_or_else(|| panic!("not refused: {part}"));
        assert_eq!(error.kind(), ErrorKind::InvalidConfig);
        assert_parts(&error, &[part]);
    }
}

/// Nobody there knows how to write, or how to load.
#[tokio::test]
async fn what_needs_the_other_kind_of_cache_is_refused() {
    let flow = alone().await;
    let behind = || Strategy::multi_level().write_behind(patient());
    let loader = flow.cache::<u64, u64>("a").strategy(behind());
    let loader = loader.build_with_loader(async |key| Ok::<u64, String>(key));
    let by_itself = RefreshAhead::at(0.5).by_itself();
    let writer = flow.cache::<u64, u64>("b");
    let writer = writer.strategy(behind().refresh_ahead(by_itself));
    let writer = writer.build_with_writer(async |_: Batch| Ok::<_, String>(()));
    let refused = [
        (loader.err(), "build_with_writer"),
        (writer.err(), "by_itself"),
    ];
    for (error, part) in &refused {
        assert!(error.is_some(), "not refused: {part} ({refused:?})");
    }
}

#[tokio::test]
async fn a_second_writer_is_refused_and_the_first_goes_on() {
    let flow = alone().await;
    let source = Source::open();
    let cache = behind(&flow, patient(), &source);
    let builder = flow.cache::<u64, u64>("behind").ttl(TTL).ttl_jitter(0.0);
    let builder = builder.strategy(Strategy::multi_level().write_behind(patient()));
    let second = builder.build_with_writer(async |_: Batch| Err::<(), _>("the second"));
    let refused = second.unwrap_err();
    assert_eq!(refused.kind(), ErrorKind::InvalidConfig);
    assert_parts(&refused, &["once"]);
    // A handle for readers sees what waits as well.
    let reader = reader(&flow);
    write(&cache, 1, 11).await;
    let _ = reader.invalidate(&1).await.unwrap();
    assert_eq!(reader.get(&1).await, Some(11));
    ends("the flush", cache.flush()).await;
    assert_eq!(source.batches(), [[(1, 11)]]);
}
