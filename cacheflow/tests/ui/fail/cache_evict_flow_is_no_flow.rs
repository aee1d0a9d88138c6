//! A flow is a flow.

use cacheflow::cache_evict;

#[derive(Clone, serde::Serialize, serde::Deserialize)]
struct User {
    id: u64,
}

#[cache_evict(all, flow = user)]
async fn save(user: User) -> Result<User, String> {
    Ok(user)
}

fn main() {}
