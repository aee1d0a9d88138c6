//! Everything that is wrong with an attribute is told at once.

use cacheflow::{BoxError, CacheFlow, WarmReport, cache_warmer};

#[cache_warmer(cache = "us:ers", evry = "30m", every = "30", timeout = 5)]
async fn warm_users(flow: &CacheFlow) -> Result<WarmReport, BoxError> {
    let _ = flow;
    Ok(WarmReport::default())
}

fn main() {}
