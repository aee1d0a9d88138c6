//! Two nodes, their source, and what the oracle knows.

use std::sync::Arc;
use std::time::Duration;

use cacheflow::clock::Clock;
use cacheflow::{Cache, CacheFlow};
use cacheflow_testkit::{Failing, MemoryBackend, Operation, Shuffling};
use tokio::sync::oneshot;
use tokio::task::{JoinHandle, yield_now};

use super::known::{KEYS, Known};
use crate::support::Fault;

/// What can fail between a node and its server.
const FAILING: [Operation; 10] = [
    Operation::Get,
    Operation::Fill,
    Operation::Put,
    Operation::Record,
    Operation::Reclaim,
    Operation::Since,
    Operation::Discard,
    Operation::Ping,
    Operation::Heard,
    Operation::Alive,
];
pub(super) const OPERATIONS: usize = FAILING.len();

const TTL: Duration = Duration::from_secs(10);

#[derive(Clone, Copy, Debug)]
pub(super) enum Kind {
    Load,
    Get,
    Lookup,
}

struct Node {
    flow: CacheFlow,
    cache: Cache<u64, u64>,
    failing: Failing<MemoryBackend>,
}

pub(super) struct World {
    pub(super) server: MemoryBackend,
    clock: Clock,
    nodes: Vec<Node>,
    known: Arc<Known>,
    reads: Vec<JoinHandle<()>>,
    held: Vec<oneshot::Sender<()>>,
    writes: Vec<JoinHandle<()>>,
}

impl World {
    pub(super) async fn of_one_node() -> Self {
        let clock = Clock::manual();
        let flow = CacheFlow::builder()
            .clock(clock.clone())
            .build()
            .await
            .unwrap();
        let server = MemoryBackend::new();
        Self::of(
            vec![Node::new(flow, Failing::new(server.clone()))],
            server,
            clock,
        )
    }

    pub(super) async fn of_two_nodes(seed: u64) -> Self {
        let clock = Clock::manual();
        let server = MemoryBackend::with_clock(clock.clone());
        let mut nodes = Vec::new();
        for number in 0..2 {
            let failing = Failing::new(server.clone());
            let shuffling = Shuffling::new(failing.clone(), seed ^ number);
            let builder = CacheFlow::builder().backend(shuffling).clock(clock.clone());
            nodes.push(Node::new(builder.build().await.unwrap(), failing));
        }
        Self::of(nodes, server, clock)
    }

    fn of(nodes: Vec<Node>, server: MemoryBackend, clock: Clock) -> Self {
        Self {
            server,
            clock,
            nodes,
            known: Arc::default(),
            reads: Vec::new(),
            held: Vec::new(),
            writes: Vec::new(),
        }
    }

    fn node(&self, node: usize) -> (usize, Cache<u64, u64>, Arc<Known>) {
        let node = node % self.nodes.len();
        (
            node,
            self.nodes[node].cache.clone(),
            Arc::clone(&self.known),
        )
    }

    pub(super) fn read(&mut self, node: usize, key: u64, kind: Kind, hold: bool) {
        let (node, cache, known) = self.node(node);
        let held = hold.then(|| {
            let (go, held) = oneshot::channel();
            self.held.push(go);
            held
        });
        self.reads.push(tokio::spawn(async move {
            let floor = known.floor(node, key);
            let got = match kind {
                Kind::Get => cache.get(&key).await,
                Kind::Lookup => cache.lookup(&key).await.found().map(|found| found.value),
                Kind::Load => {
                    let source = Arc::clone(&known);
                    let load = async move || {
                        let value = source.value(key);
                        if let Some(held) = held {
                            let _ = held.await;
                        }
                        Ok::<_, Fault>(value)
                    };
                    Some(cache.get_or_load(&key, load).await.unwrap())
                }
            };
            if let Some(value) = got {
                known.check(node, key, floor, value);
            }
        }));
    }

    pub(super) fn let_go(&mut self, which: usize) {
        if !self.held.is_empty() {
            let which = which % self.held.len();
            let _ = self.held.swap_remove(which).send(());
        }
    }

    pub(super) fn cancel(&mut self, which: usize) {
        if !self.reads.is_empty() {
            let which = which % self.reads.len();
            self.reads[which].abort();
        }
    }

    pub(super) fn put(&mut self, node: usize, key: u64) {
        let (node, cache, known) = self.node(node);
        self.writes.push(tokio::spawn(async move {
            let _row = known.lock(&[key]).await;
            let version = known.change(key);
            let _ = cache.put(&key, known.value(key)).await.unwrap();
            known.returned(node, key, version);
        }));
    }

    pub(super) fn invalidate(&mut self, node: usize, mut keys: Vec<u64>) {
        keys.sort_unstable();
        keys.dedup();
        let (node, cache, known) = self.node(node);
        self.writes.push(tokio::spawn(async move {
            let _rows = known.lock(&keys).await;
            let versions: Vec<_> = keys.iter().map(|key| known.change(*key)).collect();
            let _ = cache.invalidate_many(&keys).await.unwrap();
            for (key, version) in keys.into_iter().zip(versions) {
                known.returned(node, key, version);
            }
        }));
    }

    pub(super) fn clear(&mut self, node: usize) {
        let (node, cache, known) = self.node(node);
        self.writes.push(tokio::spawn(async move {
            let keys: Vec<_> = (0..KEYS).collect();
            let _rows = known.lock(&keys).await;
            let versions: Vec<_> = keys.iter().map(|key| known.change(*key)).collect();
            let _ = cache.clear().await.unwrap();
            for (key, version) in keys.into_iter().zip(versions) {
                known.returned(node, key, version);
            }
        }));
    }

    pub(super) fn advance(&self, millis: u64) {
        self.clock.advance(Duration::from_millis(millis));
    }

    pub(super) async fn give_way(&self, times: u8) {
        for _ in 0..times {
            yield_now().await;
        }
    }

    pub(super) fn fail(&self, node: usize, what: usize, nth: usize) {
        self.nodes[node % self.nodes.len()]
            .failing
            .fail_nth(FAILING[what], nth);
    }

    pub(super) fn lose_answers(&self, node: usize, what: usize) {
        self.nodes[node % self.nodes.len()]
            .failing
            .lose_answer(FAILING[what]);
    }

    /// Everything is healed; every write returns and reaches every node.
    pub(super) async fn settle(&mut self) {
        for node in &self.nodes {
            node.failing.heal_all();
        }
        for write in self.writes.drain(..) {
            write.await.unwrap();
        }
        // A paused clock moves on when nobody can run: this is rest.
        tokio::time::sleep(Duration::from_secs(1)).await;
        for node in &self.nodes {
            let mut patience = 0..600;
            while !node.flow.health().is_good() {
                assert!(patience.next().is_some(), "{:?}", node.flow.health());
                tokio::time::sleep(Duration::from_millis(100)).await;
            }
        }
        self.known.at_rest();
        for (number, node) in self.nodes.iter().enumerate() {
            for key in 0..KEYS {
                if let Some(found) = node.cache.peek(&key) {
                    let floor = self.known.floor(number, key);
                    self.known.check(number, key, floor, found.value);
                }
            }
        }
    }

    /// Lets everybody go on, and looks at what is left.
    pub(super) async fn end(&mut self) {
        for go in self.held.drain(..) {
            let _ = go.send(());
        }
        self.settle().await;
        for read in self.reads.drain(..) {
            match read.await {
                Ok(()) => {}
                Err(error) if error.is_cancelled() => {}
                Err(error) => std::panic::resume_unwind(error.into_panic()),
            }
        }
        self.settle().await;
        for (number, node) in self.nodes.iter().enumerate() {
            assert_eq!(node.cache.under_way(), 0, "keys were left behind");
            for key in 0..KEYS {
                if let Some(value) = node.cache.get(&key).await {
                    assert_eq!(
                        value,
                        self.known.value(key),
                        "node {number} is behind at rest"
                    );
                }
            }
            let stats = node.cache.stats();
            assert_eq!(
                stats.lookups(),
                stats.memory_hits + stats.shared_hits + stats.misses
            );
        }
    }
}

impl Node {
    fn new(flow: CacheFlow, failing: Failing<MemoryBackend>) -> Self {
        let cache = flow.cache("numbers").ttl(TTL).build().unwrap();
        Self {
            flow,
            cache,
            failing,
        }
    }
}
