//! A backslash stands before what it takes the meaning of.

use cacheflow::cache_evict;

#[derive(Clone, serde::Serialize, serde::Deserialize)]
struct User {
    id: u64,
}

#[cache_evict(pattern = "users:\\d*")]
async fn save(user: User) -> Result<User, String> {
    Ok(user)
}

fn main() {}
