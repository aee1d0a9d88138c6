//! There is nothing after it.

use cacheflow::cache_put;

#[derive(Clone, serde::Serialize, serde::Deserialize)]
struct User {
    id: u64,
}

#[cache_put(key = "users:{user.id}")]
async fn save(user: User) -> ! {
    loop {
        let _ = user.id;
    }
}

fn main() {}
