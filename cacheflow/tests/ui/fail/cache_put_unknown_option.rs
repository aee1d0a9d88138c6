//! A mistyped option is told with the nearest, and what there is.

use cacheflow::cache_put;

#[derive(Clone, serde::Serialize, serde::Deserialize)]
struct User {
    id: u64,
}

#[cache_put(key = "users:{user.id}", unles = true)]
async fn save(user: User) -> Result<User, String> {
    Ok(user)
}

fn main() {}
