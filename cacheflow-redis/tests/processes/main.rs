//! Several processes on one Redis: the lease of a key between processes that are
//! killed and stopped.
//!
//! ```text
//! test ─ starts ─▶ child (this program again, see `child`) … child
//!   │                 │ flow, loader
//!   └── looks at ──▶ Redis ◀── counts, waits and tells under `probe:`
//! ```
#![cfg(unix)]

mod child;
mod probe;
mod process;

use std::time::Duration;

use cacheflow::{Cache, Level};
use cacheflow_redis::RedisBackend;
use cacheflow_testkit::{Recording, RedisServer, eventually};

use child::{Order, flow, leased, users};
use probe::Probe;
use process::Process;

/// Against hanging; nothing that is tested comes near it.
const BOUND: Duration = Duration::from_secs(90);

const KEY: u64 = 7;

/// Several processes, all of whose tasks ask for one key at the same time; tells how
/// often it was loaded.
async fn stampede(order: Order) -> u64 {
    const PROCESSES: usize = 4;
    let server = RedisServer::start().await;
    let probe = Probe::open(&server.url()).await;
    probe.set("source", 1).await;
    let mut all: Vec<_> = (0..PROCESSES)
        .map(|_| Process::start(order, &server.url()))
        .collect();
    eventually("all are ready", BOUND, async || {
        probe.number("ready").await == PROCESSES as u64
    })
    .await;
    probe.set("go", 1).await;
    eventually("all have ended", BOUND, async || {
        all.iter_mut().all(Process::has_ended)
    })
    .await;
    for process in &mut all {
        assert!(process.ended_well(), "a child has failed");
    }
    let answers = probe.number("answers").await;
    assert_eq!(answers, PROCESSES as u64 * child::TASKS as u64);
    assert_eq!(probe.leases().await, 0, "a lease was left behind");
    probe.number("loads").await
}

#[tokio::test]
async fn four_processes_of_a_thousand_tasks_load_a_cold_key_once() {
    assert_eq!(stampede(Order::StormWithLease).await, 1);
}

#[tokio::test]
async fn without_leases_they_load_it_once_each_at_most() {
    let loads = stampede(Order::StormWithoutLease).await;
    assert!((1..=4).contains(&loads), "{loads} loads");
}

/// The other node, in this process.
struct Here {
    cache: Cache<u64, u64>,
    recording: Recording<RedisBackend>,
    asked: Vec<String>,
}

impl Here {
    async fn start(server: &RedisServer) -> Self {
        let recording = Recording::new(RedisBackend::open(&server.url()).unwrap());
        Self {
            cache: leased(&flow(recording.clone()).await),
            recording,
            asked: Vec::new(),
        }
    }

    /// Waits until it has asked so often for the lease.
    async fn has_tried(&mut self, times: usize) {
        eventually("it has tried to get the lease", BOUND, async || {
            self.count("acquire users:7") >= times
        })
        .await;
    }

    fn count(&mut self, call: &str) -> usize {
        let asked = self.recording.take();
        self.asked.extend(asked.iter().map(ToString::to_string));
        self.asked.iter().filter(|asked| *asked == call).count()
    }

    /// Asks for the key, with a loader that counts and does not wait.
    fn asks(&self, probe: &Probe) -> tokio::task::JoinHandle<u64> {
        let (cache, probe) = (self.cache.clone(), probe.clone());
        tokio::spawn(async move {
            let load = async || Ok::<_, ()>(probe.load().await);
            cache.get_or_load(&KEY, load).await.unwrap()
        })
    }
}

/// A child has read the source for its load, and hangs.
async fn holder(server: &RedisServer, probe: &Probe) -> Process {
    probe.set("source", 1).await;
    let holder = Process::start(Order::Hold, &server.url());
    eventually("the child loads", BOUND, async || {
        probe.number("loads").await == 1
    })
    .await;
    assert_eq!(probe.leases().await, 1);
    holder
}

async fn within<F: IntoFuture>(work: F) -> F::Output {
    let done = tokio::time::timeout(BOUND, work).await;
    done.expect("it does not hang")
}

#[tokio::test]
async fn when_the_holder_is_killed_another_loads() {
    let server = RedisServer::start().await;
    let probe = Probe::open(&server.url()).await;
    let mut holder = holder(&server, &probe).await;
    let mut here = Here::start(&server).await;
    let other = here.asks(&probe);
    // As long as it lives it keeps its lease, whose time is over by now.
    here.has_tried(8).await;
    assert_eq!(probe.number("loads").await, 1);
    holder.kill();
    probe.set("source", 2).await;
    assert_eq!(within(other).await.unwrap(), 2);
    assert_eq!(probe.number("loads").await, 2);
    // With a lease of its own, which it has given back.
    assert_eq!(here.count("release users:7"), 1);
    assert_eq!(probe.leases().await, 0);
    let found = here.cache.peek(&KEY).unwrap();
    assert_eq!((found.value, found.level), (2, Level::Memory));
}

/// What becomes of the value of a holder that was stopped for longer than its lease.
async fn late_fill(change: impl AsyncFnOnce(&Here, &Probe) -> u64) {
    let server = RedisServer::start().await;
    let probe = Probe::open(&server.url()).await;
    let mut holder = holder(&server, &probe).await;
    let mut here = Here::start(&server).await;
    holder.stop();
    probe.set("source", 2).await;
    let other = here.asks(&probe);
    assert_eq!(within(other).await.unwrap(), 2, "the lease was over");
    assert_eq!(probe.number("loads").await, 2);
    assert_eq!(here.count("release users:7"), 1);
    let newest = change(&here, &probe).await;
    let kept = probe.stored(KEY).await;

    holder.resume();
    probe.set("go", 1).await;
    eventually("the child has ended", BOUND, async || holder.has_ended()).await;
    assert!(holder.ended_well());
    assert_eq!(probe.number("first").await, 1, "what it has loaded");
    assert_eq!(probe.number("refused").await, 1, "and not kept");
    // It is read by nobody: neither there, nor here, nor past all memory.
    assert_eq!(probe.number("second").await, newest, "in the child");
    assert_eq!(probe.number("loads").await, 2, "there was a value");
    assert_eq!(probe.stored(KEY).await, kept, "in Redis");
    assert_eq!(here.cache.get(&KEY).await, Some(newest));
    let past_memory = users(&flow(RedisBackend::open(&server.url()).unwrap()).await);
    let found = past_memory.lookup(&KEY).await.found().unwrap();
    assert_eq!((found.value, found.level), (newest, Level::Shared));
}

/// Nobody has said that anything changed: only the lease tells.
#[tokio::test]
async fn a_holder_that_was_stopped_for_too_long_does_not_fill() {
    late_fill(async |_, _| 2).await;
}

#[tokio::test]
async fn nor_when_its_key_was_put_meanwhile() {
    late_fill(async |here, probe| {
        probe.set("source", 3).await;
        let _ = here.cache.put(&KEY, 3).await.unwrap();
        3
    })
    .await;
}

#[tokio::test]
async fn nor_when_its_key_was_forgotten_and_filled_anew() {
    late_fill(async |here, probe| {
        probe.set("source", 4).await;
        let _ = here.cache.invalidate(&KEY).await.unwrap();
        let anew = async || Ok::<_, ()>(probe.number("source").await);
        assert_eq!(here.cache.get_or_load(&KEY, anew).await, Ok(4));
        4
    })
    .await;
}

/// Stopped for less than its lease, it keeps what it loads, and nobody else does.
#[tokio::test]
async fn a_holder_that_was_stopped_for_a_moment_fills() {
    let server = RedisServer::start().await;
    let probe = Probe::open(&server.url()).await;
    let mut holder = holder(&server, &probe).await;
    let mut here = Here::start(&server).await;
    holder.stop();
    let other = here.asks(&probe);
    here.has_tried(1).await;
    holder.resume();
    probe.set("go", 1).await;
    // A machine that was slower than the lease has seen what the others test.
    let value = within(other).await.unwrap();
    let loads = probe.number("loads").await;
    eventually("the child has ended", BOUND, async || holder.has_ended()).await;
    assert!(holder.ended_well());
    assert_eq!(value, 1);
    assert!(
        loads == 1 || probe.number("refused").await == 1,
        "{loads} loads"
    );
    assert_eq!(probe.leases().await, 0);
}
