//! Backends name their own things so.

use cacheflow::cached;

#[cached(cache = "tag")]
async fn find(id: u64) -> u64 {
    id
}

fn main() {}
