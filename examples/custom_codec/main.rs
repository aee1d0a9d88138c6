//! A codec of one's own, in a few lines: JSON that people can read in `redis-cli`.
//!
//! ```text
//! cargo run --example custom_codec
//! ```

use std::time::Duration;

use anyhow::Result;
use cacheflow::codec::{Codec, Compression, Format, Reading, erased_serde};
use cacheflow::{BoxError, Cache, CacheFlow};
use cacheflow_examples::Story;
use cacheflow_testkit::{MemoryBackend, eventually};

/// A bound against hanging.
const WITHIN: Duration = Duration::from_secs(60);

struct PrettyJson;

impl Format for PrettyJson {
    fn id(&self) -> u8 {
        128
    }

    fn name(&self) -> &'static str {
        "pretty-json"
    }

    fn encode(
        &self,
        value: &dyn erased_serde::Serialize,
        out: &mut Vec<u8>,
    ) -> Result<(), BoxError> {
        Ok(serde_json::to_writer_pretty(out, value)?)
    }

    fn decode(&self, bytes: &[u8], reading: Reading<'_>) -> Result<(), BoxError> {
        let mut deserializer = serde_json::Deserializer::from_slice(bytes);
        reading.read(&mut deserializer)?;
        Ok(deserializer.end()?)
    }
}

#[tokio::main]
async fn main() -> Result<()> {
    let store = MemoryBackend::new();
    let flow = CacheFlow::builder()
        .backend(store.clone())
        .operation_budget(Duration::from_secs(5))
        .codec(Codec::custom(PrettyJson))
        .compression(Compression::none())
        .build()
        .await?;
    let hears = async || flow.health().is_good();
    eventually("the node hears the news", WITHIN, hears).await;
    let scores: Cache<u64, Vec<(String, u32)>> = flow.cache("scores").build()?;
    let _ = scores.put(&7, vec![("Ada".to_owned(), 36)]).await?;

    let bytes = store
        .value("cacheflow:scores:7")
        .expect("it is there")
        .bytes;
    let text = String::from_utf8_lossy(&bytes);
    let payload = &text[text.find('[').expect("JSON")..];
    let mut story = Story::default();
    story.step("what lies in the store", payload.replace('\n', " "));
    assert!(payload.contains("\"Ada\",\n"));
    Ok(())
}
