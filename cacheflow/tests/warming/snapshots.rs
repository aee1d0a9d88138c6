//! What was in memory before is there after the next start.

use std::path::PathBuf;
use std::time::Duration;

use cacheflow::{Cache, CacheFlow, Event};
use cacheflow_testkit::{MemoryBackend, eventually};

use crate::world::{WITHIN, on, send, subscribed};

/// A file that is not there yet, in a directory of its own, which goes with it.
struct Place(PathBuf);

impl Place {
    fn new(test: &str) -> Self {
        let name = format!("cacheflow-warming-{test}-{}", std::process::id());
        let directory = std::env::temp_dir().join(name);
        std::fs::create_dir_all(&directory).unwrap();
        Self(directory)
    }

    fn file(&self) -> PathBuf {
        self.0.join("keys")
    }
}

impl Drop for Place {
    fn drop(&mut self) {
        let _ = std::fs::remove_dir_all(&self.0);
    }
}

async fn flow(server: &MemoryBackend, place: &Place) -> CacheFlow {
    let builder = on(server).warming_snapshot(place.file());
    let flow = builder.build().await.unwrap();
    subscribed(&flow).await;
    flow
}

fn numbers(flow: &CacheFlow) -> Cache<u64, u64> {
    flow.cache("numbers").build().unwrap()
}

async fn shut_down(flow: &CacheFlow) {
    flow.shutdown(Duration::from_secs(10)).await.unwrap();
}

#[tokio::test]
async fn keys_of_the_last_process_are_read_into_memory() {
    let (server, place) = (MemoryBackend::new(), Place::new("read"));
    let before = flow(&server, &place).await;
    let cache = numbers(&before);
    cache.warm(|pairs| send(pairs, 0..700)).await.unwrap();
    let _ = cache.invalidate(&3).await.unwrap();
    shut_down(&before).await;

    let after = flow(&server, &place).await;
    let mut events = after.events();
    let cache = numbers(&after);
    let warmed = loop {
        if let Event::Warmed { warmer, items, .. } = events.next().await.unwrap().unwrap() {
            break (warmer.to_string(), items);
        }
    };
    assert_eq!(warmed, ("numbers/snapshot".to_owned(), 699));
    assert_eq!(cache.peek(&699).unwrap().value, 699);
    assert!(cache.peek(&3).is_none());
    assert_eq!(cache.stats().shared_hits, 0, "nobody has asked");
}

/// Keys with every kind of character, and one that is too long to be told from its name.
#[tokio::test]
async fn keys_come_back_whatever_they_are() {
    let (server, place) = (MemoryBackend::new(), Place::new("kinds"));
    let before = flow(&server, &place).await;
    let texts = [
        "plain",
        "a:b c/ä\n",
        "",
        "7",
        &"x".repeat(200),
        &"x".repeat(300),
    ];
    let cache: Cache<String, u64> = before.cache("texts").build().unwrap();
    for text in texts {
        let _ = cache.put(text, 1).await.unwrap();
    }
    shut_down(&before).await;
    let after = flow(&server, &place).await;
    let cache: Cache<String, u64> = after.cache("texts").build().unwrap();
    let there = async || texts[..4].iter().all(|text| cache.peek(*text).is_some());
    eventually("they are in memory", WITHIN, there).await;
    assert!(cache.peek(texts[5]).is_none());
    assert_eq!(
        cache.get(texts[5]).await,
        Some(1),
        "but in the shared store"
    );
}

#[tokio::test]
async fn a_snapshot_that_cannot_be_read_is_ignored_and_replaced() {
    let (server, place) = (MemoryBackend::new(), Place::new("ignored"));
    std::fs::write(place.file(), "nonsense").unwrap();
    let before = flow(&server, &place).await;
    let cache = numbers(&before);
    let _ = cache.put(&7, 7).await.unwrap();
    shut_down(&before).await;
    let after = flow(&server, &place).await;
    let cache = numbers(&after);
    let there = async || cache.peek(&7).is_some();
    eventually("it is in memory", WITHIN, there).await;
}

/// Nothing is read back, and nothing noted, where warming is off; and a process that has built no
/// cache knows nothing better than the one before it.
#[tokio::test]
async fn a_snapshot_stays_where_nothing_better_is_known() {
    let (server, place) = (MemoryBackend::new(), Place::new("stays"));
    let before = flow(&server, &place).await;
    let _ = numbers(&before).put(&7, 7).await.unwrap();
    shut_down(&before).await;
    let noted = std::fs::read_to_string(place.file()).unwrap();
    assert!(noted.contains("\nnumbers:7\n"), "{noted}");

    shut_down(&flow(&server, &place).await).await;
    let off = on(&server).warming(false).warming_snapshot(place.file());
    let off = off.build().await.unwrap();
    subscribed(&off).await;
    let cache = numbers(&off);
    let _ = cache.put(&8, 8).await.unwrap();
    assert!(cache.peek(&7).is_none());
    shut_down(&off).await;
    assert_eq!(std::fs::read_to_string(place.file()).unwrap(), noted);
}

/// Of more than can be noted, those that were put last.
#[tokio::test]
async fn so_many_keys_are_noted_of_each_cache() {
    let (server, place) = (MemoryBackend::new(), Place::new("bound"));
    let before = flow(&server, &place).await;
    let builder = before.cache::<u64, u64>("numbers").max_entries(100_000);
    let cache = builder.build().unwrap();
    cache.warm(|pairs| send(pairs, 0..5_000)).await.unwrap();
    cache
        .warm(|pairs| send(pairs, 5_000..14_990))
        .await
        .unwrap();
    shut_down(&before).await;
    let noted = std::fs::read_to_string(place.file()).unwrap();
    let mut keys: Vec<u64> = noted
        .lines()
        .filter_map(|line| line.strip_prefix("numbers:")?.parse().ok())
        .collect();
    keys.sort_unstable();
    assert_eq!(keys.len(), 10_000);
    let newer = keys.iter().filter(|key| **key >= 5_000).count();
    assert_eq!(newer, 9_990);
}
