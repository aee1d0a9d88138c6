//! Values that stay in their process.

use std::sync::Arc;

use cacheflow::{CacheFlow, cached};
use cacheflow_testkit::{MemoryBackend, Operation};

use super::Source;
use crate::support::Node;

/// Neither `Serialize` nor anything like it.
#[derive(Debug)]
struct Connection {
    number: u64,
}

#[cached(cache = "connections", key = "{id}", flow = flow, local, tags = ["of:{result.number}"], cache_none = "1h")]
async fn connect(flow: &CacheFlow, source: &Source, id: u64) -> Option<Arc<Connection>> {
    let number = source.user(id).asked;
    (id != 0).then(|| Arc::new(Connection { number }))
}

#[tokio::test]
async fn a_local_cache_keeps_what_cannot_be_written_and_asks_no_store() {
    let server = MemoryBackend::new();
    let node = Node::on(&server).await;
    let (flow, source) = (&node.flow, Source::default());
    let _ = node.recording.take();
    assert_eq!(connect(flow, &source, 1).await.unwrap().number, 1);
    assert_eq!(connect(flow, &source, 1).await.unwrap().number, 1);
    assert!(connect(flow, &source, 0).await.is_none());
    assert!(connect(flow, &source, 0).await.is_none());
    assert_eq!(source.asked(), 2);
    assert_eq!(connect::peek(flow, 1).unwrap().value.number, 1);
    let calls = node.recording.take();
    let of_values = [Operation::Get, Operation::Fill, Operation::Put];
    assert!(
        calls
            .iter()
            .all(|call| !of_values.contains(&call.operation)),
        "{calls:?}"
    );
}

/// What is forgotten is forgotten everywhere all the same.
#[tokio::test]
async fn what_another_node_forgets_is_forgotten_in_a_local_cache() {
    let server = MemoryBackend::new();
    let (here, there) = (Node::on(&server).await, Node::on(&server).await);
    let source = Source::default();
    assert_eq!(connect(&here.flow, &source, 1).await.unwrap().number, 1);
    let _ = connect::invalidate(&there.flow, 1).await.unwrap();
    let gone = async || connect::peek(&here.flow, 1).is_none();
    cacheflow_testkit::eventually("it is forgotten", crate::support::WITHIN, gone).await;
    assert_eq!(connect(&here.flow, &source, 1).await.unwrap().number, 2);
    let _ = there.flow.invalidate().tags(["of:2"]).send().await.unwrap();
    let gone = async || connect::peek(&here.flow, 1).is_none();
    cacheflow_testkit::eventually("it is forgotten", crate::support::WITHIN, gone).await;
    let _ = connect::put(&here.flow, 1, Arc::new(Connection { number: 100 }))
        .await
        .unwrap();
    assert_eq!(connect(&here.flow, &source, 1).await.unwrap().number, 100);
}
