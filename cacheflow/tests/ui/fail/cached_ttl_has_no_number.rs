//! A unit alone is no duration.

use cacheflow::cached;

#[cached(ttl = "forever")]
async fn find(id: u64) -> u64 {
    id
}

fn main() {}
