//! Each term with its options, as literals and as expressions, alone and together.

#![deny(warnings)]

use cacheflow::{Error, cached};
use std::time::Duration;

const SHARE: f64 = 0.5;
const LONG: Duration = Duration::from_secs(60);
const MANY: u32 = 5;

fn loads() -> usize {
    MANY as usize
}

#[cached(strategy = cache_aside)]
async fn one_level(id: u64) -> u64 {
    id
}

#[cached(strategy = multi_level())]
async fn two_levels(id: u64) -> Option<u64> {
    Some(id)
}

#[cached(strategy = multi_level(memory_ttl = "60s") + fail_safe("1h"))]
async fn old_values(id: u64) -> u64 {
    id
}

#[cached(strategy = fail_safe(throttle = LONG, stale = LONG * 60) + distributed_lock)]
async fn old_values_by_name(id: u64) -> u64 {
    id
}

#[cached(strategy = distributed_lock("10ms"))]
async fn lock(id: u64) -> u64 {
    id
}

#[cached(strategy = distributed_lock(lease = "1h"))]
async fn lock_by_name(id: u64) -> u64 {
    id
}

#[cached(strategy = refresh_ahead(0.8))]
async fn ratio(id: u64) -> u64 {
    id
}

#[cached(strategy = refresh_ahead(ratio = SHARE))]
async fn ratio_by_name(id: u64) -> u64 {
    id
}

#[cached(strategy = refresh_ahead(after = "30s"))]
async fn age(id: u64) -> u64 {
    id
}

#[cached(strategy = refresh_ahead(early = 1))]
async fn early(id: u64) -> u64 {
    id
}

#[cached(strategy = circuit_breaker)]
async fn breaker(id: u64) -> Result<u64, Error> {
    Ok(id)
}

#[cached(strategy = circuit_breaker(failures = MANY, reset = "30s", stale = "24h", shared = "db"))]
async fn breaker_with_all(id: u64) -> Result<u64, Error> {
    Ok(id)
}

#[cached(strategy = circuit_breaker(failure_rate(0.5, "10s", 20), shared = format!("{MANY}")))]
async fn breaker_by_rate(id: u64) -> Result<u64, Error> {
    Ok(id)
}

#[cached(strategy = circuit_breaker(failure_rate(share = SHARE, window = LONG, minimum = MANY)))]
async fn breaker_by_named_rate(id: u64) -> Result<u64, Error> {
    Ok(id)
}

#[cached(strategy = circuit_breaker(stale = "1h") + soft_timeout("100ms"))]
async fn soft(id: u64) -> Result<u64, Error> {
    Ok(id)
}

#[cached(strategy = hard_timeout(LONG))]
async fn hard(id: u64) -> Result<u64, Error> {
    Ok(id)
}

#[cached(strategy = bulkhead(8))]
async fn bulkhead(id: u64) -> Result<u64, Error> {
    Ok(id)
}

#[cached(strategy = bulkhead(loads = loads(), queue = 0))]
async fn bulkhead_by_name(id: u64) -> Result<u64, Error> {
    Ok(id)
}

#[cached(
    cache = "all",
    key = "{id}",
    ttl = "1h",
    strategy = multi_level(memory_ttl = "60s")
        + refresh_ahead(0.8)
        + circuit_breaker(failures = 3, reset_after = "30s", stale_ttl = "24h")
        + fail_safe(stale = "1h", throttle = "30s")
        + soft_timeout("100ms")
        + hard_timeout("2s")
        + bulkhead(8, queue = 100)
        + distributed_lock(lease = "5s")
)]
async fn all(id: u64) -> Result<u64, Error> {
    Ok(id)
}

macro_rules! by_example {
    ($name:ident, $ratio:literal, $long:expr, $strategy:expr) => {
        mod $name {
            use super::LONG;

            #[cacheflow::cached(strategy = $strategy)]
            pub(super) async fn whole(id: u64) -> u64 {
                id
            }

            #[cacheflow::cached(strategy = refresh_ahead($ratio) + fail_safe($long))]
            pub(super) async fn parts(id: u64) -> u64 {
                id
            }
        }
    };
}

by_example!(
    by_example,
    0.5,
    LONG,
    multi_level(memory_ttl = "60s") + fail_safe("1h")
);

fn main() {
    drop(one_level(1));
    drop(two_levels(1));
    drop(old_values(1));
    drop(old_values_by_name(1));
    drop(lock(1));
    drop(lock_by_name(1));
    drop(ratio(1));
    drop(ratio_by_name(1));
    drop(age(1));
    drop(early(1));
    drop(breaker(1));
    drop(breaker_with_all(1));
    drop(breaker_by_rate(1));
    drop(breaker_by_named_rate(1));
    drop(soft(1));
    drop(hard(1));
    drop(bulkhead(1));
    drop(bulkhead_by_name(1));
    drop(all(1));
    drop(by_example::whole(1));
    drop(by_example::parts(1));
}
