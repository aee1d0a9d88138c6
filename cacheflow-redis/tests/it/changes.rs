//! Attributed functions that change their source, on two nodes.

use std::convert::Infallible;
use std::sync::Arc;

use cacheflow::{CacheFlow, cache_evict, cache_put, cached};
use cacheflow_testkit::{RedisServer, eventually};
use tokio::sync::oneshot;

use crate::world::{BOUND, Db, Node, PREFIX, bytes_of, two};

#[cached(cache = "users", key = "{id}", tags = ["org:3"], flow = flow)]
async fn user(flow: &CacheFlow, db: &Db, id: u64) -> Result<u64, Infallible> {
    db.read().await
}

/// Tells that it has committed, and waits.
struct Held(oneshot::Sender<()>, oneshot::Receiver<()>);

impl Held {
    fn new() -> (Self, oneshot::Receiver<()>, oneshot::Sender<()>) {
        let ((committed, has_committed), (go, gone)) = (oneshot::channel(), oneshot::channel());
        (Self(committed, gone), has_committed, go)
    }

    async fn here(self) {
        self.0.send(()).unwrap();
        self.1.await.unwrap();
    }
}

#[cache_evict(user(flow, id), flow = flow)]
async fn change(flow: &CacheFlow, db: &Db, id: u64, version: u64, held: Option<Held>) {
    db.set(version);
    if let Some(held) = held {
        held.here().await;
    }
}

#[cache_evict(tags = ["org:{org}"], pattern = "users:{id}*", flow = flow)]
async fn change_many(flow: &CacheFlow, db: &Db, org: u64, id: u64, version: u64) {
    db.set(version);
}

#[cache_put(user(flow, id))]
async fn put(flow: &CacheFlow, db: &Db, id: u64, version: u64) -> u64 {
    db.set(version);
    version
}

/// The key is the last digit of the value: known when that is.
#[cache_put(user(flow, *result % 10), flow = flow)]
async fn create(flow: &CacheFlow, db: &Db, version: u64, held: Held) -> Option<u64> {
    db.set(version);
    held.here().await;
    Some(version)
}

async fn read(node: &Node, db: &Db, id: u64) -> u64 {
    user(&node.flow, db, id).await.unwrap()
}

/// Waits until a node reads this.
async fn comes_to_read(node: &Node, db: &Db, id: u64, version: u64) {
    eventually("the node reads what is new", BOUND, async || {
        read(node, db, id).await == version
    })
    .await;
}

#[tokio::test]
async fn what_is_evicted_here_is_evicted_there() {
    let (server, db) = (RedisServer::start().await, Db::at(1));
    let (a, b) = two(&server).await;
    for id in [7, 8] {
        assert_eq!((read(&a, &db, id).await, read(&b, &db, id).await), (1, 1));
    }
    change(&a.flow, &db, 7, 2, None).await;
    assert_eq!(bytes_of(&server, &format!("{PREFIX}users:7")).await, None);
    assert_eq!(read(&a, &db, 7).await, 2);
    comes_to_read(&b, &db, 7, 2).await;
    assert_eq!(read(&b, &db, 8).await, 1);
    change_many(&b.flow, &db, 3, 7, 3).await;
    for id in [7, 8] {
        assert_eq!(read(&b, &db, id).await, 3);
        comes_to_read(&a, &db, id, 3).await;
    }
}

#[tokio::test]
async fn what_is_put_here_is_found_there() {
    let (server, db) = (RedisServer::start().await, Db::at(1));
    let (a, b) = two(&server).await;
    assert_eq!((read(&a, &db, 7).await, read(&b, &db, 7).await), (1, 1));
    put(&a.flow, &db, 7, 2).await;
    let reads = db.reads();
    comes_to_read(&b, &db, 7, 2).await;
    assert_eq!(read(&a, &db, 7).await, 2);
    assert_eq!(db.reads(), reads, "both found it");
}

/// Between the commit of a row and its put, the other node changes it and is done.
#[tokio::test]
async fn an_older_value_is_not_put_over_a_newer_one() {
    let (server, db) = (RedisServer::start().await, Db::at(1));
    let (a, b) = two(&server).await;
    let (held, has_committed, go) = Held::new();
    let (flow, at): (_, Arc<Db>) = (a.flow.clone(), Arc::clone(&db));
    let writer = tokio::spawn(async move { create(&flow, &at, 17, held).await });
    has_committed.await.unwrap();
    put(&b.flow, &db, 7, 27).await;
    go.send(()).unwrap();
    assert_eq!(writer.await.unwrap(), Some(17));
    assert_eq!(read(&a, &db, 7).await, 27);
    comes_to_read(&b, &db, 7, 27).await;
}

/// The client gives up between the commit and the eviction.
#[tokio::test]
async fn a_caller_who_leaves_after_the_commit_leaves_nothing_old() {
    let (server, db) = (RedisServer::start().await, Db::at(1));
    let (a, b) = two(&server).await;
    assert_eq!((read(&a, &db, 7).await, read(&b, &db, 7).await), (1, 1));
    let (held, has_committed, _go) = Held::new();
    tokio::select! {
        () = change(&a.flow, &db, 7, 2, Some(held)) => panic!("it waits"),
        committed = has_committed => committed.unwrap(),
    }
    comes_to_read(&b, &db, 7, 2).await;
    comes_to_read(&a, &db, 7, 2).await;
}
