//! Behind `if` stands a condition.

use cacheflow::{cache_evict, cached};

#[derive(Clone, serde::Serialize, serde::Deserialize)]
struct User {
    id: u64,
}

#[cached(cache = "users", key = "{id}")]
async fn find_user(id: u64) -> Result<User, String> {
    Ok(User { id })
}

#[cache_evict(find_user(user.id) if)]
async fn save(user: User) -> Result<User, String> {
    Ok(user)
}

fn main() {}
