//! One value is put into one entry.

use cacheflow::{cache_put, cached};

#[derive(Clone, serde::Serialize, serde::Deserialize)]
struct User {
    id: u64,
}

#[cached(cache = "users", key = "{id}")]
async fn find_user(id: u64) -> Result<User, String> {
    Ok(User { id })
}

#[cache_put(find_user(*))]
async fn save(user: User) -> Result<User, String> {
    Ok(user)
}

fn main() {}
