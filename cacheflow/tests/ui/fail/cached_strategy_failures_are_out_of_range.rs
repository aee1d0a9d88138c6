//! It would always be open.

use cacheflow::cached;

#[cached(strategy = circuit_breaker(failures = 0))]
async fn find(id: u64) -> cacheflow::Result<u64> {
    Ok(id)
}

fn main() {}
