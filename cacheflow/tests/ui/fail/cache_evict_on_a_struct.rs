//! Only functions change anything.

use cacheflow::cache_evict;

#[derive(Clone, serde::Serialize, serde::Deserialize)]
struct User {
    id: u64,
}

#[cache_evict(all)]
struct Save;

fn main() {}
