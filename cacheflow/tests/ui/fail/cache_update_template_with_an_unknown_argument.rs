//! A placeholder is an argument, or the result.

use cacheflow::cache_update;

#[derive(Clone, serde::Serialize, serde::Deserialize)]
struct User {
    id: u64,
}

#[cache_update(parent = "user:{order.user_id}")]
async fn save(user: User) -> Result<User, String> {
    Ok(user)
}

fn main() {}
