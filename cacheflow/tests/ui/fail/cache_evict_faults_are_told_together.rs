//! Whoever mistyped three things reads of them all.

use cacheflow::cache_evict;

#[derive(Clone, serde::Serialize, serde::Deserialize)]
struct User {
    id: u64,
}

#[cache_evict(befor, tags = [1], key = "users")]
fn save(user: User) -> User {
    user
}

fn main() {}
