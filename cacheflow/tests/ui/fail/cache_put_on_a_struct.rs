//! Only functions change anything.

use cacheflow::cache_put;

#[derive(Clone, serde::Serialize, serde::Deserialize)]
struct User {
    id: u64,
}

#[cache_put(key = "users:{user.id}")]
struct Save;

fn main() {}
