//! What one cache has done, in figures.

use std::fmt;

use serde::{Serialize, Serializer};

use super::LatencyStats;

/// What one cache has done since it was built, on this node.
///
/// A lookup counts once: as a memory hit, a shared hit or a miss. A caller that
/// joins the flight of another counts as a miss and as joined. That there is no value,
/// if that was kept, is a hit.
///
/// As JSON it has these fields under their names, and `lookups`, `hits`, `hit_rate` and
/// `compression_ratio`; times are in milliseconds. Its `Display` is a line of the most
/// important of them.
///
/// Counters are read one after another: while the cache is at work, figures of one
/// snapshot can be a few calls apart.
#[derive(Clone, Copy, Debug, Default, PartialEq, Serialize)]
#[serde(remote = "Self")]
#[non_exhaustive]
pub struct CacheStats {
    /// Lookups that were served from memory (L1).
    pub memory_hits: u64,
    /// Lookups that were served from the shared store (L2).
    pub shared_hits: u64,
    /// Lookups that no level could serve.
    pub misses: u64,
    /// Loaders that were run.
    pub loads: u64,
    /// Loaders that returned an error.
    pub load_failures: u64,
    /// How long the loaders took that came to an end, be it with an error. Those that
    /// were dropped, with their callers or because they took too long, are not among
    /// them.
    pub load_time: LatencyStats,
    /// Callers that waited for another caller's load instead of running theirs.
    pub joined: u64,
    /// Entries in the shared store that could not be read.
    pub unreadable: u64,
    /// Values that were not kept because they were forgotten while loaded.
    pub fills_refused: u64,
    /// Writes to the shared store that failed, and reads.
    pub store_failures: u64,
    /// How long the shared store took to answer when it was read, of one key or of
    /// many at once; what was given up counts with the time that it was waited for.
    pub shared_latency: LatencyStats,
    /// Values that were not kept because of their size.
    pub too_large: u64,
    /// Values that were not kept because the cache's validation refused them.
    pub values_refused: u64,
    /// Old values that stood in for those that could not be loaded, to a caller and
    /// all who followed it.
    pub stale: u64,
    /// Values that were loaded anew before they expired.
    pub refreshed: u64,
    /// Refreshes that failed or took too long.
    pub refresh_failures: u64,
    /// Loads that were dropped because they took too long.
    pub timeouts: u64,
    /// Loads that a circuit breaker did not let through.
    pub breaker_refusals: u64,
    /// Loads that a bulkhead did not let through.
    pub bulkhead_refusals: u64,
    /// Values that were kept in the shared store.
    pub stored: u64,
    /// Those of them that compression was tried on and did not make shorter.
    pub incompressible: u64,
    /// What values that were kept in the shared store took when they were encoded.
    pub encoded_bytes: u64,
    /// What they took there, compressed where that made them shorter.
    pub stored_bytes: u64,
    /// Values that have left memory, by why they did.
    pub evictions: EvictionCounts,
    /// What memory has forgotten, by what it was told to forget.
    pub invalidations: InvalidationCounts,
    /// Loads that run now under a bulkhead.
    pub running: u64,
    /// Loads that wait now for their turn under a bulkhead.
    pub queued: u64,
    /// Keys that somebody is loading, reading or putting now.
    pub under_way: u64,
    /// Whether the circuit breaker lets no loads through, or only one to see whether
    /// the source answers again.
    pub breaker_open: bool,
    /// Entries in memory now, approximately.
    pub entries: u64,
    /// What they weigh: bytes in a cache bounded by memory, else their number.
    pub weight: u64,
    /// How much they may weigh; 0 where nothing is kept in memory.
    pub capacity: u64,
}

/// Values that have left a cache's memory, by why they did. Memory frees what it has
/// dropped by and by: these follow what has happened.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq, Serialize)]
#[non_exhaustive]
pub struct EvictionCounts {
    /// Their lifetime had ended.
    pub expired: u64,
    /// The cache was full.
    pub size: u64,
    /// They were invalidated.
    pub forgotten: u64,
    /// Newer values took their places.
    pub replaced: u64,
}

/// What a cache's memory has forgotten because it was told to, by this node or another.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq, Serialize)]
#[non_exhaustive]
pub struct InvalidationCounts {
    /// Entries that went by their keys.
    pub keys: u64,
    /// Entries that went by a tag.
    pub tags: u64,
    /// Entries that went by a pattern.
    pub patterns: u64,
    /// Entries that went because of something that they were made of.
    pub dependencies: u64,
    /// How often all of this cache was forgotten.
    pub clears: u64,
    /// How often everything of the namespace was.
    pub everything: u64,
}

/// How a circuit breaker stands.
#[derive(Clone, Copy, Debug, PartialEq, Eq, PartialOrd, Ord, Hash, Serialize)]
#[serde(rename_all = "snake_case")]
#[non_exhaustive]
pub enum BreakerState {
    /// Loads are tried.
    Closed,
    /// One load is tried, to see whether the source answers again.
    HalfOpen,
    /// None is tried.
    Open,
}

impl InvalidationCounts {
    /// Entries that went by whatever names them.
    #[must_use]
    pub fn entries(&self) -> u64 {
        self.keys + self.tags + self.patterns + self.dependencies
    }
}

impl CacheStats {
    /// All lookups.
    #[must_use]
    pub fn lookups(&self) -> u64 {
        self.hits() + self.misses
    }

    /// Lookups that a level has served.
    #[must_use]
    pub fn hits(&self) -> u64 {
        self.memory_hits + self.shared_hits
    }

    /// The share of lookups that a level served, 0.0 to 1.0; 0 without lookups.
    #[must_use]
    pub fn hit_rate(&self) -> f64 {
        share(self.hits(), self.lookups()).unwrap_or(0.0)
    }

    /// What compression has left of the values that were kept in the shared store: 0.25
    /// if they take a quarter of their encoding, 1 if nothing was gained or kept.
    #[must_use]
    pub fn compression_ratio(&self) -> f64 {
        share(self.stored_bytes, self.encoded_bytes).unwrap_or(1.0)
    }
}

/// `part` of `whole`; `None` of nothing.
fn share(part: u64, whole: u64) -> Option<f64> {
    (whole > 0).then(|| part as f64 / whole as f64)
}

impl Serialize for CacheStats {
    fn serialize<S: Serializer>(&self, serializer: S) -> Result<S::Ok, S::Error> {
        /// The fields alone.
        struct Fields<'a>(&'a CacheStats);

        impl Serialize for Fields<'_> {
            fn serialize<S: Serializer>(&self, serializer: S) -> Result<S::Ok, S::Error> {
                CacheStats::serialize(self.0, serializer)
            }
        }

        #[derive(Serialize)]
        struct Report<'a> {
            lookups: u64,
            hits: u64,
            hit_rate: f64,
            #[serde(flatten)]
            fields: Fields<'a>,
            compression_ratio: f64,
        }

        Report {
            lookups: self.lookups(),
            hits: self.hits(),
            hit_rate: self.hit_rate(),
            fields: Fields(self),
            compression_ratio: self.compression_ratio(),
        }
        .serialize(serializer)
    }
}

impl fmt::Display for CacheStats {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        let Self {
            memory_hits,
            shared_hits,
            misses,
            loads,
            load_failures,
            entries,
            weight,
            ..
        } = self;
        write!(
            f,
            "{:.1} % of {} lookups hit ({memory_hits} memory, {shared_hits} shared, {misses} missed), \
             {loads} loads of {:.1} ms ({load_failures} failed), {entries} entries weigh {weight}",
            100.0 * self.hit_rate(),
            self.lookups(),
            self.load_time.latency_mean_ms,
        )
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn the_hit_rate_is_a_fraction() {
        let stats = CacheStats {
            memory_hits: 900,
            shared_hits: 100,
            misses: 100,
            ..CacheStats::default()
        };
        assert_eq!(format!("{:.2}", stats.hit_rate()), "0.91");
        assert_eq!(CacheStats::default().hit_rate(), 0.0);
    }

    #[test]
    fn the_compression_ratio_is_what_is_left() {
        let stats = CacheStats {
            encoded_bytes: 4_000,
            stored_bytes: 1_000,
            ..CacheStats::default()
        };
        assert_eq!(stats.compression_ratio(), 0.25);
        assert_eq!(CacheStats::default().compression_ratio(), 1.0);
    }

    #[test]
    fn a_line_says_what_matters_most() {
        let stats = CacheStats {
            memory_hits: 900,
            shared_hits: 100,
            misses: 100,
            loads: 98,
            load_failures: 2,
            entries: 500,
            weight: 1_048_576,
            ..CacheStats::default()
        };
        assert_eq!(
            stats.to_string(),
            "90.9 % of 1100 lookups hit (900 memory, 100 shared, 100 missed), \
             98 loads of 0.0 ms (2 failed), 500 entries weigh 1048576"
        );
    }
}
