//! How values are written: options of the flow and of a cache.

use cacheflow::codec::{Codec, Compression};
use cacheflow::{Cache, CacheBuilder, Event};
use cacheflow_testkit::MemoryBackend;

use crate::world::{config, on};

type Text = Cache<u64, String>;

/// A text that compresses, and the better the harder one tries.
fn text(length: usize) -> String {
    let mut state = 1_u64;
    let mut words = Vec::new();
    while words.len() * 4 < length {
        state = state
            .wrapping_mul(6_364_136_223_846_793_005)
            .wrapping_add(1);
        words.push(format!("{:03}", (state >> 33) % 400));
    }
    let mut text = words.join(" ");
    text.truncate(length);
    text
}

/// Whether it is compressed, and how many bytes are stored, of a text of this length.
async fn stored(options: &str, length: usize) -> (bool, u64) {
    let server = MemoryBackend::new();
    let flow = on(&server, |flow| flow.config(config(options))).await;
    let texts: Text = flow.cache("users").build().unwrap();
    let mut events = flow.events();
    let _ = texts.put(&1, text(length)).await.unwrap();
    loop {
        if let Some(Ok(Event::ItemSet {
            compressed, stored, ..
        })) = events.next().await
        {
            return (compressed, stored);
        }
    }
}

/// Whether a cache that is configured so and one that code tells the same read one
/// another's values.
async fn is_read_by(
    options: &str,
    same: impl FnOnce(CacheBuilder<u64, String>) -> CacheBuilder<u64, String>,
) -> bool {
    let server = MemoryBackend::new();
    let here = on(&server, |flow| flow.config(config(options))).await;
    let there = on(&server, |flow| flow).await;
    let here: Text = here.cache("users").build().unwrap();
    let there: Text = same(there.cache("users")).build().unwrap();
    let _ = here.put(&1, "Ada".to_owned()).await.unwrap();
    there.get(&1).await.is_some()
}

#[tokio::test]
pub(crate) async fn codec() {
    for options in ["codec = \"json\"", "[caches.users]\ncodec = \"json\""] {
        assert!(is_read_by(options, |cache| cache.codec(Codec::Json)).await);
        assert!(!is_read_by(options, |cache| cache).await);
    }
}

#[tokio::test]
pub(crate) async fn schema_version() {
    let options = "[caches.users]\nschema_version = 2";
    assert!(is_read_by(options, |cache| cache.schema_version(2)).await);
    assert!(!is_read_by(options, |cache| cache).await);
}

#[tokio::test]
pub(crate) async fn compression() {
    assert!(stored("", 5_000).await.0);
    for options in [
        "compression = \"none\"",
        "[caches.users]\ncompression = \"none\"",
    ] {
        assert!(!stored(options, 5_000).await.0);
    }
    let back = "compression = \"none\"\n[caches.users]\ncompression = \"zstd\"";
    assert!(stored(back, 5_000).await.0);
}

#[tokio::test]
pub(crate) async fn compression_level() {
    let by_hand = async |level| {
        let server = MemoryBackend::new();
        let compression = Compression::zstd().level(level);
        let flow = on(&server, |flow| flow.compression(compression)).await;
        let texts: Text = flow.cache("users").build().unwrap();
        let mut events = flow.events();
        let _ = texts.put(&1, text(50_000)).await.unwrap();
        loop {
            if let Some(Ok(Event::ItemSet { stored, .. })) = events.next().await {
                return stored;
            }
        }
    };
    let (usual, hard) = (by_hand(3).await, by_hand(19).await);
    assert_ne!(usual, hard);
    for options in [
        "compression_level = 19",
        "[caches.users]\ncompression_level = 19",
    ] {
        assert_eq!(stored(options, 50_000).await.1, hard);
    }
}

#[tokio::test]
pub(crate) async fn compression_threshold() {
    assert!(!stored("", 1_000).await.0);
    for options in [
        "compression_threshold = 500",
        "[caches.users]\ncompression_threshold = 500",
    ] {
        assert!(stored(options, 1_000).await.0);
    }
    assert!(!stored("compression_threshold = \"1 MiB\"", 5_000).await.0);
}
