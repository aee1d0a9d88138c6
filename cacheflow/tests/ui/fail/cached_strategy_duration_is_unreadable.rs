//! As for `ttl`.

use cacheflow::cached;

#[cached(strategy = multi_level(memory_ttl = "1.5h"))]
async fn find(id: u64) -> u64 {
    id
}

fn main() {}
