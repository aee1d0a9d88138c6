//! What is put is what the cached function gives.

use cacheflow::{cache_put, cached};

#[derive(Clone, serde::Serialize, serde::Deserialize)]
struct User {
    id: u64,
}

#[cached(cache = "users", key = "{id}")]
async fn find_user(id: u64) -> Result<User, String> {
    Ok(User { id })
}

#[cache_put(find_user(user.id))]
async fn save(user: User) -> Result<String, String> {
    Ok(user.id.to_string())
}

fn main() {}
