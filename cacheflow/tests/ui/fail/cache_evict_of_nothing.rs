//! At least one thing is forgotten.

use cacheflow::cache_evict;

#[derive(Clone, serde::Serialize, serde::Deserialize)]
struct User {
    id: u64,
}

#[cache_evict(on_err)]
async fn save(user: User) -> Result<User, String> {
    Ok(user)
}

fn main() {}
