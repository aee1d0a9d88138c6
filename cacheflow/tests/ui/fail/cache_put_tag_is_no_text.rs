//! A number is no tag.

use cacheflow::cache_put;

#[derive(Clone, serde::Serialize, serde::Deserialize)]
struct User {
    id: u64,
}

#[cache_put(key = "users:{user.id}", tags = [5])]
async fn save(user: User) -> Result<User, String> {
    Ok(user)
}

fn main() {}
