//! A flow that finds a method has nothing to call it on.

use cacheflow::{BoxError, CacheFlow, WarmReport, cache_warmer};

struct Users;

impl Users {
    #[cache_warmer(cache = "users")]
    async fn warm(&self, flow: &CacheFlow) -> Result<WarmReport, BoxError> {
        let _ = flow;
        Ok(WarmReport::default())
    }
}

fn main() {}
