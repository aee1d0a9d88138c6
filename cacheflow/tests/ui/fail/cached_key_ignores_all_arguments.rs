//! The same key for every call, though there are arguments.

use cacheflow::cached;

#[cached(key = "all")]
async fn find(org: u64, id: u64) -> u64 {
    org + id
}

fn main() {}
