//! Whoever cannot wait cannot be sure of anything.

use cacheflow::cache_evict;

#[derive(Clone, serde::Serialize, serde::Deserialize)]
struct User {
    id: u64,
}

#[cache_evict(all)]
fn save(user: User) -> User {
    user
}

fn main() {}
