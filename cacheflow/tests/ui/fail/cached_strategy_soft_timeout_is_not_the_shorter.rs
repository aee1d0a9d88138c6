//! It would never be reached.

use cacheflow::cached;

#[cached(strategy = fail_safe("1h") + soft_timeout("2s") + hard_timeout("2s"))]
async fn find(id: u64) -> cacheflow::Result<u64> {
    Ok(id)
}

fn main() {}
