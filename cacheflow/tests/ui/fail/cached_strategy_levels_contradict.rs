//! One level or two.

use cacheflow::cached;

#[cached(strategy = cache_aside + multi_level(memory_ttl = "60s"))]
async fn find(id: u64) -> u64 {
    id
}

fn main() {}
