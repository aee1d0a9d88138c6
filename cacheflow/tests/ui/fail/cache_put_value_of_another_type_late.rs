//! The same where the key is known from the result alone.

use cacheflow::{cache_put, cached};

#[derive(Clone, serde::Serialize, serde::Deserialize)]
struct User {
    id: u64,
}

#[cached(cache = "users", key = "{id}")]
async fn find_user(id: u64) -> Result<User, String> {
    Ok(User { id })
}

#[cache_put(find_user(*result))]
async fn save(user: User) -> Result<u64, String> {
    Ok(user.id)
}

fn main() {}
