//! A cache has a name.

use cacheflow::cached;

#[cached(cache = "")]
async fn find(id: u64) -> u64 {
    id
}

fn main() {}
