//! A parent has its entity before its id.

use cacheflow::cache_update;

#[derive(Clone, serde::Serialize, serde::Deserialize)]
struct User {
    id: u64,
}

#[cache_update(parent = "{user.id}")]
async fn save(user: User) -> Result<User, String> {
    Ok(user)
}

fn main() {}
