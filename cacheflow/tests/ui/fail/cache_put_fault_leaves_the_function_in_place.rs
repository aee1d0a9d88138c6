//! The faults of an attribute are no faults of its callers.

use cacheflow::cache_put;

#[derive(Clone, serde::Serialize, serde::Deserialize)]
struct User {
    id: u64,
}

#[cache_put(key = "users:{user.id}", nothing)]
async fn save(user: User) -> User {
    user
}

async fn caller(user: User) -> u64 {
    save(user).await.id
}

fn main() {}
