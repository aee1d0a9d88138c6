//! A unit that does not exist.

use cacheflow::cached;

#[cached(ttl = "5y")]
async fn find(id: u64) -> u64 {
    id
}

fn main() {}
