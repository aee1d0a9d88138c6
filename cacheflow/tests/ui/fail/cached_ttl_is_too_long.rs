//! Longer than a year is a slip.

use cacheflow::cached;

#[cached(ttl = "3600d")]
async fn find(id: u64) -> u64 {
    id
}

fn main() {}
