//! A strategy is the cache's, not the call's.

use cacheflow::cached;

#[cached(strategy = refresh_ahead(after = std::time::Duration::from_secs(id)))]
async fn find(id: u64) -> u64 {
    id
}

fn main() {}
