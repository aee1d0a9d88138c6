//! Names that backends need are no caches.

use cacheflow::cache_evict;

#[derive(Clone, serde::Serialize, serde::Deserialize)]
struct User {
    id: u64,
}

#[cache_evict(cache = "lock", key = "journal:{user.id}")]
async fn save(user: User) -> Result<User, String> {
    Ok(user)
}

fn main() {}
