//! When and how caches are warmed.

use std::sync::Arc;
use std::sync::atomic::{AtomicUsize, Ordering};
use std::time::Duration;

use cacheflow::{
    BoxError, Cache, CacheFlow, CacheWarmer, FlowBuilder, WarmPlan, WarmReport, async_trait,
};
use cacheflow_testkit::{MemoryBackend, eventually};
use tokio::time::sleep;

use crate::world::{MINUTE, SECOND, WITHIN, config, on};

/// How often something was warmed.
#[derive(Clone, Default)]
struct Runs(Arc<AtomicUsize>);

impl Runs {
    fn get(&self) -> usize {
        self.0.load(Ordering::SeqCst)
    }

    async fn reach(&self, count: usize) {
        let reached = async || self.get() >= count;
        eventually("it was warmed", WITHIN, reached).await;
    }
}

/// The cache `users` of `flow`, which can be warmed; each warming takes so long.
fn users(flow: &CacheFlow, takes: Duration) -> (Cache<u64, u64>, Runs) {
    let runs = Runs::default();
    let counted = runs.clone();
    let builder = flow.cache("users").warm_with(move |mut pairs| {
        let counted = counted.clone();
        async move {
            sleep(takes).await;
            pairs.send(&1, 10).await;
            counted.0.fetch_add(1, Ordering::SeqCst);
            Ok::<_, BoxError>(())
        }
    });
    (builder.build().unwrap(), runs)
}

/// The same in a flow that shares nothing, with these options of the cache.
async fn users_with(options: &str) -> (CacheFlow, Cache<u64, u64>, Runs) {
    let text = format!("[caches.users]\n{options}\n");
    let builder = CacheFlow::builder().config(config(&text));
    let flow = builder.build().await.unwrap();
    let (cache, runs) = users(&flow, Duration::ZERO);
    (flow, cache, runs)
}

/// A warmer that takes a minute, and can fail.
struct Slow {
    name: String,
    /// How many are at work, and the most that were.
    running: Arc<(AtomicUsize, AtomicUsize)>,
    fails: bool,
}

#[async_trait]
impl CacheWarmer for Slow {
    fn name(&self) -> &str {
        &self.name
    }

    fn plan(&self) -> WarmPlan {
        WarmPlan::new()
    }

    async fn warm(&self, _: &CacheFlow) -> Result<WarmReport, BoxError> {
        let (running, most) = &*self.running;
        let now = running.fetch_add(1, Ordering::SeqCst) + 1;
        most.fetch_max(now, Ordering::SeqCst);
        sleep(MINUTE).await;
        running.fetch_sub(1, Ordering::SeqCst);
        match self.fails {
            true => Err("no database".into()),
            false => Ok(WarmReport::warmed(1)),
        }
    }
}

fn slow(name: &str, running: &Arc<(AtomicUsize, AtomicUsize)>) -> Slow {
    Slow {
        name: name.to_owned(),
        running: Arc::clone(running),
        fails: false,
    }
}

#[tokio::test(start_paused = true)]
pub(crate) async fn enabled() {
    for (text, most) in [("", 1), ("[warming]\nenabled = false", 0)] {
        let running = Arc::default();
        let builder = CacheFlow::builder().config(config(text));
        let builder = builder.warmer(slow("slow", &running));
        let _flow = builder.build().await.unwrap();
        sleep(SECOND).await;
        assert_eq!(running.1.load(Ordering::SeqCst), most, "{text:?}");
    }
}

#[tokio::test(start_paused = true)]
pub(crate) async fn parallelism() {
    let running = Arc::default();
    let builder = CacheFlow::builder().config(config("[warming]\nparallelism = 2"));
    let all = ["a", "b", "c", "d", "e"].into_iter();
    let builder = all.fold(builder, |builder, name| {
        builder.warmer(slow(name, &running))
    });
    let _flow = builder.build().await.unwrap();
    sleep(10 * MINUTE).await;
    assert_eq!(running.1.load(Ordering::SeqCst), 2);
}

#[tokio::test]
pub(crate) async fn snapshot() {
    let dir = tempfile::tempdir().unwrap();
    let file = dir.path().join("keys");
    let text = format!("[warming]\nsnapshot = {:?}", file.display().to_string());
    let server = MemoryBackend::new();
    let flow = on(&server, |flow: FlowBuilder| flow.config(config(&text))).await;
    let users: Cache<u64, u64> = flow.cache("users").build().unwrap();
    let _ = users.put(&1, 10).await.unwrap();
    flow.shutdown(WITHIN).await.unwrap();
    assert!(std::fs::read_to_string(&file).unwrap().contains("users"));
}

#[tokio::test(start_paused = true)]
pub(crate) async fn required_timeout() {
    let running = Arc::default();
    let builder = CacheFlow::builder().config(config("[warming]\nrequired_timeout = \"5s\""));
    let error = builder.required_warmer(slow("slow", &running));
    let error = error.build().await.unwrap_err().to_string();
    assert!(error.contains("slow: not done after 5s"), "{error}");
}

#[tokio::test(start_paused = true)]
pub(crate) async fn start_without_required() {
    let text = "[warming]\nstart_without_required = true";
    for (text, starts) in [("", false), (text, true)] {
        let fails = Slow {
            fails: true,
            ..slow("fails", &Arc::default())
        };
        let builder = CacheFlow::builder().config(config(text));
        let built = builder.required_warmer(fails).build().await;
        assert_eq!(built.is_ok(), starts, "{text:?}");
    }
}

#[tokio::test]
pub(crate) async fn warm_on_startup() {
    let (_flow, _users, runs) = users_with("warm_on_startup = true").await;
    runs.reach(1).await;
}

#[tokio::test(start_paused = true)]
pub(crate) async fn warming_interval() {
    let (_flow, _users, runs) = users_with("warming_interval = \"1m\"").await;
    sleep(3 * MINUTE + SECOND).await;
    assert_eq!(runs.get(), 3);
}

/// By the system's clock: every second.
#[tokio::test]
pub(crate) async fn warming_cron() {
    let (_flow, _users, runs) = users_with("warming_cron = \"* * * * * *\"").await;
    runs.reach(1).await;
}

/// The second node would leave it to the first, which has just done it for all.
#[tokio::test]
pub(crate) async fn warm_per_node() {
    let server = MemoryBackend::new();
    let text = "[caches.users]\nwarm_on_startup = true\nwarm_per_node = true";
    let mut nodes = Vec::new();
    for _ in 0..2 {
        let flow = on(&server, |flow| flow.config(config(text))).await;
        let (users, runs) = users(&flow, Duration::ZERO);
        runs.reach(1).await;
        nodes.push((flow, users));
    }
}

#[tokio::test(start_paused = true)]
pub(crate) async fn warming_timeout() {
    let text = "[caches.users]\nwarming_timeout = \"1m\"";
    for (text, ends) in [("", true), (text, false)] {
        let builder = CacheFlow::builder().config(config(text));
        let flow = builder.build().await.unwrap();
        let (_users, runs) = users(&flow, 2 * MINUTE);
        let _ = flow.warm("users").await;
        assert_eq!(runs.get() == 1, ends, "{text:?}");
    }
}

#[tokio::test(start_paused = true)]
pub(crate) async fn rewarm() {
    for (options, expected) in [("", 0), ("rewarm = \"1m\"", 1)] {
        let (flow, users, runs) = users_with(options).await;
        let _ = users.put(&1, 10).await.unwrap();
        let _ = flow.invalidate().cache("users").send().await.unwrap();
        sleep(2 * MINUTE).await;
        assert_eq!(runs.get(), expected, "{options:?}");
    }
}
