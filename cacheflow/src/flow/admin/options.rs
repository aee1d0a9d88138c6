//! Options as people write them.

use std::time::Duration;

use crate::codec::Compression;
use crate::config::{BytesConfig, CacheConfig, CacheWarming, FlowConfig};
use crate::store::Bound;
use crate::strategy::cache_aside::CacheAside;

/// The options of a cache beside its strategy and its bound, by their names. Those that
/// are switches, lists or lifetimes are left out where they are not set.
pub(super) fn of(config: &CacheConfig, flow: &FlowConfig) -> Vec<(&'static str, String)> {
    let CacheConfig {
        enabled,
        loading,
        strategy: _,
        max_entries: _,
        max_memory: _,
        eviction,
        max_value_bytes,
        bytes,
        write_timeout,
        in_process,
        warming,
        invalidation_patterns,
        max_ttl,
        sensitive,
    } = config;
    let CacheAside {
        ttl,
        ttl_jitter,
        idle,
        none_ttl,
        err_ttl,
        max_nothings,
        follower_timeout,
        outlive_dependencies,
        hold_off,
    } = loading;
    let CacheWarming {
        on_startup,
        every,
        cron,
        per_node,
        timeout,
        rewarm,
    } = warming;
    let is_warmed = *warming != CacheWarming::default();
    let time = |value: &Duration| Some(humantime::format_duration(*value).to_string());
    let perhaps = |value: &Option<Duration>| value.as_ref().and_then(time);
    let switch = |value: &bool| value.then(|| "true".to_owned());
    let patterns = invalidation_patterns.join(", ");
    let keeps_nothing = none_ttl.is_some() || err_ttl.is_some();
    let (codec, compression, version) = written(bytes, flow);
    let options = [
        ("enabled", (!enabled).then(|| "false".to_owned())),
        ("ttl", time(ttl)),
        ("ttl_jitter", Some(ttl_jitter.to_string())),
        ("max_ttl", perhaps(max_ttl)),
        ("idle", perhaps(idle)),
        ("cache_none", perhaps(none_ttl)),
        ("cache_err", perhaps(err_ttl)),
        (
            "max_nothings",
            keeps_nothing.then(|| max_nothings.to_string()),
        ),
        ("follower_timeout", time(follower_timeout)),
        ("write_timeout", time(write_timeout)),
        (
            "hold_off",
            Some(*hold_off)
                .filter(|it| !it.is_zero())
                .as_ref()
                .and_then(time),
        ),
        ("outlive_dependencies", switch(outlive_dependencies)),
        ("eviction", Some(eviction.to_string())),
        ("max_value_bytes", Some(size(*max_value_bytes as u64))),
        ("local", switch(in_process)),
        ("sensitive", switch(sensitive)),
        ("codec", codec.filter(|_| !in_process)),
        ("compression", compression.filter(|_| !in_process)),
        ("schema_version", version),
        ("warm_on_startup", switch(on_startup)),
        ("warming_interval", perhaps(every)),
        ("warming_cron", cron.clone()),
        ("warm_per_node", switch(per_node)),
        ("warming_timeout", time(timeout).filter(|_| is_warmed)),
        ("rewarm", perhaps(rewarm)),
        (
            "invalidation_patterns",
            Some(patterns).filter(|patterns| !patterns.is_empty()),
        ),
    ];
    let set = options.into_iter();
    set.filter_map(|(name, value)| Some((name, value?)))
        .collect()
}

type Said = Option<String>;

/// Codec, compression and version of the schema.
fn written(bytes: &BytesConfig, flow: &FlowConfig) -> (Said, Said, Said) {
    let Ok(written) = bytes.within(&flow.bytes) else {
        return (None, None, None);
    };
    (
        Some(written.codec.name().to_owned()),
        Some(compression(&written.compression)),
        written.schema_version.map(|version| version.to_string()),
    )
}

fn compression(compression: &Compression) -> String {
    #[cfg(feature = "zstd")]
    if let Some(level) = compression.level {
        let above = size(compression.threshold() as u64);
        let with = match compression.dictionaries.is_empty() {
            true => "",
            false => " with a dictionary",
        };
        return format!("zstd level {level} above {above}{with}");
    }
    #[cfg(not(feature = "zstd"))]
    let _ = compression;
    "none".to_owned()
}

/// What bounds a memory.
pub(super) fn bound(bound: Bound) -> String {
    match bound {
        Bound::Entries(entries) => format!("{entries} entries"),
        Bound::Bytes(bytes) => size(bytes),
    }
}

/// A size in the largest unit of which it is a whole number.
pub(super) fn size(bytes: u64) -> String {
    let units = [(30, "GiB"), (20, "MiB"), (10, "KiB")];
    let whole = |shift: &u32| bytes > 0 && bytes.is_multiple_of(1 << shift);
    match units.iter().find(|(shift, _)| whole(shift)) {
        Some((shift, unit)) => format!("{} {unit}", bytes >> shift),
        None => format!("{bytes} B"),
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_size_is_told_in_the_largest_unit_that_is_exact() {
        assert_eq!(size(0), "0 B");
        assert_eq!(size(1023), "1023 B");
        assert_eq!(size(1024), "1 KiB");
        assert_eq!(size(1536), "1536 B");
        assert_eq!(size(100 << 20), "100 MiB");
        assert_eq!(size(4 << 30), "4 GiB");
    }
}
