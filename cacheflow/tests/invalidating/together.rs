//! Keys that are forgotten by several callers at once.

use std::future::Future;

use cacheflow::event::Forgotten;
use cacheflow::{Applied, Cache, Event, Result};
use cacheflow_testkit::{Held, MemoryBackend, Operation, eventually};
use tokio::task::JoinHandle;

use crate::world::{Node, WITHIN, forgotten, load, told, two_nodes};

/// Runs whatever can run, on the one thread that there is.
async fn all_wait() {
    for _ in 0..100 {
        tokio::task::yield_now().await;
    }
}

async fn in_a_task<T: Send + 'static>(
    work: impl Future<Output = T> + Send + 'static,
) -> JoinHandle<T> {
    let task = tokio::spawn(work);
    all_wait().await;
    task
}

async fn forgets(cache: &Cache<u64, u64>, key: u64) -> JoinHandle<Result<Applied>> {
    let cache = cache.clone();
    in_a_task(async move { cache.invalidate(&key).await }).await
}

/// The first key's record is held, and the others' callers wait.
async fn all_at_once(
    node: &Node,
    cache: &Cache<u64, u64>,
    keys: std::ops::Range<u64>,
) -> (Held, Vec<JoinHandle<Result<Applied>>>) {
    let held = node.gate.hold_before(Operation::Record);
    let mut callers = Vec::new();
    for key in keys {
        callers.push(forgets(cache, key).await);
    }
    held.reached().await;
    (held, callers)
}

async fn answers(callers: Vec<JoinHandle<Result<Applied>>>) -> Vec<Applied> {
    let mut answers = Vec::new();
    for caller in callers {
        let answer = tokio::time::timeout(WITHIN, caller).await;
        answers.push(answer.expect("it is told").unwrap().unwrap());
    }
    answers
}

#[tokio::test]
async fn who_comes_while_another_is_under_way_is_recorded_with_all_who_wait() {
    let (_, node, other) = two_nodes().await;
    let [here, there] = [&node, &other].map(|node| node.cache("numbers"));
    for key in 0..20 {
        load(&here, key, key).await;
        load(&there, key, key).await;
    }
    let mut events = other.flow.events();
    let _ = node.recording.take();
    let (held, callers) = all_at_once(&node, &here, 0..20).await;
    assert!(here.peek(&19).is_some(), "it waits");
    let rest = node.gate.hold_before(Operation::Record);
    held.release();
    rest.reached().await;
    all_wait().await;
    let ended = callers.iter().filter(|caller| caller.is_finished());
    assert_eq!(ended.count(), 1, "the others are not recorded yet");
    rest.release();
    assert_eq!(answers(callers).await, [Applied::Recorded; 20]);
    assert!((0..20).all(|key| here.peek(&key).is_none()));
    let records = node.recording.take();
    assert_eq!(records.len(), 2, "{records:?}");
    // One by one, another node was told of the first, and of all the others at once.
    let first = told(&mut events).await.forgotten;
    let rest = told(&mut events).await.forgotten;
    let keys = |forgotten: &Forgotten| forgotten.keys.len();
    assert_eq!((keys(&first), keys(&rest)), (1, 19));
    for key in 0..20 {
        forgotten(&there, key).await;
        assert_eq!(load(&there, key, 100 + key).await, 100 + key);
    }
}

#[tokio::test]
async fn when_the_store_does_not_answer_all_who_wait_are_told_so_at_once() {
    let server = MemoryBackend::new();
    let node = Node::on(&server).await;
    let cache = node.cache("numbers");
    for key in 0..5 {
        load(&cache, key, key).await;
    }
    let (held, callers) = all_at_once(&node, &cache, 0..5).await;
    node.failing.fail(Operation::Record);
    held.release();
    assert_eq!(answers(callers).await, [Applied::Local; 5]);
    assert!((0..5).all(|key| cache.peek(&key).is_none()));
    node.failing.heal(Operation::Record);
    let good = async || node.flow.health().is_good();
    eventually("the store was told", WITHIN, good).await;
    for key in 0..5 {
        assert_eq!(load(&cache, key, 100 + key).await, 100 + key);
    }
}

#[tokio::test]
async fn who_wants_to_know_how_much_went_and_who_names_more_than_keys_waits_for_nobody() {
    let server = MemoryBackend::new();
    let node = Node::on(&server).await;
    let cache = node.cache("numbers");
    for key in 0..3 {
        load(&cache, key, key).await;
    }
    let (held, callers) = all_at_once(&node, &cache, 0..2).await;
    let counted = node.flow.invalidate().keys(["numbers:2", "numbers:9"]);
    let counted = tokio::time::timeout(WITHIN, counted.send_counted()).await;
    let deleted = counted.unwrap().unwrap().deleted;
    assert_eq!((deleted.in_memory, deleted.in_store), (1, 1));
    let tagged = node.flow.invalidate().tags(["t"]).send();
    let tagged = tokio::time::timeout(WITHIN, tagged).await;
    assert_eq!(tagged.unwrap().unwrap(), Applied::Recorded);
    held.release();
    assert_eq!(answers(callers).await, [Applied::Recorded; 2]);
}

#[tokio::test]
async fn of_all_who_forget_at_once_one_tells() {
    let server = MemoryBackend::new();
    let node = Node::on(&server).await;
    let cache = node.cache("numbers");
    for key in 0..6 {
        load(&cache, key, key).await;
    }
    let (held, callers) = all_at_once(&node, &cache, 0..6).await;
    let mut events = node.flow.events();
    held.release();
    answers(callers).await;
    let mut removed = 0;
    for _ in 0..2 {
        let told = told(&mut events).await;
        assert!(!told.remote);
        assert_eq!(told.deleted.in_memory, told.forgotten.keys.len() as u64);
        removed += told.deleted.in_memory;
    }
    assert_eq!(removed, 6);
    let _ = cache.invalidate(&7).await.unwrap();
    let next = events.next().await;
    let is_seven = |forgotten: &Forgotten| forgotten.keys[0].as_str() == "numbers:7";
    let Some(Ok(Event::Invalidated { forgotten, .. })) = next else {
        panic!("{next:?}");
    };
    assert!(is_seven(&forgotten), "nothing is told twice");
}

#[tokio::test]
async fn of_changes_that_cannot_go_together_a_few_are_under_way_and_each_has_its_turn() {
    let server = MemoryBackend::new();
    let node = Node::on(&server).await;
    let cache = node.cache("numbers");
    let held: Vec<_> = (0..20)
        .map(|_| node.gate.hold_before(Operation::Put))
        .collect();
    let mut puts = Vec::new();
    for key in 0..20 {
        let cache = cache.clone();
        puts.push(in_a_task(async move { cache.put(&key, 100 + key).await }).await);
    }
    let under_way = || held.iter().filter(|held| held.is_reached()).count();
    assert_eq!(under_way(), 16);
    drop(held);
    assert_eq!(answers(puts).await, [Applied::Recorded; 20]);
    assert!((0..20).all(|key| {
        cache
            .peek(&key)
            .is_some_and(|found| found.value == 100 + key)
    }));
}

/// The store looks back at no more than some hundred records.
#[tokio::test]
async fn a_put_is_kept_however_much_else_was_recorded_since_its_beginning() {
    let (_, node, other) = two_nodes().await;
    let [here, there] = [&node, &other].map(|node| node.cache("numbers"));
    let others = node.cache("others");
    let write = async || {
        for key in 0..400 {
            let _ = others.invalidate(&key).await.unwrap();
        }
        Ok::<_, String>(7)
    };
    let written = here.write_through(&1, write).await.unwrap();
    assert!(written.kept);
    assert_eq!(load(&there, 1, 8).await, 7, "it lies in the store");
}

#[tokio::test]
async fn a_put_is_not_kept_if_its_key_was_forgotten_since_its_beginning() {
    let (_, node, other) = two_nodes().await;
    let [here, there] = [&node, &other].map(|node| node.cache("numbers"));
    load(&here, 1, 5).await;
    let write = async || {
        let _ = there.invalidate(&1).await.unwrap();
        forgotten(&here, 1).await;
        Ok::<_, String>(7)
    };
    let written = here.write_through(&1, write).await.unwrap();
    assert!(!written.kept);
    assert_eq!(load(&there, 1, 8).await, 8, "the store has nothing");
}
