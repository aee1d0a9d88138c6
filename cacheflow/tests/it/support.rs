//! What several modules of tests use.

use std::fmt::Debug;
use std::time::Duration;

use cacheflow::clock::Clock;
use cacheflow::{Cache, CacheFlow, Event, Events, Evicted, FlowBuilder};
use cacheflow_testkit::{Call, Failing, Gate, MemoryBackend, Recording, eventually};
use tokio::sync::oneshot;
use tokio::task::JoinHandle;

/// A bound against hanging, not an expectation.
pub(crate) const WITHIN: Duration = Duration::from_secs(30);

pub(crate) const HOUR: Duration = Duration::from_secs(3600);

/// What the loaders of most tests fail with.
pub(crate) type Fault = String;

/// A flow that shares nothing.
pub(crate) async fn alone() -> CacheFlow {
    CacheFlow::builder().build().await.unwrap()
}

/// A cache in a flow that shares nothing, with default options.
pub(crate) async fn numbers() -> Cache<u64, u64> {
    alone().await.cache("numbers").build().unwrap()
}

/// What stands between a node and its server, from the node's side.
pub(crate) type Steered = Gate<Failing<Recording<MemoryBackend>>>;

/// One of several flows on a server, with what steers its operations.
pub(crate) struct Node {
    pub(crate) flow: CacheFlow,
    pub(crate) cache: Cache<u64, u64>,
    pub(crate) gate: Steered,
    pub(crate) failing: Failing<Recording<MemoryBackend>>,
    pub(crate) recording: Recording<MemoryBackend>,
}

impl Node {
    /// A node that has subscribed.
    pub(crate) async fn on(server: &MemoryBackend) -> Self {
        let node = Self::silent(server, |flow| flow).await;
        node.subscribed().await;
        node
    }

    /// A node that may not have heard anything yet, with options of its own.
    pub(crate) async fn silent(
        server: &MemoryBackend,
        options: impl FnOnce(FlowBuilder) -> FlowBuilder,
    ) -> Self {
        let recording = Recording::new(server.clone());
        let failing = Failing::new(recording.clone());
        let gate = Gate::new(failing.clone());
        let builder = CacheFlow::builder()
            .backend(gate.clone())
            .max_staleness(HOUR)
            .operation_budget(WITHIN);
        let flow = options(builder).build().await.unwrap();
        Self {
            cache: flow
                .cache("numbers")
                .ttl(24 * HOUR)
                .ttl_jitter(0.0)
                .build()
                .unwrap(),
            flow,
            gate,
            failing,
            recording,
        }
    }

    /// Waits until the node has subscribed and everything is as it should be.
    pub(crate) async fn subscribed(&self) {
        let good = async || self.flow.health().is_good();
        eventually("the node has subscribed", WITHIN, good).await;
    }

    /// Waits until nobody is under way any more, which a record that the node
    /// has heard brings about as well.
    pub(crate) async fn nobody_under_way(&self) {
        let nobody = async || self.cache.under_way() == 0;
        eventually("nobody is under way", WITHIN, nobody).await;
    }

    /// Waits until memory has nothing for `key`.
    pub(crate) async fn forgotten(&self, key: u64) {
        let gone = async || self.cache.peek(&key).is_none();
        eventually("memory has forgotten", WITHIN, gone).await;
    }

    /// Waits until this node has removed what that many of its changes left
    /// behind in the store.
    pub(crate) async fn reclaimed(&self, count: usize) {
        let mut done = 0;
        eventually("what was left behind is removed", WITHIN, async || {
            let calls = self.recording.take();
            let ended = |call: &&Call| call.about.starts_with("done=");
            done += calls.iter().filter(ended).count();
            done >= count
        })
        .await;
    }

    /// What memory has for `key`.
    pub(crate) fn memory(&self, key: u64) -> Option<u64> {
        self.cache.peek(&key).map(|found| found.value)
    }
}

/// Two nodes on one server.
pub(crate) async fn two_nodes() -> (MemoryBackend, Node, Node) {
    let server = MemoryBackend::new();
    let (one, two) = (Node::on(&server).await, Node::on(&server).await);
    (server, one, two)
}

/// Two nodes that have known of one another for as long as it takes to wait for
/// one another.
pub(crate) async fn two_known_nodes() -> (MemoryBackend, Node, Node) {
    let clock = Clock::manual();
    let server = MemoryBackend::with_clock(clock.clone());
    let on = async || Node::silent(&server, |flow| flow.clock(clock.clone())).await;
    let (one, two) = (on().await, on().await);
    one.subscribed().await;
    two.subscribed().await;
    clock.advance(HOUR);
    one.subscribed().await;
    two.subscribed().await;
    (server, one, two)
}

/// Loads `key` with `value`, and returns what came of it.
pub(crate) async fn load(cache: &Cache<u64, u64>, key: u64, value: u64) -> u64 {
    let loaded = cache
        .get_or_load(&key, async || Ok::<_, Fault>(value))
        .await;
    loaded.unwrap()
}

/// The value of a key for which no loader may run.
pub(crate) async fn cached(cache: &Cache<u64, u64>, key: u64) -> u64 {
    let loaded = cache
        .get_or_load(&key, async || Err::<u64, _>("the loader ran"))
        .await;
    loaded.unwrap()
}

/// A load whose loader has begun and waits for its end.
#[derive(Debug)]
pub(crate) struct HeldLoad {
    pub(crate) task: JoinHandle<Result<u64, Fault>>,
    go: oneshot::Sender<Result<u64, Fault>>,
}

impl HeldLoad {
    /// Begins to load `key`; returns when the loader runs.
    pub(crate) async fn begin(cache: &Cache<u64, u64>, key: u64) -> Self {
        let (begun, has_begun) = oneshot::channel();
        let (go, end) = oneshot::channel();
        let cache = cache.clone();
        let task = tokio::spawn(async move {
            let loaded = cache.get_or_load(&key, async move || {
                begun.send(()).unwrap();
                end.await.unwrap()
            });
            loaded.await.map_err(|error| error.into_source().unwrap())
        });
        has_begun.await.expect("the loader ran");
        Self { task, go }
    }

    /// Ends the loader, and returns what its caller got.
    pub(crate) async fn end(self, value: u64) -> u64 {
        self.end_with(Ok(value)).await.unwrap()
    }

    pub(crate) async fn end_with(self, loaded: Result<u64, Fault>) -> Result<u64, Fault> {
        self.go.send(loaded).unwrap();
        self.task.await.unwrap()
    }
}

/// A caller in a task of its own, whose loader gives `value`.
pub(crate) fn caller(cache: &Cache<u64, u64>, key: u64, value: u64) -> JoinHandle<u64> {
    let cache = cache.clone();
    tokio::spawn(async move { load(&cache, key, value).await })
}

/// SplitMix64: the tests need no more.
pub(crate) struct Draws(u64);

impl Draws {
    pub(crate) fn new(seed: u64) -> Self {
        Self(seed)
    }

    pub(crate) fn below(&mut self, bound: u64) -> u64 {
        self.0 = self.0.wrapping_add(0x9e37_79b9_7f4a_7c15);
        let z = (self.0 ^ (self.0 >> 30)).wrapping_mul(0xbf58_476d_1ce4_e5b9);
        let z = (z ^ (z >> 27)).wrapping_mul(0x94d0_49bb_1331_11eb);
        (z ^ (z >> 31)) % bound
    }
}

/// A cache whose callers wait for another's load longer than any test does.
pub(crate) async fn patient() -> Cache<u64, u64> {
    let flow = alone().await;
    let builder = flow.cache("numbers").follower_timeout(100 * HOUR);
    builder.build().unwrap()
}

/// What a task gives that waits for nothing. For a paused clock, which moves on
/// when nobody can run.
pub(crate) async fn soon<T>(task: JoinHandle<T>) -> T {
    let ended = tokio::time::timeout(HOUR, task).await;
    ended.expect("it waits for nothing").unwrap()
}

/// Waits until so many callers have joined another's load.
pub(crate) async fn joined(cache: &Cache<u64, u64>, count: u64) {
    let what = format!("{count} callers have joined");
    let cache = cache.clone();
    eventually(&what, WITHIN, async move || cache.stats().joined == count).await;
}

/// All events that wait, without those of entries that come and go as they should.
pub(crate) fn waiting(events: &mut Events) -> Vec<Event> {
    let mut waiting = Vec::new();
    while let Some(event) = events.try_next() {
        match event.expect("none lost") {
            Event::Evicted { .. } | Event::ItemSet { .. } => {}
            event => waiting.push(event),
        }
    }
    waiting
}

/// The causes of all evictions told so far.
pub(crate) fn causes(events: &mut Events) -> Vec<Evicted> {
    let mut causes = Vec::new();
    while let Some(event) = events.try_next() {
        if let Event::Evicted { cause, .. } = event.expect("none lost") {
            causes.push(cause);
        }
    }
    causes
}

/// Waits for an event, and skips others.
pub(crate) async fn until_told(events: &mut Events, event: Event) {
    let told = tokio::time::timeout(WITHIN, async {
        loop {
            let next = events.next().await.expect("the flow lives");
            if next.expect("none lost") == event {
                return;
            }
        }
    });
    assert!(told.await.is_ok(), "not within {WITHIN:?}: {event:?}");
}

/// Whether a text has each of these parts, told all at once if not.
#[track_caller]
pub(crate) fn assert_parts(text: impl Debug + ToString, parts: &[&str]) {
    let text = text.to_string();
    let missing: Vec<_> = parts.iter().filter(|part| !text.contains(**part)).collect();
    assert!(missing.is_empty(), "{missing:?} are not in {text}");
}
