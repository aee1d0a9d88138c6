//! Instances of a service.

use std::convert::Infallible;
use std::sync::Arc;
use std::time::Duration;

use cacheflow::{Backend, Cache, CacheFlow, FlowBuilder, Level, Strategy};
use cacheflow_redis::RedisBackend;
use cacheflow_testkit::{RedisServer, eventually};
use tokio::sync::oneshot;
use tokio::task::JoinHandle;

use super::{BOUND, Db, within};

/// One instance of a service: a flow and its cache `users`.
pub(crate) struct Node {
    pub(crate) flow: CacheFlow,
    pub(crate) users: Cache<u64, u64>,
}

impl Node {
    pub(crate) fn on(flow: CacheFlow) -> Self {
        let users = flow.cache("users").build().unwrap();
        Self { flow, users }
    }

    /// A node on the server at `url` that hears its bus.
    pub(crate) async fn ready(url: &str) -> Self {
        Self::ready_as(builder(url)).await
    }

    pub(crate) async fn ready_as(builder: FlowBuilder) -> Self {
        let node = Self::on(builder.build().await.unwrap());
        node.is_good().await;
        node
    }

    /// The same cache on a node whose memory is not used: every call asks Redis.
    pub(crate) async fn without_memory(builder: FlowBuilder) -> Self {
        let flow = builder.build().await.unwrap();
        let users = flow
            .cache("users")
            .strategy(Strategy::cache_aside())
            .build()
            .unwrap();
        let node = Self { flow, users };
        node.is_good().await;
        node
    }

    pub(crate) async fn is_good(&self) {
        eventually("the flow is in good health", BOUND, async || {
            self.flow.health().is_good()
        })
        .await;
    }

    /// Waits until Redis holds `key` and this node has read it from there, however
    /// slow the machine is.
    pub(crate) async fn finds(&self, key: u64, server: &RedisServer, db: &Db) {
        let patient = Self::without_memory(builder(&server.url())).await;
        patient.get(key, db).await;
        eventually("the node reads from Redis", BOUND, async || {
            let found = self.users.lookup(&key).await.found();
            found.is_some_and(|found| found.level == Level::Shared)
        })
        .await;
    }

    pub(crate) async fn get(&self, key: u64, db: &Db) -> u64 {
        get(&self.users, key, db).await
    }

    pub(crate) fn peek(&self, key: u64) -> Option<u64> {
        self.users.peek(&key).map(|found| found.value)
    }

    /// Waits until this node has applied all that `by` has announced so far.
    pub(crate) async fn has_heard(&self, by: &Self) {
        // Of a cache that is forgotten by nothing else than this.
        let (here, there) = (self.cache("marks"), by.cache("marks"));
        eventually("the mark is kept", BOUND, async || {
            get(&here, 0, &Db::default()).await;
            here.peek(&0).is_some()
        })
        .await;
        let _ = there.invalidate(&0).await.unwrap();
        eventually("the node has heard", BOUND, async || {
            here.peek(&0).is_none()
        })
        .await;
    }

    /// Another cache of numbers on this node.
    pub(crate) fn cache(&self, name: &str) -> Cache<u64, u64> {
        self.flow.cache(name).build().unwrap()
    }

    /// Begins a load of `key` that has read the database and now hangs.
    pub(crate) async fn begin_load(&self, key: u64, db: &Arc<Db>) -> Load {
        Load::begin(&self.users, key, db).await
    }
}

/// Two nodes on one server.
pub(crate) async fn two(server: &RedisServer) -> (Node, Node) {
    let url = server.url();
    (Node::ready(&url).await, Node::ready(&url).await)
}

/// A load that has read the database and now hangs.
pub(crate) struct Load {
    task: JoinHandle<u64>,
    finish: oneshot::Sender<()>,
}

impl Load {
    pub(crate) async fn begin(cache: &Cache<u64, u64>, key: u64, db: &Arc<Db>) -> Self {
        let (began, begun) = oneshot::channel();
        let (finish, finished) = oneshot::channel::<()>();
        let (users, db) = (cache.clone(), Arc::clone(db));
        let task = tokio::spawn(async move {
            let load = async || {
                let value = db.read().await?;
                let _ = began.send(());
                let _ = finished.await;
                Ok::<_, Infallible>(value)
            };
            users.get_or_load(&key, load).await.unwrap()
        });
        within(begun).await.unwrap();
        Self { task, finish }
    }

    pub(crate) async fn finish(self) -> u64 {
        let _ = self.finish.send(());
        within(self.task).await.unwrap()
    }

    /// Drops the caller in the middle of its load.
    pub(crate) async fn cancel(self) {
        self.task.abort();
        assert!(within(self.task).await.unwrap_err().is_cancelled());
    }
}

/// Reads `key` through `cache`, and the database if it has to.
pub(crate) async fn get(cache: &Cache<u64, u64>, key: u64, db: &Db) -> u64 {
    within(cache.get_or_load(&key, async || db.read().await))
        .await
        .unwrap()
}

/// A flow that a slow machine does not disturb: for tests that are not about
/// budgets or the gate.
pub(crate) fn builder(url: &str) -> FlowBuilder {
    builder_on(RedisBackend::open(url).unwrap())
}

pub(crate) fn builder_on(backend: impl Backend) -> FlowBuilder {
    CacheFlow::builder()
        .namespace("t")
        .backend(backend)
        .operation_budget(Duration::from_secs(10))
        .max_staleness(Duration::from_secs(600))
}

/// A flow whose calls give up soon: for tests in which the server is away.
pub(crate) fn impatient(url: &str) -> FlowBuilder {
    builder(url).operation_budget(Duration::from_millis(250))
}
