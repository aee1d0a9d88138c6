//! An option that the term does not have.

use cacheflow::cached;

#[cached(strategy = circuit_breaker(failurs = 3))]
async fn find(id: u64) -> cacheflow::Result<u64> {
    Ok(id)
}

fn main() {}
