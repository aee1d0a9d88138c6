//! A number is no tag.

use cacheflow::cache_evict;

#[derive(Clone, serde::Serialize, serde::Deserialize)]
struct User {
    id: u64,
}

#[cache_evict(tags = [7])]
async fn save(user: User) -> Result<User, String> {
    Ok(user)
}

fn main() {}
