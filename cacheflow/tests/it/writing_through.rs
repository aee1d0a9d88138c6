//! Write-through: the source first, then all that is kept.

use cacheflow::{Applied, Cache, CacheFlow, Strategy, Written};
use cacheflow_testkit::{Operation, eventually};
use tokio::sync::oneshot;
use tokio::task::JoinHandle;

use crate::strategic::{SECOND, TTL, by_hand, cache, ends, nodes};
use crate::support::{
    Fault, HOUR, HeldLoad, Node, WITHIN, alone, cached, load, numbers, two_nodes,
};

type Writing = JoinHandle<Result<Written<u64>, Fault>>;

/// A write whose writer has begun and waits for its end.
async fn writing(
    cache: &Cache<u64, u64>,
    key: u64,
) -> (Writing, oneshot::Sender<Result<u64, Fault>>) {
    let (begun, has_begun) = oneshot::channel();
    let (go, end) = oneshot::channel();
    let cache = cache.clone();
    let task = tokio::spawn(async move {
        let writer = async move || {
            begun.send(()).unwrap();
            end.await.unwrap()
        };
        cache.write_through(&key, writer).await
    });
    has_begun.await.expect("the writer ran");
    (task, go)
}

async fn write(cache: &Cache<u64, u64>, key: u64, value: u64) -> Written<u64> {
    let written = cache.write_through(&key, async || Ok::<_, Fault>(value));
    written.await.unwrap()
}

async fn get_is(node: &Node, key: u64, value: Option<u64>) {
    let what = format!("key {key} is {value:?}");
    let is = async || node.cache.get(&key).await == value;
    eventually(&what, WITHIN, is).await;
}

#[tokio::test]
async fn until_the_source_is_written_readers_get_the_old_value_and_then_the_new_one() {
    let (_server, one, two) = two_nodes().await;
    load(&one.cache, 1, 10).await;
    assert_eq!(cached(&two.cache, 1).await, 10);
    let (task, go) = writing(&one.cache, 1).await;
    assert_eq!(cached(&one.cache, 1).await, 10);
    assert_eq!(cached(&two.cache, 1).await, 10);
    go.send(Ok(11)).unwrap();
    let written = task.await.unwrap().unwrap();
    assert_eq!(
        (written.value, written.applied, written.kept),
        (11, Applied::Recorded, true)
    );
    assert_eq!(one.memory(1), Some(11));
    get_is(&two, 1, Some(11)).await;
    assert_eq!(one.cache.stats().loads, 1, "nobody loaded it");
    assert_eq!((one.cache.under_way(), two.cache.stats().loads), (0, 0));
}

#[tokio::test]
async fn it_works_in_a_flow_that_shares_nothing() {
    let cache = numbers().await;
    let written = write(&cache, 1, 10).await;
    assert!(written.kept);
    assert_eq!(cached(&cache, 1).await, 10);
    let failed = cache.write_through(&1, async || Err::<u64, _>("refused"));
    assert_eq!(failed.await.unwrap_err(), "refused");
    assert_eq!(cache.get(&1).await, None);
}

/// The source may have been changed all the same.
#[tokio::test]
async fn a_writer_that_fails_leaves_nothing_behind() {
    let (server, one, two) = two_nodes().await;
    load(&one.cache, 1, 10).await;
    assert_eq!(cached(&two.cache, 1).await, 10);
    let (task, go) = writing(&one.cache, 1).await;
    go.send(Err("the answer was lost".to_owned())).unwrap();
    assert_eq!(task.await.unwrap().unwrap_err(), "the answer was lost");
    assert_eq!((one.memory(1), server.names().len()), (None, 0));
    two.forgotten(1).await;
}

#[tokio::test]
async fn a_writer_that_is_cancelled_or_panics_leaves_nothing_behind() {
    for panics in [false, true] {
        let (server, one, two) = two_nodes().await;
        load(&one.cache, 1, 10).await;
        assert_eq!(cached(&two.cache, 1).await, 10);
        let (task, go) = writing(&one.cache, 1).await;
        if panics {
            drop(go);
            assert!(task.await.unwrap_err().is_panic());
        } else {
            task.abort();
            assert!(task.await.unwrap_err().is_cancelled());
        }
        one.forgotten(1).await;
        two.forgotten(1).await;
        let empty = async || server.names().is_empty();
        eventually("the store has forgotten", WITHIN, empty).await;
        one.nobody_under_way().await;
        load(&one.cache, 1, 11).await;
        assert_eq!(one.memory(1), Some(11), "it can be kept again");
    }
}

#[tokio::test]
async fn a_load_that_began_before_a_write_does_not_bring_the_old_value_back() {
    let (_server, one, two) = two_nodes().await;
    for node in [&one, &two] {
        let held = HeldLoad::begin(&node.cache, 1).await;
        let during = writing(&one.cache, 1).await;
        let late = HeldLoad::begin(&node.cache, 2).await;
        let second = writing(&one.cache, 2).await;
        during.1.send(Ok(11)).unwrap();
        second.1.send(Ok(22)).unwrap();
        assert!(during.0.await.unwrap().unwrap().kept);
        assert!(second.0.await.unwrap().unwrap().kept);
        assert_eq!((held.end(10).await, late.end(20).await), (10, 20));
        for reader in [&one, &two] {
            get_is(reader, 1, Some(11)).await;
            get_is(reader, 2, Some(22)).await;
        }
        let _ = one.cache.invalidate_many([&1, &2]).await.unwrap();
        two.forgotten(1).await;
        two.forgotten(2).await;
    }
}

/// Whichever of two writers ends last in the cache: the source has the value of the
/// one that committed last, and nobody knows which that is.
#[tokio::test]
async fn of_two_writers_that_overlap_no_value_is_kept_that_may_be_the_older() {
    for same_node in [false, true] {
        for first_ends_first in [true, false] {
            let (server, one, two) = two_nodes().await;
            let other = if same_node { &one } else { &two };
            load(&one.cache, 1, 10).await;
            let first = writing(&one.cache, 1).await;
            let second = writing(&other.cache, 1).await;
            let order = match first_ends_first {
                true => [(first, 11), (second, 12)],
                false => [(second, 12), (first, 11)],
            };
            let mut kept = Vec::new();
            for ((task, go), value) in order {
                go.send(Ok(value)).unwrap();
                kept.push(task.await.unwrap().unwrap().kept);
            }
            assert!(!kept[1], "the one that ends last was overtaken");
            for node in [&one, &two] {
                get_is(node, 1, None).await;
                node.forgotten(1).await;
            }
            assert_eq!(server.names(), [""; 0]);
            assert!(write(&one.cache, 1, 13).await.kept);
            get_is(&two, 1, Some(13)).await;
        }
    }
}

#[tokio::test]
async fn a_write_during_which_the_key_is_forgotten_is_not_kept() {
    for by in ["key", "clear", "put"] {
        let (_server, one, two) = two_nodes().await;
        let (task, go) = writing(&one.cache, 1).await;
        let _ = match by {
            "key" => two.cache.invalidate(&1).await.unwrap(),
            "clear" => two.cache.clear().await.unwrap(),
            _ => two.cache.put(&1, 12).await.unwrap(),
        };
        go.send(Ok(11)).unwrap();
        let written = task.await.unwrap().unwrap();
        assert_eq!((written.value, written.kept), (11, false), "{by}");
        get_is(&one, 1, None).await;
        get_is(&two, 1, None).await;
    }
}

#[tokio::test]
async fn a_value_that_could_not_be_stored_is_forgotten_when_the_store_is_back() {
    let (server, one, two) = two_nodes().await;
    load(&one.cache, 1, 10).await;
    assert_eq!(cached(&two.cache, 1).await, 10);
    one.failing.fail(Operation::Put);
    one.failing.fail(Operation::Record);
    let written = write(&one.cache, 1, 11).await;
    assert_eq!((written.value, written.applied), (11, Applied::Local));
    assert_ne!(one.memory(1), Some(10));
    assert_eq!(one.cache.stats().store_failures, 1);
    one.failing.heal_all();
    two.forgotten(1).await;
    let gone = async || server.names().is_empty();
    eventually("the old value is removed", WITHIN, gone).await;
    one.subscribed().await;
    assert!(write(&one.cache, 1, 12).await.kept);
    get_is(&two, 1, Some(12)).await;
}

/// It is there, and nobody was told: nothing older may be served.
#[tokio::test]
async fn a_write_whose_answer_is_lost_serves_nothing_old() {
    let (_server, one, two) = two_nodes().await;
    load(&one.cache, 1, 10).await;
    assert_eq!(cached(&two.cache, 1).await, 10);
    one.failing.lose_answer(Operation::Put);
    let written = write(&one.cache, 1, 11).await;
    assert_eq!(written.applied, Applied::Local);
    one.failing.heal_all();
    one.subscribed().await;
    let new = async || two.cache.get(&1).await != Some(10) && one.cache.get(&1).await != Some(10);
    eventually("nobody has the old value", WITHIN, new).await;
}

#[tokio::test]
async fn several_keys_are_written_at_once_and_those_without_a_value_are_forgotten() {
    let (_server, one, two) = two_nodes().await;
    for key in 1..=3 {
        load(&one.cache, key, key).await;
        assert_eq!(cached(&two.cache, key).await, key);
    }
    let writer = async || Ok::<_, Fault>(vec![(2, 33), (0, 11)]);
    let written = one.cache.write_through_many([&1, &2, &3], writer).await;
    let written: Vec<_> = written.unwrap().iter().map(|w| (w.value, w.kept)).collect();
    assert_eq!(written, [(33, true), (11, true)], "in the writer's order");
    let after = [1, 2, 3].map(|key| one.memory(key));
    assert_eq!(after, [Some(11), None, Some(33)]);
    get_is(&two, 1, Some(11)).await;
    get_is(&two, 2, None).await;
    get_is(&two, 3, Some(33)).await;
    let none = one
        .cache
        .write_through_many([&1; 0], async || Ok::<_, Fault>(vec![]));
    assert_eq!(none.await, Ok(vec![]));
    let failed = one
        .cache
        .write_through_many([&1, &3], async || Err("refused"));
    assert_eq!(failed.await, Err("refused"));
    assert_eq!([1, 3].map(|key| one.memory(key)), [None, None]);
}

#[tokio::test]
async fn a_value_for_a_wrong_place_panics_and_all_keys_are_forgotten() {
    for values in [vec![(0, 11), (2, 33)], vec![(1, 21), (1, 22)]] {
        let (server, one, _two) = two_nodes().await;
        for key in [1, 2] {
            load(&one.cache, key, key).await;
        }
        let cache = one.cache.clone();
        let task = tokio::spawn(async move {
            let writer = async || Ok::<_, Fault>(values);
            cache.write_through_many([&1, &2], writer).await
        });
        assert!(task.await.unwrap_err().is_panic());
        one.forgotten(1).await;
        one.forgotten(2).await;
        let gone = async || server.names().is_empty();
        eventually("the store has forgotten", WITHIN, gone).await;
    }
}

#[tokio::test]
async fn one_key_twice_in_one_write_keeps_nothing_doubtful() {
    let cache = numbers().await;
    let writer = async || Ok::<_, Fault>(vec![(0, 11), (1, 12)]);
    let written = cache.write_through_many([&1, &1], writer).await.unwrap();
    assert!(!written[1].kept || cache.peek(&1).map(|found| found.value) == Some(12));
    assert_ne!(cache.peek(&1).map(|found| found.value), Some(11));
}

#[tokio::test]
async fn after_a_shutdown_the_writer_runs_and_nothing_is_kept() {
    let (_server, one, two) = two_nodes().await;
    load(&one.cache, 1, 10).await;
    one.flow.shutdown(WITHIN).await.unwrap();
    let written = write(&one.cache, 1, 11).await;
    assert_eq!((written.value, written.kept), (11, false));
    assert_eq!(one.memory(1), None);
    let failed = one
        .cache
        .write_through(&1, async || Err::<u64, _>("refused"));
    assert_eq!(
        ends("a refused write", failed).await.unwrap_err(),
        "refused"
    );
    let _ = two.cache.put(&1, 12).await.unwrap();
}

/// The shutdown comes while the writer writes.
#[tokio::test]
async fn a_write_that_is_overtaken_by_a_shutdown_ends() {
    let (_server, one, _two) = two_nodes().await;
    let (task, go) = writing(&one.cache, 1).await;
    one.flow.shutdown(WITHIN).await.unwrap();
    go.send(Ok(11)).unwrap();
    let written = ends("the write", task).await.unwrap().unwrap();
    assert_eq!((written.value, written.kept), (11, false));
}

#[tokio::test]
async fn what_is_put_has_the_tags_lifetime_and_jitter_of_the_cache() {
    let (flow, clock) = by_hand().await;
    let builder = flow.cache::<u64, u64>("a").ttl(TTL).ttl_jitter(0.0);
    let builder = builder.tags(|value: &u64| vec![format!("v:{value}")]);
    let cache = builder
        .ttl_from(|value| (*value > 50).then_some(*value as u32 * SECOND))
        .build()
        .unwrap();
    assert!(write(&cache, 1, 10).await.kept);
    assert!(write(&cache, 2, 60).await.kept);
    let _ = cache.put(&3, 70).await.unwrap();
    let remaining = |key| cache.peek(&key).unwrap().remaining;
    assert_eq!([1, 2, 3].map(remaining), [TTL, 60 * SECOND, 70 * SECOND]);
    let tagged = cache.tagged(["more"]).unwrap();
    write(&tagged, 4, 10).await;
    assert_eq!(cache.peek(&4).unwrap().tags().len(), 2);
    let _ = flow.invalidate().tags(["v:10"]).send().await.unwrap();
    assert_eq!([1, 4].map(|key| cache.peek(&key)), [None, None]);
    clock.advance(61 * SECOND);
    assert_eq!(cache.peek(&2), None);

    let builder = flow.cache("jitter").ttl(HOUR).ttl_jitter(0.5);
    let cache: Cache<u64, u64> = builder.build().unwrap();
    let mut lives = std::collections::HashSet::new();
    for key in 0..20 {
        write(&cache, key, key).await;
        let remaining = cache.peek(&key).unwrap().remaining;
        assert!(remaining >= HOUR / 2 && remaining <= HOUR * 3 / 2);
        lives.insert(remaining);
    }
    assert!(lives.len() > 10, "they do not end at once");
}

#[tokio::test]
async fn what_was_made_of_the_old_value_is_forgotten() {
    let flow: CacheFlow = alone().await;
    let child = cache(&flow, "child", Strategy::multi_level());
    let parent = cache(&flow, "parent", Strategy::multi_level());
    load(&child, 1, 10).await;
    let loader = async || Ok::<_, Fault>(cached(&child, 1).await + 1);
    assert_eq!(parent.get_or_load(&1, loader).await, Ok(11));
    write(&child, 1, 20).await;
    assert_eq!(parent.peek(&1), None);
}

#[tokio::test]
async fn writers_of_many_nodes_leave_the_newest_value_or_none() {
    let (_server, _clock, nodes) = nodes::<3>().await;
    let source = std::sync::Arc::new(std::sync::atomic::AtomicU64::new(0));
    let mut tasks = Vec::new();
    for (at, node) in (0..).zip(&nodes) {
        let (cache, source) = (node.cache.clone(), source.clone());
        tasks.push(tokio::spawn(async move {
            for step in 0..40_u64 {
                let writer = async || {
                    let value = source.fetch_add(1, std::sync::atomic::Ordering::SeqCst) + 1;
                    for _ in 0..(step + at) % 4 {
                        tokio::task::yield_now().await;
                    }
                    Ok::<_, Fault>(value)
                };
                cache.write_through(&1, writer).await.unwrap();
            }
        }));
    }
    for task in tasks {
        task.await.unwrap();
    }
    let newest = source.load(std::sync::atomic::Ordering::SeqCst);
    for node in &nodes {
        let good = async || node.cache.get(&1).await.is_none_or(|value| value == newest);
        eventually("nobody has an older value", WITHIN, good).await;
        node.nobody_under_way().await;
    }
}
