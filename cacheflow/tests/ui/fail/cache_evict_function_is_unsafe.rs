//! An unsafe function is wrapped.

use cacheflow::cache_evict;

#[derive(Clone, serde::Serialize, serde::Deserialize)]
struct User {
    id: u64,
}

#[cache_evict(all)]
async unsafe fn save(user: User) -> User {
    user
}

fn main() {}
