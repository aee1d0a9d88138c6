//! There is no way to say that the breaker is open.

use cacheflow::cached;

#[cached(strategy = circuit_breaker)]
async fn find(id: u64) -> u64 {
    id
}

fn main() {}
