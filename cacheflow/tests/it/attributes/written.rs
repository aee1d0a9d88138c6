//! How an attributed function's values lie in the shared store.

use cacheflow::codec::{Codec, Format, Reading, erased_serde};
use cacheflow::{BoxError, CacheFlow, Event, cached};
use cacheflow_testkit::MemoryBackend;

use super::{Source, User};
use crate::support::Node;

#[cached(cache = "written", key = "{id}", flow = flow)]
async fn plain(flow: &CacheFlow, source: &Source, id: u64) -> User {
    source.user(id)
}

#[cached(cache = "written", key = "{id}", flow = flow, schema_version = 2)]
async fn second_version(flow: &CacheFlow, source: &Source, id: u64) -> User {
    source.user(id)
}

#[cached(cache = "written", key = "{id}", flow = flow, codec = Codec::custom(Json))]
async fn as_json(flow: &CacheFlow, source: &Source, id: u64) -> User {
    source.user(id)
}

#[cached(cache = "long", key = "{id}", flow = flow, compress = 1500)]
async fn above(flow: &CacheFlow, id: u64) -> String {
    "x".repeat(usize::try_from(id).unwrap())
}

#[cached(cache = "never", key = "{id}", flow = flow, compress = false)]
async fn never(flow: &CacheFlow, id: u64) -> String {
    "x".repeat(usize::try_from(id).unwrap())
}

struct Json;

impl Format for Json {
    fn id(&self) -> u8 {
        200
    }

    fn name(&self) -> &'static str {
        "json-of-a-test"
    }

    fn encode(
        &self,
        value: &dyn erased_serde::Serialize,
        out: &mut Vec<u8>,
    ) -> Result<(), BoxError> {
        Ok(serde_json::to_writer(out, value)?)
    }

    fn decode(&self, bytes: &[u8], reading: Reading<'_>) -> Result<(), BoxError> {
        let mut deserializer = serde_json::Deserializer::from_slice(bytes);
        reading.read(&mut deserializer)?;
        Ok(deserializer.end()?)
    }
}

/// Each on a node of its own: what another wrote is read, or not.
#[tokio::test]
async fn values_are_written_as_the_attribute_says() {
    let server = MemoryBackend::new();
    let source = Source::default();
    let nodes = [
        Node::on(&server).await,
        Node::on(&server).await,
        Node::on(&server).await,
        Node::on(&server).await,
    ];
    let [one, other, second, json] = &nodes;
    assert_eq!(plain(&one.flow, &source, 7).await.asked, 1);
    assert_eq!(
        plain(&other.flow, &source, 7).await.asked,
        1,
        "as it was written"
    );
    assert_eq!(second_version(&second.flow, &source, 7).await.asked, 2);
    assert_eq!(as_json(&json.flow, &source, 7).await.asked, 3);
    assert_eq!(as_json(&json.flow, &source, 7).await.asked, 3);
}

#[tokio::test]
async fn values_are_compressed_as_the_attribute_says() {
    let node = Node::on(&MemoryBackend::new()).await;
    let mut events = node.flow.events();
    let _ = above(&node.flow, 1400).await;
    let _ = above(&node.flow, 1600).await;
    let _ = never(&node.flow, 1600).await;
    let next = || events.try_next();
    let compressed = std::iter::from_fn(next).filter_map(|event| match event.unwrap() {
        Event::ItemSet { compressed, .. } => Some(compressed),
        _ => None,
    });
    assert_eq!(compressed.collect::<Vec<_>>(), [false, true, false]);
}
