//! Two options with the comma forgotten.

use cacheflow::cached;

#[cached(ttl = "1h" key = "{id}")]
async fn find(id: u64) -> u64 {
    id
}

fn main() {}
