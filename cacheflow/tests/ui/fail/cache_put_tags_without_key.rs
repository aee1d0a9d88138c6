//! The entries of a cached function have its own tags.

use cacheflow::{cache_put, cached};

#[derive(Clone, serde::Serialize, serde::Deserialize)]
struct User {
    id: u64,
}

#[cached(cache = "users", key = "{id}")]
async fn find_user(id: u64) -> Result<User, String> {
    Ok(User { id })
}

#[cache_put(find_user(user.id), tags = ["a"], ttl = "5s")]
async fn save(user: User) -> Result<User, String> {
    Ok(user)
}

fn main() {}
