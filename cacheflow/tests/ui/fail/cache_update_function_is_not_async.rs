//! Whoever cannot wait cannot be sure of anything.

use cacheflow::cache_update;

#[derive(Clone, serde::Serialize, serde::Deserialize)]
struct User {
    id: u64,
}

#[cache_update(parent = "user:{user.id}")]
fn save(user: User) -> User {
    user
}

fn main() {}
