//! Multi-level: memory before a store that two nodes share.
//!
//! ```text
//! cargo run --example multi_level
//! cargo run --example multi_level -- --redis redis://127.0.0.1:6379
//! ```
//!
//! Without `--redis` the shared store is the test kit's, in this process.

use std::sync::Mutex;
use std::sync::atomic::{AtomicU64, Ordering};
use std::time::Duration;

use anyhow::Result;
use cacheflow::{Backend, Cache, CacheFlow, Level, Strategy};
use cacheflow_examples::Story;
use cacheflow_redis::RedisBackend;
use cacheflow_testkit::{MemoryBackend, eventually};
use clap::Parser;

/// A bound against hanging.
const WITHIN: Duration = Duration::from_secs(60);

#[derive(Parser)]
struct Args {
    /// The store that both nodes share.
    #[arg(long, value_name = "URL")]
    redis: Option<String>,
}

/// The source: one name. It counts how often it is asked.
struct Source {
    name: Mutex<&'static str>,
    asked: AtomicU64,
}

impl Source {
    async fn name(&self) -> Result<String, std::convert::Infallible> {
        self.asked.fetch_add(1, Ordering::Relaxed);
        Ok((*self.name.lock().expect("nobody panics")).to_owned())
    }
}

/// One instance of a service.
struct Node<'s> {
    users: Cache<u64, String>,
    source: &'s Source,
}

impl<'s> Node<'s> {
    async fn on(backend: impl Backend, source: &'s Source) -> Result<Self> {
        let flow = CacheFlow::builder()
            // Another for each run: what an earlier one left in Redis is not this one's.
            .namespace(format!("multi-level-{}", std::process::id()))
            .backend(backend)
            .operation_budget(Duration::from_secs(5))
            .build()
            .await?;
        let users = flow
            .cache("users")
            .ttl(Duration::from_secs(300))
            .strategy(Strategy::multi_level().memory_ttl(Duration::from_secs(60)))
            .build()?;
        // Until it hears the news, a node serves nothing from memory.
        let hears = async || flow.health().is_good();
        eventually("the node hears the news", WITHIN, hears).await;
        Ok(Self { users, source })
    }

    async fn read(&self) -> Result<(String, Level)> {
        let found = self
            .users
            .entry(&7)
            .load(async |_| self.source.name().await);
        let found = found.await?;
        Ok((found.value, found.level))
    }
}

#[tokio::main]
async fn main() -> Result<()> {
    let source = Source {
        name: Mutex::new("Ada"),
        asked: AtomicU64::new(0),
    };
    let (one, two) = match Args::parse().redis {
        Some(url) => (
            Node::on(RedisBackend::open(&url)?, &source).await?,
            Node::on(RedisBackend::open(&url)?, &source).await?,
        ),
        None => {
            let shared = MemoryBackend::new();
            (
                Node::on(shared.clone(), &source).await?,
                Node::on(shared, &source).await?,
            )
        }
    };
    let mut story = Story::default();
    let mut tell = |what: &str, (name, level): (String, Level), expected| {
        story.step(what, format!("{name} (from: {level})"));
        assert_eq!((name.as_str(), level), expected, "{what}");
    };

    // Loaded once, by whoever comes first; the other finds it in the shared store.
    tell("node 1 reads", one.read().await?, ("Ada", Level::Source));
    tell("node 1 reads", one.read().await?, ("Ada", Level::Memory));
    tell("node 2 reads", two.read().await?, ("Ada", Level::Shared));
    tell("node 2 reads", two.read().await?, ("Ada", Level::Memory));

    // Node 2 changes the source, then forgets: it reads its own write at once.
    *source.name.lock().expect("nobody panics") = "Grace";
    let _ = two.users.invalidate(&7).await?;
    let read = two.read().await?;
    tell(
        "node 2 renames, invalidates, reads",
        read,
        ("Grace", Level::Source),
    );

    // Node 1 hears of it by the bus, and then has the new value without a load.
    eventually("node 1 has forgotten", WITHIN, async || {
        one.users.peek(&7).is_none()
    })
    .await;
    let read = one.read().await?;
    tell(
        "node 1 has heard of it; reads",
        read,
        ("Grace", Level::Shared),
    );

    // A call may leave levels out.
    let found = one.users.entry(&7).skip_memory();
    let found = found.load(async |_| source.name().await).await?;
    let read = (found.value, found.level);
    tell(
        "node 1 reads without its memory",
        read,
        ("Grace", Level::Shared),
    );

    let asked = source.asked.load(Ordering::Relaxed);
    story.step("all in all", format!("{asked} loads for seven reads"));
    assert_eq!(asked, 2);
    Ok(())
}
