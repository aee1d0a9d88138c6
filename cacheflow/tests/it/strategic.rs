//! What the tests of strategies use.

use std::future::Future;
use std::sync::Arc;
use std::sync::atomic::{AtomicU64, Ordering};
use std::time::Duration;

use cacheflow::clock::Clock;
use cacheflow::{Cache, CacheFlow, Found, LoadError, Strategy};
use cacheflow_testkit::{MemoryBackend, eventually};
use tokio::sync::oneshot;
use tokio::task::JoinHandle;

use crate::support::{Fault, Node, WITHIN};

pub(crate) const SECOND: Duration = Duration::from_secs(1);

/// How long values of [`cache`] live.
pub(crate) const TTL: Duration = Duration::from_secs(10);

pub(crate) type Got = Result<u64, LoadError<Fault>>;

/// A flow that shares nothing, with a clock that is moved by hand.
pub(crate) async fn by_hand() -> (CacheFlow, Clock) {
    let clock = Clock::manual();
    let flow = CacheFlow::builder().clock(clock.clone()).build().await;
    (flow.unwrap(), clock)
}

/// A cache whose values live for [`TTL`].
pub(crate) fn cache(flow: &CacheFlow, name: &str, strategy: Strategy) -> Cache<u64, u64> {
    let builder = flow.cache(name).ttl(TTL).ttl_jitter(0.0);
    builder.strategy(strategy).build().unwrap()
}

/// So many nodes on a server, all with one clock.
pub(crate) async fn nodes<const N: usize>() -> (MemoryBackend, Clock, [Node; N]) {
    let clock = Clock::manual();
    let server = MemoryBackend::with_clock(clock.clone());
    let mut nodes = Vec::new();
    for _ in 0..N {
        let node = Node::silent(&server, |flow| flow.clock(clock.clone())).await;
        node.subscribed().await;
        nodes.push(node);
    }
    let Ok(nodes) = nodes.try_into() else {
        unreachable!()
    };
    (server, clock, nodes)
}

/// What a caller gets whose loader gives this.
pub(crate) async fn tried(cache: &Cache<u64, u64>, key: u64, loaded: Result<u64, &str>) -> Got {
    let loader = async || loaded.map_err(str::to_owned);
    cache.get_or_load(&key, loader).await
}

/// A caller whose loader must not run.
pub(crate) async fn untried(cache: &Cache<u64, u64>, key: u64) -> Got {
    let loader = async || -> Result<u64, Fault> { panic!("the loader ran") };
    cache.get_or_load(&key, loader).await
}

/// The same with all that is known of the value.
pub(crate) async fn found(
    cache: &Cache<u64, u64>,
    key: u64,
    loaded: Result<u64, &str>,
) -> Result<Found<u64>, LoadError<Fault>> {
    let loaded = loaded.map_err(str::to_owned);
    cache.entry(&key).load(async move |_| loaded).await
}

pub(crate) fn source<T>(error: &str) -> Result<T, LoadError<Fault>> {
    Err(LoadError::Source(error.to_owned()))
}

/// A load whose loader has begun and waits for its end.
pub(crate) struct Loading {
    pub(crate) task: JoinHandle<Got>,
    go: oneshot::Sender<Result<u64, Fault>>,
}

impl Loading {
    /// One that is a part of its caller.
    pub(crate) async fn begin(cache: &Cache<u64, u64>, key: u64) -> Self {
        Self::of(|begun, end| {
            let cache = cache.clone();
            tokio::spawn(async move {
                let loader = async move || {
                    begun.send(()).unwrap();
                    end.await.unwrap()
                };
                cache.get_or_load(&key, loader).await
            })
        })
        .await
    }

    /// One that goes on without its caller.
    pub(crate) async fn begin_apart(cache: &Cache<u64, u64>, key: u64) -> Self {
        Self::of(|begun, end| {
            let cache = cache.clone();
            tokio::spawn(async move {
                let loader = || async move {
                    begun.send(()).unwrap();
                    end.await.unwrap()
                };
                cache.get_or_refresh(&key, loader).await
            })
        })
        .await
    }

    async fn of(
        begin: impl FnOnce(
            oneshot::Sender<()>,
            oneshot::Receiver<Result<u64, Fault>>,
        ) -> JoinHandle<Got>,
    ) -> Self {
        let (begun, has_begun) = oneshot::channel();
        let (go, end) = oneshot::channel();
        let task = begin(begun, end);
        has_begun.await.expect("the loader ran");
        Self { task, go }
    }

    /// Ends the loader, if it is still there, and returns what its caller got.
    pub(crate) async fn end(self, loaded: Result<u64, &str>) -> Got {
        self.end_loader(loaded).await.unwrap()
    }

    /// The same without its caller.
    pub(crate) fn end_loader(self, loaded: Result<u64, &str>) -> JoinHandle<Got> {
        let _ = self.go.send(loaded.map_err(str::to_owned));
        self.task
    }
}

/// A caller in a task of its own.
pub(crate) fn caller_of(
    cache: &Cache<u64, u64>,
    key: u64,
    loaded: Result<u64, &'static str>,
) -> JoinHandle<Got> {
    let cache = cache.clone();
    tokio::spawn(async move { tried(&cache, key, loaded).await })
}

/// A count that loaders keep.
#[derive(Clone, Default)]
pub(crate) struct Count(Arc<AtomicU64>);

impl Count {
    pub(crate) fn add(&self) -> u64 {
        self.0.fetch_add(1, Ordering::SeqCst) + 1
    }

    pub(crate) fn sub(&self) {
        self.0.fetch_sub(1, Ordering::SeqCst);
    }

    pub(crate) fn get(&self) -> u64 {
        self.0.load(Ordering::SeqCst)
    }

    pub(crate) async fn reaches(&self, count: u64) {
        let what = format!("{count} are counted");
        eventually(&what, WITHIN, async || self.get() >= count).await;
    }
}

/// What comes of something that must not hang.
pub(crate) async fn ends<T>(what: &str, work: impl Future<Output = T>) -> T {
    let ended = tokio::time::timeout(WITHIN / 3, work).await;
    ended.unwrap_or_else(|_| panic!("it does not end: {what}"))
}
