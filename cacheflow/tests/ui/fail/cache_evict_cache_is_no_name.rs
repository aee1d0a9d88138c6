//! The name of a cache has its characters, and not too many.

use cacheflow::cache_evict;

#[derive(Clone, serde::Serialize, serde::Deserialize)]
struct User {
    id: u64,
}

#[cache_evict(cache = "all users")]
async fn save(user: User) -> Result<User, String> {
    Ok(user)
}

fn main() {}
