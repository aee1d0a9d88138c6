//! There is something to put.

use cacheflow::cache_put;

#[derive(Clone, serde::Serialize, serde::Deserialize)]
struct User {
    id: u64,
}

#[cache_put(key = "users:{user.id}")]
async fn save(user: User) {
    let _ = user;
}

fn main() {}
