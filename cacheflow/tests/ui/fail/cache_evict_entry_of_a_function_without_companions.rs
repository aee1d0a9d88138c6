//! A function that is not cached has no entries.

use cacheflow::cache_evict;

#[derive(Clone, serde::Serialize, serde::Deserialize)]
struct User {
    id: u64,
}

async fn plain(id: u64) -> u64 {
    id
}

#[cache_evict(plain(user.id))]
async fn save(user: User) -> Result<User, String> {
    Ok(user)
}

fn main() {}
