//! Options of a cache, and its handle.

use std::fmt;
use std::future::Future;
use std::marker::PhantomData;
use std::sync::Arc;
use std::time::Duration;

use super::core::{Core, CoreParts};
use super::page::WhenBuilt;
use super::{Cache, CacheValue, LoadingCache, WriteBehindCache};
use crate::codec::Wire;
use crate::config::{CacheConfig, Faults, Said};
use crate::error::{BoxError, Error, ErrorKind, Result};
use crate::flow::CacheFlow;
use crate::invalidation::NearCache;
use crate::key::{CacheKey, CacheName};
use crate::store::Eviction;
use crate::strategy::{RefreshAhead, Strategy, Tagger, Timer, Validator, Weigher};

/// Builds a [`Cache`]; begun by [`CacheFlow::cache`].
///
/// | option | what | default | range |
/// |---|---|---|---|
/// | [`ttl`](Self::ttl) | how long values are kept | 5 min | 1 ms to 366 days |
/// | [`ttl_from`](Self::ttl_from) | the same, told from each value | | |
/// | [`ttl_jitter`](Self::ttl_jitter) | by how much lifetimes differ at random | 0.1 | 0 to 0.5 |
/// | [`max_ttl`](Self::max_ttl) | the longest of all lifetimes, whoever says so | none | 1 ms to 366 days |
/// | [`idle`](Self::idle) | how long an entry lives that nobody reads | as long as the others | 8 ms to 366 days |
/// | [`cache_none`](Self::cache_none) | how long it is kept that there is no value | not | 1 ms to 366 days |
/// | [`cache_err`](Self::cache_err) | how long errors are kept | not | 1 ms to 366 days |
/// | [`max_nothings`](Self::max_nothings) | for how many keys memory keeps that there is nothing | 1,000 | 1 to 4,294,967,295 |
/// | [`flexible`](Self::flexible) | serve while loading anew | not | |
/// | [`strategy`](Self::strategy) | which levels, and how they work together | multi-level | |
/// | [`max_entries`](Self::max_entries) | entries in memory | 10,000 | 1 to 4,294,967,295 |
/// | [`max_memory`](Self::max_memory) | bytes in memory, instead | | 64 KiB to 1 TiB |
/// | [`codec`](Self::codec) | how values are written | the flow's: MessagePack | |
/// | [`schema_version`](Self::schema_version) | what the type's schema does not say | none | 0 to 4,294,967,295 |
/// | [`compression`](Self::compression) | whether and how they are compressed | the flow's: zstd | |
/// | [`compress_above`](Self::compress_above) | the longest encoding that is not | 1 KiB | 0 to 512 MiB |
/// | [`max_value_bytes`](Self::max_value_bytes) | the largest encoded value that the shared store keeps | 1 MiB | 1 B to 512 MiB − 1 KiB |
/// | [`invalidation_patterns`](Self::invalidation_patterns) | what forgets the whole cache with it | nothing | 0 to 64 patterns |
/// | [`follower_timeout`](Self::follower_timeout) | how long a caller waits for another's load | 10 s | 1 ms to 366 days |
/// | [`warm_with`](Self::warm_with) … | how and when it is [warmed](crate::CacheWarmer) | not | |
/// | [`validate`](Self::validate) | looks at values before they are kept | all are | |
/// | [`sensitive`](Self::sensitive) | hides keys, wants values sealed | not | |
/// | [`enabled`](Self::enabled) | whether it caches | yes | |
/// | [`spec`](Self::spec) | many options in a line | | |
/// | [`weigher`](Self::weigher) | what a value weighs under `max_memory` | its encoded size | |
///
/// What is not said here, [configuration](crate::CacheFlowConfig) may say. The first
/// handle of a name sets the cache's options on this node. Others may leave them out, or
/// repeat them.
#[must_use = "a builder does nothing until `build`"]
pub struct CacheBuilder<K, V> {
    pub(super) flow: CacheFlow,
    pub(super) name: String,
    pub(super) said: Said<CacheConfig>,
    /// What is wrong with what was said, beside its values.
    pub(super) faults: Vec<String>,
    pub(super) weigher: Option<Weigher<V>>,
    pub(super) tagger: Option<Tagger<V>>,
    pub(super) timer: Option<Timer<V>>,
    pub(super) validator: Option<Validator<V>>,
    pub(super) when_built: Option<WhenBuilt<V>>,
    /// After which age a value is refreshed.
    pub(super) fresh: Option<Duration>,
    pub(super) key: PhantomData<fn(&K)>,
}

/// What a cache is built with.
#[derive(Clone, Copy, PartialEq, Eq)]
enum Built {
    Plainly,
    WithLoader,
    WithWriter,
}

impl<K, V: CacheValue> CacheBuilder<K, V> {
    pub(crate) fn new(flow: CacheFlow, name: &str) -> Self {
        Self {
            flow,
            name: name.to_owned(),
            said: Said::default(),
            faults: Vec::new(),
            weigher: None,
            tagger: None,
            timer: None,
            when_built: None,
            validator: None,
            fresh: None,
            key: PhantomData,
        }
    }

    pub(crate) fn set(mut self, set: impl Fn(&mut CacheConfig) + Send + Sync + 'static) -> Self {
        self.said.say(set);
        self
    }

    /// Which levels the cache has, and how they work together.
    pub fn strategy(self, strategy: Strategy) -> Self {
        self.set(move |config| config.strategy = strategy.clone())
    }

    /// Bounds memory by the number of entries.
    pub fn max_entries(self, entries: u64) -> Self {
        self.set(move |config| config.max_entries = Some(entries))
    }

    /// Bounds memory by bytes: each entry weighs what its value weighs, its key
    /// and 200 bytes. An estimate, not the allocator's count. An entry that weighs more than
    /// four fifths of it is not kept, see [`Eviction`].
    pub fn max_memory(self, bytes: u64) -> Self {
        self.set(move |config| config.max_memory = Some(bytes))
    }

    /// What goes when memory is full.
    pub fn eviction(self, eviction: Eviction) -> Self {
        self.set(move |config| config.eviction = eviction)
    }

    /// A value whose encoding is longer is returned but not kept; one that is
    /// found in the shared store is a miss.
    pub fn max_value_bytes(self, bytes: usize) -> Self {
        self.set(move |config| config.max_value_bytes = bytes)
    }

    /// How long a caller waits for another's load of the same key before it
    /// loads in its place. The overdue load goes on for those who still wait
    /// for it, and is not kept.
    pub fn follower_timeout(self, timeout: Duration) -> Self {
        self.set(move |config| config.loading.follower_timeout = timeout)
    }

    /// The tags of each value, told from the value itself: [`forget
    /// them`](crate::Invalidation::tags) and all entries of all caches that carry
    /// one of them are gone.
    ///
    /// At most 32 tags of 1 to 128 bytes; a value with others is returned and not
    /// kept ([`Event::MarksRefused`](crate::Event)). Tags that are known before
    /// the load can be given with [`Cache::tagged`].
    ///
    /// ```
    /// # #[tokio::main(flavor = "current_thread")] async fn main() -> Result<(), Box<dyn std::error::Error>> {
    /// # use cacheflow::{Cache, CacheFlow};
    /// #[derive(Clone, serde::Serialize, serde::Deserialize)]
    /// struct User { name: String, org: u32 }
    ///
    /// let flow = CacheFlow::builder().build().await?;
    /// let users: Cache<u64, User> = flow
    ///     .cache("users")
    ///     .tags(|user: &User| vec![format!("org:{}", user.org)])
    ///     .build()?;
    /// let _ = users.put(&7, User { name: "Ada".into(), org: 3 }).await?;
    ///
    /// let _ = flow.invalidate().tags(["org:3"]).send().await?;
    /// assert!(users.get(&7).await.is_none());
    /// # Ok(()) }
    /// ```
    pub fn tags(mut self, tags: impl Fn(&V) -> Vec<String> + Send + Sync + 'static) -> Self {
        self.tagger = Some(Arc::new(tags));
        self
    }

    /// For how long after a change the source may still give what was before,
    /// because it is a replica that lags: what is loaded meanwhile is returned
    /// and not kept. Up to 60 s; 0, which is the default, for a source that is
    /// the truth itself.
    ///
    /// It holds on every node for what that node has heard of.
    pub fn hold_off(self, hold_off: Duration) -> Self {
        self.set(move |config| config.loading.hold_off = hold_off)
    }

    /// Whether a value may live longer than the values of other caches that it
    /// was made of. Not by default: a parent ends with its first child.
    pub fn outlive_dependencies(self, outlive: bool) -> Self {
        self.set(move |config| config.loading.outlive_dependencies = outlive)
    }

    /// How long a [write](Cache::begin_write) may take at most before the key can
    /// be kept again: what ends the write of a process that died. 1 ms to 1 h,
    /// by default 30 s.
    pub fn write_timeout(self, timeout: Duration) -> Self {
        self.set(move |config| config.write_timeout = timeout)
    }

    /// What a value weighs under [`max_memory`](Self::max_memory), in bytes.
    pub fn weigher(mut self, weigher: impl Fn(&V) -> usize + Send + Sync + 'static) -> Self {
        self.weigher = Some(Arc::new(weigher));
        self
    }

    /// The handle of a cache that knows how its values are loaded: by `loader`, from
    /// their keys.
    ///
    /// ```
    /// # use cacheflow::{CacheFlow, RefreshAhead, Strategy};
    /// # #[tokio::main(flavor = "current_thread")] async fn main() -> Result<(), Box<dyn std::error::Error>> {
    /// # let flow = CacheFlow::builder().build().await?;
    /// let rates = flow
    ///     .cache::<String, f64>("rates")
    ///     // Loaded anew after four fifths of their lifetime, as long as they are asked for.
    ///     .strategy(Strategy::multi_level().refresh_ahead(RefreshAhead::at(0.8).by_itself()))
    ///     .build_with_loader(|currency: String| async move {
    ///         match currency.as_str() {
    ///             "EUR" => Ok(1.08),
    ///             _ => Err(format!("no rate for {currency}")),
    ///         }
    ///     })?;
    /// assert_eq!(rates.fetch(&"EUR".to_owned()).await?, 1.08);
    /// # Ok(()) }
    /// ```
    ///
    /// # Errors
    ///
    /// As [`build`](Self::build).
    pub fn build_with_loader<F, Fut, E>(mut self, loader: F) -> Result<LoadingCache<K, V>>
    where
        K: CacheKey + Clone + Send + Sync + 'static,
        F: Fn(K) -> Fut + Send + Sync + 'static,
        Fut: Future<Output = Result<V, E>> + Send + 'static,
        E: Into<BoxError>,
    {
        let core = self.core(Built::WithLoader)?;
        Ok(LoadingCache::new(Cache::new(core, self.flow), loader))
    }

    /// The handle of a cache whose values can be put before their source knows them:
    /// `writer` writes a batch of them. Together with
    /// [`Strategy::write_behind`]; once for each cache of a flow, in a tokio runtime.
    ///
    /// ```
    /// # use cacheflow::{CacheFlow, Strategy, WriteBehind};
    /// # #[tokio::main(flavor = "current_thread")] async fn main() -> Result<(), Box<dyn std::error::Error>> {
    /// # let flow = CacheFlow::builder().build().await?;
    /// let visits = flow
    ///     .cache::<u64, u64>("visits")
    ///     .strategy(Strategy::multi_level().write_behind(WriteBehind::new()))
    ///     .build_with_writer(|batch: Vec<(u64, u64)>| async move {
    ///         println!("insert into visits … {} rows", batch.len());
    ///         Ok::<_, std::io::Error>(())
    ///     })?;
    /// let _ = visits.write(&7, 1).await?;
    /// assert_eq!(visits.get(&7).await, Some(1));
    /// visits.flush().await;
    /// assert_eq!(visits.pending(), 0);
    /// # Ok(()) }
    /// ```
    ///
    /// # Errors
    ///
    /// As [`build`](Self::build); also if the strategy has no
    /// [`write_behind`](Strategy::write_behind), the cache has a writer already, or
    /// this is not called in a tokio runtime.
    pub fn build_with_writer<F, Fut, E>(mut self, writer: F) -> Result<WriteBehindCache<K, V>>
    where
        K: CacheKey + Clone + Send + Sync + 'static,
        F: Fn(Vec<(K, V)>) -> Fut + Send + Sync + 'static,
        Fut: Future<Output = std::result::Result<(), E>> + Send + 'static,
        E: Into<BoxError>,
    {
        let refused = |why| Error::new(ErrorKind::InvalidConfig, "build", why);
        let Some(config) = self.config().strategy.write_behind else {
            return Err(refused(
                "build_with_writer: allowed with the strategy write_behind",
            ));
        };
        if tokio::runtime::Handle::try_current().is_err() {
            return Err(refused(
                "build_with_writer: allowed inside of a tokio runtime",
            ));
        }
        let core = self.core(Built::WithWriter)?;
        let events = self.flow.event_sink().clone();
        let cache = Cache::new(core, self.flow);
        WriteBehindCache::new(cache, config, writer, events)
            .ok_or_else(|| refused("build_with_writer: allowed once for a cache"))
    }

    /// The handle.
    ///
    /// # Errors
    ///
    /// [`ErrorKind::InvalidConfig`], naming every option that is out of range
    /// or differs from those under which this node has built the cache before;
    /// [`ErrorKind::TypeMismatch`] if it was built with another type of values.
    pub fn build(mut self) -> Result<Cache<K, V>> {
        let core = self.core(Built::Plainly)?;
        Ok(Cache::new(core, self.flow))
    }

    fn core(&mut self, built: Built) -> Result<Arc<Core<V>>> {
        let mut faults = Faults::default();
        if let Some(fresh) = self.fresh {
            let mut in_code = CacheConfig::default();
            self.said.over(&mut in_code);
            if in_code.strategy.refresh.is_some() {
                faults.add("flexible: allowed without refresh_ahead, which it is a form of");
            }
            // Whichever was said first, this or the strategy.
            let refresh = RefreshAhead::after(fresh);
            self.said
                .say(move |config| config.strategy.refresh = Some(refresh));
        }
        self.faults.drain(..).for_each(|fault| faults.add(fault));
        let config = self.config();
        config.check(&mut faults);
        let strategy = &config.strategy;
        let by_itself = strategy.refresh.is_some_and(|refresh| refresh.by_itself);
        if by_itself && built != Built::WithLoader {
            faults.add(
                "refresh_ahead.by_itself: allowed with build_with_loader, nobody else knows how to load",
            );
        }
        if strategy.write_behind.is_some() && built != Built::WithWriter {
            faults.add(
                "write_behind: allowed with build_with_writer, nobody else knows how to write",
            );
        }
        if self.weigher.is_some() && config.max_memory.is_none() {
            faults.add("weigher: allowed together with max_memory");
        }
        if let Err(fault) = self.schema(&config) {
            faults.add(fault);
        }
        if let Some(fault) = self.unsealed(&config) {
            faults.add(fault);
        }
        let name = match CacheName::new(&self.name) {
            Ok(name) => Some(name),
            Err(fault) => {
                faults.add(fault);
                None
            }
        };
        faults.into_result("build")?;
        let Some(name) = name else {
            unreachable!("a wrong name is a fault");
        };
        self.core_named(&name)
    }

    pub(crate) fn core_named(&self, name: &CacheName) -> Result<Arc<Core<V>>> {
        let values = std::any::type_name::<V>();
        let flow = &self.flow;
        let (core, existed) = flow.registry().get_or_make(name, values, || {
            // Under the lock under which configuration is changed.
            let config = self.config();
            let mut faults = Faults::default();
            config.check(&mut faults);
            faults.into_result("build")?;
            let patience = config.loading.follower_timeout;
            let policy = flow.policies().get(name, &config.strategy, patience)?;
            let written = self.schema(&config);
            let (written, schema) =
                written.map_err(|fault| Error::new(ErrorKind::InvalidConfig, "build", fault))?;
            let wire = Wire::with_schema(&written.codec, &written.compression, schema);
            if let Some(fault) = self.unsealed(&config) {
                return Err(Error::new(ErrorKind::InvalidConfig, "build", fault));
            }
            self.watch(name, &config)?;
            let core = Arc::new(Core::new(CoreParts {
                name: name.clone(),
                config,
                said: self.said.clone(),
                policy,
                weigher: self.weigher.clone(),
                tagger: self.tagger.clone(),
                timer: self.timer.clone(),
                validator: self.validator.clone(),
                wire: wire.with_sealing(flow.sealing().clone()),
                flow: flow.config(),
                is_on: flow.is_enabled(),
                node: Arc::clone(flow.node()),
                standing: Arc::clone(flow.standing()),
                shared: flow.shared().cloned(),
                clock: flow.clock().clone(),
                events: flow.event_sink().clone(),
                background: flow.background().clone(),
            }));
            let near: Arc<dyn NearCache> = Arc::clone(&core) as _;
            flow.node().attach(name.clone(), Arc::downgrade(&near));
            Ok(core)
        })?;
        let refused = |why: String| {
            let message = format!("cache {name} was built before{why}");
            Err(Error::new(ErrorKind::InvalidConfig, "build", message))
        };
        let of_the_first = [
            ("tags are", self.tagger.is_some()),
            ("ttl_from is", self.timer.is_some()),
            ("validate is", self.validator.is_some()),
            ("a weigher is", self.weigher.is_some()),
            ("what warms it is", self.when_built.is_some()),
        ];
        if let Some((what, _)) = of_the_first.iter().find(|(_, given)| existed && *given) {
            return refused(format!(": {what} given to its first handle"));
        }
        let ours = core.config();
        let theirs = ours.under(&self.said);
        if existed && *ours != theirs {
            let differences = ours.differences(&theirs).join("; ");
            return refused(format!(" with other options: {differences}"));
        }
        if !existed {
            if let Some(then) = &self.when_built {
                then(flow, &core);
            }
            flow.tell_built(name, &ours.warming, &(Arc::clone(&core) as _));
        }
        Ok(core)
    }
}

impl<K, V: CacheValue> fmt::Debug for CacheBuilder<K, V> {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.debug_struct("CacheBuilder")
            .field("name", &self.name)
            .field("config", &self.config())
            .finish_non_exhaustive()
    }
}
