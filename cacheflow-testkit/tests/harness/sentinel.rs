use std::time::Duration;

use cacheflow_testkit::{RedisServer, Replicated, Reply, Sentinel, eventually};

const BOUND: Duration = Duration::from_secs(60);

/// What it says of itself, if it says anything: a Sentinel that changes a server's
/// role kills its connections, and one of them may be the one that asks.
async fn role(server: &RedisServer) -> Option<String> {
    match server.command(&["ROLE"]).await {
        Ok(Reply::Array(role)) => role[0].text(),
        Ok(reply) => panic!("ROLE answered {reply:?}"),
        Err(_) => None,
    }
}

#[tokio::test]
async fn names_the_primary_and_then_the_replica_that_it_has_promoted() {
    let pair = RedisServer::builder()
        .password("sesame")
        .with_replica()
        .start()
        .await;
    let sentinel = Sentinel::start(&pair).await;
    assert_eq!(
        sentinel.url(),
        format!("redis://127.0.0.1:{}", sentinel.port())
    );
    assert_eq!(sentinel.primary_address().await, pair.primary().addr());
    let ask = ["SENTINEL", "GET-MASTER-ADDR-BY-NAME", sentinel.service()];
    let reply = sentinel.server().command(&ask).await.unwrap();
    let port = pair.primary().port().to_string();
    let expected = [Reply::bulk("127.0.0.1"), Reply::bulk(port)];
    assert_eq!(reply, Reply::Array(expected.into()));

    pair.primary().command(&["SET", "x", "1"]).await.unwrap();
    pair.until_in_sync().await;
    // Each dies once, so that the Sentinel has also learnt of one that came back.
    for _ in 0..2 {
        let promoted = pair.replica().addr();
        pair.primary().kill();
        sentinel.until_failed_over(&pair).await;
        assert_eq!(sentinel.primary_address().await, promoted);
        assert_eq!(pair.primary().addr(), promoted);
        assert_eq!(pair.primary().keys().await, ["x"]);
        pair.rejoin().await;
        assert_eq!(pair.replica().keys().await, ["x"]);
        sentinel.until_it_sees(&pair).await;
    }
}

#[tokio::test]
async fn a_paused_primary_is_failed_over_and_made_a_replica_when_it_goes_on() {
    let pair = Replicated::start().await;
    let sentinel = Sentinel::start(&pair).await;
    pair.primary().pause();
    sentinel.until_failed_over(&pair).await;
    pair.replica().resume();
    eventually("the Sentinel demotes it", BOUND, async || {
        role(pair.replica()).await.as_deref() == Some("slave")
    })
    .await;
}

#[tokio::test]
async fn fails_over_at_once_when_it_is_told_to() {
    let pair = Replicated::start().await;
    let sentinel = Sentinel::start(&pair).await;
    let (former, promoted) = (pair.primary().pid(), pair.replica().pid());
    sentinel.fail_over(&pair).await;
    assert_eq!(pair.primary().pid(), promoted);
    assert_eq!(pair.replica().pid(), former);
    assert_eq!(sentinel.primary_address().await, pair.primary().addr());
}

#[tokio::test]
async fn a_restarted_sentinel_still_knows_its_pair() {
    let pair = Replicated::start().await;
    let sentinel = Sentinel::start(&pair).await;
    sentinel.server().restart().await;
    assert_eq!(sentinel.primary_address().await, pair.primary().addr());
}

#[tokio::test]
async fn a_dropped_sentinel_is_gone_and_leaves_the_pair() {
    let pair = Replicated::start().await;
    let sentinel = tokio::spawn(async move {
        let sentinel = Sentinel::start(&pair).await;
        (sentinel, pair)
    });
    let (sentinel, pair) = sentinel.await.unwrap();
    let addr = sentinel.server().addr();
    drop(sentinel);
    tokio::net::TcpStream::connect(addr).await.unwrap_err();
    pair.until_in_sync().await;
}
