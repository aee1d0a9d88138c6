//! Nothing would be loaded.

use cacheflow::cached;

#[cached(strategy = bulkhead(-1))]
async fn find(id: u64) -> cacheflow::Result<u64> {
    Ok(id)
}

fn main() {}
