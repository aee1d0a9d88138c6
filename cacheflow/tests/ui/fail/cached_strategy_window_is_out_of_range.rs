//! Shorter than what is counted.

use cacheflow::cached;

#[cached(strategy = circuit_breaker(failure_rate(0.5, "10ms", 20)))]
async fn find(id: u64) -> cacheflow::Result<u64> {
    Ok(id)
}

fn main() {}
