//! A tag with a million keys: how soon it is forgotten, how soon it is gone, and
//! what Redis feels of it.
//!
//! ```text
//! cargo run --release --example million
//! cargo run --release --example million -- --redis redis://127.0.0.1:6379 --keys 100000
//! ```
//!
//! Two instances of a service share a Redis. One forgets the tag of all users; the
//! other reads. Meanwhile a third connection asks Redis for a PONG, over and over:
//! the longest wait is the longest stall that anybody else would have noticed.

use std::sync::Arc;
use std::sync::atomic::{AtomicBool, Ordering};
use std::time::{Duration, Instant};

use anyhow::{Context, Result, ensure};
use cacheflow::{Applied, Cache, CacheFlow, Event};
use cacheflow_redis::RedisBackend;
use cacheflow_testkit::{RedisServer, Reply, eventually};
use clap::Parser;
use serde::{Deserialize, Serialize};

/// So many loads are under way at a time.
const TASKS: u64 = 128;

const TAG: &str = "role:member";

/// A bound against hanging.
const WITHIN: Duration = Duration::from_secs(600);

#[derive(Parser)]
struct Args {
    /// An own Redis is started if none is given.
    #[arg(long)]
    redis: Option<String>,
    /// How many keys carry the tag.
    #[arg(long, default_value_t = 1_000_000)]
    keys: u64,
}

#[derive(Clone, Serialize, Deserialize)]
struct User {
    name: String,
}

type Users = Cache<u64, User>;

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

    let (writer, users) = instance(&url).await?;
    let (reader, there) = instance(&url).await?;
    let started = Instant::now();
    fill(&users, args.keys).await?;
    println!(
        "{} users kept under {TAG} in {:.1?}",
        args.keys,
        started.elapsed()
    );
    let sample = (args.keys / 100).max(1);
    for id in 0..sample {
        load(&there, id).await?;
    }

    let probe = Probe::start(&own).await;
    let mut events = writer.events();
    let sent = Instant::now();
    let applied = writer.invalidate().tags([TAG]).send().await?;
    let returned = sent.elapsed();
    ensure!(applied == Applied::Recorded, "{applied:?}");
    // Watched without a pause, so that the figure is the other instance's alone.
    while there.peek(&0).is_some() {
        ensure!(sent.elapsed() < WITHIN, "the other instance has not heard");
        tokio::task::yield_now().await;
    }
    let effective = sent.elapsed();
    for id in 0..sample {
        ensure!(there.get(&id).await.is_none(), "{id} is still there");
    }

    let removed = loop {
        // Evictions come faster than they are read here.
        if let Ok(Event::Reclaimed { removed, .. }) = events.next().await.context("events")? {
            break removed;
        }
    };
    let gone = sent.elapsed();
    let stall = probe.stop().await;

    println!("the call returned after                {returned:>10.2?}");
    println!("effective on another instance after    {effective:>10.2?}");
    println!("{removed} values removed from Redis after {gone:>10.2?}");
    if let (Some(stall), Some(server)) = (stall, &own) {
        println!("longest wait for a PONG meanwhile      {stall:>10.2?}");
        let slow = server.command(&["SLOWLOG", "LEN"]).await?;
        println!("commands that took more than 2 ms      {slow:?}");
        let left = server.keys().await;
        let left = left.iter().filter(|name| !name.contains("journal")).count();
        println!("keys left beside the journal           {left:>10}");
        ensure!(left == 0, "something was left behind");
    }
    ensure!(removed == args.keys, "{removed} removed");
    for flow in [writer, reader] {
        flow.shutdown(Duration::from_secs(5)).await?;
    }
    Ok(())
}

async fn instance(url: &str) -> Result<(CacheFlow, Users)> {
    let flow = CacheFlow::builder()
        .namespace("million")
        .backend(RedisBackend::open(url)?)
        .operation_budget(Duration::from_secs(5))
        .build()
        .await?;
    let users = flow
        .cache("users")
        .ttl(Duration::from_secs(3600))
        .tags(|_: &User| vec![TAG.to_owned()])
        .build()?;
    eventually("subscribed", WITHIN, async || flow.health().is_good()).await;
    Ok((flow, users))
}

async fn load(users: &Users, id: u64) -> Result<()> {
    let user = async || {
        Ok::<_, std::convert::Infallible>(User {
            name: format!("user {id}"),
        })
    };
    users.get_or_load(&id, user).await?;
    Ok(())
}

async fn fill(users: &Users, keys: u64) -> Result<()> {
    let tasks: Vec<_> = (0..TASKS)
        .map(|task| {
            let users = users.clone();
            tokio::spawn(async move {
                for id in (task..keys).step_by(usize::try_from(TASKS)?) {
                    load(&users, id).await?;
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

/// Somebody else who uses the same Redis.
struct Probe {
    ended: Arc<AtomicBool>,
    task: Option<tokio::task::JoinHandle<Duration>>,
}

impl Probe {
    /// Only a server of our own is asked, and told to note what takes long.
    async fn start(own: &Option<RedisServer>) -> Self {
        let ended = Arc::new(AtomicBool::new(false));
        let Some(server) = own else {
            return Self { ended, task: None };
        };
        for command in [
            &["CONFIG", "SET", "slowlog-log-slower-than", "2000"][..],
            &["SLOWLOG", "RESET"],
        ] {
            let done = server.command(command).await;
            assert!(matches!(done, Ok(Reply::Simple(_))), "{done:?}");
        }
        let (address, until) = (server.addr(), Arc::clone(&ended));
        let task = tokio::task::spawn_blocking(move || longest_wait(address, &until));
        Self {
            ended,
            task: Some(task),
        }
    }

    async fn stop(self) -> Option<Duration> {
        self.ended.store(true, Ordering::Relaxed);
        self.task?.await.ok()
    }
}

fn longest_wait(address: std::net::SocketAddr, until: &AtomicBool) -> Duration {
    use std::io::{Read, Write};
    let mut longest = Duration::ZERO;
    let Ok(mut stream) = std::net::TcpStream::connect(address) else {
        return longest;
    };
    let mut pong = [0; 7];
    while !until.load(Ordering::Relaxed) {
        let asked = Instant::now();
        let answered = stream
            .write_all(b"PING\r\n")
            .and_then(|()| stream.read_exact(&mut pong));
        if answered.is_err() {
            break;
        }
        longest = longest.max(asked.elapsed());
        // Asking without a pause would itself be what keeps the machine busy.
        std::thread::sleep(Duration::from_millis(1));
    }
    longest
}
