//! Nodes that have nothing to do.

use std::time::Duration;

use cacheflow_redis::RedisBackend;
use cacheflow_testkit::{Operation, Recording, RedisServer, eventually};

use crate::world::{BOUND, Db, Node, builder_on, so_far};

/// A pair of nodes lives through so many heartbeats of each, within `bound`, and
/// serves from memory all the while.
async fn rests(is_stream: bool, beats: usize, staleness: Duration, bound: Duration) {
    let (server, db) = (RedisServer::start().await, Db::at(1));
    let mut nodes = Vec::new();
    for _ in 0..2 {
        let backend = RedisBackend::open(&server.url()).unwrap();
        let backend = if is_stream {
            backend.stream_only()
        } else {
            backend
        };
        let recording = Recording::new(backend);
        let flow = builder_on(recording.clone()).max_staleness(staleness);
        nodes.push((Node::ready_as(flow).await, recording));
    }
    for (node, _) in &nodes {
        for key in 0..10 {
            node.get(key, &db).await;
        }
    }
    let mut counted = Vec::new();
    for (node, recording) in &nodes {
        let _ = (recording.take(), recording.take_news());
        counted.push((node.flow.events(), node.users.stats(), 0));
    }
    eventually("so many heartbeats were answered", bound, async || {
        for ((node, recording), (_, _, alive)) in nodes.iter().zip(&mut counted) {
            for key in 0..10 {
                assert_eq!(node.peek(key), Some(1), "after {alive} heartbeats");
                assert_eq!(node.users.get(&key).await, Some(1));
            }
            for news in recording.take_news() {
                assert_eq!(news.operation, Operation::Alive, "{news}");
                *alive += 1;
            }
        }
        counted.iter().all(|(_, _, alive)| *alive >= beats)
    })
    .await;
    for ((node, recording), (events, before, _)) in nodes.iter().zip(&mut counted) {
        assert_eq!(so_far(events), [], "nothing has happened");
        let asked = recording.take();
        assert!(asked.is_empty(), "{asked:?}");
        let after = node.users.stats();
        assert_eq!(
            (after.misses, after.shared_hits),
            (before.misses, before.shared_hits)
        );
        assert!(after.memory_hits > before.memory_hits);
        assert!(node.flow.health().is_good());
    }
    assert_eq!(db.reads(), 10);
}

#[tokio::test]
async fn an_idle_pair_loses_no_hit() {
    rests(false, 20, Duration::from_secs(10), BOUND).await;
}

#[tokio::test]
async fn an_idle_pair_without_a_channel_loses_no_hit() {
    rests(true, 20, Duration::from_secs(10), BOUND).await;
}

/// With the default staleness; not for a machine that has much else to do.
#[tokio::test]
#[ignore = "takes two minutes"]
async fn an_idle_pair_loses_no_hit_for_two_minutes() {
    let (staleness, bound) = (Duration::from_secs(2), Duration::from_secs(600));
    tokio::join!(
        rests(false, 300, staleness, bound),
        rests(true, 300, staleness, bound)
    );
}
