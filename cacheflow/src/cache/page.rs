//! Keeping what nobody has asked for: pages of the source, read by a warmer.

use std::sync::{Arc, PoisonError, RwLock};

use tokio::sync::Notify;

use super::{CacheBuilder, CacheValue, Core};
use crate::event::Target;
use crate::flow::{AnyCache, CacheFlow};
use crate::key::{Address, CacheName, FullKey, KeyBuf};
use crate::strategy::{CallOptions, Given, Levels, Page, PageKept, Pair, Policy, Read};

/// So many entries are read from the shared store at once.
const BROUGHT_AT_ONCE: usize = 500;

/// What happens with a cache when it is built.
pub(crate) type WhenBuilt<V> = Arc<dyn Fn(&CacheFlow, &Arc<Core<V>>) + Send + Sync>;

impl<K, V: CacheValue> CacheBuilder<K, V> {
    pub(crate) fn when_built(mut self, then: WhenBuilt<V>) -> Self {
        self.when_built = Some(then);
        self
    }
}

impl<V: CacheValue> Core<V> {
    /// To be called before the source is read.
    pub(crate) fn begin_page(&self) -> Page<V> {
        Page::begin(&self.local)
    }

    /// A value as it is kept; `None`, counted and told, if it is too large.
    pub(crate) fn pair(&self, key: &KeyBuf, value: V) -> Option<Pair<V>> {
        let address = Address::new(&self.name, key);
        let (payload, weight) = self.strategy.levels.encode_put(&address, &value)?;
        Some(Pair {
            address,
            value,
            payload,
            weight,
        })
    }

    /// Keeps what the source gave since `page` was begun.
    pub(crate) async fn fill_page(
        &self,
        page: &Page<V>,
        pairs: Vec<Pair<V>>,
        given: &Given,
        policy: &Arc<Policy>,
    ) -> PageKept {
        self.strategy.fill_page(page, pairs, given, policy).await
    }

    /// Whether values wait to be written to the source, which has older ones meanwhile.
    pub(crate) fn is_written_behind(&self) -> bool {
        self.config().strategy.write_behind.is_some()
    }
}

#[async_trait::async_trait]
impl<V: CacheValue> AnyCache for Core<V> {
    fn tell_forgotten(&self, forgotten: Arc<Notify>) {
        self.watching.add(forgotten);
    }

    fn newest(&self, most: usize) -> Vec<FullKey> {
        let keys = self.local.newest(most);
        let keys = keys.iter().map(|key| FullKey::new(&self.name, key));
        keys.collect()
    }

    async fn bring(&self, keys: &[FullKey]) -> u64 {
        let mut brought = 0;
        for keys in keys.chunks(BROUGHT_AT_ONCE) {
            let addresses: Vec<Address> = keys.iter().filter_map(Address::of_short).collect();
            // Before the shared store is read, as a load does; and not what is there already.
            let absent = |address: &&Address| self.local.hit(address.key.as_bytes()).is_none();
            let absent = addresses.iter().filter(absent);
            let tickets: Vec<_> = absent
                .map(|address| (address, self.local.read_ticket(&address.key)))
                .collect();
            let _returning: Vec<_> = tickets
                .iter()
                .map(|(address, ticket)| self.local.returning(&address.key, ticket))
                .collect();
            let wanted: Vec<_> = tickets
                .iter()
                .map(|(address, ticket)| (*address, ticket))
                .collect();
            let options = CallOptions::default();
            let reading = self.policy.reading(&options, self.config().loading.idle);
            let reads = self.strategy.levels.read_many(&wanted, reading).await;
            let hits = reads.iter().filter(|read| matches!(read, Read::Hit { .. }));
            brought += hits.count() as u64;
        }
        brought
    }
}

/// Who wants to know when much of a cache was forgotten at once.
#[derive(Default)]
pub(crate) struct Watching(RwLock<Vec<Arc<Notify>>>);

impl Watching {
    fn add(&self, forgotten: Arc<Notify>) {
        let mut all = self.0.write().unwrap_or_else(PoisonError::into_inner);
        all.push(forgotten);
    }

    /// Whether somebody wants to know of what is forgotten so.
    pub(super) fn is_of(&self, target: Target<'_>) -> bool {
        let is_large = match target {
            Target::Tag(_) | Target::Pattern(_) | Target::Cache(_) | Target::Everything => true,
            Target::Key(_) | Target::OwnPut(_) | Target::Putting(_) | Target::DependentsOf(_) => {
                false
            }
        };
        let all = || self.0.read().unwrap_or_else(PoisonError::into_inner);
        is_large && !all().is_empty()
    }

    /// That was forgotten, and with it, in memory, `gone`.
    pub(super) fn forgotten(&self, cache: &CacheName, target: Target<'_>, gone: &[FullKey]) {
        let all_of_it = match target {
            Target::Everything => true,
            Target::Cache(name) => name == cache,
            _ => false,
        };
        if all_of_it || !gone.is_empty() {
            self.tell();
        }
    }

    pub(super) fn tell(&self) {
        let all = self.0.read().unwrap_or_else(PoisonError::into_inner);
        all.iter().for_each(|forgotten| forgotten.notify_one());
    }
}
