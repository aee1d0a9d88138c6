use std::collections::HashSet;
use std::time::Duration;

use cacheflow_testkit::{RedisCluster, RedisServer, Reply};
use tokio::time::timeout;

const BOUND: Duration = Duration::from_secs(60);

/// Sets these keys, each at its owner, and answers who has how many.
async fn fill(cluster: &RedisCluster, keys: &[String]) -> Vec<usize> {
    let mut counts = vec![0; cluster.nodes().len()];
    for key in keys {
        let owner = cluster.owner_of(key).await;
        let reply = cluster.node(owner).command(&["SET", key, "1"]).await;
        assert_eq!(reply.unwrap(), Reply::Simple("OK".to_owned()), "{key}");
        counts[owner] += 1;
    }
    counts
}

fn some_keys() -> Vec<String> {
    (0..60).map(|number| format!("key:{number:02}")).collect()
}

async fn refusal(server: &RedisServer, words: &[&str]) -> String {
    match server.command(words).await.unwrap() {
        Reply::Error(text) => text,
        reply => panic!("{words:?} was answered {reply:?}"),
    }
}

#[tokio::test]
async fn each_key_is_at_its_owner_and_the_others_refer_to_it() {
    let cluster = RedisServer::cluster(3).start().await;
    let keys = some_keys();
    let counts = fill(&cluster, &keys).await;
    assert!(counts.iter().all(|&count| count > 0), "{counts:?}");
    assert_eq!(cluster.keys().await, keys);

    let urls: HashSet<String> = cluster.urls().into_iter().collect();
    assert_eq!(urls.len(), 3);
    assert_eq!(cluster.partner_of(0), None);

    let owner = cluster.owner_of("{a}:1").await;
    assert_eq!(cluster.owner_of("{a}:2").await, owner);
    assert_eq!(cluster.slot_of("a").await, cluster.slot_of("{a}:1").await);
    let slot = cluster.slot_of("a").await;
    let moved = format!("MOVED {slot} {}", cluster.node(owner).addr());
    for other in (0..3).filter(|&node| node != owner) {
        assert_eq!(refusal(cluster.node(other), &["GET", "a"]).await, moved);
    }
}

#[tokio::test]
async fn a_replica_takes_over_and_the_former_primary_comes_back_as_its_replica() {
    let cluster = RedisServer::builder()
        .password("sesame")
        .cluster(3)
        .with_replicas()
        .start()
        .await;
    assert_eq!(cluster.nodes().len(), 6);
    let keys = some_keys();
    fill(&cluster, &keys).await;

    let primary = cluster.owner_of("key:00").await;
    let replica = cluster.partner_of(primary).unwrap();
    assert_eq!(cluster.partner_of(replica), Some(primary));
    cluster.until_in_sync(primary).await;
    cluster.fail_over(primary).await;
    assert!(!cluster.node(primary).is_running());
    assert_eq!(cluster.owner_of("key:00").await, replica);
    assert_eq!(cluster.keys().await, keys);
    let got = cluster.node(replica).command(&["GET", "key:00"]).await;
    assert_eq!(got.unwrap(), Reply::bulk("1"));

    cluster.rejoin(primary).await;
    assert_eq!(cluster.owner_of("key:00").await, replica);
    // And back, with nobody dying.
    cluster.fail_over_planned(replica).await;
    assert_eq!(cluster.owner_of("key:00").await, primary);
    assert!(cluster.node(replica).is_running());
    assert_eq!(cluster.keys().await, keys);
}

#[tokio::test]
async fn a_slot_moves_with_its_keys_and_refers_halfway_to_where_it_goes() {
    let cluster = RedisServer::builder()
        .password("sesame")
        .cluster(2)
        .start()
        .await;
    let keys: Vec<String> = (0..250)
        .map(|number| format!("{{a}}:{number:03}"))
        .collect();
    fill(&cluster, &keys).await;
    let slot = cluster.slot_of("a").await;
    let from = cluster.owner_of_slot(slot).await;
    let to = 1 - from;

    cluster.start_moving_slot(slot, to).await;
    let ask = format!("ASK {slot} {}", cluster.node(to).addr());
    let missing = ["GET", "{a}:missing"];
    assert_eq!(refusal(cluster.node(from), &missing).await, ask);
    let present = cluster.node(from).command(&["GET", "{a}:000"]).await;
    assert_eq!(present.unwrap(), Reply::bulk("1"));
    assert_eq!(cluster.owner_of("a").await, from);

    cluster.move_slot(slot, to).await;
    assert_eq!(cluster.owner_of("a").await, to);
    assert_eq!(cluster.node(to).keys().await, keys);
    assert_eq!(cluster.node(from).keys().await, [""; 0]);
    let moved = format!("MOVED {slot} {}", cluster.node(to).addr());
    assert_eq!(refusal(cluster.node(from), &missing).await, moved);
}

#[tokio::test]
async fn a_primary_without_a_replica_comes_back_with_its_slots_and_no_keys() {
    let cluster = tokio::spawn(async { RedisServer::cluster(3).start().await });
    let cluster = cluster.await.unwrap();
    let keys = some_keys();
    let counts = fill(&cluster, &keys).await;
    let owner = cluster.owner_of("key:00").await;
    cluster.node(owner).kill();
    let left = keys.len() - counts[owner];
    assert_eq!(cluster.keys().await.len(), left);

    timeout(BOUND, cluster.rejoin(owner))
        .await
        .expect("its return");
    assert_eq!(cluster.owner_of("key:00").await, owner);
    assert_eq!(cluster.keys().await.len(), left);
}

#[tokio::test]
#[should_panic(expected = "1 to 100 primaries")]
async fn a_cluster_of_nobody_is_refused() {
    RedisServer::cluster(0).start().await;
}
