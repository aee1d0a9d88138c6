//! [`CacheFlow`]: the flow that all caches of a service belong to.

mod backend;
mod builder;
mod global;
mod health;
mod invalidate;
mod policies;
mod registry;
mod relations;

use std::fmt;
use std::future::Future;
use std::sync::Arc;
use std::sync::atomic::{AtomicBool, Ordering};
use std::task::{Context, Waker};
use std::time::Duration;

use tokio::runtime::Handle;

pub use backend::{Backend, Namespace};
pub use builder::FlowBuilder;
pub(crate) use global::{global, installed};
pub use health::{BusHealth, Health, StoreHealth};
pub use invalidate::Invalidation;

use crate::cache::{CacheBuilder, CacheValue};
use crate::clock::Clock;
use crate::config::FlowConfig;
use crate::error::{Error, ErrorKind, Result};
use crate::event::{EventSink, Events};
use crate::invalidation::Node;
use crate::runtime::{Background, End, Tasks, UnderWay};
use crate::standing::Standing;
use crate::store::Guarded;
use crate::strategy::timeouts;
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
    config: FlowConfig,
    node: Arc<Node>,
    standing: Arc<Standing>,
    shared: Option<Arc<Guarded>>,
    has_bus: bool,
    clock: Clock,
    events: EventSink,
    registry: Registry,
    policies: Policies,
    runtime: Option<Handle>,
    tasks: Option<Tasks>,
    closed: AtomicBool,
    changes: Arc<UnderWay>,
    background: Background,
    end: End,
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

    /// Forgets by key, tag, pattern, dependency, cache or all, across caches.
    pub fn invalidate(&self) -> Invalidation {
        Invalidation::new(self.clone())
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

    /// Listens to what happens in the flow from now on.
    #[must_use]
    pub fn events(&self) -> Events {
        self.0.events.listen()
    }

    /// How the flow's connections are.
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

    /// Ends the flow: waits until the loads and refreshes in the background have
    /// ended, and the shared store was told all that it missed, at most `timeout`, and
    /// stops the background tasks. Afterwards memory serves nothing and changes are
    /// refused; reads go on without it.
    ///
    /// # Errors
    ///
    /// [`ErrorKind::Timeout`] if invalidations still wait for the shared store: other
    /// nodes may then serve old values until their TTL; or if loads in the background
    /// were dropped.
    pub async fn shutdown(&self, timeout: Duration) -> Result<()> {
        self.0.closed.store(true, Ordering::Release);
        let drained = timeouts::within(Some(timeout), self.drained())
            .await
            .is_some();
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
            "invalidations or loads are still under way",
        )
        .with("invalidations", self.unsent().to_string())
        .with("loads", self.0.background.under_way().to_string()))
    }

    async fn drained(&self) {
        // Polled: what empties the outbox also runs when nobody waits for it.
        while self.unsent() + self.0.background.under_way() > 0 {
            tokio::time::sleep(Duration::from_millis(5)).await;
        }
    }

    /// Changes that the shared store does not know of yet: those under way first,
    /// since each may end in the outbox.
    fn unsent(&self) -> usize {
        self.0.changes.count() + self.0.node.waiting()
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
        let Some(runtime) = &self.0.runtime else {
            return Some(change.await);
        };
        let begun = UnderWay::begin(&self.0.changes);
        let task = runtime.spawn(async move {
            let _begun = begun;
            change.await
        });
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
                runtime.spawn(async move {
                    change.await;
                    drop(begun);
                });
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
