//! A key has the name of its cache before it.

use cacheflow::cache_evict;

#[derive(Clone, serde::Serialize, serde::Deserialize)]
struct User {
    id: u64,
}

#[cache_evict(key = "{user.id}")]
async fn save(user: User) -> Result<User, String> {
    Ok(user)
}

fn main() {}
