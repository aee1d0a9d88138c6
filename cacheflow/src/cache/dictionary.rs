//! Learning what the values of a cache have in common.

use super::{Cache, CacheValue};
use crate::codec::Dictionary;
use crate::error::{Error, ErrorKind, Result};

/// So many values are looked at.
const SAMPLES: usize = 10_000;

/// So large a dictionary may become, in bytes: larger ones gain little with small
/// values.
const LARGEST: usize = 64 * 1024;

/// Of all samples it may take this part.
const PART: usize = 20;

impl<K, V: CacheValue> Cache<K, V> {
    /// Learns what the values that are in memory now have in common, up to 10,000 of
    /// them, so that small ones can be compressed: see [`Dictionary`]. `version` is one
    /// more than the last one's, and 1 at first.
    ///
    /// Takes a second or so, and blocks its thread meanwhile
    /// (`tokio::task::spawn_blocking`). For a cache without memory there is
    /// [`Dictionary::train`].
    ///
    /// # Errors
    ///
    /// [`ErrorKind::InvalidConfig`] if there are too few values in memory, some hundreds,
    /// or they have nothing in common; or if the cache is
    /// [`sensitive`](crate::CacheBuilder::sensitive): a dictionary shows parts of values.
    pub fn train_dictionary(&self, version: u32) -> Result<Dictionary> {
        if self.core.config().sensitive {
            let why = "train_dictionary: allowed of a cache that is not sensitive, whose values it would show";
            return Err(Error::new(ErrorKind::InvalidConfig, "dictionary", why));
        }
        let wire = self.core.strategy.levels.wire();
        let memory = self.core.local.memory();
        let values = memory.map_or(Vec::new(), |memory| memory.some(SAMPLES));
        // What cannot be encoded is not kept either.
        let encoded = values.iter().filter_map(|value| wire.encode(value).ok());
        let samples: Vec<_> = encoded.filter(|bytes| !bytes.is_empty()).collect();
        if samples.is_empty() {
            let why = "train_dictionary: no values in memory to learn from";
            return Err(Error::new(ErrorKind::InvalidConfig, "dictionary", why));
        }
        let all: usize = samples.iter().map(Vec::len).sum();
        Dictionary::train(version, &samples, (all / PART).clamp(1024, LARGEST))
    }
}
