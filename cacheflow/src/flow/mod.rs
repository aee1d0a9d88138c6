//! [`CacheFlow`]: the flow that all caches of a service belong to.

mod above;
mod admin;
mod advisor;
mod backend;
mod builder;
mod configure;
mod deferred;
mod execute;
mod global;
mod health;
mod invalidate;
mod lock;
#[cfg(feature = "metrics")]
mod metrics;
mod observing;
mod policies;
mod registry;
mod relations;
mod scope;
mod statistics;
mod touch;

use std::fmt;
use std::future::Future;
use std::sync::atomic::{AtomicBool, Ordering};
use std::sync::{Arc, Mutex, MutexGuard, PoisonError};
use std::task::{Context, Waker};
use std::time::Duration;

use tokio::runtime::Handle;
use tracing::Instrument;

pub(crate) use above::{Above, AnyCache, WeakFlow};
pub use admin::{Admin, CacheInfo, EntryPage, Explanation, Happening, SharedEntry, Whereabouts};
pub use backend::{Backend, Namespace};
pub use builder::FlowBuilder;
pub use configure::Reconfigured;
pub use execute::{ExecuteOptions, NamedStrategy};
pub(crate) use global::{global, installed};
pub use health::{BusHealth, Health, StoreHealth};
pub use invalidate::Invalidation;
pub use lock::{LockGuard, NamedLock};
pub use scope::InvalidationScope;
pub use statistics::FlowStats;

use crate::cache::{CacheBuilder, CacheValue, flow_id};
use crate::clock::Clock;
use crate::codec::Sealing;
use crate::config::{CacheFlowConfig, FlowConfig, Said};
use crate::error::{Error, ErrorKind, Result};
use crate::event::EventSink;
use crate::invalidation::Node;
use crate::live::Live;
use crate::runtime::{Background, End, Tasks, UnderWay};
use crate::source::{carried, request};
use crate::standing::Standing;
use crate::store::Guarded;
use crate::strategy::write_behind::Pending;
use crate::strategy::{StrategyOptions, timeouts};
use crate::touch::Touching;
use above::Storeys;
use admin::History;
use deferred::Deferred;
use policies::Policies;
pub(crate) use registry::Place;
use registry::Registry;

/// A flow: the caches of a service on this node, the store that they share with
/// other nodes, and the bus over which all of them hear what was forgotten.
///
/// A process usually has one. A clone is a handle to the same flow; its
/// background tasks end when the last handle and the last cache are dropped.
///
/// ```
/// use cacheflow::{Cache, CacheFlow};
/// use std::time::Duration;
///
/// # #[tokio::main(flavor = "current_thread")] async fn main() -> Result<(), Box<dyn std::error::Error>> {
/// let flow = CacheFlow::builder().namespace("shop").build().await?;
/// let users: Cache<u64, String> = flow.cache("users").ttl(Duration::from_secs(3600)).build()?;
///
/// let name = users.get_or_load(&7, async || Ok::<_, std::io::Error>("Ada".to_owned())).await?;
/// assert_eq!(name, "Ada");
/// assert!(users.contains(&7).await);
///
/// let _ = users.invalidate(&7).await?;
/// assert!(!users.contains(&7).await);
/// # Ok(()) }
/// ```
#[derive(Clone)]
pub struct CacheFlow(Arc<Inner>);

struct Inner {
    /// The options that it was built with.
    config: FlowConfig,
    /// The same, with what has changed since.
    present: Live<FlowConfig>,
    /// What configuration says.
    configuration: Live<CacheFlowConfig>,
    /// What code said over it.
    said: Said<FlowConfig>,
    node: Arc<Node>,
    standing: Arc<Standing>,
    shared: Option<Arc<Guarded>>,
    has_bus: bool,
    clock: Clock,
    events: EventSink,
    sealing: Sealing,
    registry: Registry,
    history: Arc<History>,
    policies: Policies,
    pending: Mutex<Vec<Arc<dyn Pending>>>,
    touching: Arc<Touching>,
    runtime: Option<Handle>,
    tasks: Option<Tasks>,
    closed: AtomicBool,
    changes: Arc<UnderWay>,
    deferred: Arc<Deferred>,
    background: Background,
    end: End,
    storeys: Storeys,
}

impl CacheFlow {
    /// Begins a flow. Without a backend it works in this process alone.
    pub fn builder() -> FlowBuilder {
        FlowBuilder::default()
    }

    /// Begins the handle of a cache: its name, the type of its keys and of its
    /// values. See [`CacheBuilder`] for the options.
    ///
    /// The name identifies the cache: on this node all handles of a name share
    /// one memory, and on all nodes of a namespace one place in the shared
    /// store.
    pub fn cache<K, V: CacheValue>(&self, name: &str) -> CacheBuilder<K, V> {
        CacheBuilder::new(self.clone(), name)
    }

    /// A strategy by its name, or by several with `+` between them, at work on a cache
    /// by its name: with the lifetime and bounds under which that was built, or, if it
    /// was not, with the defaults. For the names see [`Strategy::named`].
    ///
    /// ```
    /// # use cacheflow::{CacheFlow, StrategyOptions};
    /// # use std::time::Duration;
    /// # #[tokio::main(flavor = "current_thread")] async fn main() -> Result<(), Box<dyn std::error::Error>> {
    /// # let flow = CacheFlow::builder().build().await?;
    /// let options = StrategyOptions {
    ///     failure_threshold: Some(3),
    ///     reset_after: Some(Duration::from_secs(30)),
    ///     stale_ttl: Some(Duration::from_secs(86_400)),
    ///     ..StrategyOptions::default()
    /// };
    /// let segmentation = flow.strategy("circuit-breaker", "segmentation", &options)?;
    /// let segments: u32 = segmentation
    ///     .execute("customers", || async { Ok::<_, std::io::Error>(12) })
    ///     .await?;
    /// # assert_eq!(segments, 12);
    /// # Ok(()) }
    /// ```
    ///
    /// A cache that was built before keeps its levels: `multi-level` is refused for one
    /// that has no memory.
    ///
    /// # Errors
    ///
    /// [`ErrorKind::InvalidConfig`], naming every fault in names and options;
    /// [`ErrorKind::TypeMismatch`] if the cache holds another type of values.
    ///
    /// [`Strategy::named`]: crate::Strategy::named
    pub fn strategy<V: CacheValue>(
        &self,
        names: &str,
        cache: &str,
        options: &StrategyOptions,
    ) -> Result<NamedStrategy<V>> {
        NamedStrategy::new(self, names, cache, options)
    }

    /// Forgets by key, tag, pattern, dependency, cache or all, across caches.
    pub fn invalidate(&self) -> Invalidation {
        Invalidation::new(self.clone())
    }

    /// Runs `work` as one request: a value that it reads of this flow's caches and memory
    /// does not have is kept for its rest, so that it is read and loaded once, however
    /// often it is asked for. That is of use where memory is not asked, or may not be
    /// served. That there is no value is asked anew.
    ///
    /// What is forgotten meanwhile, as far as this node has heard, is read anew. With
    /// a bus that is silent a request may go by what was true when it began: it should
    /// be as short as requests are. Tasks that `work` spawns are not a part of it.
    ///
    /// ```
    /// # use cacheflow::{Cache, CacheFlow, Strategy};
    /// # #[tokio::main(flavor = "current_thread")] async fn main() -> Result<(), Box<dyn std::error::Error>> {
    /// # let flow = CacheFlow::builder().build().await?;
    /// # let users: Cache<u64, String> = flow.cache("users").build()?;
    /// # async fn find(_: u64) -> Result<String, std::io::Error> { Ok("Ada".into()) }
    /// let page = flow
    ///     .request_scope(async {
    ///         let author = users.get_or_load(&7, || find(7)).await?;
    ///         let editor = users.get_or_load(&7, || find(7)).await?;
    ///         Ok::<_, Box<dyn std::error::Error>>(format!("{author}, {editor}"))
    ///     })
    ///     .await?;
    /// # assert_eq!(page, "Ada, Ada");
    /// # Ok(()) }
    /// ```
    pub async fn request_scope<F: Future>(&self, work: F) -> F::Output {
        request(flow_id(&self.0.standing), work).await
    }

    /// A lock by name, that one of all who share the flow's backend has at a time, for
    /// `lease` (10 ms to 1 h) or until it is given back. Without a backend it is this
    /// flow's alone.
    ///
    /// It saves work, and is no proof that nobody else works: its holder may be paused
    /// for longer than its lease, and the server may lose it in a failover. What must
    /// not be done twice needs a check of its own where it is done.
    ///
    /// ```
    /// # use cacheflow::CacheFlow;
    /// # use std::time::Duration;
    /// # #[tokio::main(flavor = "current_thread")] async fn main() -> Result<(), Box<dyn std::error::Error>> {
    /// # let flow = CacheFlow::builder().build().await?;
    /// let lock = flow.lock("nightly-report", Duration::from_secs(30));
    /// if let Some(mut guard) = lock.try_acquire().await? {
    ///     assert!(lock.try_acquire().await?.is_none());
    ///     guard.while_held(async { /* the report */ }).await;
    ///     guard.release().await;
    /// }
    /// # Ok(()) }
    /// ```
    pub fn lock(&self, name: &str, lease: Duration) -> NamedLock {
        NamedLock::new(self.clone(), name, lease)
    }

    /// Makes this the flow in which attributes without `flow = …` look.
    ///
    /// # Errors
    ///
    /// [`ErrorKind::AlreadyInstalled`] if there is one: another was installed,
    /// or an attributed function was called before, which made one that works
    /// in this process alone. Install before the first call.
    pub fn install_global(&self) -> Result<()> {
        global::install(self.clone())
    }

    /// How the flow's connections are, and what is wrong.
    #[must_use]
    pub fn health(&self) -> Health {
        Health::of(&self.0)
    }

    /// What tells this start of this process from every other in messages on
    /// the bus.
    #[must_use]
    pub fn instance(&self) -> &str {
        self.0.node.origin()
    }

    /// Ends the flow: stops what [warms](crate::CacheWarmer), waits until what was [written behind](crate::WriteBehindCache) is
    /// written, what was to be forgotten later is forgotten, the loads and refreshes in the background have ended, what could not be
    /// [touched](crate::touch) was tried again, and the shared store was told all that it
    /// missed, at most `timeout`, and stops the background tasks. Afterwards memory serves nothing and changes are
    /// refused; reads go on without it.
    ///
    /// # Errors
    ///
    /// [`ErrorKind::Timeout`] if invalidations still wait for the shared store: other
    /// nodes may then serve old values until their TTL; if values wait for their source,
    /// which are lost; if loads in the background were dropped; or if rows wait to be
    /// touched, which are not.
    pub async fn shutdown(&self, timeout: Duration) -> Result<()> {
        self.0.closed.store(true, Ordering::Release);
        tracing::info!(instance = self.instance(), "the flow ends");
        let ended = async {
            self.stop_storeys().await;
            self.drained().await;
        };
        let drained = timeouts::within(Some(timeout), ended).await.is_some();
        self.0.end.tell();
        if let Some(tasks) = &self.0.tasks {
            tasks.abort_all();
        }
        // No news arrive any more: memory must not be served.
        self.0.standing.end();
        if drained {
            return Ok(());
        }
        Err(Error::new(
            ErrorKind::Timeout,
            "shutdown",
            "invalidations, loads, touches or writes are still under way",
        )
        .with("invalidations", self.unsent().to_string())
        .with("writes", self.unwritten().to_string())
        .with("loads", self.0.background.under_way().to_string())
        .with("touches", self.0.touching.owed().to_string()))
    }

    async fn drained(&self) {
        // Polled: what empties the outbox also runs when nobody waits for it.
        self.pendings().iter().for_each(|pending| pending.hurry());
        self.0.deferred.hurry();
        while self.unsent() + self.unwritten() + self.0.background.under_way() > 0 {
            tokio::time::sleep(Duration::from_millis(5)).await;
        }
    }

    /// Changes that the shared store does not know of yet: those under way first,
    /// since each may end in the outbox.
    fn unsent(&self) -> usize {
        self.0.changes.count() + self.0.node.waiting()
    }

    /// Values that wait to be written to their source.
    fn unwritten(&self) -> usize {
        self.pendings().iter().map(|pending| pending.len()).sum()
    }

    /// What is written before the flow ends.
    pub(crate) fn add_pending(&self, pending: Arc<dyn Pending>) {
        self.pendings().push(pending);
    }

    fn pendings(&self) -> MutexGuard<'_, Vec<Arc<dyn Pending>>> {
        self.0
            .pending
            .lock()
            .unwrap_or_else(PoisonError::into_inner)
    }

    /// Runs a change to its end, whatever becomes of its caller: a change that
    /// was committed but not announced would leave old values everywhere.
    ///
    /// `None` if the runtime is shutting down, and this process with it.
    ///
    /// # Panics
    ///
    /// If the change panics, which only a value's own code can make it do.
    pub(crate) async fn to_the_end<T: Send + 'static>(
        &self,
        change: impl Future<Output = T> + Send + 'static,
    ) -> Option<T> {
        match &self.0.runtime {
            Some(runtime) => self.to_the_end_on(runtime, change).await,
            None => Some(change.await),
        }
    }

    /// As [`to_the_end`](Self::to_the_end), on this runtime.
    async fn to_the_end_on<T: Send + 'static>(
        &self,
        runtime: &Handle,
        change: impl Future<Output = T> + Send + 'static,
    ) -> Option<T> {
        let begun = UnderWay::begin(&self.0.changes);
        let change = carried(change);
        let change = async move {
            let _begun = begun;
            change.await
        };
        // In the caller's span, whatever becomes of the caller.
        let task = runtime.spawn(change.in_current_span());
        match task.await {
            Ok(outcome) => Some(outcome),
            Err(error) if error.is_panic() => std::panic::resume_unwind(error.into_panic()),
            Err(_) => None,
        }
    }

    /// Runs `change` beside its caller; a shutdown waits for it. Without a backend
    /// it is ready at its first poll.
    pub(crate) fn in_background(&self, change: impl Future<Output = ()> + Send + 'static) {
        match &self.0.runtime {
            Some(runtime) => {
                let begun = UnderWay::begin(&self.0.changes);
                let change = carried(change);
                let change = async move {
                    change.await;
                    drop(begun);
                };
                runtime.spawn(change.in_current_span());
            }
            None => drop(std::pin::pin!(change).poll(&mut Context::from_waker(Waker::noop()))),
        }
    }

    /// Whether this is a handle to the same flow as `other`.
    pub(crate) fn is(&self, other: &Self) -> bool {
        Arc::ptr_eq(&self.0, &other.0)
    }

    pub(crate) fn is_closed(&self) -> bool {
        self.0.closed.load(Ordering::Acquire)
    }

    fn deferred(&self) -> &Arc<Deferred> {
        &self.0.deferred
    }

    fn changes(&self) -> &Arc<UnderWay> {
        &self.0.changes
    }

    fn runtime(&self) -> Option<Handle> {
        self.0.runtime.clone()
    }

    pub(crate) fn node(&self) -> &Arc<Node> {
        &self.0.node
    }

    pub(crate) fn standing(&self) -> &Arc<Standing> {
        &self.0.standing
    }

    pub(crate) fn shared(&self) -> Option<&Arc<Guarded>> {
        self.0.shared.as_ref()
    }

    pub(crate) fn clock(&self) -> &Clock {
        &self.0.clock
    }

    pub(crate) fn sealing(&self) -> &Sealing {
        &self.0.sealing
    }

    pub(crate) fn event_sink(&self) -> &EventSink {
        &self.0.events
    }

    pub(crate) fn config(&self) -> &FlowConfig {
        &self.0.config
    }

    pub(crate) fn policies(&self) -> &Policies {
        &self.0.policies
    }

    pub(crate) fn background(&self) -> &Background {
        &self.0.background
    }

    fn history(&self) -> &Arc<History> {
        &self.0.history
    }

    pub(crate) fn registry(&self) -> &Registry {
        &self.0.registry
    }
}

impl fmt::Debug for CacheFlow {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.debug_struct("CacheFlow")
            .field("prefix", &self.0.config.full_prefix())
            .field("node", &self.0.node)
            .finish_non_exhaustive()
    }
}
