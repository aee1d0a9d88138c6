//! A cache's name stands in each of its keys.

use cacheflow::cached;

#[cached(
    cache = "nnnnnnnnnnnnnnnnnnnnnnnnnnnnnnnnnnnnnnnnnnnnnnnnnnnnnnnnnnnnnnnnnnnnnnnnnnnnnnnnnnnnnnnnnnnnnnnnnnnnnnnnnnnnnnnnnnnnnnnnnnnnnnnnn"
)]
async fn find(id: u64) -> u64 {
    id
}

fn main() {}
