//! Putting a flow together.

use std::path::PathBuf;
use std::sync::atomic::AtomicBool;
use std::sync::{Arc, Mutex};
use std::time::Duration;

use tokio::runtime::Handle;

use super::above::Storeys;
use super::admin::{History, history_fault};
use super::configure::{Watched, watched_config};
use super::policies::Policies;
use super::registry::Registry;
use super::{Backend, CacheFlow, Inner, Namespace};
use crate::clock::Clock;
#[cfg(feature = "seal")]
use crate::codec::KeyRing;
use crate::codec::{Codec, Compression};
use crate::config::{CacheFlowConfig, Faults, FlowConfig, Said};
use crate::error::Result;
use crate::event::EventSink;
use crate::invalidation::{Node, Parts};
use crate::live::Live;
use crate::lock::{Leases, LocalLeases, Waiting};
use crate::runtime::{Background, Tasks};
use crate::standing::Standing;
use crate::store::Guarded;
use crate::strategy::distributed_lock::Tools;
use crate::touch::{ParentToucher, Touchers, Touching};

/// Builds a [`CacheFlow`].
///
/// | option | what | default | range |
/// |---|---|---|---|
/// | [`config`](Self::config), [`watch_config`](Self::watch_config) | all that is not said here, from files and variables | none | |
/// | [`enabled`](Self::enabled) | whether anything is cached | yes | |
/// | [`instance`](Self::instance) | a name for this instance | none | 64 of `[A-Za-z0-9_.@-]` |
/// | [`namespace`](Self::namespace) | keeps services on one server apart | none | 128 of `[A-Za-z0-9_.@-]` |
/// | [`prefix`](Self::prefix) | stands before every name on the server | `cacheflow:` | 128 visible ASCII characters |
/// | [`backend`](Self::backend) | the shared store and bus | none: in-process | |
/// | [`max_staleness`](Self::max_staleness) | how long memory is served without news | 2 s | 800 ms to 1 h |
/// | [`operation_budget`](Self::operation_budget) | what an operation on the shared store may take | 50 ms | 1 ms to 1 min |
/// | [`serve_young_without_bus`](Self::serve_young_without_bus) | serve young entries while there are no news | no | |
/// | [`toucher`](Self::toucher) | touches the rows of an entity | none | one for each entity |
/// | [`warmer`](Self::warmer), [`required_warmer`](Self::required_warmer) | keep what will be asked for | none | one of each name |
/// | [`discover_warmers`](Self::discover_warmers) | finds functions that do | not | |
/// | [`required_timeout`](Self::required_timeout) | how long the start waits for them | 60 s | 1 ms to 366 days |
/// | [`start_without_required`](Self::start_without_required) | whether it goes on without | no | |
/// | [`warming`](Self::warming) | whether anything is warmed that nobody asks for | yes | |
/// | [`warming_parallelism`](Self::warming_parallelism) | how many warmers run at once | 4 | 1 to 1024 |
/// | [`warming_progress`](Self::warming_progress) | is told how far each is | nobody | |
/// | [`warming_snapshot`](Self::warming_snapshot) | notes what is in memory, for the next start | not | |
/// | [`codec`](Self::codec) | how values are written, unless a cache says otherwise | MessagePack | |
/// | [`compression`](Self::compression) | whether and how they are compressed, the same | zstd above 1 KiB | |
/// | `sealing` (feature `seal`) | encrypts what lies in the shared store | no | |
/// | [`keep_history`](Self::keep_history) | keeps the last events of each cache, to explain by | none before the first explanation | 1 to 100,000 |
/// | [`log_keys`](Self::log_keys) | whether keys, tags and patterns stand in the log | no | |
/// | [`advisor`](Self::advisor) | tells of likely mistakes | yes | |
/// | [`clock`](Self::clock) | another clock, for tests | the system's | |
#[derive(Default)]
#[must_use = "a builder does nothing until `build`"]
pub struct FlowBuilder {
    said: Said<FlowConfig>,
    config: CacheFlowConfig,
    watched: Option<Watched>,
    backend: Option<Box<dyn Backend>>,
    clock: Clock,
    touchers: Touchers,
    /// How many events are kept of each cache.
    pub(super) history: Option<usize>,
    storeys: Storeys,
    #[cfg(feature = "seal")]
    keys: Option<KeyRing>,
}

impl FlowBuilder {
    /// All options that are not said here, or by the builders of caches or by attributes,
    /// whatever was said first. The shared store is given apart, with
    /// [`backend`](Self::backend).
    pub fn config(mut self, config: CacheFlowConfig) -> Self {
        self.config = config;
        self
    }

    /// Reads the file at `path`, and variables over it, as
    /// [`load_from`](CacheFlowConfig::load_from) does, and looks at it again after each
    /// `every`, 10 ms to a day: when it has changed, the flow is
    /// [reconfigured](CacheFlow::reconfigure). A file that cannot be used then is told
    /// once ([`Event::ConfigRejected`](crate::Event), a warning), and what held before
    /// holds on.
    ///
    /// What is given to [`config`](Self::config) stands under it. Its content is compared,
    /// so that a link that is set to another file is seen as well.
    pub fn watch_config(mut self, path: impl Into<PathBuf>, every: Duration) -> Self {
        let path = path.into();
        self.watched = Some(Watched { path, every });
        self
    }

    /// Whether anything is cached. In a flow that does not, all caches are as with
    /// [`enabled(false)`](crate::CacheBuilder::enabled). Off is what anybody switches off,
    /// here or by configuration (`CACHEFLOW_ENABLED=false`).
    pub fn enabled(mut self, enabled: bool) -> Self {
        self.said.say(move |config| config.enabled = enabled);
        self
    }

    /// What people call this instance: it stands before what tells its starts apart, in
    /// [`instance`](CacheFlow::instance) and in messages. 1 to 64 of `[A-Za-z0-9_.@-]`.
    pub fn instance(mut self, instance: impl Into<String>) -> Self {
        let instance = Some(instance.into());
        self.said
            .say(move |config| config.instance.clone_from(&instance));
        self
    }

    /// Keeps this service's names apart from others' on the same server:
    /// `cacheflow:{namespace}/…`. All instances of a service use the same.
    pub fn namespace(mut self, namespace: impl Into<String>) -> Self {
        let namespace = namespace.into();
        self.said
            .say(move |config| config.namespace.clone_from(&namespace));
        self
    }

    /// What stands before every name on the server, in place of `cacheflow:`.
    /// May be empty.
    pub fn prefix(mut self, prefix: impl Into<String>) -> Self {
        let prefix = Some(prefix.into());
        self.said
            .say(move |config| config.prefix.clone_from(&prefix));
        self
    }

    /// The store and bus that this flow shares with the other instances.
    pub fn backend(mut self, backend: impl Backend) -> Self {
        self.backend = Some(Box::new(backend));
        self
    }

    /// How long after the last proof that no news were missed memory may still
    /// be served. It bounds how old a hit can be past an invalidation when the
    /// bus is silently dead. Heartbeats come every 400 ms.
    pub fn max_staleness(mut self, max_staleness: Duration) -> Self {
        self.said
            .say(move |config| config.max_staleness = max_staleness);
        self
    }

    /// What one operation on the shared store may take before the call goes on
    /// without it.
    pub fn operation_budget(mut self, operation_budget: Duration) -> Self {
        self.said
            .say(move |config| config.operation_budget = operation_budget);
        self
    }

    /// While there are no news from the bus, memory is not served at all;
    /// with this option it serves entries that were loaded less than
    /// `max_staleness` ago, which cannot be older than that past any
    /// invalidation.
    pub fn serve_young_without_bus(mut self, serve_young: bool) -> Self {
        self.said
            .say(move |config| config.serve_young_without_bus = serve_young);
        self
    }

    /// What touches the rows of an entity, when something that is a part of them has
    /// changed: see [`touch`](crate::touch). One for each entity.
    pub fn toucher(mut self, toucher: impl ParentToucher) -> Self {
        self.touchers.add(toucher);
        self
    }

    /// How the values of all caches are written, unless a cache says otherwise.
    pub fn codec(mut self, codec: Codec) -> Self {
        self.said
            .say(move |config| config.bytes.codec = Some(codec.clone()));
        self
    }

    /// Whether and how the values of all caches are compressed in the shared store,
    /// unless a cache says otherwise.
    pub fn compression(mut self, compression: Compression) -> Self {
        self.said
            .say(move |config| config.bytes.compression = Some(compression.clone()));
        self
    }

    /// Encrypts all values in the shared store, with the newest of `keys`; what is not
    /// encrypted with one of them is a miss.
    #[cfg(feature = "seal")]
    pub fn sealing(mut self, keys: KeyRing) -> Self {
        self.keys = Some(keys);
        self
    }

    /// Whether keys, tags and patterns stand in the log, in the events and spans of
    /// `tracing`. They are often personal data, and sometimes secrets.
    pub fn log_keys(self, log_keys: bool) -> Self {
        self.set(move |config| config.observing.log_keys = log_keys)
    }

    /// Whether the flow looks once a minute for likely mistakes in how its caches are
    /// set up, and tells each once, as [`Event::Advice`](crate::Event) and as a warning
    /// in the log.
    pub fn advisor(self, advisor: bool) -> Self {
        self.set(move |config| config.observing.advisor = advisor)
    }

    /// The clock by which entries expire. Budgets and pauses of the network
    /// keep to the system's.
    pub fn clock(mut self, clock: Clock) -> Self {
        self.clock = clock;
        self
    }

    /// Builds the flow and starts its background tasks. Waits for
    /// [required warmers](Self::required_warmer), and for nothing else: a server that is not
    /// there yet is used as soon as it is.
    ///
    /// # Errors
    ///
    /// [`ErrorKind::InvalidConfig`](crate::ErrorKind), naming every option that is out of range;
    /// also if there is a backend and this is not called in a tokio runtime.
    /// [`ErrorKind::Warming`](crate::ErrorKind) if a required warmer has failed, or did not come to
    /// its end in time.
    pub async fn build(self) -> Result<CacheFlow> {
        // What stands above has to be there for whatever the options say of it.
        let flow = self.with_warming().assemble()?;
        for storey in flow.storeys().all() {
            if let Err(error) = storey.begin(&flow).await {
                // Whatever has begun holds the flow as well.
                flow.stop_storeys().await;
                return Err(error);
            }
        }
        Ok(flow)
    }

    pub(crate) fn set(mut self, set: impl Fn(&mut FlowConfig) + Send + Sync + 'static) -> Self {
        self.said.say(set);
        self
    }

    pub(crate) fn storeys(&self) -> &Storeys {
        &self.storeys
    }

    /// The only place where the parts of a flow meet.
    pub(super) fn assemble(self) -> Result<CacheFlow> {
        let Self {
            said,
            config: given,
            watched,
            backend,
            clock,
            touchers,
            history,
            storeys,
            #[cfg(feature = "seal")]
            keys,
        } = self;
        let mut faults = Faults::default();
        let mut configuration = given.clone();
        let mut first = None;
        if let Some(Watched { path, every }) = &watched {
            faults.check_range(
                "watch_config",
                *every,
                Duration::from_millis(10),
                Duration::from_secs(24 * 60 * 60),
                |every| format!("{every:?}"),
            );
            first = std::fs::read(path).ok();
            match watched_config(path, first.as_deref(), &given) {
                Ok(config) => configuration = config,
                Err(error) => faults.add(error.to_string()),
            }
        }
        configuration.check(&mut faults);
        let config = configuration
            .flow_config(&mut Faults::default())
            .under(&said);
        config.check(&mut faults);
        if let Some(fault) = history.and_then(history_fault) {
            faults.add(fault);
        }
        touchers.faults().iter().for_each(|fault| faults.add(fault));
        for storey in storeys.all() {
            storey.check(&mut faults);
        }
        #[cfg(feature = "seal")]
        for fault in keys.iter().flat_map(KeyRing::faults) {
            faults.add(fault);
        }
        let runtime = Handle::try_current().ok();
        for (what, given) in [
            ("backend", backend.is_some()),
            ("watch_config", watched.is_some()),
        ] {
            if given && runtime.is_none() {
                faults.add(format!(
                    "{what}: a flow with a {what} is built inside of a tokio runtime"
                ));
            }
        }
        faults.into_result("build")?;

        #[cfg(feature = "seal")]
        let sealing = keys.map(|keys| Arc::new(keys.within(config.full_prefix())) as _);
        #[cfg(not(feature = "seal"))]
        let sealing = None;
        let origin = match &config.instance {
            Some(name) => format!("{name}-{}", random_origin()),
            None => random_origin(),
        };
        let events = EventSink::new().logging_keys(config.observing.log_keys);
        let namespace = Namespace::new(config.full_prefix(), &origin);
        let shared = backend.as_ref().map(|backend| {
            Arc::new(Guarded::new(
                backend.store(&namespace),
                backend.leases(&namespace),
                config.operation_budget,
                events.clone(),
            ))
        });
        let standing = Arc::new(match &backend {
            Some(_) => Standing::unheard(config.max_staleness, clock.clone()),
            None => Standing::alone(clock.clone()),
        });
        let waiting: Arc<Waiting> = Arc::default();
        let (background, end) = Background::new();
        let leases: Arc<dyn Leases> = match &shared {
            Some(shared) => Arc::clone(shared) as _,
            None => Arc::new(LocalLeases::new(clock.clone())),
        };
        let tools = Arc::new(Tools {
            leases,
            waiting: Arc::clone(&waiting),
            clock: clock.clone(),
            background: background.clone(),
            origin: origin.clone(),
        });
        let policies = Policies::new(tools, clock.clone(), events.clone());
        let node = Arc::new(Node::new(Parts {
            origin,
            standing: Arc::clone(&standing),
            shared: shared.clone(),
            waiting: Arc::clone(&waiting),
            clock: clock.clone(),
            events: events.clone(),
        }));
        let touching = Arc::new(Touching::new(
            touchers,
            Arc::clone(&node),
            events.clone(),
            background.clone(),
        ));
        let (runtime, tasks) = match (&backend, runtime) {
            (Some(backend), Some(runtime)) => {
                let tasks = Tasks::on(runtime.clone());
                let bus = backend.bus(&namespace);
                let listening = Arc::clone(&node);
                tasks.spawn(async move { match listening.listen_forever(&*bus).await {} });
                if let Some(shared) = shared.clone() {
                    let recovering = Arc::clone(&node);
                    let replaying = (Arc::clone(&node), Arc::clone(&shared));
                    let reclaiming = (Arc::clone(&node), Arc::clone(&shared));
                    let following = Arc::clone(&node);
                    let looking_back = (Arc::clone(&node), Arc::clone(&shared));
                    tasks.spawn(async move { match recovering.recover_forever(&shared).await {} });
                    tasks.spawn(async move {
                        let (node, shared) = replaying;
                        match node.replay_forever(&shared).await {}
                    });
                    tasks.spawn(async move {
                        let (node, shared) = reclaiming;
                        match node.reclaim_forever(&shared).await {}
                    });
                    tasks.spawn(async move { match following.follow_forever().await {} });
                    tasks.spawn(async move {
                        let (node, shared) = looking_back;
                        match node.look_back_forever(&shared).await {}
                    });
                }
                (Some(runtime), Some(tasks))
            }
            _ => (None, None),
        };
        let noted: Arc<History> = Arc::default();
        if let Some(most) = history {
            noted.begin(most, &events, &background);
        }
        tracing::info!(
            instance = node.origin(),
            prefix = config.full_prefix(),
            shared = shared.as_ref().map(|shared| shared.name()),
            "a flow begins"
        );
        let advises = config.observing.advisor;
        let flow = CacheFlow(Arc::new(Inner {
            deferred: super::deferred::Deferred::new(),
            has_bus: backend.is_some(),
            present: Live::new(config.clone()),
            configuration: Live::new(configuration),
            said,
            config,
            node,
            standing,
            shared,
            clock,
            events,
            sealing,
            registry: Registry::default(),
            history: noted,
            policies,
            pending: Mutex::default(),
            touching,
            background,
            end,
            runtime,
            tasks,
            closed: AtomicBool::new(false),
            changes: Arc::default(),
            storeys,
        }));
        if advises {
            flow.begin_advising();
        }
        if let Some(watched) = watched {
            flow.watch(watched, first, given);
        }
        Ok(flow)
    }
}

/// Sixteen random digits; another for each start of each process.
fn random_origin() -> String {
    use std::hash::{BuildHasher, RandomState};
    let random = RandomState::new().hash_one(std::process::id());
    format!("{random:016x}")
}

impl std::fmt::Debug for FlowBuilder {
    fn fmt(&self, f: &mut std::fmt::Formatter<'_>) -> std::fmt::Result {
        f.debug_struct("FlowBuilder")
            .field("config", &self.config)
            .field("clock", &self.clock)
            .field("touchers", &self.touchers)
            .finish_non_exhaustive()
    }
}
