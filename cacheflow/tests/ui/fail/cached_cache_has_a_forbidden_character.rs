//! `:` parts the cache's name from the key.

use cacheflow::cached;

#[cached(cache = "users:admins")]
async fn find(id: u64) -> u64 {
    id
}

fn main() {}
