//! What was forgotten before cannot be kept after it.

use cacheflow::cache_evict;

#[derive(Clone, serde::Serialize, serde::Deserialize)]
struct User {
    id: u64,
}

#[cache_evict(all, before, unless = result.id == 0)]
async fn save(user: User) -> Result<User, String> {
    Ok(user)
}

fn main() {}
