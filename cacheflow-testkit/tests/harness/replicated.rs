use std::sync::Arc;
use std::time::Duration;

use cacheflow_testkit::{RedisServer, Replicated, Reply, eventually};
use tokio::time::timeout;

const BOUND: Duration = Duration::from_secs(30);

async fn set(server: &RedisServer, key: &str) {
    let reply = server.command(&["SET", key, "1"]).await.unwrap();
    assert_eq!(reply, Reply::Simple("OK".to_owned()));
}

async fn role(server: &RedisServer) -> String {
    let reply = server.command(&["ROLE"]).await.unwrap();
    let Reply::Array(role) = reply else {
        panic!("ROLE answered {reply:?}")
    };
    role[0].text().unwrap()
}

#[tokio::test]
async fn the_replica_has_what_the_primary_wrote_and_takes_no_writes() {
    let pair = Replicated::start().await;
    for round in 0..50 {
        let key = format!("key:{round:02}");
        set(pair.primary(), &key).await;
        pair.until_in_sync().await;
        let exists = pair.replica().command(&["EXISTS", &key]).await.unwrap();
        assert_eq!(exists, Reply::Integer(1), "{key}");
    }
    let refusal = pair.replica().command(&["SET", "x", "1"]).await.unwrap();
    assert!(
        matches!(&refusal, Reply::Error(text) if text.starts_with("READONLY")),
        "{refusal:?}"
    );
}

#[tokio::test]
async fn a_password_holds_for_both_and_between_them() {
    let pair = RedisServer::builder()
        .password("a b/c")
        .with_replica()
        .start()
        .await;
    set(pair.primary(), "x").await;
    pair.until_in_sync().await;
    assert_eq!(pair.replica().keys().await, ["x"]);
    pair.fail_over().await;
    pair.rejoin().await;
    assert_eq!(pair.replica().keys().await, ["x"]);
}

#[tokio::test]
async fn what_is_written_while_replication_is_stopped_arrives_when_it_resumes() {
    let pair = Replicated::start().await;
    set(pair.primary(), "before").await;
    pair.until_in_sync().await;
    for round in 0..5 {
        pair.stop_replicating().await;
        let key = format!("key:{round}");
        set(pair.primary(), &key).await;
        let missed = pair.replica().command(&["EXISTS", &key]).await.unwrap();
        assert_eq!(missed, Reply::Integer(0), "{key}");

        pair.resume_replicating();
        pair.until_in_sync().await;
        let there = pair.replica().command(&["EXISTS", &key]).await.unwrap();
        assert_eq!(there, Reply::Integer(1), "{key}");
    }
}

#[tokio::test]
async fn a_link_that_was_cut_is_made_anew() {
    let pair = Replicated::start().await;
    pair.link().cut();
    set(pair.primary(), "x").await;
    eventually("the replica notices", BOUND, async || {
        let info = pair.replica().command(&["INFO", "replication"]).await;
        let info = info.unwrap().text().unwrap();
        info.contains("master_link_status:down")
    })
    .await;
    assert_eq!(pair.replica().keys().await, [""; 0]);

    pair.link().pass();
    pair.until_in_sync().await;
    assert_eq!(pair.replica().keys().await, ["x"]);
}

#[tokio::test]
async fn a_failover_loses_what_had_not_arrived_and_the_former_primary_follows() {
    let pair = Replicated::start().await;
    // There and back, so that each has been what the other was.
    for _ in 0..2 {
        pair.primary().flush_all().await;
        set(pair.primary(), "kept").await;
        pair.until_in_sync().await;
        pair.stop_replicating().await;
        set(pair.primary(), "lost").await;

        let (former, promoted) = (pair.primary().port(), pair.replica().port());
        pair.fail_over().await;
        assert_eq!(pair.primary().port(), promoted);
        assert_eq!(pair.replica().port(), former);
        assert!(!pair.replica().is_running());
        assert_eq!(pair.primary().keys().await, ["kept"]);
        set(pair.primary(), "new").await;

        pair.rejoin().await;
        assert_eq!(pair.replica().keys().await, ["kept", "new"]);
        assert_eq!(role(pair.replica()).await, "slave");
    }
}

#[tokio::test]
async fn a_promotion_leaves_two_primaries_until_one_rejoins() {
    let pair = Replicated::start().await;
    pair.promote().await;
    set(pair.primary(), "new").await;
    set(pair.replica(), "former").await;
    assert_eq!(role(pair.primary()).await, "master");
    assert_eq!(role(pair.replica()).await, "master");

    pair.rejoin().await;
    assert_eq!(pair.replica().keys().await, ["new"]);
}

#[tokio::test]
async fn a_planned_failover_loses_nothing_and_goes_over_the_link() {
    let pair = Replicated::start().await;
    for round in 0..3 {
        let key = format!("key:{round}");
        set(pair.primary(), &key).await;
        let (former, promoted) = (pair.primary().pid(), pair.replica().pid());
        pair.fail_over_planned().await;
        assert_eq!(pair.primary().pid(), promoted);
        assert_eq!(pair.replica().pid(), former);
        assert_eq!(pair.primary().keys().await.len(), round + 1);

        pair.stop_replicating().await;
        set(pair.primary(), "unheard").await;
        assert_eq!(pair.replica().keys().await.len(), round + 1);
        pair.resume_replicating();
        pair.primary().command(&["DEL", "unheard"]).await.unwrap();
        pair.until_in_sync().await;
    }
}

#[tokio::test]
async fn a_replica_led_past_the_link_is_brought_back_before_it_is_stopped() {
    let pair = Replicated::start().await;
    let port = pair.primary().port().to_string();
    let past = ["REPLICAOF", "127.0.0.1", &port];
    pair.replica().command(&past).await.unwrap();

    pair.stop_replicating().await;
    set(pair.primary(), "x").await;
    assert_eq!(pair.replica().keys().await, [""; 0]);
    pair.resume_replicating();
    pair.until_in_sync().await;
    assert_eq!(pair.replica().keys().await, ["x"]);
}

#[tokio::test]
async fn a_pair_is_driven_from_a_spawned_task() {
    let pair = tokio::spawn(Replicated::start()).await.unwrap();
    let pair = Arc::new(pair);
    let failing_over = tokio::spawn({
        let pair = Arc::clone(&pair);
        async move {
            pair.until_in_sync().await;
            pair.fail_over().await;
            pair.rejoin().await;
            pair.fail_over_planned().await;
        }
    });
    timeout(BOUND, failing_over).await.expect("an end").unwrap();
    assert_eq!(role(pair.primary()).await, "master");
}

#[tokio::test(start_paused = true)]
async fn serves_a_test_whose_clock_is_paused() {
    let pair = Replicated::start().await;
    set(pair.primary(), "x").await;
    pair.fail_over_planned().await;
    assert_eq!(pair.replica().keys().await, ["x"]);
}
