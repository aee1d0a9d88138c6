//! `when` is asked before there is a result.

use cacheflow::cache_update;

#[derive(Clone, serde::Serialize, serde::Deserialize)]
struct User {
    id: u64,
}

#[cache_update(parent = "user:{user.id}", when = result.id != 0)]
async fn save(user: User) -> Result<User, String> {
    Ok(user)
}

fn main() {}
