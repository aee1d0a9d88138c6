//! A placeholder is an argument, or the result.

use cacheflow::cache_evict;

#[derive(Clone, serde::Serialize, serde::Deserialize)]
struct User {
    id: u64,
}

#[cache_evict(tags = ["org:{usr.org}"])]
async fn save(user: User) -> Result<User, String> {
    Ok(user)
}

fn main() {}
