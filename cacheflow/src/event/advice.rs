//! What is likely to be a mistake in how a cache is set up.

use std::fmt;
use std::time::Duration;

/// A likely mistake, with what speaks for it.
///
/// An advice is a guess from figures of one node: it may be wrong where somebody knows
/// better. It is given once for each cache, and the log has it as a warning.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
#[non_exhaustive]
pub enum Advice {
    /// In an hour hardly a lookup was a hit.
    LowHitRate {
        /// Hits of a hundred lookups.
        percent: u64,
        /// All lookups.
        lookups: u64,
    },
    /// What left memory had not been read again.
    NeverReadAgain {
        /// Values that left memory in an hour.
        evicted: u64,
        /// Hits in it.
        hits: u64,
    },
    /// Many values had to go before their time.
    TooSmall {
        /// Values that left memory in an hour because it was full.
        evicted: u64,
        /// How many there is room for: entries or bytes.
        capacity: u64,
    },
    /// The number of entries is bounded, and they are so large that memory is not.
    LargeEntries {
        /// The bound.
        entries: u64,
        /// What a value takes encoded, on average.
        mean_bytes: u64,
    },
    /// Values are compressed and become no shorter.
    CompressionGainsNothing {
        /// Values in an hour on which it was tried in vain.
        in_vain: u64,
        /// Values that became shorter.
        shorter: u64,
    },
    /// Old values stand in for a shorter time than values live: of a source that is
    /// away for one lifetime, nothing is left that could.
    ShortStaleWindow {
        /// How long values live.
        ttl: Duration,
        /// For how long beyond it they stand in.
        stale: Duration,
    },
    /// Loading takes longer than what is left of a lifetime when a refresh begins.
    RefreshTooLate {
        /// What is left then.
        left: Duration,
        /// What a load took on average.
        load: Duration,
    },
    /// Very many callers wait for few loads: some keys are hot.
    HotKeys {
        /// Callers that waited in an hour.
        waited: u64,
        /// Loads.
        loads: u64,
    },
    /// Values are too large to be kept, and loaded each time.
    TooLarge {
        /// Such values in an hour.
        values: u64,
    },
}

impl Advice {
    /// A name for it, the same in every version.
    #[must_use]
    pub fn name(&self) -> &'static str {
        match self {
            Self::LowHitRate { .. } => "low_hit_rate",
            Self::NeverReadAgain { .. } => "never_read_again",
            Self::TooSmall { .. } => "too_small",
            Self::LargeEntries { .. } => "large_entries",
            Self::CompressionGainsNothing { .. } => "compression_gains_nothing",
            Self::ShortStaleWindow { .. } => "short_stale_window",
            Self::RefreshTooLate { .. } => "refresh_too_late",
            Self::HotKeys { .. } => "hot_keys",
            Self::TooLarge { .. } => "too_large",
        }
    }
}

impl fmt::Display for Advice {
    /// What is seen, and what may help.
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        match self {
            Self::LowHitRate { percent, lookups } => write!(
                f,
                "{percent} % of {lookups} lookups in an hour were hits: look whether the key says more than \
                 the value depends on, and whether the lifetime is too short; or do not cache this"
            ),
            Self::NeverReadAgain { evicted, hits } => write!(
                f,
                "{evicted} values left memory in an hour that saw {hits} hits: what is kept is not read again; \
                 keep it for readers only, or in the shared store alone"
            ),
            Self::TooSmall { evicted, capacity } => write!(
                f,
                "{evicted} values had to leave memory in an hour because it holds {capacity}: \
                 raise max_entries or max_memory"
            ),
            Self::LargeEntries {
                entries,
                mean_bytes,
            } => write!(
                f,
                "memory holds up to {entries} entries of {mean_bytes} bytes on average: bound it by max_memory"
            ),
            Self::CompressionGainsNothing { in_vain, shorter } => write!(
                f,
                "compression was of no use for {in_vain} values in an hour, and of use for {shorter}: \
                 raise compress_above, or switch it off"
            ),
            Self::ShortStaleWindow { ttl, stale } => write!(
                f,
                "old values stand in for {stale:?} beyond a lifetime of {ttl:?}: a source that is away for \
                 longer is not covered; lengthen the stale window"
            ),
            Self::RefreshTooLate { left, load } => write!(
                f,
                "a load takes {load:?} on average, and a refresh begins {left:?} before the end: begin earlier"
            ),
            Self::HotKeys { waited, loads } => write!(
                f,
                "{waited} callers waited for {loads} loads in an hour: some keys are hot; refresh_ahead \
                 spares their readers the wait"
            ),
            Self::TooLarge { values } => write!(
                f,
                "{values} values in an hour were too large to keep and are loaded each time: raise \
                 max_value_bytes, or keep parts of them"
            ),
        }
    }
}
