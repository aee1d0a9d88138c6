//! An entry is named with what its key is made of.

use cacheflow::cache_evict;

#[derive(Clone, serde::Serialize, serde::Deserialize)]
struct User {
    id: u64,
}

#[cache_evict(find_user)]
async fn save(user: User) -> Result<User, String> {
    Ok(user)
}

fn main() {}
