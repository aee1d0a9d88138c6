//! An unsafe function is wrapped.

use cacheflow::cache_update;

#[derive(Clone, serde::Serialize, serde::Deserialize)]
struct User {
    id: u64,
}

#[cache_update(parent = "user:{user.id}")]
async unsafe fn save(user: User) -> User {
    user
}

fn main() {}
