//! A number is no key.

use cacheflow::cache_evict;

#[derive(Clone, serde::Serialize, serde::Deserialize)]
struct User {
    id: u64,
}

#[cache_evict(key = 7, keys = [true])]
async fn save(user: User) -> Result<User, String> {
    Ok(user)
}

fn main() {}
