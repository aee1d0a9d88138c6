//! A number is no parent.

use cacheflow::cache_update;

#[derive(Clone, serde::Serialize, serde::Deserialize)]
struct User {
    id: u64,
}

#[cache_update(parent = 7, parents = [true])]
async fn save(user: User) -> Result<User, String> {
    Ok(user)
}

fn main() {}
