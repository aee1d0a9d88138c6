//! One cache as it is assembled: local memory, levels, strategy; and how it is
//! read.

use std::future::Future;
use std::sync::{Arc, OnceLock};

use super::CacheValue;
use super::page::Watching;
use crate::clock::{Clock, Tick};
use crate::codec::Wire;
use crate::config::{CacheConfig, FlowConfig, Said};
use crate::entry::{Entry, Made};
use crate::event::{Counter, Counters, EventSink};
use crate::invalidation::Node;
use crate::key::{Address, CacheName, EntryKey, FullKey, KeyBuf, Marks};
use crate::live::Live;
use crate::runtime::Background;
use crate::source::{LoadContext, Loaded, is_collecting, is_inside_a_load, read_within_load};
use crate::standing::Standing;
use crate::store::{Bound, Guarded, Memory};
use crate::strategy::refresh_ahead::Due;
use crate::strategy::{
    Local, LocalOptions, Policy, Tagger, Timer, Validator, Weigher, cache_aside, multi_level,
};

pub(crate) use crate::strategy::cache_aside::{Load, LoadedAll, Reply, ShareError, Terms};

/// Everything of one cache on one node.
pub(crate) struct Core<V> {
    pub(crate) name: CacheName,
    pub(super) config: Live<CacheConfig>,
    /// What code said of it, over what configuration says.
    pub(super) said: Said<CacheConfig>,
    pub(crate) policy: Arc<Policy>,
    /// For callers that have no error for what a strategy does.
    pub(crate) gentle: Arc<Policy>,
    pub(super) local: Arc<Local<V>>,
    pub(super) strategy: Arc<Layer<V>>,
    pub(super) node: Arc<Node>,
    pub(super) standing: Arc<Standing>,
    pub(super) clock: Clock,
    pub(super) counters: Arc<Counters>,
    /// What waits to be written to the source.
    pending: OnceLock<PendingValue<V>>,
    /// Who wants to know when much was forgotten.
    pub(super) watching: Watching,
}

/// Tells the newest value of a key that its source does not have yet.
pub(super) type PendingValue<V> = Box<dyn Fn(&EntryKey) -> Option<V> + Send + Sync>;

type Layer<V> = cache_aside::Layer<V, multi_level::Layer<V>>;

/// What a [`Core`] is made of.
pub(crate) struct CoreParts<'a, V> {
    pub(crate) name: CacheName,
    pub(crate) config: CacheConfig,
    pub(crate) said: Said<CacheConfig>,
    pub(crate) policy: Arc<Policy>,
    pub(crate) weigher: Option<Weigher<V>>,
    pub(crate) tagger: Option<Tagger<V>>,
    pub(crate) timer: Option<Timer<V>>,
    pub(crate) validator: Option<Validator<V>>,
    /// How values are written.
    pub(crate) wire: Wire<V>,
    pub(crate) flow: &'a FlowConfig,
    /// Whether the flow caches anything.
    pub(crate) is_on: bool,
    pub(crate) node: Arc<Node>,
    pub(crate) standing: Arc<Standing>,
    pub(crate) shared: Option<Arc<Guarded>>,
    pub(crate) clock: Clock,
    pub(crate) events: EventSink,
    pub(crate) background: Background,
}

/// What memory has for a key.
pub(crate) enum Hit<V> {
    Value(V),
    /// The same, but somebody has to look closer: see [`Core::load_due`].
    Watched(Arc<Entry<V>>),
}

impl<V: CacheValue> Core<V> {
    pub(crate) fn new(parts: CoreParts<'_, V>) -> Self {
        let CoreParts {
            name,
            config,
            said,
            policy,
            weigher,
            tagger,
            timer,
            validator,
            wire,
            flow,
            is_on,
            node,
            standing,
            shared,
            clock,
            events,
            background,
        } = parts;
        let levels = config.strategy.levels.clone();
        let shared = shared.filter(|_| !config.in_process);
        let counters = Arc::new(Counters::default());
        let memory = levels.uses_memory(shared.is_some()).then(|| {
            let (bound, counted) = (config.room(), Arc::clone(&counters));
            let events = events.clone();
            Memory::new(name.clone(), bound, clock.clone(), events, Some(counted))
        });
        let nothings = config.keeps_nothings().then(|| {
            let bound = (Bound::Entries(config.loading.max_nothings), config.eviction);
            Memory::new(name.clone(), bound, clock.clone(), events.clone(), None)
        });
        let local = Arc::new(Local::new(LocalOptions {
            cache: name.clone(),
            memory,
            nothings,
            standing: Arc::clone(&standing),
            counters: Arc::clone(&counters),
            clock: clock.clone(),
            events: events.clone(),
            serve_young: flow.serve_young_without_bus,
            hold_off: config.loading.hold_off,
        }));
        local.switch(is_on && !config.is_off());
        let levels = multi_level::Layer::new(multi_level::Parts {
            cache: name.clone(),
            config: levels,
            local: Arc::clone(&local),
            shared,
            wire: wire.at_most(config.max_value_bytes),
            weigher,
            max_value_bytes: config.max_value_bytes,
            max_ttl: config.max_ttl,
            validator: validator.clone(),
            standing: Arc::clone(&standing),
            clock: clock.clone(),
            counters: Arc::clone(&counters),
            events: events.clone(),
        });
        let strategy = Arc::new(cache_aside::Layer {
            cache: name.clone(),
            config: Live::new(config.loading.clone()),
            local: Arc::clone(&local),
            levels,
            max_ttl: config.max_ttl,
            tagger,
            timer,
            validator,
            flow: flow_id(&standing),
            clock: clock.clone(),
            counters: Arc::clone(&counters),
            events,
            background,
        });
        Self {
            name,
            config: Live::new(config),
            said,
            gentle: policy.gentle(),
            policy,
            local,
            strategy,
            node,
            standing,
            clock,
            counters,
            pending: OnceLock::new(),
            watching: Watching::default(),
        }
    }

    /// The options at present.
    pub(crate) fn config(&self) -> Arc<CacheConfig> {
        self.config.kept()
    }

    /// Sets how what waits to be written is read; `false` if it was set before.
    pub(super) fn set_pending(&self, pending: PendingValue<V>) -> bool {
        self.pending.set(pending).is_ok()
    }

    fn is_waiting(&self, key: &EntryKey) -> bool {
        let pending = self.pending.get();
        pending.is_some_and(|pending| pending(key).is_some())
    }

    /// A value that waits to be written, as this node has it.
    pub(super) fn waiting(&self, key: &EntryKey) -> Option<Made<V>> {
        let value = self.pending.get()?(key)?;
        self.counters.add(Counter::MemoryHit);
        Some(self.strategy.made(value))
    }

    /// What memory has, if it may be served: takes no lock, allocates nothing,
    /// awaits nothing.
    #[inline]
    pub(crate) fn hit(&self, key: &KeyBuf) -> Option<Hit<V>> {
        self.hit_as(key, |entry, now| {
            if entry.is_watched() && entry.is_due(now) {
                return Hit::Watched(Arc::clone(entry));
            }
            Hit::Value(entry.value.clone())
        })
    }

    /// The same with all that is known of it.
    pub(crate) fn hit_entry(&self, key: &KeyBuf) -> Option<Arc<Entry<V>>> {
        self.hit_as(key, |entry, _| Arc::clone(entry))
    }

    #[inline]
    fn hit_as<R>(&self, key: &KeyBuf, serve: impl FnOnce(&Arc<Entry<V>>, Tick) -> R) -> Option<R> {
        let served = self.local.hit_as(&key.name(), |entry, now| {
            if is_inside_a_load() {
                self.read_entry_within_load(key, entry);
            }
            serve(entry, now)
        })?;
        self.counters.add(Counter::MemoryHit);
        Some(served)
    }

    #[cold]
    pub(super) fn read_entry_within_load(&self, key: &KeyBuf, entry: &Entry<V>) {
        let full = || FullKey::new(&self.name, &EntryKey::new(&key.name()));
        let ends = Some(entry.life().ends);
        read_within_load(flow_id(&self.standing), full, entry.marks(), ends);
    }

    /// What was read becomes a part of what the present task is loading.
    pub(super) fn read_made_within_load(&self, full: &FullKey, made: Option<&Made<V>>) {
        let marks = made.map_or(Marks::NONE, Made::marks);
        let expires = made.and_then(|made| made.expires);
        read_within_load(flow_id(&self.standing), || full.clone(), marks, expires);
    }

    /// Gets a value that memory does not have, in the caller's own task.
    pub(crate) async fn miss<F, Fut, E>(
        &self,
        address: &Address,
        load: Load<V, F, E>,
    ) -> Reply<V, E>
    where
        F: FnOnce(LoadContext<V>) -> Fut,
        Fut: Future<Output = Result<Loaded<V>, E>>,
    {
        let began = self.lookup_begins();
        let reading = match self.read_in_request(address, &load.terms.options) {
            Ok(made) => return self.replied(address, began, Ok(Loaded::Value(made))),
            Err(reading) => reading,
        };
        let reply = match self.is_off() {
            true => self.strategy.uncached(load).await,
            false => self.strategy.miss(address, load).await,
        };
        self.keep_in_request(address, reading, &reply);
        self.replied(address, began, reply)
    }

    /// Gets a value that memory does not have, for a caller that may have waited for
    /// somebody who loaded it.
    pub(crate) async fn hit_or_miss<F, Fut, E>(
        &self,
        address: &Address,
        load: Load<V, F, E>,
    ) -> Reply<V, E>
    where
        F: FnOnce(LoadContext<V>) -> Fut,
        Fut: Future<Output = Result<Loaded<V>, E>>,
    {
        let reads = !load.terms.options.skip.reading_memory;
        if reads && let Some(entry) = self.entry(address) {
            self.counters.add(Counter::MemoryHit);
            return self.replied(address, None, Ok(Loaded::Value(entry.made())));
        }
        self.miss(address, load).await
    }

    /// The same by a load that goes on without its caller.
    pub(crate) async fn miss_in_background<F, Fut, E>(
        &self,
        address: &Address,
        load: Load<V, F, E>,
    ) -> Reply<V, E>
    where
        F: FnOnce(LoadContext<V>) -> Fut,
        Fut: Future<Output = Result<Loaded<V>, E>> + Send + 'static,
        E: Send + 'static,
    {
        let began = self.lookup_begins();
        let reading = match self.read_in_request(address, &load.terms.options) {
            Ok(made) => return self.replied(address, began, Ok(Loaded::Value(made))),
            Err(reading) => reading,
        };
        let reply = match self.is_off() {
            true => self.strategy.uncached(load).await,
            false => self.strategy.miss_in_background(address, load).await,
        };
        self.keep_in_request(address, reading, &reply);
        self.replied(address, began, reply)
    }

    /// The same for many keys, by a loader of many: see
    /// [`Layer::miss_many`](cache_aside::Layer::miss_many).
    pub(crate) async fn miss_many<F, Fut, E>(
        &self,
        addresses: &[Address],
        terms: &Terms<V, E>,
        loader: F,
    ) -> LoadedAll<V, E>
    where
        F: FnMut(&[usize]) -> Fut,
        Fut: Future<Output = Result<Vec<Option<V>>, E>>,
    {
        let began = self.lookup_begins();
        let all = match self.is_off() {
            true => self.strategy.uncached_many(addresses, terms, loader).await,
            false => self.strategy.miss_many(addresses, terms, loader).await,
        };
        self.log_all(began, &all);
        for (address, loaded) in addresses.iter().zip(&all.loaded) {
            self.is_part(address, loaded.as_ref());
        }
        all
    }

    fn replied<E>(
        &self,
        address: &Address,
        began: Option<Tick>,
        reply: Reply<V, E>,
    ) -> Reply<V, E> {
        self.log_reply(address, began, &reply);
        self.is_part(address, reply.as_ref().ok());
        reply
    }

    /// What came of a load becomes a part of what the present task is loading.
    fn is_part(&self, address: &Address, loaded: Option<&Loaded<Made<V>>>) {
        // That there is no value, or an error in its place, is a part of what is
        // made of it as well.
        let made = match loaded {
            Some(Loaded::Value(made)) => Some(made),
            Some(Loaded::Absent) | None => None,
        };
        self.read_made_within_load(&address.full, made);
    }

    /// Looks closer at a hit, for a caller whose load cannot go on without it: it
    /// refreshes the value itself, if that is due.
    pub(crate) async fn load_due<F, Fut, E>(
        &self,
        address: &Address,
        entry: Arc<Entry<V>>,
        load: Load<V, F, E>,
    ) -> Reply<V, E>
    where
        F: FnOnce(LoadContext<V>) -> Fut,
        Fut: Future<Output = Result<Loaded<V>, E>>,
    {
        if !self.is_refreshed(address, &entry, &load.terms) {
            return Ok(Loaded::Value(entry.made()));
        }
        match self.refresh(address, &entry, load).await {
            Some(Ok(loaded)) => Ok(loaded),
            // The time of what was there is over as well.
            Some(Err(error)) if self.clock.now() >= entry.expires() => Err(error),
            Some(Err(_)) | None => Ok(Loaded::Value(entry.made())),
        }
    }

    /// The same for one whose load goes on in the background.
    pub(crate) fn load_due_in_background<F, Fut, E>(
        &self,
        address: &Address,
        entry: &Arc<Entry<V>>,
        load: Load<V, F, E>,
    ) where
        F: FnOnce(LoadContext<V>) -> Fut,
        Fut: Future<Output = Result<Loaded<V>, E>> + Send + 'static,
        E: Send + 'static,
    {
        if self.is_refreshed(address, entry, &load.terms) {
            let due = Due::Entry(Arc::clone(entry));
            self.strategy.refresh_in_background(address, due, load);
        }
    }

    /// Whether the caller is to refresh `entry`; the shared store is told of one
    /// that lives as long as it is read.
    fn is_refreshed<E>(&self, address: &Address, entry: &Entry<V>, terms: &Terms<V, E>) -> bool {
        // The source has an older one than what waits to be written.
        if !entry.is_watched() || self.is_waiting(&address.key) {
            return false;
        }
        // What a transaction would load, it may never commit.
        if is_collecting(self.flow()) {
            return false;
        }
        if self.config().loading.idle.is_some() {
            self.is_read(entry, || address.clone());
            return false;
        }
        self.strategy.claim_refresh(entry, terms)
    }

    /// Lets an entry live on that lives as long as it is read.
    #[cold]
    pub(crate) fn is_read(&self, entry: &Entry<V>, address: impl FnOnce() -> Address) {
        let now = self.clock.now();
        let Some(idle) = self.config().loading.idle else {
            // Whoever refreshes values that are asked for wants to know.
            if self.policy.refreshes_by_itself() && entry.is_due(now) {
                entry.postpone(Tick::NEVER);
            }
            return;
        };
        if entry.claim(now, now.after(multi_level::idle_step(idle))) {
            entry.extend(now.after(multi_level::idle_life(idle)));
            self.strategy.touch(&address(), &entry.made(), idle);
        }
    }

    /// What memory has, for those who are no readers.
    pub(crate) fn entry(&self, address: &Address) -> Option<Arc<Entry<V>>> {
        self.local.hit(address.key.as_bytes())
    }

    /// Refreshes an entry, unless somebody is under way with its key.
    pub(crate) async fn refresh<F, Fut, E>(
        &self,
        address: &Address,
        entry: &Arc<Entry<V>>,
        load: Load<V, F, E>,
    ) -> Option<Reply<V, E>>
    where
        F: FnOnce(LoadContext<V>) -> Fut,
        Fut: Future<Output = Result<Loaded<V>, E>>,
    {
        let due = Due::Entry(Arc::clone(entry));
        self.strategy.refresh(address, due, load).await
    }

    pub(crate) fn node(&self) -> &Arc<Node> {
        &self.node
    }

    /// Tells this flow's caches from those of another.
    pub(crate) fn flow(&self) -> usize {
        flow_id(&self.standing)
    }

    pub(crate) fn now(&self) -> Tick {
        self.clock.now()
    }
}

/// Tells the caches of one flow from those of another.
pub(crate) fn flow_id(standing: &Arc<Standing>) -> usize {
    Arc::as_ptr(standing).addr()
}
