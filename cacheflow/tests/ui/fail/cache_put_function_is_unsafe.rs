//! An unsafe function is wrapped.

use cacheflow::cache_put;

#[derive(Clone, serde::Serialize, serde::Deserialize)]
struct User {
    id: u64,
}

#[cache_put(key = "users:{user.id}")]
async unsafe fn save(user: User) -> User {
    user
}

fn main() {}
