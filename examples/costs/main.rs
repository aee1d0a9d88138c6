//! What each operation costs: how often it asks Redis, and how many of it one
//! instance does in a second.
//!
//! ```text
//! cargo run --release --example costs
//! ```
//!
//! Figures of one machine and one run, over loopback: to be compared with one
//! another, not with anybody else's.

use std::time::{Duration, Instant};

use anyhow::{Result, ensure};
use cacheflow::{Applied, Cache, CacheFlow};
use cacheflow_redis::RedisBackend;
use cacheflow_testkit::{Recording, RedisServer, eventually};
use clap::Parser;

/// A bound against hanging.
const WITHIN: Duration = Duration::from_secs(60);

#[derive(Parser)]
struct Args {
    /// For how long each operation is repeated, in milliseconds.
    #[arg(long, default_value_t = 1_000)]
    millis: u64,
}

/// An instance with what its backend was asked.
#[derive(Clone)]
struct Instance {
    flow: CacheFlow,
    texts: Cache<u64, String>,
    asked: Recording<RedisBackend>,
}

impl Instance {
    async fn on(server: &RedisServer) -> Result<Self> {
        let asked = Recording::new(RedisBackend::open(&server.url())?);
        let flow = CacheFlow::builder()
            .namespace("costs")
            .backend(asked.clone())
            .operation_budget(Duration::from_secs(5))
            .build()
            .await?;
        let texts = flow.cache("texts").max_entries(1_000_000).build()?;
        eventually("subscribed", WITHIN, async || flow.health().is_good()).await;
        Ok(Self { flow, texts, asked })
    }

    async fn load(&self, key: u64) -> Result<()> {
        let text = async || Ok::<_, std::convert::Infallible>("x".repeat(100));
        self.texts.get_or_load(&key, text).await?;
        Ok(())
    }
}

#[derive(Clone, Copy)]
enum Operation {
    MemoryHit,
    SharedHit,
    Miss,
    MissWithTags,
    Put,
    Invalidate,
    InvalidateMany,
    InvalidateTag,
    Write,
}

const OPERATIONS: [(&str, Operation); 9] = [
    ("hit in memory", Operation::MemoryHit),
    ("hit in Redis", Operation::SharedHit),
    ("miss: load and fill", Operation::Miss),
    ("the same with 4 tags", Operation::MissWithTags),
    ("put", Operation::Put),
    ("invalidate a key", Operation::Invalidate),
    ("invalidate 100 keys", Operation::InvalidateMany),
    ("invalidate a tag of no keys", Operation::InvalidateTag),
    ("begin_write and finish", Operation::Write),
];

impl Operation {
    async fn run(self, on: &Instance, n: u64) -> Result<()> {
        let key = n + 1_000_000;
        match self {
            Self::MemoryHit => on.load(1).await,
            // A cache of its own reads what the first has filled.
            Self::SharedHit | Self::Miss => on.load(key).await,
            Self::MissWithTags => {
                let tagged = on.texts.tagged(["a", "b", "c", "d"])?;
                let on = Instance {
                    texts: tagged,
                    ..on.clone()
                };
                on.load(key).await
            }
            Self::Put => told(on.texts.put(&key, "x".repeat(100)).await),
            Self::Invalidate => told(on.texts.invalidate(&key).await),
            Self::InvalidateMany => {
                let keys: Vec<u64> = (key..key + 100).collect();
                told(on.texts.invalidate_many(&keys).await)
            }
            Self::InvalidateTag => {
                let tag = on.flow.invalidate().tags([format!("none:{n}")]);
                told(tag.send().await)
            }
            Self::Write => {
                let write = on.texts.begin_write(&key).await?;
                told(write.finish().await)
            }
        }
    }
}

/// A change counts when Redis has it.
fn told(applied: cacheflow::Result<Applied>) -> Result<()> {
    let applied = applied?;
    ensure!(applied == Applied::Recorded, "{applied:?}");
    Ok(())
}

#[tokio::main]
async fn main() -> Result<()> {
    let span = Duration::from_millis(Args::parse().millis);
    println!("| operation | asks Redis | 1 task, per second | 64 tasks, per second |");
    println!("|---|---|---|---|");
    for (name, operation) in OPERATIONS {
        let server = RedisServer::start().await;
        let on = Instance::on(&server).await?;
        on.load(1).await?;
        let mut figures = Vec::new();
        let mut asked = 0.0;
        for tasks in [1, 64] {
            let reader = match operation {
                Operation::SharedHit => {
                    prepare(&on, if tasks == 1 { 20_000 } else { 100_000 }).await?;
                    Instance::on(&server).await?
                }
                _ => on.clone(),
            };
            drop(reader.asked.take());
            let (done, took) = repeat(operation, &reader, tasks, span).await?;
            if tasks == 1 {
                asked = reader.asked.take().len() as f64 / done as f64;
            }
            figures.push(done as f64 / took.as_secs_f64());
        }
        println!(
            "| {name} | {asked:.1} | {:.0} | {:.0} |",
            figures[0], figures[1]
        );
    }
    Ok(())
}

/// What a second instance will find in Redis.
async fn prepare(on: &Instance, keys: u64) -> Result<()> {
    let tasks: Vec<_> = (0..64)
        .map(|task| {
            let on = on.clone();
            tokio::spawn(async move {
                for n in (task..keys).step_by(64) {
                    on.load(n + 1_000_000).await?;
                }
                anyhow::Ok(())
            })
        })
        .collect();
    for task in tasks {
        task.await??;
    }
    Ok(())
}

/// Repeats `operation` for `span`; a hit in Redis only as long as there are keys.
async fn repeat(
    operation: Operation,
    on: &Instance,
    tasks: u64,
    span: Duration,
) -> Result<(u64, Duration)> {
    let began = Instant::now();
    let most = match operation {
        Operation::SharedHit if tasks == 1 => 20_000,
        Operation::SharedHit => 100_000,
        _ => u64::MAX,
    };
    let running: Vec<_> = (0..tasks)
        .map(|task| {
            let on = on.clone();
            tokio::spawn(async move {
                let mut done = 0;
                let mut n = task;
                while n < most && began.elapsed() < span {
                    // The keys of one task and of 64 are not the same.
                    let n_of_round = if most == u64::MAX {
                        n + tasks * 10_000_000
                    } else {
                        n
                    };
                    operation.run(&on, n_of_round).await?;
                    n += tasks;
                    done += 1;
                }
                anyhow::Ok(done)
            })
        })
        .collect();
    let mut done = 0;
    for task in running {
        done += task.await??;
    }
    Ok((done, began.elapsed()))
}
