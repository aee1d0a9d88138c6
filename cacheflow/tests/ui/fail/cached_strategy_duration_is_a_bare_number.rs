//! A number of what?

use cacheflow::cached;

#[cached(strategy = hard_timeout(2))]
async fn find(id: u64) -> cacheflow::Result<u64> {
    Ok(id)
}

fn main() {}
