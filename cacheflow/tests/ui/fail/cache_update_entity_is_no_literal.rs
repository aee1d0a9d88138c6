//! An entity is written down.

use cacheflow::cache_update;

#[derive(Clone, serde::Serialize, serde::Deserialize)]
struct User {
    id: u64,
}

#[cache_update(entity = user, parent = "{user.id}")]
async fn save(user: User) -> Result<User, String> {
    Ok(user)
}

fn main() {}
