//! Functions that are not asynchronous.

use std::sync::Barrier;

use cacheflow::{CacheFlow, cached};
use cacheflow_testkit::MemoryBackend;

use super::{Source, User};
use crate::support::{Node, alone};

#[cached(key = "{id}", flow = flow, tags = ["org:{result.org}"], cache_err = "1h")]
fn find(flow: &CacheFlow, source: &Source, id: u64) -> Result<User, String> {
    let user = source.user(id);
    if id == 0 {
        Err(format!("no {}", user.asked))
    } else {
        Ok(user)
    }
}

#[tokio::test]
async fn a_function_that_is_not_async_is_cached_in_its_process() {
    let server = MemoryBackend::new();
    let node = Node::on(&server).await;
    let (flow, source) = (&node.flow, Source::default());
    assert_eq!(find(flow, &source, 20).unwrap().asked, 1);
    assert_eq!(find(flow, &source, 20).unwrap().asked, 1);
    assert_eq!(find(flow, &source, 0).unwrap_err(), "no 2");
    assert_eq!(find(flow, &source, 0).unwrap_err(), "no 2", "kept");
    assert_eq!(find::peek(flow, 20).unwrap().value.asked, 1);
    assert_eq!(find::refresh(flow, &source, 20).unwrap().asked, 3);
    assert_eq!(find::original(flow, &source, 20).unwrap().asked, 4);
    let _ = flow.invalidate().tags(["org:2"]).send().await.unwrap();
    assert_eq!(find(flow, &source, 20).unwrap().asked, 5);
    let _ = find::put(flow, 20, User::default()).await.unwrap();
    assert_eq!(find(flow, &source, 20).unwrap().asked, 0);
    // Another node has its own.
    let other = Node::on(&server).await;
    assert_eq!(find(&other.flow, &source, 20).unwrap().asked, 6);
}

#[cached(key = "{id}", flow = flow)]
fn slow(flow: &CacheFlow, source: &Source, began: &Barrier, id: u64) -> User {
    began.wait();
    source.user(id)
}

/// The second thread has to ask while the first is in the body: the barrier is passed
/// by that thread and by this one.
#[tokio::test]
async fn threads_that_want_one_key_load_it_once() {
    let (flow, source) = (alone().await, Source::default());
    let began = Barrier::new(2);
    let asked = std::thread::scope(|scope| {
        let ask = || scope.spawn(|| slow(&flow, &source, &began, 1).asked);
        let threads = [ask(), ask(), ask(), ask()];
        began.wait();
        threads.map(|thread| thread.join().unwrap())
    });
    assert_eq!(asked, [1; 4]);
}

#[cached(key = "{id}", flow = flow)]
fn sum(flow: &CacheFlow, source: &Source, id: u64) -> u64 {
    let below = if id == 0 {
        0
    } else {
        sum(flow, source, id - 1)
    };
    below + source.user(id).id
}

#[cached(key = "{id}", flow = flow)]
fn itself(flow: &CacheFlow, source: &Source, id: u64) -> u64 {
    if source.user(id).asked == 1 {
        return itself(flow, source, id) + 1;
    }
    10
}

#[tokio::test]
async fn functions_that_call_themselves() {
    let (flow, source) = (alone().await, Source::default());
    assert_eq!(sum(&flow, &source, 3), 6);
    // What was made of it is forgotten with it.
    let _ = sum::invalidate(&flow, 1).await.unwrap();
    assert!(sum::peek(&flow, 3).is_none());
    assert!(sum::peek(&flow, 0).is_some());
    let source = Source::default();
    assert_eq!(
        itself(&flow, &source, 1),
        11,
        "the inner call runs the body"
    );
}

#[cached(key = "{id}", flow = flow)]
fn panics(flow: &CacheFlow, source: &Source, id: u64) -> u64 {
    let asked = source.user(id).asked;
    assert!(asked > 1, "the first time");
    asked
}

#[tokio::test]
async fn a_body_that_panics_poisons_nothing() {
    let (flow, source) = (alone().await, Source::default());
    let first = std::thread::scope(|scope| scope.spawn(|| panics(&flow, &source, 1)).join());
    assert!(first.is_err());
    assert_eq!(panics(&flow, &source, 1), 2);
    assert_eq!(panics(&flow, &source, 1), 2);
}
