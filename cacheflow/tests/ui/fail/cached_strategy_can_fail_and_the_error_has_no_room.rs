//! There is no way to say that a load took too long.

use cacheflow::cached;

#[cached(strategy = hard_timeout("1s"))]
async fn find(id: u64) -> Result<u64, String> {
    Ok(id)
}

fn main() {}
