//! One instance of the service, and the source of all.

use std::sync::Arc;
use std::sync::atomic::{AtomicU64, Ordering};
use std::time::Duration;

use anyhow::Result;
use cacheflow::{Backend, Cache, CacheFlow, Found, LoadError, Strategy};
use cacheflow_testkit::{Operation, Recording, eventually};
use tokio::sync::Semaphore;
use tokio::task::JoinHandle;

use crate::WITHIN;

/// Five seconds suit most; here nothing is to depend on how busy the machine is.
pub(crate) const LEASE: Duration = Duration::from_secs(30);

/// The source: a report that takes its time. It is done when it is let.
pub(crate) struct Source {
    begun: AtomicU64,
    may_end: Semaphore,
}

impl Default for Source {
    fn default() -> Self {
        Self {
            begun: AtomicU64::new(0),
            may_end: Semaphore::new(0),
        }
    }
}

impl Source {
    async fn report(&self) -> Result<u64, String> {
        let number = self.begun.fetch_add(1, Ordering::Relaxed) + 1;
        let end = self.may_end.acquire().await;
        end.map_err(|error| error.to_string())?.forget();
        Ok(number)
    }

    pub(crate) fn let_one_end(&self) {
        self.may_end.add_permits(1);
    }

    /// Waits until so many reports were begun.
    pub(crate) async fn has_begun(&self, number: u64) {
        let has_begun = async || self.begun.load(Ordering::Relaxed) == number;
        eventually("the report is begun", WITHIN, has_begun).await;
    }
}

/// An instance, with what it asks of the shared store.
pub(crate) struct Node<B> {
    pub(crate) flow: CacheFlow,
    reports: Cache<String, u64>,
    asks: Recording<B>,
}

impl<B: Backend + Clone> Node<B> {
    pub(crate) async fn on(backend: B) -> Result<Self> {
        let asks = Recording::new(backend);
        let flow = CacheFlow::builder()
            // Another for each run: what an earlier one left in Redis is not this one's.
            .namespace(format!("distributed-lock-{}", std::process::id()))
            .backend(asks.clone())
            .operation_budget(Duration::from_secs(5))
            .build()
            .await?;
        let reports = flow
            .cache("reports")
            .strategy(Strategy::multi_level().distributed_lock(LEASE))
            .build()?;
        // Until it hears the news, a node asks nothing of the shared store.
        let hears = async || flow.health().is_good();
        eventually("the node hears the news", WITHIN, hears).await;
        Ok(Self {
            flow,
            reports,
            asks,
        })
    }

    /// Reads a report, in a task of its own.
    pub(crate) fn read(
        &self,
        key: &'static str,
        source: &Arc<Source>,
    ) -> JoinHandle<Result<Found<u64>, LoadError<String>>> {
        let (reports, source) = (self.reports.clone(), Arc::clone(source));
        tokio::spawn(async move {
            let found = reports.entry(key).load(async |_| source.report().await);
            found.await
        })
    }

    /// What the shared store was asked since the last time.
    pub(crate) fn asked(&self) -> Vec<String> {
        let asked = self.asks.take();
        asked
            .iter()
            .map(|call| call.operation.to_string())
            .collect()
    }

    /// Waits until this node has asked for a lease.
    pub(crate) async fn wants_lease(&self) {
        eventually("the node asks for the lease", WITHIN, async || {
            let asked = self.asks.take();
            asked
                .iter()
                .any(|call| call.operation == Operation::Acquire)
        })
        .await;
    }
}
