//! There is something to put into.

use cacheflow::cache_put;

#[derive(Clone, serde::Serialize, serde::Deserialize)]
struct User {
    id: u64,
}

#[cache_put(on_err)]
async fn save(user: User) -> Result<User, String> {
    Ok(user)
}

fn main() {}
