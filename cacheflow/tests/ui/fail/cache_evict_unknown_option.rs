//! A mistyped option is told with the nearest, and what there is.

use cacheflow::cache_evict;

#[derive(Clone, serde::Serialize, serde::Deserialize)]
struct User {
    id: u64,
}

#[cache_evict(all, unles = true)]
async fn save(user: User) -> Result<User, String> {
    Ok(user)
}

fn main() {}
