//! Bytes in the store that are no entry: a miss, told, and replaced.

use bytes::Bytes;
use cacheflow_testkit::{MemoryBackend, Operation};

use crate::support::{HOUR, Node, cached, load, two_nodes};

#[tokio::test]
async fn bytes_that_are_no_entry_are_a_miss_and_replaced() {
    let server = MemoryBackend::new();
    let node = Node::on(&server).await;
    let name = "cacheflow:numbers:1";
    load(&node.cache, 2, 20).await;
    let foreign = server.value("cacheflow:numbers:2").unwrap().bytes;
    let hostile = [
        Bytes::new(),
        "garbage".into(),
        vec![0; 4096].into(),
        foreign,
    ];
    for (count, bytes) in (1..).zip(hostile) {
        server.overwrite(name, bytes, HOUR);
        assert_eq!(node.cache.get(&1).await, None);
        assert_eq!(server.value(name), None, "it is removed");
        assert_eq!(node.cache.stats().unreadable, count);
        assert_eq!(load(&node.cache, 1, count).await, count);
        let _ = node.cache.invalidate(&1).await.unwrap();
    }
}

/// Somebody has replaced what could not be read.
#[tokio::test]
async fn removing_what_could_not_be_read_removes_nothing_newer() {
    let (server, one, two) = two_nodes().await;
    server.overwrite("cacheflow:numbers:1", "garbage", HOUR);
    let discard = one.gate.hold_before(Operation::Discard);
    let reading = tokio::spawn({
        let cache = one.cache.clone();
        async move { cache.get(&1).await }
    });
    discard.reached().await;
    let _ = two.cache.put(&1, 20).await.unwrap();
    discard.release();
    assert_eq!(reading.await.unwrap(), None);
    assert_eq!(cached(&one.cache, 1).await, 20);
}
