//! It may have a circuit breaker.

use cacheflow::cached;

#[cached(strategy = cacheflow::Strategy::multi_level())]
async fn find(id: u64) -> Option<u64> {
    Some(id)
}

fn main() {}
