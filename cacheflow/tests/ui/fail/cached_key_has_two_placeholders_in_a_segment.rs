//! `1` and `23` would be `12` and `3`.

use cacheflow::cached;

#[cached(key = "{org}{id}")]
async fn find(org: u64, id: u64) -> u64 {
    org + id
}

fn main() {}
