//! Shorter than a round trip.

use cacheflow::cached;

#[cached(strategy = distributed_lock("1ms"))]
async fn find(id: u64) -> u64 {
    id
}

fn main() {}
