//! What a warmer has kept is what it returns.

use cacheflow::{BoxError, CacheFlow, cache_warmer};

#[cache_warmer(cache = "users")]
async fn warm_users(flow: &CacheFlow) -> Result<u64, BoxError> {
    let _ = flow;
    Ok(7)
}

fn main() {}
