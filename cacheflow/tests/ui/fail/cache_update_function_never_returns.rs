//! There is nothing after it.

use cacheflow::cache_update;

#[derive(Clone, serde::Serialize, serde::Deserialize)]
struct User {
    id: u64,
}

#[cache_update(parent = "user:{user.id}")]
async fn save(user: User) -> ! {
    loop {
        let _ = user.id;
    }
}

fn main() {}
