//! One says what the other does.

use cacheflow::cache_evict;

#[derive(Clone, serde::Serialize, serde::Deserialize)]
struct User {
    id: u64,
}

#[cache_evict(all, before, on_err)]
async fn save(user: User) -> Result<User, String> {
    Ok(user)
}

fn main() {}
