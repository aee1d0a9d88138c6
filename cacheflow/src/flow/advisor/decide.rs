//! What figures say about how a cache is set up.

use std::time::Duration;

use crate::cache::Facts;
use crate::event::{Advice, CacheStats};

/// Of fewer lookups, loads or values in an hour nothing is said.
const ENOUGH: u64 = 1_000;

/// So much memory a cache may take that is bounded by entries alone.
const MEMORY: u64 = 1 << 30;

/// So many callers may wait for one load.
const WAITERS: u64 = 20;

/// What is to be said of a cache without any figures.
pub(super) fn at_once(facts: &Facts) -> Option<Advice> {
    let (ttl, stale) = (facts.ttl, facts.stale?);
    (stale < ttl).then_some(Advice::ShortStaleWindow { ttl, stale })
}

/// What an hour says, at whose beginning and end the figures were these.
pub(super) fn after_an_hour(facts: &Facts, before: &CacheStats, now: &CacheStats) -> Vec<Advice> {
    let hour = Hour { before, now };
    let all = [
        lookups(&hour),
        large_entries(facts, &hour),
        compression(&hour),
        refreshes(facts, &hour),
        hot_keys(facts, &hour),
        too_large(&hour),
    ];
    all.into_iter().flatten().collect()
}

struct Hour<'a> {
    before: &'a CacheStats,
    now: &'a CacheStats,
}

impl Hour<'_> {
    /// By how much a figure has grown.
    fn count(&self, figure: impl Fn(&CacheStats) -> u64) -> u64 {
        figure(self.now).saturating_sub(figure(self.before))
    }
}

/// The nearest reason why lookups are no hits.
fn lookups(hour: &Hour<'_>) -> Option<Advice> {
    let lookups = hour.count(CacheStats::lookups);
    let hits = hour.count(CacheStats::hits);
    let full = hour.count(|it| it.evictions.size);
    let evicted = full + hour.count(|it| it.evictions.expired);
    if evicted >= ENOUGH && hits < evicted / 100 {
        return Some(Advice::NeverReadAgain { evicted, hits });
    }
    if lookups < ENOUGH {
        return None;
    }
    if full >= ENOUGH && full >= (lookups - hits) / 2 && hits < lookups / 2 {
        let capacity = hour.now.capacity;
        return Some(Advice::TooSmall {
            evicted: full,
            capacity,
        });
    }
    let percent = hits * 100 / lookups;
    (percent < 10).then_some(Advice::LowHitRate { percent, lookups })
}

fn large_entries(facts: &Facts, hour: &Hour<'_>) -> Option<Advice> {
    let values = hour.count(|it| it.stored);
    if !facts.by_entries || values < ENOUGH {
        return None;
    }
    let mean_bytes = hour.count(|it| it.encoded_bytes) / values;
    let entries = hour.now.capacity;
    (entries.saturating_mul(mean_bytes) > MEMORY).then_some(Advice::LargeEntries {
        entries,
        mean_bytes,
    })
}

fn compression(hour: &Hour<'_>) -> Option<Advice> {
    let in_vain = hour.count(|it| it.incompressible);
    // All that were kept and not tried in vain: those that were not tried at all are
    // among them, and speak against an advice.
    let shorter = hour.count(|it| it.stored).saturating_sub(in_vain);
    (in_vain >= ENOUGH && in_vain > 9 * shorter)
        .then_some(Advice::CompressionGainsNothing { in_vain, shorter })
}

fn refreshes(facts: &Facts, hour: &Hour<'_>) -> Option<Advice> {
    let left = facts.refresh_left?;
    let loads = hour.count(|it| it.load_time.count);
    if loads < ENOUGH {
        return None;
    }
    let total_ms = hour.now.load_time.total_ms - hour.before.load_time.total_ms;
    let load = Duration::try_from_secs_f64(total_ms / 1_000.0 / loads as f64).ok()?;
    // One that is due for none of its time is refreshed by chance, or not at all.
    (!left.is_zero() && load > left).then_some(Advice::RefreshTooLate { left, load })
}

fn hot_keys(facts: &Facts, hour: &Hour<'_>) -> Option<Advice> {
    let (waited, loads) = (hour.count(|it| it.joined), hour.count(|it| it.loads));
    let hot = facts.refresh_left.is_none() && waited >= ENOUGH && waited > WAITERS * loads;
    hot.then_some(Advice::HotKeys { waited, loads })
}

fn too_large(hour: &Hour<'_>) -> Option<Advice> {
    let values = hour.count(|it| it.too_large);
    (values >= ENOUGH).then_some(Advice::TooLarge { values })
}

#[cfg(test)]
mod tests;
