//! No duration at all.

use cacheflow::cached;

#[cached(ttl = "")]
async fn find(id: u64) -> u64 {
    id
}

fn main() {}
