//! One cache as it is assembled: local memory, levels, strategy.

use std::future::Future;
use std::sync::Arc;
use std::time::Duration;

use super::CacheValue;
use crate::clock::Clock;
use crate::codec::MessagePack;
use crate::config::{CacheConfig, FlowConfig};
use crate::entry::{Entry, Found, Level, Lookup, Made};
use crate::error::{Error, ErrorKind};
use crate::event::{CacheStats, Counter, Counters, EventSink, Forgotten, Position, Target};
use crate::invalidation::{Applied, NearCache, Node, Outcome};
use crate::key::{Address, CacheName, EntryKey, FullKey, KeyBuf, Marks};
use crate::source::{LoadError, Loaded, Parts, is_inside_a_load, read_within_load};
use crate::standing::Standing;
use crate::store::{Guarded, Memory};
use crate::strategy::{
    FillWith, Given, Levels, Local, LocalOptions, Read, Tagger, Weigher, cache_aside, multi_level,
};

pub(crate) use crate::strategy::cache_aside::{Load, ShareError};

/// Everything of one cache on one node.
pub(crate) struct Core<V> {
    pub(crate) name: CacheName,
    pub(crate) config: CacheConfig,
    local: Arc<Local<V>>,
    strategy: cache_aside::Layer<V, multi_level::Layer<V>>,
    node: Arc<Node>,
    standing: Arc<Standing>,
    clock: Clock,
    counters: Arc<Counters>,
}

/// What a [`Core`] is made of.
pub(crate) struct CoreParts<'a, V> {
    pub(crate) name: CacheName,
    pub(crate) config: CacheConfig,
    pub(crate) weigher: Option<Weigher<V>>,
    pub(crate) tagger: Option<Tagger<V>>,
    pub(crate) flow: &'a FlowConfig,
    pub(crate) node: Arc<Node>,
    pub(crate) standing: Arc<Standing>,
    pub(crate) shared: Option<Arc<Guarded>>,
    pub(crate) clock: Clock,
    pub(crate) events: EventSink,
}

impl<V: CacheValue> Core<V> {
    pub(crate) fn new(parts: CoreParts<'_, V>) -> Self {
        let CoreParts {
            name,
            config,
            weigher,
            tagger,
            flow,
            node,
            standing,
            shared,
            clock,
            events,
        } = parts;
        let levels = config.strategy.levels.clone();
        let counters = Arc::new(Counters::default());
        let memory = levels
            .uses_memory(shared.is_some())
            .then(|| Memory::new(name.clone(), config.bound(), clock.clone(), events.clone()));
        let local = Arc::new(Local::new(LocalOptions {
            cache: name.clone(),
            memory,
            standing: Arc::clone(&standing),
            clock: clock.clone(),
            serve_young: flow.serve_young_without_bus,
            hold_off: config.loading.hold_off,
        }));
        let levels = multi_level::Layer::new(multi_level::Parts {
            cache: name.clone(),
            config: levels,
            local: Arc::clone(&local),
            shared,
            codec: Arc::new(MessagePack),
            weigher,
            max_value_bytes: config.max_value_bytes,
            standing: Arc::clone(&standing),
            clock: clock.clone(),
            counters: Arc::clone(&counters),
            events: events.clone(),
        });
        let strategy = cache_aside::Layer {
            cache: name.clone(),
            config: config.loading.clone(),
            local: Arc::clone(&local),
            levels,
            tagger,
            flow: flow_id(&standing),
            clock: clock.clone(),
            counters: Arc::clone(&counters),
            events,
        };
        Self {
            name,
            config,
            local,
            strategy,
            node,
            standing,
            clock,
            counters,
        }
    }

    /// The value in memory, if it may be served: takes no lock, allocates
    /// nothing, awaits nothing.
    #[inline]
    pub(crate) fn hit(&self, key: &KeyBuf) -> Option<V> {
        let entry = self.local.hit(&key.name())?;
        self.counters.add(Counter::MemoryHit);
        if is_inside_a_load() {
            self.read_entry_within_load(key, &entry);
        }
        Some(entry.value.clone())
    }

    #[cold]
    fn read_entry_within_load(&self, key: &KeyBuf, entry: &Entry<V>) {
        let full = || FullKey::new(&self.name, &EntryKey::new(&key.name()));
        read_within_load(
            flow_id(&self.standing),
            full,
            entry.marks(),
            Some(entry.ends),
        );
    }

    /// What was read becomes a part of what the present task is loading.
    fn read_made_within_load(&self, full: &FullKey, made: Option<&Made<V>>) {
        let marks = made.map_or(Marks::NONE, Made::marks);
        let expires = made.and_then(|made| made.expires);
        read_within_load(flow_id(&self.standing), || full.clone(), marks, expires);
    }

    /// Gets a value that memory does not have.
    pub(crate) async fn miss<F, Fut, E>(
        &self,
        key: &KeyBuf,
        load: Load<F, E>,
    ) -> Result<Loaded<V>, LoadError<E>>
    where
        F: FnOnce() -> Fut,
        Fut: Future<Output = Result<Loaded<V>, E>>,
    {
        let address = Address::new(&self.name, key);
        let full = address.full.clone();
        let loaded = self.strategy.miss(address, load).await;
        // That there is no value, or an error in its place, is a part of what is
        // made of it as well.
        let made = match &loaded {
            Ok(Loaded::Value(made)) => Some(made),
            Ok(Loaded::Absent) | Err(_) => None,
        };
        self.read_made_within_load(&full, made);
        match loaded? {
            Loaded::Value(made) => Ok(Loaded::Value(made.value)),
            Loaded::Absent => Ok(Loaded::Absent),
        }
    }

    /// What memory has for `key`, if it may be served; counts nothing.
    pub(crate) fn peek(&self, key: &KeyBuf) -> Option<Found<V>> {
        let entry = self.local.hit(&key.name())?;
        if is_inside_a_load() {
            self.read_entry_within_load(key, &entry);
        }
        let now = self.clock.now();
        let (age, remaining) = (now.since(entry.begun), entry.expires.since(now));
        Some(Found::new(entry.made(), Level::Memory, age, remaining))
    }

    /// What the levels have for `key`, without loading it.
    pub(crate) async fn lookup(&self, key: &KeyBuf) -> Lookup<V> {
        if let Some(found) = self.peek(key) {
            self.counters.add(Counter::MemoryHit);
            return Lookup::Hit(found);
        }
        let address = Address::new(&self.name, key);
        // Before the shared store is read, as a load does.
        let ticket = self.local.read_ticket(&address.key);
        let _returning = self.local.returning(&address.key, &ticket);
        match self.strategy.levels.read(&address, &ticket).await {
            Read::Hit {
                made,
                age,
                remaining,
            } => {
                self.counters.add(Counter::SharedHit);
                self.read_made_within_load(&address.full, Some(&made));
                Lookup::Hit(Found::new(made, Level::Shared, age, remaining))
            }
            Read::Miss | Read::Failed => {
                self.counters.add(Counter::Miss);
                self.read_made_within_load(&address.full, None);
                Lookup::Miss
            }
        }
    }

    /// Puts a value, in whose place nothing older remains.
    pub(crate) async fn put(&self, address: Address, value: V, given: Given) -> Applied {
        let levels = &self.strategy.levels;
        let ticket = self.local.put_ticket(&address.key);
        let _returning = self.local.returning(&address.key, &ticket);
        let marks = self
            .strategy
            .marks(&address, &given, &value, Parts::default());
        let encoded = levels.encode_put(&address, &value);
        let (Some((payload, weight)), Some(marks)) = (encoded, marks) else {
            // It cannot be kept, but what is kept is older than it.
            let forgotten = Forgotten::keys([address.full.clone()]);
            return self.node.forget(forgotten).await.applied;
        };
        let fill = FillWith {
            ttl: self.config.loading.ttl,
            cost: Duration::ZERO,
            skip_shared: false,
            marks,
        };
        let now = self.clock.now();
        let end = |position: Option<Position>, kept: bool| {
            let entry = kept.then(|| levels.put_entry(&ticket, &value, now, &fill, weight));
            self.local
                .end_put(&address, &ticket, position, entry.flatten());
        };
        match levels.put_shared(&address, &ticket, &payload, &fill).await {
            None => {
                self.node.put_alone(&address.full, |at| end(Some(at), true));
                Applied::Recorded
            }
            Some(Ok(recorded)) => {
                let (kept, at) = (recorded.kept, recorded.record.position);
                self.node.recorded(recorded, || end(Some(at), kept)).applied
            }
            Some(Err(error)) => {
                levels.store_failed(&address, &error);
                self.node.put_failed(&address.full, || end(None, true));
                Applied::Local
            }
        }
    }

    /// Forgets these keys everywhere.
    pub(crate) async fn forget(&self, addresses: Vec<Address>) -> Outcome {
        let keys: Vec<_> = addresses.into_iter().map(|address| address.full).collect();
        self.node.forget(Forgotten::keys(keys)).await
    }

    /// Forgets everything of this cache everywhere.
    pub(crate) async fn clear(&self) -> Outcome {
        let forgotten = Forgotten::cache(self.name.clone());
        self.node.forget(forgotten).await
    }

    pub(crate) fn node(&self) -> &Arc<Node> {
        &self.node
    }

    pub(crate) fn stats(&self) -> CacheStats {
        let (entries, weight) = match self.local.memory() {
            Some(memory) => {
                memory.tidy();
                (memory.entries(), memory.weight())
            }
            None => (0, 0),
        };
        self.counters.snapshot(entries, weight)
    }

    /// How many keys somebody is loading, reading or putting now.
    pub(crate) fn under_way(&self) -> usize {
        self.local.under_way()
    }
}

impl<V: CacheValue> NearCache for Core<V> {
    fn forget(&self, target: Target<'_>, before: u64, wanted: bool) -> Vec<FullKey> {
        self.local.forget(target, before, wanted)
    }

    fn has_dependents(&self) -> bool {
        self.local.has_dependents()
    }

    fn forget_all(&self) {
        self.local.forget_all();
    }

    fn dependents(&self, key: &FullKey) -> Vec<FullKey> {
        self.local.dependents(key)
    }

    fn dependencies(&self, key: &FullKey) -> Option<Vec<FullKey>> {
        let entry = self.local.hit(key.key())?;
        Some(entry.marks().dependencies().to_vec())
    }

    fn graph(&self) -> Vec<(FullKey, Arc<Marks>)> {
        self.local.graph()
    }
}

/// Tells the caches of one flow from those of another.
fn flow_id(standing: &Arc<Standing>) -> usize {
    Arc::as_ptr(standing).addr()
}

/// The error of a change after the flow was shut down.
pub(super) fn closed(operation: &'static str) -> Error {
    Error::new(ErrorKind::Closed, operation, "the flow was shut down")
}
