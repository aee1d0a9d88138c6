//! What the children do, and what they have in common with the other node.

use std::time::Duration;

use cacheflow::{Backend, Cache, CacheFlow, Strategy};
use cacheflow_redis::RedisBackend;
use cacheflow_testkit::eventually;
use tokio::task::JoinSet;

use crate::probe::Probe;
use crate::{BOUND, KEY};

/// How the child is told what to do, and where.
pub(crate) const ORDER: &str = "CACHEFLOW_PROCESSES_ORDER";
pub(crate) const URL: &str = "CACHEFLOW_PROCESSES_URL";

pub(crate) const LEASE: Duration = Duration::from_secs(2);
const LEASE_OF_A_STORM: Duration = Duration::from_secs(5);

/// How many ask at once in each child.
pub(crate) const TASKS: usize = 1_000;

#[derive(Clone, Copy, Debug, PartialEq)]
pub(crate) enum Order {
    /// Many ask for one key at once.
    StormWithLease,
    StormWithoutLease,
    /// One loads, until it is told to end, and then looks what is there.
    Hold,
}

impl Order {
    const ALL: [Self; 3] = [Self::StormWithLease, Self::StormWithoutLease, Self::Hold];

    pub(crate) fn name(self) -> String {
        format!("{self:?}")
    }
}

/// A flow on `backend` that hears its bus, and that a slow machine does not disturb.
pub(crate) async fn flow(backend: impl Backend) -> CacheFlow {
    let flow = CacheFlow::builder()
        .namespace("t")
        .backend(backend)
        .operation_budget(Duration::from_secs(10))
        .max_staleness(Duration::from_secs(600));
    let flow = flow.build().await.unwrap();
    eventually("the flow is in good health", BOUND, async || {
        flow.health().is_good()
    })
    .await;
    flow
}

fn cache(flow: &CacheFlow, strategy: Strategy) -> Cache<u64, u64> {
    let cache = flow.cache("users").strategy(strategy);
    let patience = Duration::from_secs(3600);
    cache.follower_timeout(patience).build().unwrap()
}

/// The cache, with leases.
pub(crate) fn leased(flow: &CacheFlow) -> Cache<u64, u64> {
    cache(flow, Strategy::multi_level().distributed_lock(LEASE))
}

/// The cache, past all memory.
pub(crate) fn users(flow: &CacheFlow) -> Cache<u64, u64> {
    cache(flow, Strategy::cache_aside())
}

#[test]
#[ignore = "what the children run; by itself it does nothing"]
fn obeys() {
    let (Ok(order), Ok(url)) = (std::env::var(ORDER), std::env::var(URL)) else {
        return;
    };
    let mut all = Order::ALL.into_iter();
    let order = all.find(|known| known.name() == order).expect("an order");
    let runtime = tokio::runtime::Builder::new_multi_thread()
        .worker_threads(2)
        .enable_all()
        .build()
        .unwrap();
    runtime.block_on(async {
        let probe = Probe::open(&url).await;
        let flow = flow(RedisBackend::open(&url).unwrap()).await;
        match order {
            Order::StormWithLease => {
                let strategy = Strategy::multi_level().distributed_lock(LEASE_OF_A_STORM);
                storm(&probe, &cache(&flow, strategy)).await;
            }
            Order::StormWithoutLease => {
                storm(&probe, &cache(&flow, Strategy::multi_level())).await;
            }
            Order::Hold => hold(&probe, &leased(&flow)).await,
        }
        flow.shutdown(BOUND).await.unwrap();
    });
}

async fn storm(probe: &Probe, cache: &Cache<u64, u64>) {
    probe.add("ready", 1).await;
    probe.is_set("go").await;
    let mut tasks = JoinSet::new();
    for _ in 0..TASKS {
        let (cache, probe) = (cache.clone(), probe.clone());
        tasks.spawn(async move {
            let load = async || {
                let value = probe.load().await;
                // Work, so that there is time to come together.
                tokio::time::sleep(Duration::from_millis(200)).await;
                Ok::<_, ()>(value)
            };
            cache.get_or_load(&KEY, load).await.unwrap()
        });
    }
    let values = tasks.join_all().await;
    assert!(values.iter().all(|value| *value == 1));
    let stats = cache.stats();
    assert_eq!(stats.lookups(), TASKS as u64, "{stats:?}");
    assert_eq!(cache.under_way(), 0);
    probe.add("answers", values.len() as u64).await;
}

async fn hold(probe: &Probe, cache: &Cache<u64, u64>) {
    let load = async || {
        let value = probe.load().await;
        probe.is_set("go").await;
        Ok::<_, ()>(value)
    };
    let value = cache.get_or_load(&KEY, load).await.unwrap();
    probe.set("first", value).await;
    probe.set("refused", cache.stats().fills_refused).await;
    let load = async || Ok::<_, ()>(probe.load().await);
    let value = cache.get_or_load(&KEY, load).await.unwrap();
    probe.set("second", value).await;
}
