//! There is nothing after it.

use cacheflow::cache_evict;

#[derive(Clone, serde::Serialize, serde::Deserialize)]
struct User {
    id: u64,
}

#[cache_evict(all)]
async fn save(user: User) -> ! {
    loop {
        let _ = user.id;
    }
}

fn main() {}
