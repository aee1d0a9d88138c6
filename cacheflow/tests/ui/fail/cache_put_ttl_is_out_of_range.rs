//! A lifetime has its bounds.

use cacheflow::cache_put;

#[derive(Clone, serde::Serialize, serde::Deserialize)]
struct User {
    id: u64,
}

#[cache_put(key = "users:{user.id}", ttl = "0s")]
async fn save(user: User) -> Result<User, String> {
    Ok(user)
}

fn main() {}
