//! A mistyped option is told with the nearest, and what there is.

use cacheflow::cache_update;

#[derive(Clone, serde::Serialize, serde::Deserialize)]
struct User {
    id: u64,
}

#[cache_update(parent = "user:{user.id}", unles = true)]
async fn save(user: User) -> Result<User, String> {
    Ok(user)
}

fn main() {}
