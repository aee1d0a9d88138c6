//! No cold start: a million entries from SQLite are in Redis and in memory before the first
//! request, in constant memory.
//!
//! ```text
//! cargo run --release --example warm_start
//! cargo run --release --example warm_start -- --redis redis://127.0.0.1:6379 --entries 100000
//! ```
//!
//! The table is read page by page, and kept in batches; each pair with its lifetime, its tag and
//! the check that nothing was forgotten meanwhile. Beside it, for comparison: the same rows read in
//! the same way, and written with a bare `SET` each, in pipelines of the same size.

mod bare;
mod database;
mod memory;

use std::sync::Arc;
use std::sync::atomic::{AtomicU64, Ordering};
use std::time::{Duration, Instant};

use anyhow::{Context, Result, ensure};
use cacheflow::{Cache, CacheFlow, FlowBuilder, WarmPage};
use cacheflow_redis::RedisBackend;
use cacheflow_testkit::{RedisServer, eventually};
use clap::Parser;
use database::{Database, User};
use indicatif::{ProgressBar, ProgressStyle};

/// So many rows are read at once.
const PAGE: usize = 5_000;

/// A bound against hanging.
const WITHIN: Duration = Duration::from_secs(600);

#[derive(Parser)]
struct Args {
    /// An own Redis is started if none is given.
    #[arg(long)]
    redis: Option<String>,
    /// How many rows the table has.
    #[arg(long, default_value_t = 1_000_000)]
    entries: u64,
}

#[tokio::main]
async fn main() -> Result<()> {
    let args = Args::parse();
    let own = match args.redis {
        Some(_) => None,
        None => Some(RedisServer::start().await),
    };
    let url = args
        .redis
        .or_else(|| own.as_ref().map(RedisServer::url))
        .context("a server")?;
    let directory = tempfile::tempdir()?;
    let database = Database::fill(directory.path(), args.entries)?;
    println!("{} rows in SQLite", args.entries);

    let bare = Instant::now();
    bare::write(&url, &database).await?;
    let bare = bare.elapsed();

    let before = memory::resident();
    let peak = Arc::new(AtomicU64::new(0));
    let bar = bar(args.entries);
    let flow = flow(&url)?
        .warming_progress({
            let (bar, peak) = (bar.clone(), Arc::clone(&peak));
            move |progress| {
                bar.set_position(progress.done);
                peak.fetch_max(memory::resident().unwrap_or(0), Ordering::Relaxed);
            }
        })
        .build()
        .await?;
    let users = users(&flow, Some(database.clone()))?;
    eventually("subscribed", WITHIN, async || flow.health().is_good()).await;
    let results = flow.warm("users").await?;
    bar.finish_and_clear();
    let warmed = &results[0];
    ensure!(warmed.is_ok(), "{:?}", warmed.errors);
    ensure!(warmed.items_warmed == args.entries, "{warmed:?}");

    println!(
        "{} entries in Redis and in memory, up to {} of them there, in {:.1?}",
        warmed.items_warmed,
        users.stats().entries,
        warmed.duration
    );
    let rate = |took: Duration| args.entries as f64 / took.as_secs_f64();
    println!(
        "warmed                    {:>10.0} entries/s",
        rate(warmed.duration)
    );
    println!("bare SET, in pipelines    {:>10.0} entries/s", rate(bare));
    let ratio = bare.as_secs_f64() / warmed.duration.as_secs_f64();
    println!("warmed / bare             {ratio:>10.2}");
    if let Some(before) = before {
        let mib = |bytes: u64| bytes as f64 / (1 << 20) as f64;
        let peak = peak.load(Ordering::Relaxed);
        println!("resident before           {:>10.1} MiB", mib(before));
        println!("resident at most meanwhile{:>10.1} MiB", mib(peak));
    }

    // Another instance, which has warmed nothing, finds all of it.
    let other = flow_alone(&url).await?;
    let there = self::users(&other, None)?;
    for id in [1, args.entries / 2, args.entries] {
        let user = there.get(&id).await.context("it is in the shared store")?;
        ensure!(user == database.user(id)?, "{user:?}");
    }
    for flow in [flow, other] {
        flow.shutdown(Duration::from_secs(5)).await?;
    }
    Ok(())
}

fn flow(url: &str) -> Result<FlowBuilder> {
    let builder = CacheFlow::builder().namespace("warm_start");
    Ok(builder.backend(RedisBackend::open(url)?))
}

async fn flow_alone(url: &str) -> Result<CacheFlow> {
    let flow = flow(url)?.build().await?;
    eventually("subscribed", WITHIN, async || flow.health().is_good()).await;
    Ok(flow)
}

/// The cache, which knows how to warm itself if it knows the table.
fn users(flow: &CacheFlow, database: Option<Database>) -> Result<Cache<u64, User>> {
    let builder = flow
        .cache("users")
        .ttl(Duration::from_secs(3600))
        .tags(|user: &User| vec![format!("org:{}", user.org)]);
    let Some(database) = database else {
        return Ok(builder.build()?);
    };
    let warmed = builder.warm_pages(move |after: Option<u64>| {
        let database = database.clone();
        async move {
            let rows = database.page(after.unwrap_or(0), PAGE).await?;
            anyhow::Ok(match rows.last() {
                Some((last, _)) if rows.len() == PAGE => {
                    let last = *last;
                    WarmPage::then(rows, last)
                }
                _ => WarmPage::last(rows),
            })
        }
    });
    Ok(warmed.build()?)
}

fn bar(entries: u64) -> ProgressBar {
    let style = "{bar:40} {human_pos} of {human_len} entries, {per_sec}";
    let style =
        ProgressStyle::with_template(style).unwrap_or_else(|_| ProgressStyle::default_bar());
    ProgressBar::new(entries).with_style(style)
}
