//! An entry is a call of an attributed function.

use cacheflow::cache_evict;

#[derive(Clone, serde::Serialize, serde::Deserialize)]
struct User {
    id: u64,
}

#[cache_evict(user.find(1))]
async fn save(user: User) -> Result<User, String> {
    Ok(user)
}

fn main() {}
