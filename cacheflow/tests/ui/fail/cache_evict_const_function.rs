//! It runs while compiling.

use cacheflow::cache_evict;

#[derive(Clone, serde::Serialize, serde::Deserialize)]
struct User {
    id: u64,
}

#[cache_evict(all)]
const fn save(id: u64) -> u64 {
    id
}

fn main() {}
