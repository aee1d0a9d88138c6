//! By two of its names.

use cacheflow::cached;

#[cached(strategy = circuit_breaker(reset = "1s", reset_after = "2s"))]
async fn find(id: u64) -> cacheflow::Result<u64> {
    Ok(id)
}

fn main() {}
