//! Distributed lock: one load of a key per cluster; and a lock by name.
//!
//! ```text
//! cargo run --example distributed_lock
//! cargo run --example distributed_lock -- --redis redis://127.0.0.1:6379
//! ```
//!
//! Without `--redis` the shared store is the test kit's, in this process. `node` has
//! an instance of the service, and the source.

mod node;

use std::sync::Arc;
use std::time::Duration;

use anyhow::{Context, Result};
use cacheflow::{Backend, Found};
use cacheflow_examples::Story;
use cacheflow_redis::RedisBackend;
use cacheflow_testkit::MemoryBackend;
use clap::Parser;

use crate::node::{LEASE, Node, Source};

/// A bound against hanging.
const WITHIN: Duration = Duration::from_secs(60);

#[derive(Parser)]
struct Args {
    /// The store that both nodes share.
    #[arg(long, value_name = "URL")]
    redis: Option<String>,
}

#[tokio::main]
async fn main() -> Result<()> {
    match Args::parse().redis {
        Some(url) => story(RedisBackend::open(&url)?, RedisBackend::open(&url)?).await,
        None => {
            let shared = MemoryBackend::new();
            story(shared.clone(), shared).await
        }
    }
}

async fn story<B: Backend + Clone>(one: B, two: B) -> Result<()> {
    let (one, two) = (Node::on(one).await?, Node::on(two).await?);
    let mut story = Story::default();
    let source = Arc::new(Source::default());

    // Node 1 begins, node 2 wants the same while it is under way.
    let first = one.read("sales", &source);
    source.has_begun(1).await;
    story.step(
        "node 1 reads",
        "nobody has it: it takes the lease and loads",
    );
    let second = two.read("sales", &source);
    two.wants_lease().await;
    story.step("node 2 reads", "node 1 has the lease: it waits");
    source.let_one_end();
    let (first, second) = (first.await??, second.await??);
    story.step("the load ends; node 1 has", shown(&first));
    story.step("node 2 has", shown(&second));
    assert_eq!((first.value, second.value), (1, 1));
    let asked = one.asked();
    story.step("node 1 has asked the store", asked.join(", "));
    assert_eq!(asked, ["get", "acquire", "get", "fill", "release"]);

    // A caller that is cancelled gives the lease back, and the other loads.
    let first = one.read("stock", &source);
    source.has_begun(2).await;
    let second = two.read("stock", &source);
    two.wants_lease().await;
    first.abort();
    source.has_begun(3).await;
    source.let_one_end();
    let second = second.await??;
    story.step("node 1 is cancelled; node 2 has", shown(&second));
    assert_eq!(second.value, 3);

    // For work that is not a load, there are locks by name.
    let here = one.flow.lock("nightly", LEASE);
    let there = two.flow.lock("nightly", LEASE);
    let mut guard = here.try_acquire().await?.context("nobody has it")?;
    story.step(
        "node 1 takes the lock \"nightly\"",
        yes_or_no(guard.is_held()),
    );
    let refused = there.try_acquire().await?.is_none();
    story.step("node 2 tries to take it", yes_or_no(!refused));
    let work = guard.while_held(async { "done, the lease renewed meanwhile" });
    story.step("node 1 works", work.await);
    let was_held = guard.release().await;
    let guard = there.acquire_within(WITHIN).await?.context("it is free")?;
    story.step(
        "node 1 gives it back; node 2 takes it",
        yes_or_no(guard.is_held()),
    );
    assert!(refused && was_held && guard.release().await);
    Ok(())
}

fn shown(found: &Found<u64>) -> String {
    format!("report {} (from: {})", found.value, found.level)
}

fn yes_or_no(held: bool) -> &'static str {
    if held {
        "it has it"
    } else {
        "it does not get it"
    }
}
