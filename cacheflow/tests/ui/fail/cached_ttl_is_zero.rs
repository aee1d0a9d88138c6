//! Nothing is kept for no time.

use cacheflow::cached;

#[cached(ttl = "0s")]
async fn find(id: u64) -> u64 {
    id
}

fn main() {}
