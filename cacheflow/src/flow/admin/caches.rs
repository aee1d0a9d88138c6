//! Which caches there are.

use serde::{Serialize, Serializer};

use super::{Admin, options};
use crate::cache::Inspected;
use crate::entry::{self, Level};
use crate::key::CacheName;

/// A cache of a flow, and how it is set.
///
/// As data it is its fields, the options as a map.
#[derive(Clone, Debug, PartialEq, Serialize)]
#[non_exhaustive]
pub struct CacheInfo {
    /// Its name.
    #[serde(serialize_with = "entry::text")]
    pub name: CacheName,
    /// The type of its values.
    pub values: &'static str,
    /// Its strategy, as the option `strategy` of an attribute has it.
    pub strategy: String,
    /// Where its values lie, the nearest first.
    #[serde(serialize_with = "entry::texts")]
    pub levels: Vec<Level>,
    /// What bounds its memory, such as `10000 entries` or `100 MiB`.
    pub bound: String,
    /// All its other options, by their names, as people write them. What it does not say
    /// itself is its flow's.
    #[serde(serialize_with = "as_map")]
    pub options: Vec<(&'static str, String)>,
    /// How many entries lie in its memory, about.
    pub entries: u64,
    /// What they weigh: bytes in a cache that is bounded by memory, else their number.
    pub weight: u64,
}

impl Admin {
    /// The caches that this process uses, in the order of their names.
    #[must_use]
    pub fn caches(&self) -> Vec<CacheInfo> {
        let all = self.flow.registry().all().into_iter();
        all.map(|(name, cache, values)| self.told(name, &*cache, values))
            .collect()
    }

    /// The cache of this name, if this process uses it.
    #[must_use]
    pub fn cache(&self, name: &str) -> Option<CacheInfo> {
        let mut all = self.flow.registry().all().into_iter();
        let (name, cache, values) = all.find(|(each, ..)| each.as_str() == name)?;
        Some(self.told(name, &*cache, values))
    }

    fn told(&self, name: CacheName, cache: &dyn Inspected, values: &'static str) -> CacheInfo {
        let config = cache.config();
        let stats = cache.stats();
        let levels = [
            (cache.has_memory(), Level::Memory),
            (cache.has_shared(), Level::Shared),
        ];
        CacheInfo {
            name,
            values,
            strategy: config.strategy.to_string(),
            levels: levels
                .into_iter()
                .filter_map(|(is_there, level)| is_there.then_some(level))
                .collect(),
            bound: options::bound(config.bound()),
            options: options::of(&config, &self.flow.present()),
            entries: stats.entries,
            weight: stats.weight,
        }
    }
}

fn as_map<S: Serializer>(
    options: &[(&'static str, String)],
    serializer: S,
) -> Result<S::Ok, S::Error> {
    serializer.collect_map(options.iter().map(|(name, value)| (name, value)))
}
