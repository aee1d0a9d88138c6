//! There would be nothing to give.

use cacheflow::cached;

#[cached(strategy = soft_timeout("100ms"))]
async fn find(id: u64) -> u64 {
    id
}

fn main() {}
