use super::*;
use crate::event::{EvictionCounts, LatencyStats};

const SECOND: Duration = Duration::from_secs(1);

/// A cache that is set up well.
fn facts() -> Facts {
    Facts {
        ttl: 60 * SECOND,
        stale: Some(3600 * SECOND),
        refresh_left: None,
        by_entries: true,
    }
}

/// An hour of a cache that earns its memory.
fn healthy() -> CacheStats {
    CacheStats {
        memory_hits: 90_000,
        shared_hits: 5_000,
        misses: 5_000,
        loads: 4_900,
        joined: 100,
        load_time: LatencyStats {
            count: 4_900,
            total_ms: 49_000.0,
            ..LatencyStats::default()
        },
        stored: 4_900,
        encoded_bytes: 4_900 * 2_000,
        stored_bytes: 4_900 * 700,
        incompressible: 100,
        evictions: EvictionCounts {
            expired: 4_000,
            ..EvictionCounts::default()
        },
        capacity: 10_000,
        ..CacheStats::default()
    }
}

/// What is said of such an hour, whatever was before it.
fn said(facts: &Facts, hour: &CacheStats) -> Vec<Advice> {
    let fresh = after_an_hour(facts, &CacheStats::default(), hour);
    // The same hour once more, of an older cache: only what has grown counts.
    let before = healthy();
    let mut now = *hour;
    now.memory_hits += before.memory_hits;
    now.shared_hits += before.shared_hits;
    now.misses += before.misses;
    now.loads += before.loads;
    now.joined += before.joined;
    now.load_time.count += before.load_time.count;
    now.load_time.total_ms += before.load_time.total_ms;
    now.stored += before.stored;
    now.encoded_bytes += before.encoded_bytes;
    now.incompressible += before.incompressible;
    now.evictions.expired += before.evictions.expired;
    assert_eq!(after_an_hour(facts, &before, &now), fresh);
    fresh
}

#[test]
fn a_healthy_cache_gets_none() {
    assert_eq!(at_once(&facts()), None);
    assert_eq!(said(&facts(), &healthy()), []);
    assert_eq!(
        said(&facts(), &CacheStats::default()),
        [],
        "nor does one that rests"
    );
}

#[test]
fn hardly_a_hit_in_an_hour() {
    let mut hour = healthy();
    (hour.memory_hits, hour.shared_hits, hour.misses) = (450, 49, 4_501);
    hour.evictions.expired = 0;
    let (percent, lookups) = (9, 5_000);
    assert_eq!(
        said(&facts(), &hour),
        [Advice::LowHitRate { percent, lookups }]
    );
    hour.memory_hits += 100;
    assert_eq!(said(&facts(), &hour), []);
    (hour.memory_hits, hour.shared_hits, hour.misses) = (0, 0, 999);
    assert_eq!(said(&facts(), &hour), [], "of too few lookups");
}

#[test]
fn values_that_nobody_reads_again() {
    let mut hour = healthy();
    (hour.memory_hits, hour.shared_hits, hour.misses) = (39, 0, 10);
    let (evicted, hits) = (4_000, 39);
    assert_eq!(
        said(&facts(), &hour),
        [Advice::NeverReadAgain { evicted, hits }]
    );
    hour.memory_hits = 40;
    assert_eq!(said(&facts(), &hour), []);
}

#[test]
fn a_cache_that_is_too_small() {
    let mut hour = healthy();
    (hour.memory_hits, hour.shared_hits, hour.misses) = (4_000, 0, 6_000);
    hour.evictions.size = 3_000;
    let (evicted, capacity) = (3_000, 10_000);
    assert_eq!(
        said(&facts(), &hour),
        [Advice::TooSmall { evicted, capacity }]
    );
    hour.evictions.size = 2_999;
    assert_eq!(said(&facts(), &hour), [], "most misses have other reasons");
}

#[test]
fn entries_that_are_bounded_in_number_and_not_in_size() {
    let mut hour = healthy();
    hour.encoded_bytes = 4_900 * 200_000;
    let (entries, mean_bytes) = (10_000, 200_000);
    let expected = Advice::LargeEntries {
        entries,
        mean_bytes,
    };
    assert_eq!(said(&facts(), &hour), [expected]);
    let by_bytes = Facts {
        by_entries: false,
        ..facts()
    };
    assert_eq!(said(&by_bytes, &hour), []);
}

#[test]
fn compression_that_gains_nothing() {
    let mut hour = healthy();
    hour.incompressible = 4_500;
    let (in_vain, shorter) = (4_500, 400);
    let expected = Advice::CompressionGainsNothing { in_vain, shorter };
    assert_eq!(said(&facts(), &hour), [expected]);
    hour.incompressible = 4_400;
    assert_eq!(said(&facts(), &hour), []);
}

#[test]
fn a_stale_window_shorter_than_a_lifetime() {
    let (ttl, stale) = (60 * SECOND, 59 * SECOND);
    let short = Facts {
        stale: Some(stale),
        ..facts()
    };
    assert_eq!(
        at_once(&short),
        Some(Advice::ShortStaleWindow { ttl, stale })
    );
    let none = Facts {
        stale: None,
        ..facts()
    };
    assert_eq!(at_once(&none), None);
}

#[test]
fn a_refresh_that_comes_too_late() {
    let late = |left| Facts {
        refresh_left: Some(left),
        ..facts()
    };
    let hour = healthy();
    let ms = Duration::from_millis;
    let (left, load) = (ms(9), ms(10));
    assert_eq!(
        said(&late(left), &hour),
        [Advice::RefreshTooLate { left, load }]
    );
    assert_eq!(said(&late(ms(10)), &hour), []);
    assert_eq!(said(&late(Duration::ZERO), &hour), [], "by chance");
}

#[test]
fn keys_that_many_wait_for() {
    let mut hour = healthy();
    (hour.joined, hour.loads) = (2_001, 100);
    let (waited, loads) = (2_001, 100);
    assert_eq!(said(&facts(), &hour), [Advice::HotKeys { waited, loads }]);
    let refreshed = Facts {
        refresh_left: Some(12 * SECOND),
        ..facts()
    };
    assert_eq!(said(&refreshed, &hour), []);
    hour.loads = 101;
    assert_eq!(said(&facts(), &hour), []);
}

#[test]
fn values_that_are_too_large() {
    let mut hour = healthy();
    hour.too_large = 1_000;
    assert_eq!(said(&facts(), &hour), [Advice::TooLarge { values: 1_000 }]);
    hour.too_large = 999;
    assert_eq!(said(&facts(), &hour), []);
}
