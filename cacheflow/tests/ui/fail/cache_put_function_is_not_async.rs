//! Whoever cannot wait cannot be sure of anything.

use cacheflow::cache_put;

#[derive(Clone, serde::Serialize, serde::Deserialize)]
struct User {
    id: u64,
}

#[cache_put(key = "users:{user.id}")]
fn save(user: User) -> User {
    user
}

fn main() {}
