//! One cache as it is assembled: local memory, levels, strategy.

use std::future::Future;
use std::sync::Arc;
use std::time::Duration;

use super::CacheValue;
use crate::bus::Standing;
use crate::clock::Clock;
use crate::codec::MessagePack;
use crate::config::{CacheConfig, FlowConfig};
use crate::entry::{Found, Level, Lookup};
use crate::error::{Error, ErrorKind};
use crate::event::{CacheStats, Counter, Counters, EventSink};
use crate::invalidation::{Applied, NearCache, Node};
use crate::key::{Address, CacheName, KeyBuf};
use crate::source::{LoadError, Loaded};
use crate::store::{Guarded, Memory};
use crate::strategy::{Levels, Local, LocalOptions, Read, Weigher, cache_aside, multi_level};

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
            memory,
            standing: Arc::clone(&standing),
            clock: clock.clone(),
            serve_young: flow.serve_young_without_bus,
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
        Some(entry.value.clone())
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
        self.strategy.miss(address, load).await
    }

    /// The value in memory with what is known of it; not counted as a lookup.
    pub(crate) fn peek(&self, key: &KeyBuf) -> Option<Found<V>> {
        let entry = self.local.hit(&key.name())?;
        let now = self.clock.now();
        Some(Found::new(
            entry.value.clone(),
            Level::Memory,
            now.since(entry.as_of),
            entry.expires.since(now),
        ))
    }

    /// Looks in all levels, and does not load.
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
            Read::Hit(found) => {
                self.counters.add(Counter::SharedHit);
                Lookup::Hit(found)
            }
            Read::Miss | Read::Failed => {
                self.counters.add(Counter::Miss);
                Lookup::Miss
            }
        }
    }

    /// Puts a value in the place of whatever was there.
    pub(crate) async fn put(&self, address: Address, value: V, ttl: Duration) -> Applied {
        let levels = &self.strategy.levels;
        let ticket = self.local.put_ticket(&address.key);
        let _returning = self.local.returning(&address.key, &ticket);
        let checked = self.standing.position();
        let Some((payload, weight)) = levels.encode_put(&address, &value) else {
            // It cannot be kept, but what is kept is older than it.
            return self.node.forget(vec![address.full.clone()]).await;
        };
        let now = self.clock.now();
        let end = |kept: bool| {
            let entry = kept.then(|| levels.put_entry(&ticket, &value, now, ttl, weight));
            self.local.end_put(&address.key, &ticket, entry.flatten());
        };
        match levels.put_shared(&address, checked, &payload, ttl).await {
            None => {
                end(true);
                Applied::Recorded
            }
            Some(Ok(recorded)) => {
                let kept = recorded.kept;
                self.node.recorded(recorded, || end(kept));
                Applied::Recorded
            }
            Some(Err(error)) => {
                levels.store_failed(&address, &error);
                // First the outbox, as with a forgetting: what the shared store
                // holds is older than what was put.
                self.node.put_failed(&address.full);
                end(true);
                Applied::Local
            }
        }
    }

    pub(crate) async fn forget(&self, addresses: Vec<Address>) -> Applied {
        let keys = addresses.into_iter().map(|address| address.full).collect();
        self.node.forget(keys).await
    }

    pub(crate) async fn clear(&self) -> Applied {
        self.node.clear(&self.name).await
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
    fn forget(&self, key: &[u8]) {
        self.local.forget(key);
    }

    fn forget_read(&self, key: &[u8]) {
        self.local.forget_read(key);
    }

    fn forget_all(&self) {
        self.local.forget_all();
    }
}

/// The error of a change after the flow was shut down.
pub(super) fn closed(operation: &'static str) -> Error {
    Error::new(ErrorKind::Closed, operation, "the flow was shut down")
}
