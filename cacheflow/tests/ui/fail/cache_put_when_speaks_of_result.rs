//! `when` is asked before there is a result.

use cacheflow::cache_put;

#[derive(Clone, serde::Serialize, serde::Deserialize)]
struct User {
    id: u64,
}

#[cache_put(key = "users:{user.id}", when = result.id != 0)]
async fn save(user: User) -> Result<User, String> {
    Ok(user)
}

fn main() {}
