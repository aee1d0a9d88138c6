//! One level has nothing to set.

use cacheflow::cached;

#[cached(strategy = cache_aside(memory_ttl = "60s"))]
async fn find(id: u64) -> u64 {
    id
}

fn main() {}
