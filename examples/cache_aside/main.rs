//! Cache-aside: look the key up, else load it and keep what was loaded.
//!
//! ```text
//! cargo run --example cache_aside
//! ```

use std::collections::HashMap;
use std::sync::atomic::{AtomicU64, Ordering};
use std::sync::{Arc, Mutex};
use std::time::Duration;

use anyhow::Result;
use cacheflow::clock::Clock;
use cacheflow::{Cache, CacheFlow, LoadError, Strategy};
use cacheflow_examples::Story;
use tokio::task::JoinSet;

/// The source: names by number. It counts how often it is asked.
#[derive(Default)]
struct Source {
    names: Mutex<HashMap<u64, &'static str>>,
    asked: AtomicU64,
}

impl Source {
    async fn name(&self, id: u64) -> Result<String, String> {
        self.asked.fetch_add(1, Ordering::Relaxed);
        tokio::task::yield_now().await; // As a database does, it lets others run.
        let names = self.names.lock().expect("nobody panics");
        let name = names.get(&id).ok_or(format!("no user {id}"))?;
        Ok((*name).to_owned())
    }

    fn rename(&self, id: u64, name: &'static str) {
        self.names.lock().expect("nobody panics").insert(id, name);
    }

    fn asked(&self) -> u64 {
        self.asked.load(Ordering::Relaxed)
    }
}

type Users = Cache<u64, String>;

/// Reads a user, and tells where the name came from.
async fn read(users: &Users, source: &Source, id: u64) -> Result<String, LoadError<String>> {
    let found = users.entry(&id).load(async |_| source.name(id).await);
    let found = found.await?;
    Ok(format!("{} (from: {})", found.value, found.level))
}

#[tokio::main]
async fn main() -> Result<()> {
    let mut story = Story::default();
    let source = Arc::new(Source::default());
    source.rename(7, "Ada");
    source.rename(8, "Edsger");

    let clock = Clock::manual(); // Nobody waits for a minute to pass.
    let flow = CacheFlow::builder().clock(clock.clone()).build().await?;
    let users: Users = flow
        .cache("users")
        .ttl(Duration::from_secs(60))
        .ttl_jitter(0.0)
        .strategy(Strategy::cache_aside())
        .build()?;

    let first = read(&users, &source, 7).await?;
    story.step("read user 7", &first);
    let second = read(&users, &source, 7).await?;
    story.step("read user 7", &second);
    assert_eq!(
        [first, second],
        ["Ada (from: source)", "Ada (from: memory)"]
    );

    // All who ask while a key is loaded share one load.
    let before = source.asked();
    let mut readers = JoinSet::new();
    for _ in 0..1_000 {
        let (users, source) = (users.clone(), Arc::clone(&source));
        readers.spawn(async move { users.get_or_load(&8, || source.name(8)).await });
    }
    let names = readers.join_all().await;
    assert!(names.iter().all(|name| name.as_deref() == Ok("Edsger")));
    let loads = source.asked() - before;
    story.step("a thousand readers ask for user 8", format!("{loads} load"));
    assert_eq!(loads, 1);

    // The cache cannot know what it was not told.
    source.rename(7, "Grace");
    let old = read(&users, &source, 7).await?;
    story.step("the source renames user 7; read", &old);
    assert_eq!(old, "Ada (from: memory)");

    // First the change, then the invalidation.
    let _ = users.invalidate(&7).await?;
    let new = read(&users, &source, 7).await?;
    story.step("invalidate user 7; read", &new);
    assert_eq!(new, "Grace (from: source)");

    // Its lifetime ends.
    clock.advance(Duration::from_secs(61));
    let again = read(&users, &source, 7).await?;
    story.step("61 seconds later; read", &again);
    assert_eq!(again, "Grace (from: source)");

    // An error goes to the caller and is not kept.
    let before = source.asked();
    for _ in 0..2 {
        let error = read(&users, &source, 99).await.expect_err("nobody is 99");
        story.step("read user 99", format!("error: {error}"));
    }
    assert_eq!(source.asked() - before, 2);

    let stats = users.stats();
    story.step(
        "all in all",
        format!("{} loads, {} failed", stats.loads, stats.load_failures),
    );
    assert_eq!((stats.loads, stats.load_failures), (6, 2));
    Ok(())
}
