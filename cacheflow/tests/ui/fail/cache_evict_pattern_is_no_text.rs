//! A number is no pattern.

use cacheflow::cache_evict;

#[derive(Clone, serde::Serialize, serde::Deserialize)]
struct User {
    id: u64,
}

#[cache_evict(pattern = 7)]
async fn save(user: User) -> Result<User, String> {
    Ok(user)
}

fn main() {}
