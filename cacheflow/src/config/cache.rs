//! Options of one cache.

use std::time::Duration;

use super::{BytesConfig, CacheWarming, Faults, LONGEST, SHORTEST, Said};
use crate::key::Pattern;
use crate::store::{Bound, Eviction};
use crate::strategy::Strategy;
use crate::strategy::cache_aside::CacheAside;

/// What a node keeps in mind of what was forgotten reaches back so far.
const LONGEST_HOLD_OFF: Duration = Duration::from_secs(60);

const LONGEST_WRITE: Duration = Duration::from_secs(60 * 60);

/// A cache that is bounded by nothing else holds at most this many entries.
const DEFAULT_MAX_ENTRIES: u64 = 10_000;

/// Every one is looked at for whatever is forgotten anywhere.
const MOST_PATTERNS: usize = 64;

/// Options of one cache.
#[derive(Clone, Debug, PartialEq)]
pub(crate) struct CacheConfig {
    /// Whether it caches.
    pub(crate) enabled: bool,
    pub(crate) loading: CacheAside,
    pub(crate) strategy: Strategy,
    pub(crate) max_entries: Option<u64>,
    pub(crate) max_memory: Option<u64>,
    /// What goes when memory is full.
    pub(crate) eviction: Eviction,
    pub(crate) max_value_bytes: usize,
    pub(crate) bytes: BytesConfig,
    /// How long a write may hold a key.
    pub(crate) write_timeout: Duration,
    /// Whether values stay in this process, whatever the flow shares.
    pub(crate) in_process: bool,
    pub(crate) warming: CacheWarming,
    /// What must match of what is forgotten, for this cache to be forgotten with it.
    pub(crate) invalidation_patterns: Vec<String>,
    /// No value is kept for longer, whatever it says of itself.
    pub(crate) max_ttl: Option<Duration>,
    /// Whether values leave this process sealed or not at all.
    pub(crate) sensitive: bool,
}

impl Default for CacheConfig {
    fn default() -> Self {
        Self {
            enabled: true,
            loading: CacheAside::default(),
            strategy: Strategy::default(),
            max_entries: None,
            max_memory: None,
            eviction: Eviction::default(),
            max_value_bytes: 1024 * 1024,
            bytes: BytesConfig::default(),
            write_timeout: Duration::from_secs(30),
            in_process: false,
            warming: CacheWarming::default(),
            invalidation_patterns: Vec::new(),
            max_ttl: None,
            sensitive: false,
        }
    }
}

impl CacheConfig {
    /// What code `said`, over these options.
    ///
    /// Of what bounds memory, whoever says one takes back the other; and a cache that
    /// either of the two switches off is off.
    pub(crate) fn under(&self, said: &Said<Self>) -> Self {
        let mut config = Self {
            max_entries: None,
            max_memory: None,
            ..self.clone()
        };
        said.over(&mut config);
        if config.max_entries.or(config.max_memory).is_none() {
            (config.max_entries, config.max_memory) = (self.max_entries, self.max_memory);
        }
        config.enabled &= !self.is_off() && !config.loading.ttl.is_zero();
        config
    }

    /// Whether every body runs and nothing is kept.
    pub(crate) fn is_off(&self) -> bool {
        !self.enabled || self.loading.ttl.is_zero()
    }

    /// These options with those of `new` that can change while the cache works, which
    /// `has_room` for nothings or has not.
    pub(crate) fn changed_to(&self, new: &Self, has_room: bool) -> Self {
        let mut changed = self.clone();
        changed.enabled = new.enabled;
        changed.loading.ttl = new.loading.ttl;
        changed.loading.ttl_jitter = new.loading.ttl_jitter;
        changed.loading.outlive_dependencies = new.loading.outlive_dependencies;
        changed.write_timeout = new.write_timeout;
        changed.bytes.compression.clone_from(&new.bytes.compression);
        changed.bytes.compress_above = new.bytes.compress_above;
        if has_room {
            changed.loading.none_ttl = new.loading.none_ttl;
            changed.loading.err_ttl = new.loading.err_ttl;
        }
        if let (Some(ours), Some(theirs)) = (self.strategy.refresh, new.strategy.refresh)
            && ours.by_itself == theirs.by_itself
        {
            changed.strategy.refresh = Some(theirs);
        }
        changed
    }

    /// How much memory holds, and what goes when it is full.
    pub(crate) fn room(&self) -> (Bound, Eviction) {
        (self.bound(), self.eviction)
    }

    pub(crate) fn bound(&self) -> Bound {
        match (self.max_entries, self.max_memory) {
            (_, Some(bytes)) => Bound::Bytes(bytes),
            (Some(entries), None) => Bound::Entries(entries),
            (None, None) => Bound::Entries(DEFAULT_MAX_ENTRIES),
        }
    }

    /// Whether it is kept that there is nothing, or that what there is could not be
    /// refreshed.
    pub(crate) fn keeps_nothings(&self) -> bool {
        let kept = self.loading.none_ttl.or(self.loading.err_ttl);
        kept.is_some() || self.strategy.refresh.is_some()
    }

    /// Adds all that is wrong with these options to `faults`.
    pub(crate) fn check(&self, faults: &mut Faults) {
        let Self {
            enabled: _,
            loading,
            strategy,
            max_entries,
            max_memory,
            eviction: _,
            max_value_bytes,
            bytes,
            write_timeout,
            in_process: _,
            warming,
            invalidation_patterns,
            max_ttl,
            sensitive: _,
        } = self;
        bytes.check(faults);
        warming.check(faults);
        check_patterns(invalidation_patterns, faults);
        if let Some(max_ttl) = *max_ttl {
            faults.check_duration("max_ttl", max_ttl);
        }
        // None at all is a switch.
        if !loading.ttl.is_zero() {
            faults.check_duration("ttl", loading.ttl);
        }
        faults.check_duration("follower_timeout", loading.follower_timeout);
        let longest = [
            (
                "hold_off",
                loading.hold_off,
                Duration::ZERO,
                LONGEST_HOLD_OFF,
            ),
            ("write_timeout", *write_timeout, SHORTEST, LONGEST_WRITE),
        ];
        for (option, value, from, to) in longest {
            faults.check_range(option, value, from, to, |value| format!("{value:?}"));
        }
        let jitter = loading.ttl_jitter;
        faults.check_range("ttl_jitter", jitter, 0.0, 0.5, f64::to_string);
        if jitter.is_nan() {
            faults.add("ttl_jitter = NaN: allowed is 0 to 0.5");
        }
        if let Some(idle) = loading.idle {
            let show = |value: &Duration| format!("{value:?}");
            faults.check_range("idle", idle, 8 * SHORTEST, LONGEST, show);
        }
        let nothings = [
            ("cache_none", loading.none_ttl),
            ("cache_err", loading.err_ttl),
        ];
        for (option, ttl) in nothings {
            if let Some(ttl) = ttl {
                faults.check_duration(option, ttl);
            }
        }
        let most = u64::from(u32::MAX);
        let nothings = loading.max_nothings;
        faults.check_range("max_nothings", nothings, 1, most, u64::to_string);
        for fault in strategy.faults() {
            faults.add(fault);
        }
        if let (Some(idle), true) = (loading.idle, strategy.outlasts_readers()) {
            faults.add(format!(
                "idle = {idle:?}: allowed without refresh_ahead, fail_safe and a stale_ttl, which keep values that nobody reads"
            ));
        }
        if let Some(entries) = *max_entries {
            faults.check_range("max_entries", entries, 1, most, u64::to_string);
        }
        if let Some(bytes) = *max_memory {
            faults.check_range("max_memory", bytes, 64 * 1024, 1 << 40, |b| {
                format!("{b} bytes")
            });
        }
        if let (Some(entries), Some(bytes)) = (max_entries, max_memory) {
            faults.add(format!(
                "max_entries = {entries} and max_memory = {bytes} bytes: allowed is one of the two"
            ));
        }
        faults.check_range(
            "max_value_bytes",
            *max_value_bytes,
            1,
            512 * 1024 * 1024 - 1024,
            |b| format!("{b} bytes"),
        );
    }

    /// How these options differ from `other`, an option a line.
    pub(crate) fn differences(&self, other: &Self) -> Vec<String> {
        let mut differences = Vec::new();
        let mut compare = |name: &str, ours: String, theirs: String| {
            if ours != theirs {
                differences.push(format!("{name} = {ours}, not {theirs}"));
            }
        };
        let duration = |value: Duration| format!("{value:?}");
        compare(
            "enabled",
            self.enabled.to_string(),
            other.enabled.to_string(),
        );
        compare(
            "ttl",
            duration(self.loading.ttl),
            duration(other.loading.ttl),
        );
        let loading = (&self.loading, &other.loading);
        compare(
            "ttl_jitter",
            loading.0.ttl_jitter.to_string(),
            loading.1.ttl_jitter.to_string(),
        );
        let optional = |value: Option<Duration>| value.map_or("none".to_owned(), duration);
        compare("idle", optional(loading.0.idle), optional(loading.1.idle));
        compare(
            "cache_none",
            optional(loading.0.none_ttl),
            optional(loading.1.none_ttl),
        );
        compare(
            "cache_err",
            optional(loading.0.err_ttl),
            optional(loading.1.err_ttl),
        );
        compare(
            "max_nothings",
            loading.0.max_nothings.to_string(),
            loading.1.max_nothings.to_string(),
        );
        compare(
            "follower_timeout",
            duration(self.loading.follower_timeout),
            duration(other.loading.follower_timeout),
        );
        compare(
            "hold_off",
            duration(self.loading.hold_off),
            duration(other.loading.hold_off),
        );
        compare(
            "write_timeout",
            duration(self.write_timeout),
            duration(other.write_timeout),
        );
        compare(
            "outlive_dependencies",
            self.loading.outlive_dependencies.to_string(),
            other.loading.outlive_dependencies.to_string(),
        );
        compare(
            "strategy",
            format!("{:?}", self.strategy),
            format!("{:?}", other.strategy),
        );
        compare(
            "bound",
            format!("{:?}", self.bound()),
            format!("{:?}", other.bound()),
        );
        let evictions = (self.eviction, other.eviction);
        compare("eviction", evictions.0.to_string(), evictions.1.to_string());
        let (ours, theirs) = (&self.bytes, &other.bytes);
        let option = |value: Option<String>| value.unwrap_or_else(|| "the flow's".to_owned());
        let codec = |of: &BytesConfig| option(of.codec.as_ref().map(ToString::to_string));
        compare("codec", codec(ours), codec(theirs));
        let compression =
            |of: &BytesConfig| option(of.compression.as_ref().map(|it| format!("{it:?}")));
        compare("compression", compression(ours), compression(theirs));
        let above = |of: &BytesConfig| option(of.compress_above.map(|bytes| bytes.to_string()));
        compare("compress_above", above(ours), above(theirs));
        let version = |of: &BytesConfig| {
            of.schema_version
                .map_or("none".to_owned(), |it| it.to_string())
        };
        compare("schema_version", version(ours), version(theirs));
        compare(
            "max_value_bytes",
            self.max_value_bytes.to_string(),
            other.max_value_bytes.to_string(),
        );
        compare(
            "local",
            self.in_process.to_string(),
            other.in_process.to_string(),
        );
        compare("max_ttl", optional(self.max_ttl), optional(other.max_ttl));
        let sensitive = (self.sensitive, other.sensitive);
        compare(
            "sensitive",
            sensitive.0.to_string(),
            sensitive.1.to_string(),
        );
        let patterns = |of: &Self| format!("{:?}", of.invalidation_patterns);
        compare("invalidation_patterns", patterns(self), patterns(other));
        differences.extend(self.warming.differences(&other.warming));
        differences
    }
}

fn check_patterns(patterns: &[String], faults: &mut Faults) {
    let many = patterns.len();
    faults.check_range("invalidation_patterns", many, 0, MOST_PATTERNS, |many| {
        format!("{many} patterns")
    });
    for pattern in patterns {
        if let Err(fault) = Pattern::new(pattern) {
            faults.add(format!("invalidation_patterns: {fault}"));
        }
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::codec::{Codec, Compression, Format, Reading};
    use crate::error::BoxError;

    /// The defaults that the builder's documentation names.
    #[test]
    fn defaults() {
        let config = CacheConfig::default();
        assert_eq!(config.loading.ttl, Duration::from_secs(300));
        assert_eq!(config.loading.follower_timeout, Duration::from_secs(10));
        assert_eq!(config.loading.ttl_jitter, 0.1);
        assert_eq!(config.loading.max_nothings, 1_000);
        assert_eq!(config.loading.none_ttl.or(config.loading.err_ttl), None);
        assert_eq!(config.loading.idle, None);
        assert_eq!(config.strategy, Strategy::multi_level());
        assert_eq!(config.bound(), Bound::Entries(10_000));
        assert_eq!(config.max_value_bytes, 1_048_576);
    }

    #[test]
    fn all_faults_are_told_at_once_with_name_value_and_what_is_allowed() {
        let config = CacheConfig {
            enabled: true,
            loading: CacheAside {
                ttl: Duration::from_nanos(1),
                ttl_jitter: 0.6,
                idle: Some(Duration::from_millis(7)),
                none_ttl: Some(Duration::ZERO),
                err_ttl: Some(Duration::MAX),
                max_nothings: 0,
                follower_timeout: Duration::MAX,
                outlive_dependencies: false,
                hold_off: Duration::from_secs(61),
            },
            strategy: Strategy::cache_aside().memory_ttl(Duration::from_secs(1)),
            max_entries: Some(0),
            max_memory: Some(1),
            eviction: Eviction::default(),
            max_value_bytes: 0,
            bytes: BytesConfig {
                compression: Some(Compression::zstd().level(0)),
                compress_above: Some(usize::MAX),
                ..BytesConfig::default()
            },
            write_timeout: Duration::ZERO,
            in_process: false,
            warming: CacheWarming::default(),
            invalidation_patterns: vec!["user:\\x".to_owned(); 65],
            max_ttl: Some(Duration::ZERO),
            sensitive: false,
        };
        let mut faults = Faults::default();
        config.check(&mut faults);
        let message = faults.into_result("build").unwrap_err().to_string();
        for part in [
            "ttl = 1ns: allowed is 1ms to 31622400s",
            "max_ttl = 0ns: allowed is 1ms to 31622400s",
            "ttl_jitter = 0.6: allowed is 0 to 0.5",
            "idle = 7ms: allowed is 8ms to 31622400s",
            "cache_none = 0ns: allowed is 1ms to",
            "cache_err = ",
            "max_nothings = 0: allowed is 1 to 4294967295",
            "follower_timeout = ",
            "hold_off = 61s: allowed is 0ns to 60s",
            "write_timeout = 0ns: allowed is 1ms to 3600s",
            "memory_ttl = 1s: allowed with the strategy multi-level",
            "max_entries = 0: allowed is 1 to 4294967295",
            "max_memory = 1 bytes: allowed is 65536 bytes to",
            "max_entries = 0 and max_memory = 1 bytes: allowed is one of the two",
            "max_value_bytes = 0 bytes: allowed is 1 bytes to",
            "compression.level = 0: allowed is 1 to 19",
            "compress_above = 18446744073709551615 bytes: allowed is 0 to 536870912 bytes",
            "invalidation_patterns = 65 patterns: allowed is 0 patterns to 64 patterns",
            "invalidation_patterns: pattern = \"user:\\\\x\": allowed behind a \\ are",
        ] {
            assert!(message.contains(part), "{part:?} is not in {message}");
        }
    }

    #[test]
    fn the_defaults_are_valid() {
        let mut faults = Faults::default();
        CacheConfig::default().check(&mut faults);
        faults.into_result("build").unwrap();
    }

    #[test]
    fn differences_name_each_option_once() {
        struct Other;
        impl Format for Other {
            fn id(&self) -> u8 {
                200
            }
            fn name(&self) -> &'static str {
                "other"
            }
            fn encode(
                &self,
                _: &dyn erased_serde::Serialize,
                _: &mut Vec<u8>,
            ) -> Result<(), BoxError> {
                Ok(())
            }
            fn decode(&self, _: &[u8], _: Reading<'_>) -> Result<(), BoxError> {
                Ok(())
            }
        }

        let other = CacheConfig {
            enabled: false,
            loading: CacheAside {
                ttl: Duration::from_secs(1),
                ttl_jitter: 0.0,
                idle: Some(Duration::from_secs(1)),
                none_ttl: Some(Duration::from_secs(1)),
                err_ttl: Some(Duration::from_secs(1)),
                max_nothings: 1,
                follower_timeout: Duration::from_secs(1),
                outlive_dependencies: true,
                hold_off: Duration::from_secs(1),
            },
            strategy: Strategy::cache_aside(),
            max_entries: Some(5),
            max_memory: None,
            eviction: Eviction::TinyLfu,
            max_value_bytes: 7,
            bytes: BytesConfig {
                codec: Some(Codec::custom(Other)),
                compression: Some(Compression::none()),
                compress_above: Some(1),
                schema_version: Some(1),
            },
            write_timeout: Duration::from_secs(1),
            in_process: true,
            warming: CacheWarming::default(),
            invalidation_patterns: vec!["user:*".to_owned()],
            max_ttl: Some(Duration::from_secs(1)),
            sensitive: true,
        };
        let differences = CacheConfig::default().differences(&other);
        assert_eq!(differences.len(), 23, "{differences:?}");
        assert_eq!(differences[1], "ttl = 300s, not 1s");
        assert!(other.differences(&other).is_empty());
    }
}
