//! The name of a cache is written down.

use cacheflow::cache_evict;

#[derive(Clone, serde::Serialize, serde::Deserialize)]
struct User {
    id: u64,
}

#[cache_evict(cache = user.name())]
async fn save(user: User) -> Result<User, String> {
    Ok(user)
}

fn main() {}
