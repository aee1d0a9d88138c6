//! When a warmer runs is said in one way, and what the start waits for runs then.

use cacheflow::{BoxError, CacheFlow, WarmReport, cache_warmer};

#[cache_warmer(every = "30m", cron = "30 4 * * *", required, on_startup = false)]
async fn warm_users(flow: &CacheFlow) -> Result<WarmReport, BoxError> {
    let _ = flow;
    Ok(WarmReport::default())
}

fn main() {}
