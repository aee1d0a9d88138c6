//! The name of a cache is written down.

use cacheflow::cache_put;

#[derive(Clone, serde::Serialize, serde::Deserialize)]
struct User {
    id: u64,
}

#[cache_put(key = user.key())]
async fn save(user: User) -> Result<User, String> {
    Ok(user)
}

fn main() {}
