//! What several modules of tests use.

use std::sync::Arc;
use std::sync::atomic::{AtomicUsize, Ordering};
use std::time::Duration;

use cacheflow::{
    BoxError, Cache, CacheFlow, CacheWarmer, FlowBuilder, Pairs, WarmPlan, WarmReport, async_trait,
};
use cacheflow_testkit::{MemoryBackend, eventually};

/// A bound against hanging, not an expectation.
pub(crate) const WITHIN: Duration = Duration::from_secs(30);

pub(crate) const HOUR: Duration = Duration::from_secs(3600);

/// A flow that shares nothing.
pub(crate) async fn alone() -> CacheFlow {
    CacheFlow::builder().build().await.unwrap()
}

/// The builder of a flow on `server`, with time for everything.
pub(crate) fn on(server: &MemoryBackend) -> FlowBuilder {
    let builder = CacheFlow::builder().backend(server.clone());
    builder.max_staleness(HOUR).operation_budget(WITHIN)
}

/// Waits until `flow` has subscribed.
pub(crate) async fn subscribed(flow: &CacheFlow) {
    let good = async || flow.health().is_good();
    eventually("the node has subscribed", WITHIN, good).await;
}

/// Sends these numbers, each as its own value.
pub(crate) async fn send(
    mut pairs: Pairs<u64, u64>,
    numbers: impl IntoIterator<Item = u64>,
) -> Result<(), BoxError> {
    for number in numbers {
        pairs.send(&number, number).await;
    }
    Ok(())
}

/// Counts, for those who look.
#[derive(Clone, Default)]
pub(crate) struct Count(Arc<AtomicUsize>);

impl Count {
    pub(crate) fn add(&self) -> usize {
        self.0.fetch_add(1, Ordering::SeqCst) + 1
    }

    pub(crate) fn get(&self) -> usize {
        self.0.load(Ordering::SeqCst)
    }

    pub(crate) async fn reaches(&self, count: usize) {
        let reached = async || self.get() >= count;
        eventually(&format!("{count} were counted"), WITHIN, reached).await;
    }
}

/// A warmer of one entry, which counts its runs.
pub(crate) struct Counting {
    pub(crate) name: &'static str,
    pub(crate) plan: WarmPlan,
    pub(crate) runs: Count,
}

impl Counting {
    pub(crate) fn new(name: &'static str, plan: WarmPlan) -> (Self, Count) {
        let runs = Count::default();
        let warmer = Self {
            name,
            plan,
            runs: runs.clone(),
        };
        (warmer, runs)
    }
}

#[async_trait]
impl CacheWarmer for Counting {
    fn name(&self) -> &str {
        self.name
    }

    fn caches(&self) -> Vec<String> {
        vec!["numbers".to_owned()]
    }

    fn plan(&self) -> WarmPlan {
        self.plan.clone()
    }

    async fn warm(&self, flow: &CacheFlow) -> Result<WarmReport, BoxError> {
        self.runs.add();
        let numbers: Cache<u64, u64> = flow.cache("numbers").build()?;
        numbers.warm(|pairs| send(pairs, [7])).await
    }
}

/// A warmer that does what its closure does.
pub(crate) struct Doing<F>(pub(crate) &'static str, pub(crate) WarmPlan, pub(crate) F);

#[async_trait]
impl<F, Fut> CacheWarmer for Doing<F>
where
    F: Fn() -> Fut + Send + Sync + 'static,
    Fut: Future<Output = Result<WarmReport, BoxError>> + Send + 'static,
{
    fn name(&self) -> &str {
        self.0
    }

    fn plan(&self) -> WarmPlan {
        self.1.clone()
    }

    async fn warm(&self, _: &CacheFlow) -> Result<WarmReport, BoxError> {
        (self.2)().await
    }
}
