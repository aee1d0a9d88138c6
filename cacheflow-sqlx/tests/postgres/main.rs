//! Transactions on sqlx's own PostgreSQL driver, before a server that does to their
//! commits what happens to commits.

mod server;

use std::time::Duration;

use cacheflow::{Applied, Cache, CacheFlow, cache_evict};
use cacheflow_sqlx::{BeginCached, CachedTransaction};
use server::{OnCommit, Server};
use sqlx::{Executor, PgConnection, PgPool, Postgres};

/// A bound against hanging, not an expectation.
const WITHIN: Duration = Duration::from_secs(30);

/// A server, a pool on it, and a cache that has values of 1 and 2.
async fn world(on_commit: OnCommit) -> (Server, PgPool, CacheFlow, Cache<u64, u64>) {
    let server = Server::start(on_commit).await;
    let flow = CacheFlow::builder().build().await.unwrap();
    let cache = flow.cache("users").build().unwrap();
    for key in [1, 2] {
        let _ = cache.put(&key, key).await.unwrap();
    }
    (server.clone(), server.pool().await, flow, cache)
}

fn kept(cache: &Cache<u64, u64>) -> [bool; 2] {
    [1, 2].map(|key| cache.peek(&key).is_some())
}

/// A transaction that has changed 1.
async fn begun(pool: &PgPool, flow: &CacheFlow) -> CachedTransaction<'static, Postgres> {
    let mut transaction = pool.begin_cached(flow).await.unwrap();
    transaction.execute("UPDATE").await.unwrap();
    let applied = transaction.invalidate().keys(["users:1"]).send().await;
    assert_eq!(applied.unwrap(), Applied::Deferred);
    transaction
}

#[tokio::test]
async fn what_was_changed_is_forgotten_after_the_commit() {
    let (server, pool, flow, cache) = world(OnCommit::Answer).await;
    let transaction = begun(&pool, &flow).await;
    assert_eq!(kept(&cache), [true, true]);
    assert_eq!(server.asked(), ["BEGIN", "UPDATE"]);
    let applied = transaction.commit().await.unwrap().unwrap();
    assert_eq!(applied, Applied::Recorded);
    assert_eq!(kept(&cache), [false, true]);
    assert_eq!(server.asked(), ["BEGIN", "UPDATE", "COMMIT"]);
}

#[tokio::test]
async fn nothing_is_forgotten_by_a_rollback_or_without_a_commit() {
    let (server, pool, flow, cache) = world(OnCommit::Answer).await;
    begun(&pool, &flow).await.rollback().await.unwrap();
    drop(begun(&pool, &flow).await);
    // The pool's one connection is back when it was rolled back.
    pool.execute("SELECT").await.unwrap();
    assert_eq!(kept(&cache), [true, true]);
    let rolled_back = server.asked().iter().filter(|it| *it == "ROLLBACK").count();
    assert_eq!(rolled_back, 2, "{:?}", server.asked());
}

/// Who knows whether it was committed.
#[tokio::test]
async fn a_commit_without_a_good_answer_is_taken_for_one() {
    for on_commit in [OnCommit::Refuse, OnCommit::HangUp] {
        let (_server, pool, flow, cache) = world(on_commit).await;
        begun(&pool, &flow).await.commit().await.unwrap_err();
        assert_eq!(kept(&cache), [false, true], "{on_commit:?}");
    }
}

#[tokio::test]
async fn a_commit_whose_caller_is_gone_is_taken_for_one_as_well() {
    let (server, pool, flow, cache) = world(OnCommit::Silence).await;
    let commit = begun(&pool, &flow).await.commit();
    let asked = tokio::time::timeout(WITHIN, server.committed());
    tokio::select! {
        _ = commit => panic!("there is no answer"),
        asked = asked => asked.unwrap(),
    }
    assert_eq!(kept(&cache), [false, true]);
}

#[cache_evict(keys = ["users:{id}"], flow = flow)]
async fn delete_user(flow: &CacheFlow, database: &mut PgConnection, id: u64) {
    let _ = flow;
    database.execute("DELETE").await.unwrap();
    let _ = id;
}

#[tokio::test]
async fn code_that_forgets_by_itself_is_run_in_the_transactions_scope() {
    let (server, pool, flow, cache) = world(OnCommit::Answer).await;
    let mut transaction = pool.begin_cached(&flow).await.unwrap();
    let (database, scope) = transaction.parts();
    scope.run(delete_user(&flow, database, 2)).await;
    assert_eq!(kept(&cache), [true, true]);
    let _ = transaction.commit().await.unwrap().unwrap();
    assert_eq!(kept(&cache), [true, false]);
    assert_eq!(server.asked(), ["BEGIN", "DELETE", "COMMIT"]);
}

#[tokio::test]
async fn a_flow_that_was_shut_down_is_told_apart_from_a_failed_commit() {
    let (_server, pool, flow, _cache) = world(OnCommit::Answer).await;
    let transaction = begun(&pool, &flow).await;
    flow.shutdown(WITHIN).await.unwrap();
    transaction.commit().await.unwrap().unwrap_err();
}
