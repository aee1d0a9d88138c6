//! A dictionary: trained from a cache's values, kept under a version, and what it gains.
//!
//! ```text
//! cargo run --example dictionary
//! cargo run --example dictionary -- --folder /etc/shop/dictionaries
//! ```
//!
//! Without `--folder` it is written to a folder that is gone at the end.

use std::path::{Path, PathBuf};
use std::time::Duration;

use anyhow::{Context, Result};
use cacheflow::codec::{Compression, Dictionaries};
use cacheflow::{Cache, CacheFlow, Strategy};
use cacheflow_examples::Story;
use cacheflow_testkit::{MemoryBackend, eventually};
use clap::Parser;
use serde::{Deserialize, Serialize};

/// A bound against hanging.
const WITHIN: Duration = Duration::from_secs(60);

#[derive(Parser)]
struct Args {
    /// Where dictionaries lie, one file for each version.
    #[arg(long, value_name = "PATH")]
    folder: Option<PathBuf>,
}

/// Small, and much like the next one.
#[derive(Clone, Debug, PartialEq, Serialize, Deserialize)]
struct Cart {
    customer: u64,
    currency: String,
    state: String,
    coupon: Option<String>,
    articles: Vec<String>,
}

fn cart(number: u64) -> Cart {
    let article = |at| format!("article-{:05}", (number * 31 + at * 7) % 2000);
    Cart {
        customer: number * 7919,
        currency: "EUR".to_owned(),
        state: ["open", "ordered", "delivered"][number as usize % 3].to_owned(),
        coupon: number
            .is_multiple_of(4)
            .then(|| "SPRING-10-PERCENT".to_owned()),
        articles: (0..number % 3).map(article).collect(),
    }
}

/// An instance of a service with what it knows of its carts.
async fn carts(store: &MemoryBackend, known: Dictionaries) -> Result<Cache<u64, Cart>> {
    let flow = CacheFlow::builder()
        .backend(store.clone())
        .operation_budget(Duration::from_secs(5))
        .build()
        .await?;
    let hears = async || flow.health().is_good();
    eventually("the instance hears the news", WITHIN, hears).await;
    Ok(flow
        .cache("carts")
        .strategy(Strategy::multi_level())
        .compression(Compression::zstd().dictionaries(known))
        .build()?)
}

async fn fill(carts: &Cache<u64, Cart>, numbers: std::ops::Range<u64>) -> Result<String> {
    for number in numbers {
        let load = async || Ok::<_, std::io::Error>(cart(number));
        carts.get_or_load(&number, load).await?;
    }
    let stats = carts.stats();
    let ratio = 100.0 * stats.compression_ratio();
    Ok(format!(
        "{} → {} bytes, {ratio:.0} %",
        stats.encoded_bytes, stats.stored_bytes
    ))
}

/// Trains a version from what is in memory, off the threads that answer requests.
async fn train(carts: &Cache<u64, Cart>, version: u32, folder: &Path) -> Result<PathBuf> {
    let (carts, folder) = (carts.clone(), folder.to_owned());
    let trained = tokio::task::spawn_blocking(move || {
        let dictionary = carts.train_dictionary(version)?;
        anyhow::Ok(dictionary.save(&folder, "carts")?)
    });
    trained.await.context("the training panicked")?
}

#[tokio::main]
async fn main() -> Result<()> {
    let temporary = tempfile::tempdir()?;
    let folder = Args::parse()
        .folder
        .unwrap_or_else(|| temporary.path().to_owned());
    let store = MemoryBackend::new();
    let mut story = Story::default();

    let known = Dictionaries::load(&folder, "carts")?;
    let last = known.newest().map_or(0, |dictionary| dictionary.version());
    let before = carts(&store, known).await?;
    story.step(
        "a thousand carts, with what is known",
        fill(&before, 0..1000).await?,
    );
    let file = train(&before, last + 1, &folder).await?;
    story.step("learnt from them", file.display());

    let after = carts(&store, Dictionaries::load(&folder, "carts")?).await?;
    story.step(
        "a thousand others, with that",
        fill(&after, 1000..2000).await?,
    );
    assert!(after.stats().compression_ratio() < 0.7);

    // A second version: what was written with the first is still read.
    let file = train(&after, last + 2, &folder).await?;
    story.step("learnt once more", file.display());
    let both = carts(&store, Dictionaries::load(&folder, "carts")?).await?;
    let not_run = async || Err(std::io::Error::other("not run"));
    assert_eq!(both.get_or_load(&1500, not_run).await?, cart(1500));
    story.step("one that has both reads a cart", "from the store");
    Ok(())
}
