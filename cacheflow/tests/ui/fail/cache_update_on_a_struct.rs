//! Only functions change anything.

use cacheflow::cache_update;

#[derive(Clone, serde::Serialize, serde::Deserialize)]
struct User {
    id: u64,
}

#[cache_update(parent = "user:{user.id}")]
struct Save;

fn main() {}
