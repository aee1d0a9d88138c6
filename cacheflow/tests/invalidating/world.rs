//! What several modules of tests use.

use std::time::Duration;

use cacheflow::event::Forgotten;
use cacheflow::{Cache, CacheFlow, Deleted, Event, Events};
use cacheflow_testkit::{Failing, Gate, MemoryBackend, Recording, eventually};

/// A bound against hanging, not an expectation.
pub(crate) const WITHIN: Duration = Duration::from_secs(30);

pub(crate) const HOUR: Duration = Duration::from_secs(3600);

/// A flow that shares nothing.
pub(crate) async fn alone() -> CacheFlow {
    CacheFlow::builder().build().await.unwrap()
}

/// One of several flows on a server, with what steers its operations.
pub(crate) struct Node {
    pub(crate) flow: CacheFlow,
    pub(crate) gate: Gate<Failing<Recording<MemoryBackend>>>,
    pub(crate) failing: Failing<Recording<MemoryBackend>>,
    pub(crate) recording: Recording<MemoryBackend>,
}

impl Node {
    /// A node that has subscribed.
    pub(crate) async fn on(server: &MemoryBackend) -> Self {
        let recording = Recording::new(server.clone());
        let failing = Failing::new(recording.clone());
        let gate = Gate::new(failing.clone());
        let flow = CacheFlow::builder()
            .backend(gate.clone())
            .max_staleness(HOUR)
            .operation_budget(WITHIN)
            .build()
            .await
            .unwrap();
        let good = async || flow.health().is_good();
        eventually("the node has subscribed", WITHIN, good).await;
        Self {
            flow,
            gate,
            failing,
            recording,
        }
    }

    /// A cache of numbers with default options.
    pub(crate) fn cache(&self, name: &str) -> Cache<u64, u64> {
        self.flow.cache(name).ttl(HOUR).build().unwrap()
    }

    pub(crate) async fn forget_key(&self, key: &str) {
        let _ = self.flow.invalidate().keys([key]).send().await.unwrap();
    }
}

/// Two nodes on one server.
pub(crate) async fn two_nodes() -> (MemoryBackend, Node, Node) {
    let server = MemoryBackend::new();
    let (one, two) = (Node::on(&server).await, Node::on(&server).await);
    (server, one, two)
}

/// Loads `key` with `value`, and returns what came of it.
pub(crate) async fn load(cache: &Cache<u64, u64>, key: u64, value: u64) -> u64 {
    let loaded = cache
        .get_or_load(&key, async || Ok::<_, String>(value))
        .await;
    loaded.unwrap()
}

/// Waits until memory has nothing for `key`.
pub(crate) async fn forgotten(cache: &Cache<u64, u64>, key: u64) {
    let gone = async || cache.peek(&key).is_none();
    eventually("memory has forgotten", WITHIN, gone).await;
}

/// What was told of an invalidation.
#[derive(Debug, PartialEq, Eq)]
pub(crate) struct Told {
    pub(crate) forgotten: Forgotten,
    pub(crate) deleted: Deleted,
    pub(crate) remote: bool,
}

/// The next invalidation that is told.
pub(crate) async fn told(events: &mut Events) -> Told {
    let next = async {
        loop {
            let event = events.next().await.expect("the flow lives");
            if let Event::Invalidated {
                forgotten,
                deleted,
                remote,
            } = event.expect("none lost")
            {
                let forgotten = Forgotten::clone(&forgotten);
                return Told {
                    forgotten,
                    deleted,
                    remote,
                };
            }
        }
    };
    let told = tokio::time::timeout(WITHIN, next).await;
    told.expect("an invalidation is told")
}
