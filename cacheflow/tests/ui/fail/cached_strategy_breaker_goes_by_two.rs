//! In a row or a share.

use cacheflow::cached;

#[cached(strategy = circuit_breaker(failures = 3, failure_rate(0.5, "10s", 20)))]
async fn find(id: u64) -> cacheflow::Result<u64> {
    Ok(id)
}

fn main() {}
