//! A value of a named cache is one that can be kept.

use cacheflow::cache_put;

#[derive(Clone, serde::Serialize, serde::Deserialize)]
struct User {
    id: u64,
}

#[derive(Clone)]
struct Plain;

#[cache_put(key = "users:{user.id}")]
async fn save(user: User) -> Plain {
    let _ = user;
    Plain
}

fn main() {}
